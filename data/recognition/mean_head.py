"""A classifier from named faces at once: means for prototypes, not calibrated yet."""

from __future__ import annotations

import numpy as np

from data.recognition.config import HeadConfig
from data.recognition.scoring import HeadState

USUAL = 5  # photos a person, with which the priors of `HeadConfig` were measured


def head_of(
    people: tuple[str, ...],
    prototypes: np.ndarray,
    exemplars: np.ndarray,
    owners: np.ndarray,
    config: HeadConfig,
    common: np.ndarray | float = 0.0,
) -> HeadState:
    """A classifier that is not calibrated yet.

    Args:
        people: K names or numbers, as text.
        prototypes: float32 [K, D], unit length, without the common part.
        exemplars: float32 [M, D], unit length, person by person.
        owners: int32 [M], ascending, 0..K-1; everybody has at least one.
        config: Of the embedder.
        common: See `HeadState.common`.
    """
    # One weight for all people: a cosine with a photo and one with a prototype are not of one
    # scale, and people with other weights could not be compared.
    photos = usual_photos(owners)
    nearest = photos / (photos + config.half_weight_count)
    return HeadState(
        people,
        prototypes,
        exemplars,
        owners,
        nearest,
        1.0,
        0.0,
        1.0,
        config.runner_up_weight * (1.0 - nearest),
        config.default_runner_up,
        config.log_count_shift * np.log(photos / USUAL),
        common,
    )


def usual_photos(owners: np.ndarray) -> float:
    """How many photos a person has: the geometric mean over the owners int [M] of exemplars."""
    return float(np.exp(np.log(np.bincount(owners)).mean()))


def mean_prototypes(exemplars: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """The direction of each person's mean.

    Args:
        exemplars: float32 [M, D], unit length, person by person.
        owners: int [M], ascending, 0..K-1; everybody has at least one.

    Returns:
        float32 [K, D], unit length.
    """
    starts = np.searchsorted(owners, np.arange(owners[-1] + 1)) if len(owners) else []
    sums = np.add.reduceat(exemplars, starts, axis=0) if len(owners) else exemplars
    return (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)).astype(np.float32)
