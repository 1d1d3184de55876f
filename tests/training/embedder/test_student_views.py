"""Views that a student learns from: their shape, and what each kind does to a chip."""

from __future__ import annotations

import numpy as np

from training.embedder import student_views as degrade

RNG = np.random.default_rng
WIDE = RNG(0).integers(0, 256, (66, 66, 3), np.uint8)
CHIP = WIDE[9:-9, 9:-9]
POINTS = np.array([(15, 22), (33, 22), (24, 30), (17, 38), (31, 38)], np.float32)


def test_a_view_has_the_size_of_the_chip_and_comes_again_with_the_seed():
    one, other = (
        [degrade.student_view(WIDE, 9, POINTS, RNG(seed)) for seed in range(30)] for _ in "ab"
    )
    assert {view.shape for view in one} == {(48, 48, 3)} and one[0].dtype == np.uint8
    np.testing.assert_array_equal(one, other)
    assert len({view.tobytes() for view in one}) == 30


def test_a_small_face_keeps_its_light_and_loses_its_detail():
    shrunk = degrade.small(CHIP, 8, RNG(0)).astype(float)
    assert shrunk.shape == CHIP.shape
    assert abs(shrunk.mean() - CHIP.mean()) < 3
    assert shrunk.std() < 0.5 * CHIP.std()


def test_an_old_print_has_neither_black_nor_white():
    old = degrade.faded(CHIP, RNG(0))
    assert old.min() >= 10 and old.max() < 255
    assert old[..., 2].max() < 221  # and is yellow


def test_grain_is_as_strong_as_asked():
    flat = np.full((64, 64, 3), 128, np.uint8)
    grain = degrade.grainy(flat, 8.0, RNG(0)).astype(float) - 128
    assert abs(grain.std() - 8.0) < 0.5 and abs(grain.mean()) < 0.5


def test_a_veil_covers_the_eyes_or_the_mouth():
    for seed in range(12):
        changed = (degrade.veiled(CHIP, POINTS, RNG(seed)) != CHIP).any(2)
        eyes, mouth = changed[22, 15] and changed[22, 33], changed[38, 24]
        assert eyes != mouth
        assert not changed[:8].any()
