"""Decides between the frozen embedder and the fine-tuned one, on photos that neither had seen.

Stage 1 is the head on the embedder as it came. Stage 2 trains the embedder's upper levels too. Both
are measured on the same two splits, each without some moments of everybody and without some people,
who are strangers there. The number of epochs of the one split is chosen on the other, so that the
comparison does not profit from the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from data.progress import Progress
from data.recognition.age import AgeCorrection
from data.recognition.config import HeadConfig
from model.device import has_gpu
from model.embedder.embedder import Embedder
from model.zoo.networks import build_embedder, load_age_correction, load_trainable
from model.zoo.specs import EmbedderSpec
from training.callbacks import Epochs, OnEpoch, tensorboard
from training.classifier.fit import FitResult, conclude, fold_state, seen_by_folds
from training.classifier.held_out import NOBODY, HeldOutScores, score_held_out, scores
from training.classifier.prototypes import fit_prototypes
from training.dataset.folds import make_folds
from training.embedder.finetune import DEFAULTS, FineTuning, Run, embed, fine_tune
from training.embedder.frozen_features import Features, extract, split_network
from training.not_finite import NotFinite

if TYPE_CHECKING:
    from training.dataset.training_set import TrainingSet

# Fewer people or photos leave too little to hold out, and so nothing to decide by.
PEOPLE, PHOTOS = 3, 5
MOST_FACES = 1200  # learned from in stage 2, shared out evenly; bounds time and memory
MOST_STRANGERS = 200

RUNS = ("split 1", "split 2", "all")


@dataclass(frozen=True)
class Rates:
    """Shares of the faces of known people, on photos that were not learned from.

    Attributes:
        closed: Whose most probable person is the right one.
        identified: Who also get the name, at the threshold at which strangers get one as often as
            was asked for.
    """

    closed: float
    identified: float


@dataclass(frozen=True)
class FineTuningResult:
    """Whether stage 2 is used, and the figures that decided it.

    Attributes:
        kept: Whether the fine-tuned network is used.
        reason: Why, or why not, for people.
        frozen, tuned: How both did; `None` where stage 2 was not tried.
        held_out: Faces of known people that both were measured on.
        curves: Figures by name, one an epoch, of each split.
        fitted: The classifier on the fine-tuned network, where it is kept.
    """

    kept: bool
    reason: str
    frozen: Rates | None = None
    tuned: Rates | None = None
    held_out: int = 0
    curves: tuple[dict[str, list[float]], ...] = ()
    fitted: FitResult | None = field(default=None, repr=False)

    def to_json(self) -> dict:
        return {
            "stage": 2 if self.kept else 1,
            "reason": self.reason,
            "frozen": self.frozen and asdict(self.frozen),
            "fine_tuned": self.tuned and asdict(self.tuned),
            "held_out": self.held_out,
            "curves": [
                {name: [round(x, 4) for x in values] for name, values in curve.items()}
                for curve in self.curves
            ],
        }


NOT_TRIED = FineTuningResult(False, "fine-tuning was not tried")


def why_not(owners: np.ndarray, groups: np.ndarray) -> str | None:
    """Why stage 2 cannot be evaluated for this family, or `None`."""
    moments = [len(np.unique(groups[owners == person])) for person in np.unique(owners)]
    enough = sum(count >= PHOTOS for count in moments)
    if enough >= PEOPLE:
        return None
    return (
        f"fine-tuning was not tried: it takes {PEOPLE} people with {PHOTOS} photos of different "
        f"moments each to tell whether it helps, and there are {enough}"
    )


def try_fine_tuning(
    network: keras.Model,
    upper: Sequence[str],
    chips: Sequence[np.ndarray],
    owners: np.ndarray,
    groups: np.ndarray,
    strangers: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    people: tuple[str, ...],
    head: HeadConfig,
    *,
    age: AgeCorrection | None = None,
    mirror: bool = True,
    false_names: float,
    options: FineTuning = DEFAULTS,
    mixed: bool = False,
    callbacks: Callable[[str], Sequence[keras.callbacks.Callback]] = lambda run: (),
) -> FineTuningResult:
    """Fine-tunes on both splits and, if that wins, on everything; then `network` is changed.

    Args:
        network: The embedder's network, trainable.
        upper: Prefixes of the layers to train.
        chips: N aligned faces, uint8 [S, S, 3].
        owners, groups: int [N], see `training.classifier.fit.learn_head`.
        age, mirror: As the embedder has them.
        strangers: Aligned faces of nobody in the family, whose embeddings should stay.
        validation: The same, to measure with; nothing is learned from them.
        callbacks: More callbacks for the run of that name, one of `RUNS`.
    """
    if reason := why_not(owners, groups):
        return FineTuningResult(False, reason)
    lower, top = split_network(network, upper)
    some = strangers[:MOST_STRANGERS], validation[:MOST_STRANGERS]
    features = extract(lower, chips, *some, options.views, mirror=mirror)
    before = embed(top, features.family, age), embed(top, features.validation, age)
    splits = _splits(owners, groups)
    learning = [train & _not_too_many(owners) for train in splits]
    runs: list[Run] = []
    try:
        for number, rows in enumerate(learning):
            extra = callbacks(RUNS[number])
            runs.append(
                fine_tune(
                    top, features, owners, rows, head, options, age=age,
                    watch=True, callbacks=extra, mixed=mixed,
                )
            )  # fmt: skip
        curves = tuple(run.history for run in runs)
        best = [int(np.argmin(run.history["val_loss"])) for run in runs]
        frozen = _score_splits(splits, [before] * 2, owners, head)
        chosen = [run.embeddings[min(other, len(run.embeddings) - 1)]
                  for run, other in zip(runs, best[::-1], strict=True)]  # fmt: skip
        tuned = _score_splits(splits, chosen, owners, head)
        result = compare(frozen, tuned, head, false_names)
        if not result.kept:
            return FineTuningResult(
                False, result.reason, result.frozen, result.tuned, result.held_out, curves
            )
        fitted = _finish(
            top, features, owners, best, tuned, people, head, age, false_names, options, mixed,
            callbacks(RUNS[2]),
        )  # fmt: skip
    except NotFinite:
        return FineTuningResult(
            False,
            "fine-tuning was given up, because its loss stopped being a finite number; "
            "the network is used as it came",
        )
    return replace(result, curves=curves, fitted=fitted)


def _splits(owners: np.ndarray, groups: np.ndarray) -> list[np.ndarray]:
    """Two rows bool [N], what each split learns from."""
    folds = make_folds(owners, groups)
    photos, teams = list(folds.photos), list(folds.people)
    rows = []
    for number in range(2):
        train = folds.train[photos[number]] & folds.train[photos[(number + 2) % len(photos)]]
        if len(teams) > 2:
            train = train & folds.train[teams[number]]
        rows.append(train)
    return rows


def _not_too_many(owners: np.ndarray) -> np.ndarray:
    """At most an even share of `MOST_FACES` of every person, bool [N]."""
    each = max(PHOTOS, MOST_FACES // (int(owners.max()) + 1))
    rng, keep = np.random.default_rng(0), np.zeros(len(owners), bool)
    for person in np.unique(owners):
        keep[rng.permutation(np.flatnonzero(owners == person))[:each]] = True
    return keep


def _score_splits(splits, embeddings, owners: np.ndarray, head: HeadConfig) -> HeldOutScores:
    parts, count = [], int(owners.max()) + 1
    for fold, (train, (family, strangers)) in enumerate(zip(splits, embeddings, strict=True), 1):
        options = {"temperature": head.temperature, "prototype_l2": head.prototype_l2}
        seen = seen_by_folds(family, owners, train[None], head)
        prototypes = fit_prototypes(seen, owners, train[None], **options)[0]
        state, present = fold_state(family, owners, train, prototypes, head)
        out = np.flatnonzero(~train)
        parts.append(
            score_held_out(state, present, count, family[out], owners[out], out, fold=fold)
        )
        nobody = np.full(len(strangers), NOBODY)
        number = np.arange(len(strangers))
        parts.append(
            score_held_out(state, present, count, strangers, nobody, number, from_elsewhere=True)
        )
    return HeldOutScores.join(parts, count)


def compare(
    frozen: HeldOutScores, tuned: HeldOutScores, head: HeadConfig, false_names: float
) -> FineTuningResult:
    """Whether fine-tuning won on the same held-out faces, at the same share of false names."""
    known = frozen.known
    flags, rates = [], []
    for held_out in (frozen, tuned):
        evidence = scores(held_out, np.zeros(held_out.likeness.shape[1]), head)
        right = evidence.argmax(1)[known] == held_out.owners[known]
        sure = evidence.max(1)
        cut = np.quantile(sure[~known], 1 - false_names) if (~known).any() else -np.inf
        flags.append(right & (sure[known] > cut))
        rates.append(Rates(float(right.mean()), float(flags[-1].mean())))
    gain = flags[1].astype(float) - flags[0]
    noise = gain.std() / np.sqrt(max(len(gain), 1))
    # More than chance, and not bought with people taken for each other.
    wins = gain.mean() > max(noise, 1e-9) and rates[1].closed >= rates[0].closed
    words = (
        f"on {len(gain)} held-out faces {rates[1].identified:.1%} got the right name after "
        f"fine-tuning and {rates[0].identified:.1%} before; the right person came first for "
        f"{rates[1].closed:.1%} and {rates[0].closed:.1%}"
    )
    verdict = "fine-tuning won: " if wins else "fine-tuning did not win: "
    return FineTuningResult(bool(wins), verdict + words, rates[0], rates[1], len(gain))


def _finish(
    top, features: Features, owners, best, tuned: HeldOutScores, people, head, age, false_names,
    options,
    mixed, callbacks,
) -> FitResult:  # fmt: skip
    epochs = max(1, round(np.mean(best)) + 1)
    # The rate falls as it did in the splits, of which only the first epochs were any good.
    rows = _not_too_many(owners)
    stop = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: setattr(stop.model, "stop_training", epoch + 1 >= epochs)
    )
    run = fine_tune(
        top, features, owners, rows, head, options,
        age=age, callbacks=[stop, *callbacks], mixed=mixed,
    )  # fmt: skip
    top.set_weights(run.upper.get_weights())
    family = embed(top, features.family, age)
    options = {"temperature": head.temperature, "prototype_l2": head.prototype_l2}
    everything = np.ones(len(owners), bool)
    seen = seen_by_folds(family, owners, everything[None], head)
    prototypes = fit_prototypes(seen, owners, everything[None], **options)[0]
    whole, _ = fold_state(family, owners, everything, prototypes, head)
    return conclude(tuned, people, whole, head, false_names)


def tune(
    network: EmbedderSpec,
    training_set: TrainingSet,
    embedder: Embedder,
    model: Path,
    false_names: float,
    progress: Progress,
    on_epoch: OnEpoch = lambda _: None,
) -> tuple[FineTuningResult, Embedder]:
    """Tries stage 2.

    Returns:
        The result, and the embedder to use from now on: the given one, or the tuned one.
    """
    if reason := why_not(training_set.owners, training_set.groups):
        return FineTuningResult(False, reason), embedder
    trainable, age = load_trainable(network), load_age_correction(network)
    known = _spread([face.chip for face in training_set.strangers])
    half = len(known) // 2

    def progress_callback(run: str) -> Epochs:
        before, of = RUNS.index(run) * DEFAULTS.epochs, len(RUNS) * DEFAULTS.epochs
        return Epochs(run, on_epoch, lambda done: progress("fine-tuning", before + done, of))

    progress("preparing to fine-tune", 0, 0)
    result = try_fine_tuning(
        trainable,
        network.upper,
        [example.face.chip for example in training_set.examples],
        training_set.owners,
        training_set.groups,
        _spread([face.chip for face in training_set.bystanders] + known[:half]),
        known[half:],
        training_set.people,
        network.head,
        age=age,
        mirror=network.mirror,
        false_names=false_names,
        mixed=has_gpu(),
        callbacks=lambda run: [*tensorboard(model.name, run), progress_callback(run)],
    )
    if not result.kept:
        return result, embedder
    return result, build_embedder(network, trainable)


def _spread(chips: list[np.ndarray]) -> list[np.ndarray]:
    """The same in another order: of the first strangers many are from one photo."""
    return [chips[i] for i in np.random.default_rng(0).permutation(len(chips))]
