"""The aligner: golden transforms, what lies outside, invariance, no aliasing, odd landmarks."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from data.media.chips import cut_chips
from model.embedder.aligner import Aligner
from tests import faces
from tests.pictures import four_corners

SIZE = 60
TEMPLATE = ((20.0, 20.0), (40.0, 20.0), (30.0, 30.0), (22.0, 42.0), (38.0, 42.0))
POINTS = np.array(TEMPLATE, np.float32)


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner(SIZE, TEMPLATE)


def chip(aligner, image, landmarks) -> np.ndarray:
    return aligner.chips(tf.constant(image), tf.constant(landmarks[None], tf.float32)).numpy()[0]


def ramp() -> np.ndarray:
    """Red is twice the pixel's x, green twice its y, so that a chip says where it was taken."""
    y, x = np.mgrid[:126, :126] * 2
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


def assert_taken_at(pixel: np.ndarray, where) -> None:
    """Of a chip of `ramp`."""
    np.testing.assert_allclose(pixel[:2], 2 * np.asarray(where), rtol=0, atol=0.02)


def similar(points, scale: float, degrees: float, shift) -> np.ndarray:
    """Points turned clockwise as seen in the picture, scaled, then shifted."""
    turn = scale * np.exp(1j * np.radians(degrees))
    moved = (points[:, 0] + 1j * points[:, 1]) * turn
    return np.stack([moved.real, moved.imag], axis=1) + shift


def test_a_face_that_is_in_place_already_is_cut_as_it_is(aligner):
    image = four_corners(80, 64)
    np.testing.assert_allclose(chip(aligner, image, POINTS), image[:60, :60], rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("scale", "degrees", "shift"),
    [(1, 0, (7, 3)), (1, 90, (100, 10)), (1, 180, (120, 110)), (0.5, 0, (5, 9)), (2, 0, (5, 3))],
)
def test_transforms_by_hand(aligner, scale, degrees, shift):
    """Each pixel of the chip shows where in the photo it was taken."""
    cut = chip(aligner, ramp(), similar(POINTS, scale, degrees, shift))
    for x, y in ((0, 0), (59, 0), (10, 50), (30, 30)):
        (where,) = similar(np.array([[x, y]]), scale, degrees, shift)
        assert_taken_at(cut[y, x], where)


def test_a_quarter_turn_by_hand(aligner):
    # Turned clockwise by 90 degrees (x, y) is (-y, x): the chip's corner (0, 0) comes from
    # (100, 10), and going right in the chip is going down in the photo.
    cut = chip(aligner, ramp(), similar(POINTS, 1, 90, (100, 10)))
    assert_taken_at(cut[0, 0], [100, 10])
    assert_taken_at(cut[0, 20], [100, 30])
    assert_taken_at(cut[20, 0], [80, 10])


