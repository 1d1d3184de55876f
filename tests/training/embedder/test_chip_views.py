"""Views of a chip: what each does by hand, and what must hold for every one."""

from __future__ import annotations

import numpy as np
import pytest

from training.embedder import chip_views as augment

CHIP = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)


def test_the_first_view_is_the_chip_and_the_second_its_mirror_image():
    views = augment.views(CHIP, 5, np.random.default_rng(1))
    assert views.shape == (5, 48, 48, 3) and views.dtype == np.uint8
    np.testing.assert_array_equal(views[0], CHIP)
    np.testing.assert_array_equal(views[1], CHIP[:, ::-1])
    assert len({view.tobytes() for view in views}) == 5


def test_the_same_seed_gives_the_same_views():
    one, other = (augment.views(CHIP, 12, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_not_moved_is_the_same():
    np.testing.assert_array_equal(augment.moved(CHIP, 0.0, np.zeros(2), 1.0), CHIP)


def test_a_shift_goes_right_and_down():
    moved = augment.moved(CHIP, 0.0, np.array([3, 2]), 1.0)
    np.testing.assert_array_equal(moved[2:, 3:], CHIP[:-2, :-3])
    assert (moved[:2] == 0).all() and (moved[:, :3] == 0).all()


def test_a_quarter_turn():
    moved = augment.moved(CHIP, 90.0, np.zeros(2), 1.0).astype(int)
    assert min(np.abs(moved - np.rot90(CHIP, k)).mean() for k in (1, 3)) < 1


def test_light_by_hand():
    grey = np.full((4, 4, 3), 100, np.uint8)
    assert (augment.relit(grey, 1.5, np.array([1.0, 1.1, 2.0]), 1.0)[0, 0] == [150, 165, 255]).all()


def test_grey_has_no_colour():
    view = augment.grey(CHIP)
    assert (view[..., 0] == view[..., 1]).all() and (view[..., 1] == view[..., 2]).all()


@pytest.mark.parametrize("change", [lambda c: augment.blurred(c, 1.5), augment.grey])
def test_blur_and_grey_take_variance_away(change):
    assert change(CHIP).astype(float).var() < CHIP.astype(float).var()


def test_compression_changes_little():
    smooth = np.linspace(0, 255, 48).astype(np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    difference = np.abs(augment.compressed(smooth, 40).astype(int) - smooth)
    assert 0 < difference.max() < 20


def test_a_cover_hides_at_most_a_sixth_and_leaves_the_chip_alone():
    before = CHIP.copy()
    for seed in range(20):
        covered = augment.covered(CHIP, np.random.default_rng(seed))
        assert 0.01 < (covered != CHIP).any(-1).mean() < 0.17
    np.testing.assert_array_equal(CHIP, before)
