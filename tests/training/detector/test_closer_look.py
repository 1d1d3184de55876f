"""Teaching where a closer look is worth it: what counts as missed, and that it is learned."""

from __future__ import annotations

import numpy as np
from PIL import Image

from training.detector.closer_look import (
    SIDE,
    View,
    collage,
    fit_closer_look,
    found_scores,
    labels,
    marked,
)
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample

FACES = np.array(
    [[20, 20, 30, 32], [100, 40, 110, 52], [50, 100, 53, 103], [0, 128, 60, 200]], np.float32
)


def test_a_face_is_found_by_a_box_that_is_the_same():
    boxes = np.array([[21, 20, 31, 32], [21, 20, 30, 32], [102, 40, 140, 52]], np.float32)
    scores = np.array([0.4, 0.8, 0.9], np.float32)
    np.testing.assert_allclose(found_scores(FACES[:2], boxes, scores), [0.8, 0.0])
    assert found_scores(FACES[:0], boxes, scores).shape == (0,)


def test_missed_faces_are_wanted_and_others_do_not_matter():
    """Found, missed, too small, too large: only the second is wanted."""
    found = np.array([0.9, 0.3, 0.0, 0.0], np.float32)
    missed, weight = labels(FACES, found, np.ones(4, bool), (14, 8))
    assert np.argwhere(missed).tolist() == [[2, 6]]
    large = {(row, column) for row in range(8, 13) for column in range(4)}
    dont_care = {(1, 1), (2, 1), (6, 3)} | large
    assert {tuple(cell) for cell in np.argwhere(weight == 0).tolist()} == dont_care


def test_a_face_that_does_not_count_is_not_wanted():
    missed, weight = labels(FACES[1:2], np.zeros(1), np.zeros(1, bool), (14, 8))
    assert not missed.any() and weight[2, 6] == 0


def test_a_photo_without_faces_wants_nothing():
    missed, weight = labels(np.zeros((0, 4)), np.zeros(0), np.zeros(0, bool), (3, 5))
    assert not missed.any() and weight.all()


def test_what_the_features_say_is_learned():
    """One channel of the nearer features is high where a face is missed."""
    rng = np.random.default_rng(0)
    seen = []
    for _ in range(48):
        missed = (rng.random((SIDE, SIDE)) < 0.05).astype(np.float32)
        near = rng.normal(size=(2 * SIDE, 2 * SIDE, 4)).astype(np.float16)
        near[::2, ::2, 0] += 6 * missed.astype(np.float16)
        far = rng.normal(size=(SIDE, SIDE, 4)).astype(np.float16)
        seen.append(View(near, far, missed, np.ones_like(missed)))
    faces, cells = marked(fit_closer_look(seen[:40], epochs=20), seen[40:], 0.0)
    assert faces > 0.9 and cells < 0.2


def test_a_collage_shows_its_faces_where_it_says(tmp_path):
    """Photos of one red face on blue: whatever is cut, red is where a face is."""
    samples = []
    for number, side in enumerate((40, 90)):
        photo = np.zeros((200, 240, 3), np.uint8)
        photo[..., 2] = 255
        photo[60 : 60 + side, 80 : 80 + side] = [255, 0, 0]
        path = tmp_path / f"{number}.png"
        Image.fromarray(photo).save(path)
        samples.append(Sample(path, Faces.of_boxes([[80, 60, 80 + side, 60 + side]])))
    picture, boxes, counts = collage(samples, np.random.default_rng(1))
    assert picture.shape == (480, 640, 3) and picture.dtype == np.uint8
    assert len(boxes) == len(counts) >= 4 and counts.all()
    sides = (boxes[:, 2:] - boxes[:, :2]).min(axis=1)
    assert sides.min() >= 3.5 and sides.max() <= 14.5
    for x, y in ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(int):
        assert picture[y, x, 0] > 150 and picture[y, x, 2] < 100
