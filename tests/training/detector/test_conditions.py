"""What is counted of a detector under each condition, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from training.detector import conditions
from training.detector.average_precision import Found
from training.detector.conditions import (
    Tally,
    close_ups,
    cuts_without_a_face,
    tallies,
    tally,
    turned,
)
from training.detector.pictures.augment import Picture
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample

BOX = [60, 20, 120, 100]


@pytest.fixture
def photo() -> Picture:
    """uint8 [240, 300, 3], black, with one "face" of white pixels in `BOX`."""
    pixels = np.zeros((240, 300, 3), np.uint8)
    pixels[BOX[1] : BOX[3], BOX[0] : BOX[2]] = 255
    return Picture(pixels, Faces.of_boxes([BOX]))


def white(image, min_score):
    """A detector of white rectangles: at most one."""
    rows, columns = np.nonzero(np.asarray(image)[..., 0] > 127)
    if len(rows) == 0 or min_score > 0.9:
        return np.zeros((0, 4), np.float32), np.zeros((0, 5, 2)), np.zeros(0, np.float32)
    box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    return np.array([box], np.float32), np.zeros((1, 5, 2)), np.array([0.9], np.float32)


def test_found_false_and_doubled_boxes_are_counted():
    faces = Faces.of_boxes([[0, 0, 40, 40], [100, 0, 130, 30], [200, 0, 300, 100]], [1, 1, 0])
    boxes = np.array([[0, 0, 40, 38], [5, 5, 35, 35], [60, 60, 70, 70], [200, 0, 300, 99]])
    found = tally(faces, Found(boxes.astype(np.float32), np.array([0.9, 0.7, 0.6, 0.8])))
    # Of two faces that count one is found, twice; one box is on nothing, one on what counts not.
    assert found.counts() == {"pictures": 1, "faces": 2, "found": 1, "false": 2, "doubled": 1}
    assert found.sizes.tolist() == [[0, 0], [1, 0], [1, 1], *[[0, 0]] * 5]  # 30 and 40 pixels
    assert (found + found).counts()["faces"] == 4


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_boxes_turn_with_the_photo(photo, turns):
    picture = turned(photo, turns)
    assert picture.pixels.shape[:2] == ((240, 300) if turns == 2 else (300, 240))
    np.testing.assert_array_equal(picture.faces.boxes, white(picture.pixels, 0.5)[0])


def test_close_ups_show_the_largest_face_at_its_size(photo):
    pictures = list(close_ups(photo))
    assert [picture.faces.largest for picture in pictures] == pytest.approx([400, 1600])
    for picture in pictures:
        np.testing.assert_allclose(picture.faces.boxes, white(picture.pixels, 0.5)[0], atol=14)
    small = Picture(photo.pixels, Faces.of_boxes([[0, 0, 40, 40]]))
    assert list(close_ups(small)) == []


def test_a_face_that_the_close_up_cuts_does_not_count(photo):
    beside = [130, 20, 180, 100]  # begins within what is round the face, and ends outside
    picture = next(close_ups(Picture(photo.pixels, Faces.of_boxes([BOX, beside]))))
    assert picture.faces.counts.tolist() == [True, False]


def test_cuts_have_no_labelled_face(photo):
    cuts = list(cuts_without_a_face(photo))
    # Of 3 x 3 parts of 100 x 80 pixels the face touches the first two of the first two rows.
    assert len(cuts) == 5 and all(cut.pixels.shape == (80, 100, 3) for cut in cuts)
    assert all(cut.pixels.max() == 0 for cut in cuts)


def test_a_detector_is_counted_under_every_condition(photo, tmp_path, monkeypatch):
    monkeypatch.setattr(conditions, "DRAWINGS", 2)
    Image.fromarray(photo.pixels).save(tmp_path / "photo.png")
    counted = tallies(white, [Sample(tmp_path / "photo.png", photo.faces)], 0.5)
    assert list(counted) == [
        "as they are", "turned by 90 degrees", "turned by 180 degrees", "turned by 270 degrees",
        "close-ups", "cuts without a face", "drawings", "numbers, leaves, drawn faces",
    ]  # fmt: skip
    assert all(tally.found == tally.faces > 0 for tally in list(counted.values())[:5])
    assert counted["cuts without a face"].counts()["pictures"] == 5
    assert counted["drawings"].pictures == 2


@pytest.mark.parametrize(
    ("after", "good"),
    [
        (Tally(10, 100, 90, 3, 1), True),
        (Tally(10, 100, 88, 2, 0), True),  # two faces in a hundred
        (Tally(10, 100, 87, 0, 0), False),
        (Tally(10, 100, 100, 4, 0), False),
        (Tally(10, 100, 100, 0, 2), False),
    ],
)
def test_no_worse_means_few_faces_fewer_and_no_wrong_box_more(after, good):
    assert after.is_as_good_as(Tally(10, 100, 90, 3, 1)) is good
