"""What the faces of one collection have in common, and takes away from telling people apart.

Photos of one family share a scanner, a light, an origin. Strangers from the same photos share them,
too, and so look more like the family than strangers from elsewhere. With the mean of the faces
taken off, one threshold is right for both.
"""

from __future__ import annotations

import numpy as np

MOST = 300  # people without a name who are taken into account


def common_part(
    exemplars: np.ndarray,
    owners: np.ndarray,
    prior: float,
    others: np.ndarray | None = None,
) -> np.ndarray:
    """The mean of a collection's people, shrunk towards zero by their number.

    What faces have in common everywhere the age correction has mostly taken off already
    (`data.recognition.age`).

    Args:
        exemplars: float32 [M, D], unit length, of people who are known.
        owners: int [M], ascending; everybody counts once, however many photos there are.
        prior: How many people zero counts for (`HeadConfig.common_prior`), above 0.
        others: float32 [U, D], unit length, one face each of other people (`different_people`).

    Returns:
        float32 [D], shorter than 1.
    """
    others = np.zeros((0, exemplars.shape[1]), np.float32) if others is None else others
    if not len(exemplars):
        return np.zeros(exemplars.shape[1], np.float32)
    starts = np.flatnonzero(np.r_[True, np.diff(owners) != 0])
    counts = np.diff(np.r_[starts, len(owners)])[:, None]
    means = np.add.reduceat(exemplars, starts, axis=0) / counts
    people = len(means) + len(others)
    mean = (means.sum(0) + others.sum(0)) / people
    return (common_share(people, prior) * mean).astype(np.float32)


def common_share(people: int, prior: float) -> float:
    """How much of the mean of so many people is taken for common, 0..1.

    One person alone does not tell what is common from what is its own.
    """
    return (people - 1) / (people - 1 + prior)


def different_people(
    faces: np.ndarray, known: np.ndarray, one_person: float, most: int = MOST
) -> np.ndarray:
    """One face each of people who are not known, among faces of whom nobody said who they are.

    Args:
        faces: float32 [N, D], unit length.
        known: float32 [M, D], unit length, of people who are known.
        one_person: Cosine from which two faces are taken for one person's.
        most: How many are enough.

    Returns:
        float32 [U, D].
    """
    if not len(faces):
        return faces
    free = np.ones(len(faces), bool)
    for start in range(0, len(known), 1000):
        free &= (faces @ known[start : start + 1000].T).max(1) < one_person
    chosen = []
    for row in range(len(faces)):
        if len(chosen) == most:
            break
        if free[row]:
            chosen.append(row)
            free &= faces @ faces[row] < one_person
    return faces[chosen]


def without(embeddings: np.ndarray, common: np.ndarray | float) -> np.ndarray:
    """Embeddings float32 [..., D] less the common part float32 [D] or 0, unit length."""
    if not np.any(common):
        return embeddings
    rest = embeddings - common
    length = np.linalg.norm(rest, axis=-1, keepdims=True)
    return (rest / np.maximum(length, 1e-9)).astype(np.float32)
