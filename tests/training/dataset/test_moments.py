"""Moments: bursts, versions of a picture and nearly equal faces belong together, others do not."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from tests.faces import astronaut, portrait, resized
from training.dataset.face_finder import difference_hash
from training.dataset.folds import make_folds
from training.dataset.moments import group_moments

NOON = datetime(2020, 5, 1, 12)


def groups(owners, taken=None, looks=None, chips=None) -> list[int]:
    none = [None] * len(owners)
    return group_moments(np.array(owners), taken or none, looks or none, chips or none).tolist()


def test_a_burst_is_linked_from_photo_to_photo():
    taken = [NOON + timedelta(seconds=s) for s in (0, 9, 18, 60)] + [None]
    a, b, c, d, e = groups([0] * 5, taken)
    assert a == b == c and len({a, d, e}) == 3


def test_two_people_are_never_grouped():
    assert len(set(groups([0, 1], [NOON, NOON]))) == 2


def test_versions_of_a_picture():
    picture = astronaut()
    looks = [difference_hash(p) for p in (picture, resized(picture, 0.3), portrait(26))]
    a, b, c = groups([0, 0, 0], looks=looks)
    assert a == b != c


def test_even_grounds_are_not_versions():
    assert len(set(groups([0, 0], looks=[0, 0]))) == 2


def test_faces_that_are_nearly_one_picture():
    rng = np.random.default_rng(0)
    chip = np.asarray(resized(astronaut(), 0.3))[:144, :144]
    noisy = (chip + rng.normal(0, 4, chip.shape)).clip(0, 255).astype(np.uint8)
    a, b, c = groups([0] * 3, chips=[chip, noisy, np.ascontiguousarray(chip[::-1])])
    assert a == b != c


def test_moments_are_held_out_together():
    owners = np.repeat([0, 1], 12)
    moments = np.repeat(np.arange(8), 3)
    folds = make_folds(owners, moments)
    for fold in folds.photos:
        for moment in range(8):
            assert folds.train[fold, moments == moment].std() == 0


def test_a_person_of_one_moment_is_held_out_whole():
    folds = make_folds(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 2]))
    held_out = ~folds.train[list(folds.photos)][:, :3]
    assert (held_out.all(1) | ~held_out.any(1)).all()