def test_the_closest_similarity_when_none_fits(aligner):
    """Least squares by an independent solver."""
    noise = np.random.default_rng(0).normal(0, 2, (5, 2))
    landmarks = similar(POINTS, 1.2, 15, (35, 10)) + noise
    # Photo to chip is x' = a x - b y + c, y' = b x + a y + d: linear in a, b, c, d.
    rows, target = [], []
    for (x, y), (u, v) in zip(landmarks, POINTS, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        target += [u, v]
    a, b, c, d = np.linalg.lstsq(np.array(rows), np.array(target), rcond=None)[0]
    inverse = np.linalg.inv([[a, -b], [b, a]])
    cut = chip(aligner, ramp(), landmarks)
    for x, y in ((0, 0), (59, 59), (20, 40)):
        where = inverse @ (np.array([x, y]) - [c, d])
        assert_taken_at(cut[y, x], where)


def test_what_lies_outside_is_black(aligner):
    white = np.full((64, 64, 3), 255, np.uint8)
    cut = chip(aligner, white, POINTS - [30, 0])
    assert (cut[:, :29] == 0).all() and (cut[:, 31:] == 255).all()
    assert (chip(aligner, white, POINTS + 500) == 0).all()


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_photo_gives_the_same_chip(embedder, astronaut, face, quarters):
    points = face.landmarks
    for _ in range(quarters):  # counter-clockwise: (x, y) to (y, 511 - x)
        points = np.stack([points[:, 1], 511 - points[:, 0]], axis=1)
    upright = chip(embedder.aligner, astronaut, face.landmarks)
    turned = chip(embedder.aligner, np.rot90(astronaut, quarters).copy(), points)
    assert np.abs(turned - upright).max() < 1.01  # samples are whole grey levels


@pytest.mark.parametrize("factor", [0.75, 2, 3, 5])
def test_a_resized_photo_gives_the_same_chip(embedder, astronaut, face, factor):
    points = (face.landmarks + 0.5) * factor - 0.5
    same = chip(embedder.aligner, astronaut, face.landmarks)
    resized = chip(embedder.aligner, faces.resized(astronaut, factor), points)
    assert np.abs(resized - same).mean() < (4.0 if factor < 1 else 2.5)


@pytest.mark.parametrize("scale", [3, 5.3, 8])
def test_fine_structure_of_a_large_face_becomes_grey(aligner, scale):
    side = int(SIZE * scale)
    board = (np.indices((side, side)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, 2)
    landmarks = (POINTS + 0.5) * scale - 0.5
    middle = chip(aligner, board, landmarks)[5:-5, 5:-5]
    assert np.abs(middle - 127.5).max() < 25


@pytest.mark.parametrize(
    "landmarks",
    [
        np.full((5, 2), 20.0),
        np.array([[10, 30], [20, 30], [30, 30], [40, 30], [50, 30]]),
        POINTS * [-1, 1],  # a mirror image: no rotation fits
        POINTS * 1e-4,
        POINTS * 1e5,
        POINTS[::-1] - 1e6,
    ],
    ids=["one point", "a line", "mirrored", "tiny", "huge", "far away"],
)
def test_odd_landmarks_give_a_chip_all_the_same(aligner, landmarks):
    cut = chip(aligner, four_corners(64, 64), landmarks)
    assert cut.shape == (SIZE, SIZE, 3)
    assert np.isfinite(cut).all() and cut.min() >= 0 and cut.max() <= 255
    places = aligner.places(tf.constant(landmarks[None], tf.float32)).numpy()
    np.testing.assert_allclose(cut_chips(four_corners(64, 64), places, SIZE)[0], cut, atol=0.02)


@pytest.mark.parametrize("scale", [0.4, 1, 1.7, 3, 5.3, 8, 20])
@pytest.mark.parametrize("shift", [(70, 40), (-15, -25), (215, 150), (5000, 5000)])
def test_the_batch_cuts_the_same_chips_from_the_photo(aligner, scale, shift):
    """Inside, over a corner and the opposite one, and outside: to a hundredth of a grey level."""
    rng = np.random.default_rng(0)
    photo = rng.integers(0, 256, (180, 240, 3), np.uint8)
    landmarks = similar(POINTS, scale, 25, shift) + rng.normal(0, 1, (2, 5, 2))
    landmarks = tf.constant(landmarks, tf.float32)
    expected = aligner.chips(tf.constant(photo), landmarks).numpy()
    received = cut_chips(photo, aligner.places(landmarks).numpy(), SIZE)
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, rtol=0, atol=0.02)


def test_many_faces_are_each_cut_as_if_alone(aligner):
    image = ramp()
    many = np.stack([similar(POINTS, s, d, (50, 20)) for s, d in ((0.5, 0), (1, 45), (2.2, 10))])
    together = aligner.chips(tf.constant(image), tf.constant(many, tf.float32)).numpy()
    assert together.shape == (3, SIZE, SIZE, 3) and together.dtype == np.float32
    for cut, landmarks in zip(together, many, strict=True):
        np.testing.assert_allclose(cut, chip(aligner, image, landmarks), rtol=0, atol=1e-4)


def test_no_face_is_no_chip(aligner):
    none = aligner.chips(tf.constant(four_corners()), tf.zeros([0, 5, 2]))
    assert none.shape == (0, SIZE, SIZE, 3) and none.dtype == tf.float32
