"""Pictures that are cut, tilted, mirrored and put together, with their faces."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.training.detector.labelled import (
    picture,
)
from training.detector.pictures import augment


def test_a_cut_moves_boxes_and_landmarks_with_the_pixels():
    photo = picture([(40, 20, 60, 44)])
    photo.pixels[:] = 0
    photo.pixels[20:44, 40:60] = 255
    found = augment.cut(photo, np.array([30.0, 10.0]), 2.0, 64)
    np.testing.assert_allclose(found.faces.boxes, [[20, 20, 60, 64]])
    np.testing.assert_allclose(
        found.faces.landmarks[0, 0], [(40 + 6 - 30) * 2, (20 + 9.6 - 10) * 2]
    )
    assert found.faces.counts.tolist() == [True]
    assert (found.pixels[24:60, 24:56] == 255).all() and (found.pixels[:, :18] == 0).all()


def test_what_lies_outside_the_photo_is_grey():
    found = augment.cut(picture([]), np.array([-32.0, -32.0]), 1.0, 64)
    assert (found.pixels[:32] == 114).all() and (found.pixels[:, :32] == 114).all()
    assert len(np.unique(found.pixels[32:, 32:])) > 100


def test_faces_too_small_or_cut_in_half_do_not_count():
    photo = picture([(0, 0, 20, 24), (40, 20, 60, 44), (70, 30, 74, 33)])
    found = augment.cut(photo, np.array([15.0, 0.0]), 1.0, 64)
    assert found.faces.counts.tolist() == [False, True, False]


@pytest.mark.parametrize("degrees", [-40.0, 25.0, 90.0])
def test_a_tilted_head_keeps_its_box_and_its_landmarks(degrees):
    photo = picture([(70, 60, 110, 124)], (180, 180))
    x, y = np.meshgrid(np.arange(180) + 0.5, np.arange(180) + 0.5)
    photo.pixels[:] = np.where(((x - 90) / 20) ** 2 + ((y - 92) / 32) ** 2 < 1, 100, 0)[..., None]
    left_eye = photo.faces.landmarks[0, 0].round().astype(int)
    photo.pixels[left_eye[1] - 1 : left_eye[1] + 2, left_eye[0] - 1 : left_eye[0] + 2] = 255
    found = augment.tilted(photo, np.array([30.0, 30.0]), 1.0, 120, degrees)
    assert found.pixels.shape == (120, 120, 3)
    rows, columns = np.nonzero(found.pixels[..., 0] > 50)
    round_head = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(found.faces.boxes[0], round_head, atol=1.5)
    rows, columns = np.nonzero(found.pixels[..., 0] > 150)
    middle = [columns.mean() + 0.5, rows.mean() + 0.5]
    np.testing.assert_allclose(found.faces.landmarks[0, 0], middle, atol=1.5)


def test_what_is_tilted_has_no_empty_corner():
    photo = picture([(100, 100, 130, 140)], (240, 240))
    photo.pixels[:] = 200
    for degrees in (-45.0, 10.0, 45.0):
        found = augment.tilted(photo, np.array([80.0, 80.0]), 1.5, 120, degrees)
        assert (found.pixels == 200).all()


def test_mirrored_twice_is_the_same_and_left_stays_left():
    photo = picture([(40, 20, 60, 44)])
    once = augment.mirrored(photo)
    assert once.faces.landmarks[0, 0, 0] < once.faces.landmarks[0, 1, 0]
    twice = augment.mirrored(once)
    np.testing.assert_array_equal(twice.pixels, photo.pixels)
    np.testing.assert_allclose(twice.faces.boxes, photo.faces.boxes)
    np.testing.assert_allclose(twice.faces.landmarks, photo.faces.landmarks)


def test_a_mosaic_keeps_every_face_where_its_part_went():
    parts = [picture([(10, 10, 30, 34)], (64, 64)) for _ in range(4)]
    found = augment.mosaic(parts)
    assert found.pixels.shape == (128, 128, 3)
    assert found.faces.boxes[:, :2].tolist() == [[10, 10], [74, 10], [10, 74], [74, 74]]
    np.testing.assert_array_equal(found.pixels[64:, 64:], parts[3].pixels)


def test_random_pictures_are_whole_and_the_same_for_a_seed():
    photo = picture([(30, 20, 60, 54)], (100, 120))
    for seed in range(20):
        one, two = (
            augment.random_picture(lambda: photo, 64, np.random.default_rng(seed)) for _ in "12"
        )
        np.testing.assert_array_equal(one.pixels, two.pixels)
        assert one.pixels.shape == (64, 64, 3) and one.pixels.dtype == np.uint8
        faces = one.faces
        assert len(faces.counts) == len(faces.landmarks) == len(faces.known) == len(faces)
        assert ((faces.boxes >= 0) & (faces.boxes <= 64)).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_close_up_is_filled_by_the_largest_face_that_counts(seed):
    photo = picture([(30, 20, 60, 54), (70, 30, 80, 42)], (100, 120))
    close = augment.close_up(photo, 64, np.random.default_rng(seed))
    assert close.pixels.shape == (64, 64, 3) and len(close.faces)
    area = np.prod(close.faces.boxes[0, 2:] - close.faces.boxes[0, :2])  # cut by the edge
    assert area >= 0.1 * 64**2
    faces = photo.faces
    other = dataclasses.replace(photo, faces=dataclasses.replace(faces, counts=~faces.counts))
    other.faces.counts[1] = True
    close = augment.close_up(other, 64, np.random.default_rng(seed))
    assert close.faces.counts.sum() <= 1
