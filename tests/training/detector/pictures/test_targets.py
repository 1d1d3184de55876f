"""What the cells of a picture should say of its faces."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.detector.labelled import (
    STRIDES,
    face,
    faces_in,
    points_of,
)
from training.detector.pictures.targets import BOX, KNOWN, LANDMARKS, cells, targets


def wanted_for(box, counts=True):
    return targets(faces_in(box, counts=counts), 320, STRIDES)


def test_cells_lie_where_the_decoder_puts_them():
    points, strides = cells(64, STRIDES)
    assert len(points) == 64 + 16 + 4
    assert points[9].tolist() == [8, 8] and strides[9] == 8
    assert points[64 + 5].tolist() == [16, 16] and strides[64 + 5] == 16


@pytest.mark.parametrize(("side", "stride"), [(10, 8), (30, 8), (62, 16), (140, 32), (280, 32)])
def test_a_face_is_learned_by_cells_of_its_size_near_its_middle(side, stride):
    box = face(160 - side / 2, 160 - side / 2, 160 + side / 2, 160 + side / 2)
    wanted = wanted_for(box)
    points, own = cells(320, STRIDES)
    at = wanted[:, 0] == 1
    assert at.any() and set(own[at]) == {stride}
    assert np.abs(points[at] - 160).max() <= max(side / 2, stride)


@pytest.mark.parametrize("box", [face(100, 100, 104, 103), face(310, 0, 320, 12), face(3, 3, 5, 5)])
def test_even_the_smallest_face_has_a_cell(box):
    assert (wanted_for(box)[:, 0] == 1).any()


def test_a_cell_sees_box_and_landmarks_from_where_it_stands():
    box = face(40, 56, 72, 92)
    wanted = wanted_for(box)
    points, own = cells(320, STRIDES)
    for at in np.flatnonzero(wanted[:, 0] == 1):
        seen = wanted[at, BOX] * own[at] + np.tile(points[at], 2)
        np.testing.assert_allclose(seen, box[0], atol=1e-3)
        marks = wanted[at, LANDMARKS].reshape(5, 2) * own[at] + points[at]
        np.testing.assert_allclose(marks, points_of(box[0]), atol=1e-3)
        assert wanted[at, KNOWN] == 1


def test_what_does_not_count_is_not_asked():
    wanted = wanted_for(face(40, 40, 80, 80), counts=False)
    points, _ = cells(320, STRIDES)
    inside = ((points >= 40) & (points <= 80)).all(axis=1)
    assert (wanted[inside, 0] == -1).all() and (wanted[~inside, 0] == 0).all()


def test_two_faces_share_the_cells_between_them():
    boxes = np.concatenate([face(40, 40, 80, 80), face(90, 40, 130, 80)])
    wanted = targets(faces_in(boxes), 320, STRIDES)
    at = wanted[:, 0] == 1
    left = wanted[at, BOX][:, 0] * cells(320, STRIDES)[1][at] + cells(320, STRIDES)[0][at, 0]
    assert {round(float(x)) for x in left} == {40, 90}
