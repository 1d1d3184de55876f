"""Learns the classifier of a family, and measures it on faces it had not seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from model.head import Head, HeadConfig, HeadState
from training.calibration import calibrate, expected_calibration_error
from training.folds import make_folds
from training.prototypes import fit_prototypes


@dataclass(frozen=True)
class Measured:
    """How a family's classifier does on held-out faces; shares are 0..1, `None` if not measurable.

    Attributes:
        held_out: Faces judged by a classifier that had learned the person from other photos.
        right, unknown, wrong: Shares of those with the right name, no name, a wrong name.
        strangers: Faces judged by a classifier that had not learned the person at all.
        false_names: Share of those that got a name.
        calibration_error: Expected calibration error of the probabilities.
        false_names_asked: The share of strangers that was allowed to get a name.
    """

    held_out: int
    right: float | None
    unknown: float | None
    wrong: float | None
    strangers: int
    false_names: float | None
    calibration_error: float | None
    false_names_asked: float

    def to_json(self) -> dict:
        return {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }


def fit_head(
    embeddings: np.ndarray,
    owners: np.ndarray,
    people: tuple[str, ...],
    config: HeadConfig,
    *,
    false_names: float = 0.01,
) -> tuple[HeadState, Measured]:
    """Fits prototypes, calibration and threshold.

    Args:
        embeddings: float32 [N, D], unit length.
        owners: int [N], rows of `people`; everybody has at least one face.
        people: K names.
        false_names: The share of strangers that may get a name.
    """
    order = np.argsort(owners, kind="stable")  # the classifier wants them person by person
    embeddings, owners = embeddings[order], owners[order].astype(np.int32)
    folds = make_folds(owners)
    prototypes = fit_prototypes(
        embeddings, owners, folds.train, temperature=config.temperature, pull=config.pull
    )

    def state(fold: int, slope=1.0, centre=0.0, threshold=1.0) -> HeadState:
        rows = folds.train[fold]
        present = np.unique(owners[rows])
        return HeadState(
            tuple(people[k] for k in present),
            prototypes[fold][present],
            embeddings[rows],
            np.searchsorted(present, owners[rows]).astype(np.int32),
            config.nearest,
            slope,
            centre,
            threshold,
        )

    unseen = [
        _Unseen.judge(Head(state(fold)), embeddings[out], [people[k] for k in owners[out]])
        for fold in (*folds.photos, *folds.people)
        if (out := ~folds.train[fold]).any()
    ]
    none = [np.zeros(0)]
    calibration = calibrate(
        right=np.concatenate([u.best[u.right] for u in unseen] or none),
        confused=np.concatenate([u.best[u.known & ~u.right] for u in unseen] or none),
        strangers=np.concatenate([u.best[~u.known] for u in unseen] or none),
        config=config,
        false_names=false_names,
    )
    final = state(0, calibration.slope, calibration.centre, calibration.threshold)
    return final, _measure(unseen, calibration, false_names)


@dataclass(frozen=True)
class _Unseen:
    """Faces that a fold's classifier had not seen: their scores, and who they are."""

    scores: np.ndarray  # float [N, K of the fold]
    known: np.ndarray  # bool [N], whether the person is in the fold
    right: np.ndarray  # bool [N], whether the best person is the right one

    @property
    def best(self) -> np.ndarray:
        return self.scores.max(1)

    @classmethod
    def judge(cls, head: Head, embeddings: np.ndarray, names: list[str]) -> _Unseen:
        scores = head.scores(embeddings).numpy()
        people = np.array(head.state.people, object)
        best = people[scores.argmax(1)]
        names = np.array(names, object)
        return cls(scores, np.isin(names, people), best == names)


def _measure(unseen: list[_Unseen], calibration, false_names: float) -> Measured:
    if not unseen:
        return Measured(0, None, None, None, 0, None, None, false_names)
    confidence = np.concatenate([_confidence(u.scores, calibration) for u in unseen])
    known = np.concatenate([u.known for u in unseen])
    right = np.concatenate([u.right for u in unseen])
    named = confidence >= calibration.threshold

    def share(flags: np.ndarray, of: np.ndarray) -> float | None:
        return float(flags[of].mean()) if of.any() else None

    return Measured(
        held_out=int(known.sum()),
        right=share(named & right, known),
        unknown=share(~named, known),
        wrong=share(named & ~right, known),
        strangers=int((~known).sum()),
        false_names=share(named, ~known),
        calibration_error=expected_calibration_error(confidence, right),
        false_names_asked=false_names,
    )


def _confidence(scores: np.ndarray, calibration) -> np.ndarray:
    """The classifier's probability of its best person, as `model.head.Head` has it."""
    logits = calibration.slope * (scores - calibration.centre)
    top = np.maximum(logits.max(1), 0.0)
    total = np.exp(logits - top[:, None]).sum(1) + np.exp(-top)
    return np.exp(logits.max(1) - top) / total
