"""Finds photos of one moment, which must be learned from together or held out together.

Two photos of a burst show the same face in the same light: a classifier that learned from the one
has as good as seen the other, and evaluating on that one would flatter it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

SECONDS = 10.0  # between the photos of a burst
BITS = 5  # of 64, in which the hashes of two versions of a picture may differ
ALIKE = 0.97  # correlation of two aligned faces, 24 pixels wide, of one moment


def group_moments(
    owners: np.ndarray,
    taken: Sequence[datetime | None],
    looks: Sequence[int | None],
    chips: Sequence[np.ndarray | None],
) -> np.ndarray:
    """Numbers the moments that N photos were taken in.

    Two photos of a person are of one moment when they were taken within `SECONDS`, when one is a
    version of the other (smaller, sharpened, compressed) or when the aligned faces are nearly the
    same picture; and so are all that are linked by such pairs.

    Args:
        owners: int [N], person numbers.
        taken: When each photo was taken, or `None`.
        looks: `training.dataset.face_finder.difference_hash` of each photo, or `None`.
        chips: Aligned faces uint8 [S, S, 3], or `None`.

    Returns:
        int [N], the same number for photos of one person and one moment.
    """
    group = np.arange(len(owners))
    for person in np.unique(owners):
        mine = np.flatnonzero(owners == person)
        linked = (
            _close([taken[i] for i in mine])
            | _versions([looks[i] for i in mine])
            | _same_face([chips[i] for i in mine])
        )
        for a, b in zip(*np.nonzero(np.triu(linked, 1)), strict=True):
            group[mine[group[mine] == group[mine[b]]]] = group[mine[a]]
    return group


def _close(taken: list[datetime | None]) -> np.ndarray:
    known = np.array([time is not None for time in taken])
    first = min(filter(None, taken), default=None)
    seconds = np.array([(t - first).total_seconds() if t else 0.0 for t in taken])
    near = np.abs(seconds[:, None] - seconds) <= SECONDS
    return near & known[:, None] & known


def _versions(looks: list[int | None]) -> np.ndarray:
    known = np.array([look is not None for look in looks])
    hashes = np.array([look or 0 for look in looks], np.uint64)
    known &= np.bitwise_count(hashes) > 8  # an even ground looks like any other
    apart = np.bitwise_count(hashes[:, None] ^ hashes)
    return (apart <= BITS) & known[:, None] & known


def _same_face(chips: list[np.ndarray | None]) -> np.ndarray:
    known = np.array([chip is not None for chip in chips])
    small = np.stack([_thumb(chip) if chip is not None else np.zeros(576) for chip in chips])
    return (small @ small.T >= ALIKE) & known[:, None] & known


def _thumb(chip: np.ndarray) -> np.ndarray:
    """The middle of a chip in grey, 24 x 24 means, of mean 0 and length 1."""
    side = len(chip) // 24 * 24
    edge = (len(chip) - side) // 2
    middle = chip[edge : edge + side, edge : edge + side] if side else np.zeros((24, 24, 3))
    step = max(1, side // 24)
    # Rows first: most of the numbers are then added up as they lie in memory.
    sums = middle.reshape(24, step, -1).sum(1, dtype=np.float32)
    small = sums.reshape(24, 24, -1).sum(-1).ravel()
    small = small - small.mean()
    return small / max(np.linalg.norm(small), 1e-6)
