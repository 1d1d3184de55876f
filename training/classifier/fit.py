"""Learns the classifier of a family, and measures it on faces it had not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from data.recognition.calibration import Calibration, calibrate, expected_calibration_error
from data.recognition.config import HeadConfig
from data.recognition.scoring import HeadState, probabilities
from training.classifier.held_out import (
    NOBODY,
    HeldOutScores,
    crossed_offsets,
    nearest_accuracy,
    person_offsets,
    score_held_out,
    scores,
)
from training.classifier.prototypes import fit_prototypes
from training.dataset.folds import Folds, make_folds

USUAL = 5  # photos a person, with which the priors of `HeadConfig` were measured


@dataclass(frozen=True)
class Metrics:
    """How a family's classifier does on held-out faces; shares are 0..1, `None` if not measurable.

    Attributes:
        held_out: Faces of people whom the classifier had learned from other photos.
        right, unknown, wrong: Shares of those with the right name, no name, a wrong name.
        strangers: Faces of people whom the classifier had not learned at all.
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


@dataclass(frozen=True)
class HeldOutPredictions:
    """What the finished classifier says of the held-out faces.

    Attributes:
        faces: The faces, with the scores of every person.
        best: int [N], the most probable person.
        confidence: float [N], the probability of that person.
        named: bool [N], whether that person's name is given.
        right: bool [N], whether the most probable person is the right one.
    """

    faces: HeldOutScores
    best: np.ndarray
    confidence: np.ndarray
    named: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class FitResult:
    """The classifier, how good it is, and the predictions behind that."""

    state: HeadState
    metrics: Metrics
    predictions: HeldOutPredictions


def learn_head(
    embeddings: np.ndarray,
    owners: np.ndarray,
    people: tuple[str, ...],
    config: HeadConfig,
    *,
    false_names: float = 0.01,
    groups: np.ndarray | None = None,
    strangers: np.ndarray | None = None,
    on_epoch: Callable[[dict], object] | None = None,
) -> FitResult:
    """Fits prototypes, calibration and threshold.

    Args:
        embeddings: float32 [N, D], unit length.
        owners: int [N], rows of `people`; everybody has at least one face.
        people: K names.
        false_names: The share of strangers that may get a name.
        groups: int [N], which photos must not be separated; see `training.dataset.folds`.
        strangers: float32 [S, D], faces of nobody in the family.
        on_epoch: Called with a row of the learning curve after every epoch of the prototypes
            (`training.callbacks`).

    Raises:
        NotFinite: If the embeddings are no finite numbers.
    """
    folds = make_folds(owners, groups)

    def note(epoch: int, loss: float, prototypes: np.ndarray) -> None:
        row = {"run": "classifier", "epoch": epoch, "loss": round(loss, 5)}
        right = nearest_accuracy(prototypes, embeddings, owners, folds.train)
        on_epoch(row if right is None else {**row, "val_accuracy": round(right, 5)})

    prototypes = fit_prototypes(
        embeddings,
        owners,
        folds.train,
        temperature=config.temperature,
        prototype_l2=config.prototype_l2,
        **({"on_epoch": note} if on_epoch else {}),
    )
    held_out = score_folds(embeddings, owners, folds, prototypes, config, strangers)
    fitted = conclude(held_out, people, config, false_names)
    whole, _ = fold_state(embeddings, owners, folds.train[0], prototypes[0], config)
    return replace(fitted, state=finished(whole, people, fitted.state))


def score_folds(
    embeddings: np.ndarray,
    owners: np.ndarray,
    folds: Folds,
    prototypes: np.ndarray,
    config: HeadConfig,
    strangers: np.ndarray | None = None,
) -> HeldOutScores:
    """Every fold's classifier scores the faces that the fold holds out; the kept one strangers."""
    count = prototypes.shape[1]
    parts = []
    for fold in (*folds.photos, *folds.people):
        out = np.flatnonzero(~folds.train[fold])
        if len(out):
            state, present = fold_state(
                embeddings, owners, folds.train[fold], prototypes[fold], config
            )
            parts.append(
                score_held_out(state, present, count, embeddings[out], owners[out], out, fold=fold)
            )
    if strangers is not None and len(strangers):
        state, present = fold_state(embeddings, owners, folds.train[0], prototypes[0], config)
        number = np.arange(len(strangers))
        nobody = np.full(len(strangers), NOBODY)
        parts.append(
            score_held_out(state, present, count, strangers, nobody, number, from_elsewhere=True)
        )
    return HeldOutScores.join(parts, count)


