"""Splits a family so that every face is evaluated once by a classifier that has not seen it."""

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


def make_folds(owners: np.ndarray, groups: np.ndarray | None = None, *, seed: int = 0) -> Folds:
    """Splits N examples into folds of photos and of people.

    Args:
        owners: int [N], person numbers 0..K-1.
        groups: int [N]: photos of a person with the same number are learned from together or held
            out together (`training.dataset.moments`). By default every photo is a group of its own.
    """
    if groups is None:
        groups = np.arange(len(owners))
    rng = np.random.default_rng(seed)
    count = int(owners.max()) + 1
    turn = np.zeros(len(owners), int)  # a person's groups take turns, in random order
    most = 0
    for person in range(count):
        mine = np.flatnonzero(owners == person)
        kinds, group = np.unique(groups[mine], return_inverse=True)
        turn[mine] = rng.permutation(len(kinds))[group] + rng.integers(MAX_FOLDS)
        most = max(most, len(kinds))
    photo_folds = min(MAX_FOLDS, most)
    person_folds = min(MAX_FOLDS, count)
    team = rng.permutation(count)[owners] % person_folds
    rows = [np.ones(len(owners), bool)]
    if photo_folds > 1:
        rows += [turn % photo_folds != fold for fold in range(photo_folds)]
    after_photos = len(rows)
    if person_folds > 1:
        rows += [team != fold for fold in range(person_folds)]
    return Folds(np.stack(rows), range(1, after_photos), range(after_photos, len(rows)))
