"""Splits a family so that every face is judged once by a classifier that has not seen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MAX_FOLDS = 5


@dataclass(frozen=True)
class Folds:
    """Which examples each of F classifiers learns from.

    Fold 0 learns from everything and is the one that is kept. Then come folds without some of
    everybody's photos, and folds without some of the people, whose faces are strangers there.

    Attributes:
        train: bool [F, N].
        photos: Numbers of the folds that hold out photos.
        people: Numbers of the folds that hold out people.
    """

    train: np.ndarray
    photos: range
    people: range


def make_folds(owners: np.ndarray, *, seed: int = 0) -> Folds:
    """Splits N examples, int [N] person numbers 0..K-1, into folds of photos and of people."""
    rng = np.random.default_rng(seed)
    count = int(owners.max()) + 1
    turn = np.zeros(len(owners), int)  # a person's photos take turns, in random order
    for person in range(count):
        mine = rng.permutation(np.flatnonzero(owners == person))
        turn[mine] = np.arange(len(mine)) + rng.integers(MAX_FOLDS)
    photo_folds = min(MAX_FOLDS, int(np.bincount(owners).max()))
    person_folds = min(MAX_FOLDS, count)
    group = rng.permutation(count)[owners] % person_folds
    rows = [np.ones(len(owners), bool)]
    if photo_folds > 1:
        rows += [turn % photo_folds != fold for fold in range(photo_folds)]
    after_photos = len(rows)
    if person_folds > 1:
        rows += [group != fold for fold in range(person_folds)]
    return Folds(np.stack(rows), range(1, after_photos), range(after_photos, len(rows)))
