"""The quality of faces: every part by hand, what changes it and what must not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from data.media.quality import (
    FULL_SIDE,
    PARTS,
    POOR,
    UNCLEAR,
    face_quality,
    fault,
    sharpness,
)
from tests.faces import astronaut

BOX = np.float32([10, 20, 50, 80])
FRONTAL = np.float32([(0, 0), (10, 0), (5, 5), (1, 10), (9, 10)])


def part(name: str, box=BOX, landmarks=FRONTAL, **more) -> float:
    return float(face_quality([box], [landmarks], **more)[0, PARTS.index(name)])


def head(degrees: float) -> np.ndarray:
    """Landmarks [5, 2] of a head with flat eyes and mouth, 20 px apart, turned to one side."""
    points = np.array([(-10, 0, 0), (10, 0, 0), (0, 11, 10), (-8, 22, 0), (8, 22, 0)], float)
    angle = np.radians(degrees)
    x = points[:, 0] * np.cos(angle) + points[:, 2] * np.sin(angle)
    return np.stack([x, points[:, 1]], axis=1)


def placed(points: np.ndarray, scale: float, degrees: float, shift) -> np.ndarray:
    angle = np.radians(degrees)
    turn = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    return points @ turn * scale + np.asarray(shift)


def mirrored(points: np.ndarray, width: float = 500) -> np.ndarray:
    """As a detector would give them: what was on the left is on the right."""
    return (points * (-1, 1) + (width, 0))[[1, 0, 2, 4, 3]]


def test_size_by_hand():
    assert part("size") == pytest.approx(0.4)  # 40 x 60 pixels
    assert part("size", np.float32([0, 0, 300, 15])) == pytest.approx(0.15)
    assert part("size", np.float32([0, 0, 300, 200])) == 1.0
    assert part("size", np.float32([5, 5, 5, 5])) == 0.0


def test_score_by_hand():
    """Half way from the score at which it is taken for a face to three quarters of the rest."""
    assert part("score", scores=[0.875], min_score=0.8) == pytest.approx(0.5)
    assert part("score", scores=[0.8], min_score=0.8) == 0.0
    assert part("score", scores=[1.0], min_score=0.6) == 1.0
    assert part("score", scores=[0.5], min_score=0.8) == 0.0


def test_pose_by_hand():
    assert part("pose") == 1.0
    # The nose is half an eye distance off the middle: atan(.5 / .5) = 45 degrees.
    assert part("pose", landmarks=[(0, 0), (10, 0), (10, 5), (1, 10), (9, 10)]) == 0.5
    # The middle goes from (5, 0) to (15, 10); the nose, 5 pixels left of its middle, is
    # 5 / sqrt(2) = 3.54 off it, .354 eye distances: atan(.707) = 35.26 degrees.
    leaning = [(0, 0), (10, 0), (5, 5), (11, 10), (19, 10)]
    assert part("pose", landmarks=leaning) == pytest.approx(1 - 35.264 / 90, abs=1e-4)


@pytest.mark.parametrize("degrees", [0, 20, 45, 80])
def test_a_head_turned_by_a_known_angle(degrees):
    for way in (-1, 1):
        assert part("pose", landmarks=head(way * degrees)) == pytest.approx(1 - degrees / 90)


@pytest.mark.parametrize(
    "wrong",
    [
        [(0, 0), (10, 0), (5, -5), (1, -10), (9, -10)],  # the mouth above the eyes
        [(0, 0), (10, 0), (5, 5), (9, 10), (1, 10)],  # its corners crossed
        [(0, 0), (10, 0), (5, -2), (1, 10), (9, 10)],  # the nose above the eyes
        [(0, 0), (10, 0), (5, 12), (1, 10), (9, 10)],  # below the mouth
        [(0, 0)] * 5,
        [(0, 0), (3, 3), (5, 5), (7, 7), (9, 9)],  # all on a line
    ],
)
def test_landmarks_that_no_face_can_have(wrong):
    assert part("pose", landmarks=np.float32(wrong)) == 0.0


@given(
    st.floats(-85, 85),
    st.floats(0.1, 30),
    st.floats(-180, 180),
    st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
def test_pose_is_of_the_face_not_of_its_place(turned, scale, degrees, shift):
    points = head(turned)
    moved = placed(points, scale, degrees, shift)
    assert part("pose", landmarks=moved) == pytest.approx(part("pose", landmarks=points), abs=1e-3)
    assert part("pose", landmarks=mirrored(points)) == pytest.approx(
        part("pose", landmarks=points), abs=1e-5
    )


def test_scaling_and_moving_a_photo_changes_the_size_alone():
    more = {"scores": [0.9], "min_score": 0.8, "clarity": [0.4]}
    before = face_quality([BOX], [head(30)], **more)[0]
    after = face_quality([BOX * 2 + 7], [head(30) * 2 + 7], **more)[0]
    np.testing.assert_allclose(after, before * (2, 1, 1, 1), rtol=0, atol=1e-5)


def test_sharpness_by_hand():
    flat = np.full((1, 50, 50, 3), 90, np.float32)
    ramp = np.broadcast_to(np.arange(50, dtype=np.float32)[None, None, :, None], (1, 50, 50, 3))
    # A checkerboard of 0 and 100: its Laplacian is +400 and -400, which deviates by 400.
    board = np.indices((50, 50)).sum(0) % 2 * 100.0
    board = np.broadcast_to(board.astype(np.float32)[None, ..., None], (1, 50, 50, 3))
    received = sharpness(np.concatenate([flat, ramp, board]))
    np.testing.assert_allclose(received, [0, 0, 400], rtol=0, atol=0.1)
    assert sharpness(np.zeros([0, 50, 50, 3])).shape == (0,)


def test_clarity_by_hand():
    assert part("clarity", clarity=[0.4]) == pytest.approx(0.4)
    assert part("clarity", clarity=[9.9]) == 1.0
    assert part("clarity") == 1.0


def test_the_edge_of_a_photo_is_not_sharpness():
    cut = np.full((1, 50, 50, 3), 200, np.float32)
    cut[:, :, :9] = 0
    assert sharpness(cut)[0] == pytest.approx(0, abs=1e-3)


def test_the_more_a_chip_is_blurred_the_less_it_is_worth():
    chip = Image.fromarray(astronaut()[50:200, 150:300])
    blurred = [chip.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 2, 4)]
    found = sharpness(np.float32([np.asarray(one) for one in blurred]))
    assert (np.diff(found) < 0).all()
    mirror = np.float32(chip)[None, :, ::-1]
    np.testing.assert_allclose(sharpness(mirror), found[:1], rtol=1e-4)


def test_a_frontal_face_beats_a_profile():
    large = np.float32([0, 0, 200, 200])
    straight, profile = face_quality([large, large], [head(5), head(80)]).min(axis=1)
    assert straight > 0.9 and profile < UNCLEAR


def test_what_is_not_known_counts_in_favour():
    assert face_quality([BOX], [FRONTAL])[0].tolist() == pytest.approx([0.4, 1, 1, 1])


def test_no_faces():
    none = face_quality(np.empty((0, 4)), np.empty((0, 5, 2)), [], 0.8, [])
    assert none.shape == (0, 4) and none.dtype == np.float32


def test_the_fault_is_the_smallest_part():
    assert fault(np.float32([0.1, 0.3, 0.3, 0.3])) == "too small"
    assert fault(np.float32([0.3, 0.1, 0.3, 0.3])) == "unclear"
    assert fault(np.float32([0.3, 0.3, 0.1, 0.3])) == "turned away"
    assert fault(np.float32([0.3, 0.3, 0.0, 0.3])) == "hardly a face"  # impossible landmarks
    assert fault(np.float32([0.3, 0.3, 0.3, 0.1])) == "hardly a face"


def test_learning_asks_for_more_than_suggesting():
    assert 0 < UNCLEAR < POOR < 1
    assert (UNCLEAR * FULL_SIDE, POOR * FULL_SIDE) == (15.0, 20.0)  # pixels
