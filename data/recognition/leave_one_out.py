"""What a classifier says of faces that it knows, each as if it had not been learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.recognition.common import common_part, without
from data.recognition.scoring import HeadState, less_runner_up

SAME_PICTURE = 0.98  # cosine from which two embeddings are of one picture, and tell nothing new
TEAMS = 20  # parts of the people who are left out of the common part, one at a time
MOST = 1200  # faces that are compared with all others: the cost grows with their square


@dataclass(frozen=True)
class LeftOutScores:
    """Best scores, float [.] each, of faces that the classifier was asked about without them.

    Attributes:
        right, confused: Where the best person was the right one, and where it was not.
        strangers: Of the same faces, had their person not been learned.
        likeness: float [S, K], of those strangers to everybody; -inf to themselves.
    """

    right: np.ndarray
    confused: np.ndarray
    strangers: np.ndarray
    likeness: np.ndarray


def leave_one_out(head: HeadState, prior: float) -> LeftOutScores:
    """Scores of the exemplars of a classifier, each left out of its prototype and its photos.

    Args:
        head: Of K >= 1 people, with means for prototypes; not calibrated.
        prior: See `data.recognition.common.common_part`.
    """
    vectors, owners = _at_most(head.exemplars, head.owners)
    rows = np.arange(len(vectors))
    options = head.runner_up_weight, head.default_runner_up
    alike = _likeness(head, without(vectors, head.common), owners, rows)
    known = np.isfinite(alike[rows, owners])
    scores = less_runner_up(alike[known], *options) if known.any() else alike[:0]
    is_right = scores.argmax(1) == owners[known] if len(scores) else np.zeros(0, bool)
    best = scores.max(1) if len(scores) else np.zeros(0)
    strange = alike[:0]
    if len(head.people) > 1:
        # Without its own person a face is a stranger to all others, and to what they have in
        # common; of many people a part is left out of that at a time.
        team = owners % TEAMS
        strange = np.empty_like(alike)
        for number in np.unique(team):
            mine, rest = team == number, team != number
            common = common_part(vectors[rest], owners[rest], prior)
            strange[mine] = _likeness(head, without(vectors, common), owners, rows[mine])
        strange[rows, owners] = -np.inf
        strange = strange[np.isfinite(strange).any(1)]
    strangers = less_runner_up(strange, *options).max(1) if len(strange) else np.zeros(0)
    return LeftOutScores(best[is_right], best[~is_right], strangers, strange)


def _likeness(head: HeadState, vectors, owners, rows) -> np.ndarray:
    """Of some of the faces to everybody, float [., K], without the face itself."""
    people = len(head.people)
    starts = np.searchsorted(owners, np.arange(people))
    sums = np.add.reduceat(vectors, starts, axis=0)
    asked, whose = vectors[rows], owners[rows]
    to_prototypes = asked @ _unit(sums).T
    mine = np.arange(len(rows)), whose
    to_prototypes[mine] = (asked * _unit(sums[whose] - asked)).sum(1)
    cosines = asked @ vectors.T
    same = whose[:, None] == owners[None]
    cosines[same & (cosines >= SAME_PICTURE)] = -np.inf
    nearest = np.maximum.reduceat(cosines, starts, axis=1)
    weight = np.float32(head.nearest_weight)
    alike = (1 - weight) * to_prototypes + weight * nearest
    return alike - np.broadcast_to(np.asarray(head.offsets, np.float32), people)


def _at_most(vectors: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An even share of everybody's faces, `MOST` or a few more in all."""
    if len(owners) <= MOST:
        return vectors, owners
    share = max(2, MOST // (int(owners[-1]) + 1))
    number = np.arange(len(owners)) - np.searchsorted(owners, owners)
    counts = np.bincount(owners)[owners]
    step = np.maximum(1, -(-counts // share))
    kept = number % step == 0
    return vectors[kept], owners[kept]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
