"""Learns the classifier of a family, and measures it on faces it had not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from data.recognition.calibration import Calibration, calibrate, expected_calibration_error
from data.recognition.common import common_part, without
from data.recognition.config import HeadConfig
from data.recognition.impostors import Impostors, measure_impostors
from data.recognition.mean_head import head_of, usual_photos
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

# Times what was asked for: if strangers may be named more often than that, the family is too small
# to tell.
VAGUE = 2.5


@dataclass(frozen=True)
class Metrics:
    """How a family's classifier does on held-out faces; shares are 0..1, `None` if not measurable.

    Attributes:
        held_out: Faces of people whom the classifier had learned from other photos.
        right, unknown, wrong: Shares of those with the right name, no name, a wrong name.
        strangers: Faces of people whom the classifier had not learned at all.
        false_names: Share of those that got a name.
        false_names_range: Between which shares that of other strangers of such photos lies in
            90 % of cases, as far as the family tells (`data.recognition.impostors`).
        calibration_error: Expected calibration error of the probabilities.
        false_names_asked: The share of strangers that was allowed to get a name.
    """

    held_out: int
    right: float | None
    unknown: float | None
    wrong: float | None
    strangers: int
    false_names: float | None
    false_names_range: tuple[float, float]
    calibration_error: float | None
    false_names_asked: float

    @property
    def cannot_tell(self) -> bool:
        """Whether so few people say too little about strangers."""
        return self.false_names_range[1] > VAGUE * max(self.false_names_asked, 1e-3)

    def to_json(self) -> dict:
        def rounded(value):
            if isinstance(value, tuple):
                return [rounded(one) for one in value]
            return round(value, 4) if isinstance(value, float) else value

        return {key: rounded(value) for key, value in asdict(self).items()}


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
        if found := nearest_accuracy(prototypes, seen, owners, folds.train):
            row |= {"val_accuracy": round(found[0], 5), "val_faces": found[1]}
        on_epoch(row)

    seen = seen_by_folds(embeddings, owners, folds.train, config)
    prototypes = fit_prototypes(
        seen,
        owners,
        folds.train,
        temperature=config.temperature,
        prototype_l2=config.prototype_l2,
        **({"on_epoch": note} if on_epoch else {}),
    )
    held_out = score_folds(embeddings, owners, folds, prototypes, config, strangers)
    whole, _ = fold_state(embeddings, owners, folds.train[0], prototypes[0], config)
    return conclude(held_out, people, whole, config, false_names)


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


def seen_by_folds(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    config: HeadConfig,
) -> np.ndarray:
    """Embeddings float32 [F, N, D] without what the faces that each fold learns have in common."""
    commons = [common_of(embeddings, owners, rows, config) for rows in train]
    return np.stack([without(embeddings, common) for common in commons])


def common_of(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    config: HeadConfig,
) -> np.ndarray:
    """What the faces have in common that a fold learns from, float32 [D]."""
    order = _by_person(owners, train)
    return common_part(embeddings[order], owners[order], config.common_prior)


def fold_state(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    prototypes: np.ndarray,
    config: HeadConfig,
) -> tuple[HeadState, np.ndarray]:
    """A classifier, not calibrated, of the people whom a fold learns, and who they are."""
    order = _by_person(owners, train)
    present = np.unique(owners[order])
    rows = np.searchsorted(present, owners[order]).astype(np.int32)
    names = tuple(str(k) for k in present)
    common = common_of(embeddings, owners, train, config)
    return head_of(names, prototypes[present], embeddings[order], rows, config, common), present


def _by_person(owners: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Rows to learn from, person by person, as the classifier wants them."""
    order = np.argsort(owners, kind="stable")
    return order[train[order]]


def conclude(
    held_out: HeldOutScores,
    people: tuple[str, ...],
    whole: HeadState,
    config: HeadConfig,
    false_names: float,
) -> FitResult:
    """Calibrates on held-out faces, and measures on them.

    Args:
        whole: The classifier of everybody, not calibrated; it comes back calibrated.
    """
    offsets = crossed_offsets(held_out)
    evidence = scores(held_out, offsets, config)
    if len(evidence):
        best, top = evidence.argmax(1), evidence.max(1)
    else:
        best, top = np.zeros(0, int), np.zeros(0)
    known = held_out.known
    right = known & (best == held_out.owners)
    impostors = impostors_of(held_out, offsets, whole, config)
    calibration = calibrate(
        right=top[right],
        confused=top[known & ~right],
        strangers=top[~known],
        impostors=impostors,
        config=config,
        false_names=false_names,
    )
    confidence = best_confidence(evidence, calibration) if len(evidence) else np.zeros(0)
    named = confidence >= calibration.threshold
    predictions = HeldOutPredictions(held_out, best, confidence, named, right)
    state = replace(
        whole,
        people=people,
        slope=calibration.slope,
        centre=calibration.centre,
        threshold=calibration.threshold,
        offsets=(whole.offsets + person_offsets(held_out)).astype(np.float32),
    )
    likely = impostors.interval(calibration.cut)
    return FitResult(state, measure(predictions, false_names, likely), predictions)


def impostors_of(
    held_out: HeldOutScores, offsets: np.ndarray, whole: HeadState, config: HeadConfig
) -> Impostors:
    """What strangers score with the classifier of everybody, by those who were held out."""
    strangers = ~held_out.known
    likeness = (held_out.likeness - offsets)[strangers]
    owners, rows = held_out.owners[strangers], held_out.rows[strangers]
    number = np.where(held_out.from_elsewhere[strangers], len(whole.people) + rows, owners)
    there = np.isfinite(likeness)
    pairs = sum(int(there[number == k].any(0).sum()) for k in np.unique(number))
    return measure_impostors(
        likeness,
        pairs / 2,  # of two people of the family each was a stranger to the other
        len(whole.people),
        usual_photos(whole.owners),
        whole.runner_up_weight,
        config,
    )


def measure(
    predictions: HeldOutPredictions, false_names: float, likely: tuple[float, float]
) -> Metrics:
    """The figures of the predictions; `likely` is the `false_names_range`."""
    if not len(predictions.best):
        return Metrics(0, None, None, None, 0, None, likely, None, false_names)
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
        false_names_range=likely,
        calibration_error=expected_calibration_error(predictions.confidence, right),
        false_names_asked=false_names,
    )


def best_confidence(scores: np.ndarray, calibration: Calibration) -> np.ndarray:
    """The classifier's probability, float [N] in 0..1, of its best person; scores float [N, K]."""
    logits = calibration.slope * (scores - calibration.centre)
    return probabilities(logits)[:, :-1].max(1)