def fold_state(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    prototypes: np.ndarray,
    config: HeadConfig,
) -> tuple[HeadState, np.ndarray]:
    """A classifier, not calibrated, of the people whom a fold learns, and who they are."""
    order = np.argsort(owners, kind="stable")  # the classifier wants them person by person
    order = order[train[order]]
    present = np.unique(owners[order])
    rows = np.searchsorted(present, owners[order]).astype(np.int32)
    # One weight for all people: a cosine with a photo and one with a prototype are not of one
    # scale, and people with other weights could not be compared.
    photos = float(np.exp(np.log(np.bincount(rows)).mean()))
    nearest = photos / (photos + config.half_weight_count)
    state = HeadState(
        tuple(str(k) for k in present),
        prototypes[present],
        embeddings[order],
        rows,
        nearest,
        1.0,
        0.0,
        1.0,
        config.runner_up_weight * (1.0 - nearest),
        config.default_runner_up,
        config.log_count_shift * np.log(photos / USUAL),
    )
    return state, present


def conclude(
    held_out: HeldOutScores, people: tuple[str, ...], config: HeadConfig, false_names: float
) -> FitResult:
    """Calibrates on held-out faces, and measures on them; `state` holds no faces yet."""
    evidence = scores(held_out, crossed_offsets(held_out), config)
    if len(evidence):
        best, top = evidence.argmax(1), evidence.max(1)
    else:
        best, top = np.zeros(0, int), np.zeros(0)
    known = held_out.known
    right = known & (best == held_out.owners)
    calibration = calibrate(
        right=top[right],
        confused=top[known & ~right],
        strangers=top[~known],
        config=config,
        false_names=false_names,
    )
    confidence = best_confidence(evidence, calibration) if len(evidence) else np.zeros(0)
    named = confidence >= calibration.threshold
    predictions = HeldOutPredictions(held_out, best, confidence, named, right)
    state = replace(
        HeadState.empty(0),
        people=people,
        slope=calibration.slope,
        centre=calibration.centre,
        threshold=calibration.threshold,
        offsets=person_offsets(held_out).astype(np.float32),
    )
    return FitResult(state, measure(predictions, false_names), predictions)


def finished(whole: HeadState, people: tuple[str, ...], calibrated: HeadState) -> HeadState:
    """The classifier of everybody with names, calibration and threshold."""
    return replace(
        whole,
        people=people,
        slope=calibrated.slope,
        centre=calibrated.centre,
        threshold=calibrated.threshold,
        offsets=(whole.offsets + calibrated.offsets).astype(np.float32),
    )


def measure(predictions: HeldOutPredictions, false_names: float) -> Metrics:
    """The figures of the predictions."""
    if not len(predictions.best):
        return Metrics(0, None, None, None, 0, None, None, false_names)
    known, named, right = predictions.faces.known, predictions.named, predictions.right

    def share(flags: np.ndarray, of: np.ndarray) -> float | None:
        return float(flags[of].mean()) if of.any() else None

    return Metrics(
        held_out=int(known.sum()),
        right=share(named & right, known),
        unknown=share(~named, known),
        wrong=share(named & ~right, known),
        strangers=int((~known).sum()),
        false_names=share(named, ~known),
        calibration_error=expected_calibration_error(predictions.confidence, right),
        false_names_asked=false_names,
    )


def best_confidence(scores: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The classifier's probability, float [N] in 0..1, of its best person; scores float [N, K]."""
    logits = calibration.slope * (scores - calibration.centre)
    return probabilities(logits)[:, :-1].max(1)
