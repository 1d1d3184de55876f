"""Who comes nearest to a face without a name, and how near: a number, and words for a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.recognition.scoring import HeadState, probabilities, scores

LIKE = 0.1  # probability from which a face is a little like somebody
NOBODY = "like nobody"  # what is said below it


@dataclass(frozen=True)
class Nearest:
    """Who comes nearest to a face.

    Attributes:
        name: The person's name.
        probability: Calibrated, 0..1: that it is this person, and not another one or nobody.
    """

    name: str
    probability: float


def words(nearest: Nearest) -> str:
    """What to say of a face without a name: "a little like Anne", or "like nobody"."""
    if nearest.probability < LIKE:
        return NOBODY
    return f"a little like {nearest.name}"


def log_odds(head: HeadState, embeddings: np.ndarray) -> np.ndarray:
    """Of every person against unknown, float [N, K], for embeddings float32 [N, D]; K >= 1."""
    return head.slope * (scores(head, embeddings).astype(float) - head.centre)


def nearest_of(odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most probable person of each face, row int [N], and the probability float [N].

    Args:
        odds: float [N, K], log odds of every person against unknown; -inf for who it is not.
    """
    shares = probabilities(odds)[:, :-1]
    best = shares.argmax(1)
    return best, shares[np.arange(len(best)), best]
