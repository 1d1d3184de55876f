"""What is shown in training: close-ups, mistakes, drawings; and labels that are read."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from data.errors import FamilyError
from tests.training.detector.labelled import (
    STRIDES,
    folder_of,
)
from training.detector.fit import Pictures, Schedule
from training.detector.pictures import augment
from training.detector.pictures.drawings import random_drawing, random_lookalike
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.hard_negatives import with_mistakes
from training.detector.pictures.samples import Sample, read_samples, split


def test_large_faces_are_cut_as_close_ups_and_mistakes_are_shown(tmp_path):
    entries = {"a.png": {"boxes_xywh": [[10, 10, 30, 30]]}, "b.png": {"boxes_xywh": []}}
    samples = read_samples(folder_of(tmp_path, entries, photos=("a.png", "b.png")))
    assert Pictures(samples, Schedule(side=64), STRIDES).portrait(np.random.default_rng(0)) is None
    large = dataclasses.replace(samples[0], faces=Faces.of_boxes([[0, 0, 95, 95]]))
    pictures = Pictures([large, samples[1]], Schedule(side=64), STRIDES)
    portrait = pictures.portrait(np.random.default_rng(0))
    assert len(portrait().faces) == 1
    # A cut round a mistake of a photo without a face shows it.
    mistake = np.float32([[40, 50, 44, 54]])
    shown = 0
    for seed in range(200):
        photo = augment.Picture(np.zeros((100, 120, 3), np.uint8), Faces.of_boxes([]), mistake)
        photo.pixels[50:54, 40:44] = 255
        cut = augment.cut_randomly(photo, 32, np.random.default_rng(seed))
        shown += int((cut.pixels > 200).any())
    plain = 0
    for seed in range(200):
        photo = augment.Picture(photo.pixels, Faces.of_boxes([]))
        cut = augment.cut_randomly(photo, 32, np.random.default_rng(seed))
        plain += int((cut.pixels > 200).any())
    assert shown > plain


def test_mistakes_are_what_was_found_outside_all_labelled_boxes(tmp_path):
    entries = {"a.png": {"boxes_xywh": [[10, 10, 30, 30]]}}
    samples = read_samples(folder_of(tmp_path, entries))
    seen = []

    def detect(image, min_score):
        seen.append(image.shape)
        boxes = np.float32([[12, 11, 41, 40], [50, 20, 60, 30], [35, 35, 80, 80]])
        return boxes, np.zeros((3, 5, 2), np.float32), np.float32([0.9, 0.5, 0.3])

    for _ in "12":  # the second time from the file
        (searched,) = with_mistakes(samples, detect, tmp_path / "cache" / "mistakes.npz")
        assert searched.mistakes.tolist() == [[50, 20, 60, 30], [35, 35, 80, 80]]
    assert len(seen) == 1 and searched.faces is samples[0].faces


@pytest.mark.parametrize("draw", [random_drawing, random_lookalike])
def test_drawings_are_pictures_without_a_face_and_all_different(draw):
    drawings = [draw(np.random.default_rng(seed)) for seed in (0, 0, *range(1, 30))]
    np.testing.assert_array_equal(drawings[0].pixels, drawings[1].pixels)
    assert len({d.pixels.tobytes() for d in drawings}) == 30
    for drawing in drawings:
        assert drawing.pixels.dtype == np.uint8 and drawing.pixels.shape[2] == 3
        assert drawing.pixels.std() > 0
        faces = drawing.faces
        assert faces.boxes.shape == (0, 4) and faces.landmarks.shape == (0, 5, 2)
        assert faces.counts.shape == faces.known.shape == (0,)


def test_a_drawing_is_drawn_for_ten_photos(tmp_path):
    entries = {f"{i}.png": {"boxes_xywh": [[20, 20, 30, 30]]} for i in range(20)}
    samples = read_samples(folder_of(tmp_path, entries))
    pictures = Pictures(samples, Schedule(side=64, batch=4), STRIDES)
    rng = np.random.default_rng(0)
    drawn = [not len(pictures.draw(rng).faces) for _ in range(440)]
    assert sum(drawn) == pytest.approx(40, abs=18)
    pixels, wanted = pictures[1]
    assert pixels.shape == (4, 64, 64, 3) and wanted.shape[0] == 4


def test_reads_boxes_and_which_of_them_count(tmp_path):
    entries = {"a.png": {"boxes_xywh": [[1, 2, 10, 20], [5, 5, 3, 3]], "hard": [0]}}
    (sample,) = read_samples(folder_of(tmp_path, entries))
    assert sample.faces.boxes.tolist() == [[1, 2, 11, 22], [5, 5, 8, 8]]
    assert sample.faces.counts.tolist() == [True, False] and not sample.faces.known.any()


@pytest.mark.parametrize(
    ("text", "photos"),
    [
        ("{", []),
        ("[]", []),
        ('{"a.png": {}}', []),
        ('{"a.png": {"boxes_xywh": []}}', []),
        ("{}", []),
    ],
)
def test_bad_labels_are_named(tmp_path, text, photos):
    folder_of(tmp_path, {}, photos)
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(FamilyError, match=r"boxes\.json|a\.png"):
        read_samples(tmp_path)


def test_no_photo_is_on_both_sides():
    samples = [Sample(f"{i}.jpg", Faces.of_boxes([])) for i in range(50)]
    learned, aside = split(samples, 5)
    assert len(aside) == 10 and len(learned) == 40
    assert not {s.path for s in learned} & {s.path for s in aside}
