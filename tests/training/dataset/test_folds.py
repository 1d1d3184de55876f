"""Folds: every face is held out once, the kept classifier learns from all, people are held out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.dataset.folds import MAX_FOLDS, make_folds


def owners_of(counts: list[int], seed: int = 0) -> np.ndarray:
    owners = np.repeat(np.arange(len(counts)), counts)
    return np.random.default_rng(seed).permutation(owners)


@given(st.lists(st.integers(1, 13), min_size=1, max_size=12), st.integers(0, 100))
def test_what_must_hold_for_every_family(counts, seed):
    owners = owners_of(counts, seed)
    folds = make_folds(owners, seed=seed)
    assert folds.train.shape[1] == len(owners) and folds.train.dtype == bool
    assert folds.train[0].all()
    assert [0, *folds.photos, *folds.people] == list(range(len(folds.train)))
    assert len(folds.photos) <= MAX_FOLDS and len(folds.people) <= MAX_FOLDS
    for fold in (*folds.photos, *folds.people):
        assert folds.train[fold].any() and not folds.train[fold].all()
    if folds.photos:
        held_out = ~folds.train[folds.photos.start : folds.photos.stop]
        assert (held_out.sum(0) == 1).all()
    if folds.people:
        held_out = ~folds.train[folds.people.start : folds.people.stop]
        assert (held_out.sum(0) == 1).all()
        for person in range(len(counts)):  # somebody is held out with all photos or with none
            mine = held_out[:, owners == person]
            assert (mine.all(1) | ~mine.any(1)).all()


@given(st.integers(2, 40), st.integers(0, 50))
def test_a_persons_photos_are_shared_out_evenly(count, seed):
    folds = make_folds(np.zeros(count, int), seed=seed)
    sizes = (~folds.train[1:]).sum(1)
    assert len(sizes) == min(MAX_FOLDS, count)
    assert sizes.max() - sizes.min() <= 1 and sizes.sum() == count


@pytest.mark.parametrize(
    ("counts", "photo_folds", "people_folds"),
    [
        ([1], 0, 0),  # nothing can be held out
        ([4], 4, 0),  # nobody could be told from anybody
        ([9], 5, 0),
        ([1, 1, 1], 0, 3),
        ([2, 1], 2, 2),
        ([500] + [3] * 49, 5, 5),
    ],
)
def test_number_of_folds(counts, photo_folds, people_folds):
    folds = make_folds(owners_of(counts))
    assert (len(folds.photos), len(folds.people)) == (photo_folds, people_folds)


def test_a_person_with_one_photo_is_a_stranger_where_it_is_held_out():
    owners = np.array([0, 1, 1, 1])
    folds = make_folds(owners)
    (fold,) = (f for f in folds.photos if not folds.train[f, 0])
    assert folds.train[fold, 1:].any()


def test_the_same_seed_gives_the_same_folds_and_another_one_others():
    owners = owners_of([6, 7, 8])
    assert (make_folds(owners, seed=1).train == make_folds(owners, seed=1).train).all()
    assert (make_folds(owners, seed=1).train != make_folds(owners, seed=2).train).any()


def test_people_with_few_photos_do_not_all_fall_into_the_first_folds():
    owners = np.arange(60).repeat(2)
    held_out = ~make_folds(np.concatenate([owners, np.full(5, 60)])).train
    sizes = held_out[1 : 1 + MAX_FOLDS].sum(1)
    assert sizes.min() > 10  # 125 photos in five folds
