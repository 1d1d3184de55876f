"""What the faces of one collection have in common, and takes away from telling people apart.

Photos of one family share a scanner, a light, an origin. Strangers from the same photos share them,
too, and so look more like the family than strangers from elsewhere. With the mean of the faces
taken off, one threshold is right for both.
"""

from __future__ import annotations

import numpy as np


def common_part(
    exemplars: np.ndarray,
    owners: np.ndarray,
    prior: float,
) -> np.ndarray:
    """The mean of a collection's people, shrunk towards zero by their number.

    What faces have in common everywhere the age correction has mostly taken off already
    (`data.recognition.age`).

    Args:
        exemplars: float32 [M, D], unit length, of people who are known.
        owners: int [M], ascending; everybody counts once, however many photos there are.
        prior: How many people zero counts for (`HeadConfig.common_prior`), above 0.

    Returns:
        float32 [D], shorter than 1.
    """
    if not len(exemplars):
        return np.zeros(exemplars.shape[1], np.float32)
    starts = np.flatnonzero(np.r_[True, np.diff(owners) != 0])
    counts = np.diff(np.r_[starts, len(owners)])[:, None]
    means = np.add.reduceat(exemplars, starts, axis=0) / counts
    return (common_share(len(means), prior) * means.mean(0)).astype(np.float32)


def common_share(people: int, prior: float) -> float:
    """How much of the mean of so many people is taken for common, 0..1.

    One person alone does not tell what is common from what is its own.
    """
    return (people - 1) / (people - 1 + prior)


def without(embeddings: np.ndarray, common: np.ndarray | float) -> np.ndarray:
    """Embeddings float32 [..., D] less the common part float32 [D] or 0, unit length."""
    if not np.any(common):
        return embeddings
    rest = embeddings - common
    length = np.linalg.norm(rest, axis=-1, keepdims=True)
    return (rest / np.maximum(length, 1e-9)).astype(np.float32)
