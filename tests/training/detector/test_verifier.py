"""What the verifier learns from, and that it learns it, on drawn windows."""

from __future__ import annotations

import numpy as np
import pytest

from model.detector.second_look.verifier import SIDE, build_verifier
from training.detector import verifier as training
from training.detector.verifier import (
    Windows,
    fit_verifier,
    gain,
    labelled,
    of_nobody,
    of_people,
    windows_in,
)

BOXES = np.array([[10, 10, 50, 50], [100, 100, 140, 140], [60, 60, 64, 64]], np.float32)
SCORES = np.array([0.95, 0.3, 0.2], np.float32)


def test_what_is_a_face_and_what_is_none():
    near, beside = [12, 12, 52, 52], [115, 115, 155, 155]  # IoU .82, and .23: neither
    assert labelled(np.float32([near, beside]))(BOXES, SCORES).tolist() == [1, -1, 0]
    assert labelled(np.zeros((0, 4), np.float32))(BOXES, SCORES).tolist() == [0, 0, 0]
    assert of_people(BOXES, SCORES).tolist() == [1, -1, -1]
    assert of_nobody(BOXES, SCORES).tolist() == [-1, 0, 0]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_windows_show_the_box_and_half_as_much_again_at_every_zoom(number):
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[100:140, 100:140] = 255
    zoom = training.ZOOMS[number]

    def detect(image, min_score):
        assert image.shape[0] == round(200 * zoom) and min_score == np.float32(0.05)
        upright = np.array([[-1, -1], [1, -1], [0, 0], [-1, 1], [1, 1]], np.float32)
        return BOXES * zoom, np.tile(upright, (3, 1, 1)), SCORES

    found = windows_in(detect, photo, labelled(np.float32([BOXES[1]])), number)
    assert len(found) == 2  # the third is of 4 pixels
    assert found.is_face.tolist() == [False, True] and found.scores.tolist() == SCORES[:2].tolist()
    bright = found.pixels[1, :, 36, 0] > 127
    assert bright.sum() == pytest.approx(48, abs=2) and found.pixels[0].max() == 0


def drawn(count, seed):
    """Bright squares on dark are faces, dark ones on bright are none; scores say nothing."""
    rng = np.random.default_rng(seed)
    is_face = rng.random(count) < 0.5
    pixels = rng.integers(0, 40, (count, 72, 72, 3), np.uint8)
    pixels[:, 24:48, 24:48] += 150
    pixels[~is_face] = 255 - pixels[~is_face]
    return Windows(pixels, rng.uniform(0.2, 0.8, count).astype(np.float32), is_face)


def test_it_learns_what_is_a_face(eager):
    network = fit_verifier(drawn(256, 0), epochs=20)
    assert network.count_params() == build_verifier().count_params() < 300_000
    before, after = gain(network, drawn(64, 1), veto=10.0)
    assert before < 0.8 and after > 0.95


def test_average_precision_by_hand():
    """Two faces, found first and third: 1/2 * 1 + 1/2 * 2/3."""
    windows = Windows(
        np.zeros((3, 72, 72, 3), np.uint8), np.float32([0.9, 0.8, 0.7]), np.array([1, 0, 1], bool)
    )
    before, after = gain(build_verifier(), windows, veto=0.0)
    assert before == after == pytest.approx(5 / 6)


def test_nothing_found_gives_no_window():
    nothing = np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
    found = windows_in(lambda *_: nothing, np.zeros((80, 80, 3), np.uint8), of_nobody)
    assert found.pixels.shape == (0, 72, 72, 3) and len(found) == 0
    assert found.pixels.shape[1] > SIDE
