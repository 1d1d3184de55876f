"""Held-out scores: what classifiers say of faces that they were not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.recognition.config import HeadConfig
from data.recognition.scoring import HeadState, less_runner_up
from data.recognition.scoring import likeness as likeness_of

NOBODY = -1  # the owner of a stranger's face
# How many strangers a person's own offset needs before it counts for half.
OFFSET_PRIOR = 500.0


@dataclass(frozen=True)
class HeldOutScores:
    """N faces, each scored by a classifier that had not learned from it.

    Attributes:
        likeness: float32 [N, K], with -inf for people whom the classifier had not learned.
        runner_up_weights: float32 [N], see `HeadState.runner_up_weight`.
        owners: int [N], whose faces they are, 0..K-1 or `NOBODY`.
        rows: int [N], the example that was scored; for strangers from elsewhere their number.
        from_elsewhere: bool [N], whether it is a stranger from outside the family.
        folds: int [N], which classifier scored it: it had learned from no row that it scored.
    """

    likeness: np.ndarray
    runner_up_weights: np.ndarray
    owners: np.ndarray
    rows: np.ndarray
    from_elsewhere: np.ndarray
    folds: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """bool [N], whether the classifier had learned the person."""
        at = np.maximum(self.owners, 0)
        mine = self.likeness[np.arange(len(self.owners)), at]
        return (self.owners != NOBODY) & np.isfinite(mine)

    @classmethod
    def join(cls, parts: Sequence[HeldOutScores], people: int) -> HeldOutScores:
        """All faces of several classifiers."""
        none = np.zeros((0, people), np.float32)
        whole = np.zeros(0, int)
        nothing = cls(none, np.zeros(0, np.float32), whole, whole, np.zeros(0, bool), whole)
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in (nothing, *parts)])
                for name in cls.__dataclass_fields__
            )
        )


def score_held_out(
    state: HeadState,
    present: np.ndarray,
    people: int,
    embeddings: np.ndarray,
    owners: np.ndarray,
    rows: np.ndarray,
    *,
    fold: int = 0,
    from_elsewhere: bool = False,
) -> HeldOutScores:
    """Scores faces float32 [N, D] by a classifier of some people, int [K'] of K = `people`."""
    likeness = np.full((len(embeddings), people), -np.inf, np.float32)
    likeness[:, present] = likeness_of(state, embeddings)
    runner_up_weights = np.full(len(embeddings), state.runner_up_weight, np.float32)
    count = len(embeddings)
    elsewhere, folds = np.full(count, from_elsewhere), np.full(count, fold)
    return HeldOutScores(likeness, runner_up_weights, owners, rows, elsewhere, folds)


def scores(held_out: HeldOutScores, offsets: np.ndarray, config: HeadConfig) -> np.ndarray:
    """The classifier's scores, float [N, K], for offsets float [K] or [N, K]."""
    likeness = held_out.likeness - offsets
    return less_runner_up(likeness, held_out.runner_up_weights, config.default_runner_up)


def nearest_accuracy(
    prototypes: np.ndarray, embeddings: np.ndarray, owners: np.ndarray, train: np.ndarray
) -> tuple[float, int] | None:
    """The share of held-out faces to whom their own person's prototype is the nearest.

    Args:
        prototypes: float32 [F, K, D], unit length, of every fold.
        embeddings: float32 [F, N, D], unit length, as each fold sees them.
        owners: int [N].
        train: bool [F, N], what each fold learns from.

    Returns:
        0..1 over all folds, and of how many; `None` if nobody is held out whom the fold knows.
    """
    one_hot = np.eye(owners.max() + 1, dtype=bool)[owners]
    present = (train[:, :, None] & one_hot).any(1)  # [F, K]
    held_out = ~train & present[:, owners]  # a stranger in a fold has no right person
    if not held_out.any():
        return None
    cosines = embeddings @ prototypes.transpose(0, 2, 1)
    nearest = np.where(present[:, None], cosines, -np.inf).argmax(-1)
    return float((nearest == owners)[held_out].mean()), int(held_out.sum())


def person_offsets(held_out: HeldOutScores) -> np.ndarray:
    """By how much each person has to score more, because strangers look like this person.

    The 95 % point of strangers' likeness to the person, above the median of those points, shrunk by
    n / (n + OFFSET_PRIOR) for n strangers. Nobody's threshold falls below the family's.

    Returns:
        float [K], not negative.
    """
    points, counts = [], []
    for likeness in held_out.likeness[~held_out.known].T:
        finite = likeness[np.isfinite(likeness)]
        counts.append(len(finite))
        points.append(np.quantile(finite, 0.95) if len(finite) else np.nan)
    points, counts = np.array(points), np.array(counts, float)
    if np.isnan(points).all():
        return np.zeros(len(points))
    raised = np.nan_to_num(np.maximum(0.0, points - np.nanmedian(points)))
    return raised * counts / (counts + OFFSET_PRIOR)


def crossed_offsets(held_out: HeldOutScores) -> np.ndarray:
    """Offsets float [N, K] for every face, from strangers among whom the face is not.

    Whoever the family knows is scored with all strangers' offsets; strangers are halved, a person
    or a number at a time, and each half is scored with those of the other.
    """
    side = np.where(held_out.from_elsewhere, held_out.rows, held_out.owners) % 2 == 0
    everything = np.tile(person_offsets(held_out), (len(side), 1))
    for half in (side, ~side):
        at = half & ~held_out.known
        rest = HeldOutScores(
            *(getattr(held_out, name)[~half] for name in held_out.__dataclass_fields__)
        )
        everything[at] = person_offsets(rest)
    return everything
