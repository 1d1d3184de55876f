"""Windows of a photo: what is turned, and by how much."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data as pictures

from model.detector.second_look.windows import cut_upright, cut_windows, tilts_of, turned

FACE = np.array([[35, 34], [65, 34], [50, 50], [38, 66], [62, 66]], np.float32)[None]
BOX = np.array([[0, 0, 101, 101]], np.float32)


@pytest.mark.parametrize("degrees", [0, 20, -45, 90, 170])
def test_the_tilt_of_a_turned_face(degrees):
    tilts = tilts_of(turned(FACE, BOX, np.radians([degrees]).astype(np.float32)))
    np.testing.assert_allclose(np.degrees(tilts), [degrees], atol=1e-3)


def test_windows_that_are_not_turned_are_plain_ones():
    image = pictures.astronaut()
    squares = np.array([[170.2, 60.7, 280.9, 171.4], [-20, -20, 30, 30]], np.float32)
    plain = cut_windows(image, squares, 48)
    np.testing.assert_allclose(
        cut_upright(image, squares, np.zeros(2, np.float32), 48), plain, atol=0.05
    )


def test_a_turned_photo_has_the_same_upright_windows():
    image = pictures.astronaut()
    middle = np.array([[156, 156, 356, 356]], np.float32)
    quarter = np.full(1, np.pi / 2, np.float32)
    found = cut_upright(np.rot90(image, -1).copy(), middle, quarter, 24)
    np.testing.assert_allclose(found, cut_windows(image, middle, 24), atol=0.2)
