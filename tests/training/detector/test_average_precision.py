"""Average precision and what is found at a score, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.detector import average_precision as judge
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample


def test_average_precision_by_hand():
    # Two faces. Found: one right (.9), one wrong (.8), the other right (.7): 1/2 * 1 + 1/2 * 2/3.
    sample = Sample("a.jpg", Faces.of_boxes([[0, 0, 10, 10], [50, 50, 60, 60]]))
    boxes = np.array([[0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 61]], np.float32)
    found = judge.Found(boxes, np.array([0.9, 0.8, 0.7], np.float32))
    assert judge.average_precision([sample], [found]) == pytest.approx(5 / 6)


def test_the_second_find_of_a_face_is_wrong_and_what_does_not_count_is_neither():
    sample = Sample("a.jpg", Faces.of_boxes([[0, 0, 10, 10], [50, 50, 60, 60]], [True, False]))
    boxes = np.array([[50, 50, 60, 60], [0, 0, 10, 10], [0, 0, 10, 11]], np.float32)
    found = judge.Found(boxes, np.array([0.9, 0.8, 0.85], np.float32))
    # .85 hits the face, .8 hits it again: precision 1 at the only face.
    assert judge.average_precision([sample], [found]) == pytest.approx(1.0)
    assert np.isnan(judge.average_precision([Sample("a.jpg", Faces.of_boxes([]))], [found]))


def test_what_is_found_at_a_score():
    sample = Sample("a.jpg", Faces.of_boxes([[0, 0, 10, 10], [50, 50, 60, 60]]))
    boxes = np.array([[0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 61]], np.float32)
    found = judge.Found(boxes, np.array([0.9, 0.8, 0.7], np.float32))
    assert judge.at_score([sample], [found], 0.75) == (1, 1)
    assert judge.at_score([sample], [found], 0.7) == (2, 1)
