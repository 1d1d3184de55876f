"""Compares a new model with the one in use, on the same photos, held out from both.

A photo that a model learned from says nothing of it, so both classifiers are asked about each face
without the moment that it was taken in: the new one by the folds in which it is measured, the
former one fitted again, for each of these folds, to what it had learned less the faces held out.
Each keeps the calibration and the thresholds that it names people by. What a fine-tuned network
learned from cannot be held out from it: only moments that are new to it are compared there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import ModelError
from data.recognition.config import HeadConfig
from data.recognition.identity import model_id, network_of
from data.recognition.leave_one_out import SAME_PICTURE
from data.recognition.scoring import probabilities
from data.recognition.spaces import space_of
from model.inference.tagger import Tagger
from model.manifest import read_manifest
from model.zoo.specs import EmbedderSpec
from training.classifier.fit import FitResult, fold_state, seen_by_folds
from training.classifier.held_out import NOBODY, score_held_out, scores
from training.classifier.prototypes import fit_prototypes
from training.dataset.known_people import names_of_today
from training.dataset.training_set import TrainingSet
from training.reuse_graph import read_learned


@dataclass(frozen=True)
class Outcome:
    """Shares 0..1 of the compared faces, `None` where there are none.

    Attributes:
        right, unknown, wrong: Of people whom both know: the right name, no name, a wrong one.
        false_names: Of people left out of both: who got a name.
    """

    right: float | None
    unknown: float | None
    wrong: float | None
    false_names: float | None


@dataclass(frozen=True)
class Comparison:
    """How two models do on the same held-out faces.

    Attributes:
        former: Id of the model in use (`data.recognition.identity.model_id`).
        faces, strangers: How many were compared.
        new, old: Of the new model and of the one in use.
        only_new, only_old: Faces that one of them alone names rightly.
        new_people: Held-out faces that are not compared, as the model in use does not know whose.
        learned: Those that are not, as its fine-tuned network learned from them.
    """

    former: str
    faces: int
    strangers: int
    new: Outcome
    old: Outcome
    only_new: int
    only_old: int
    new_people: int
    learned: int

    def to_json(self) -> dict:
        """As the manifest has it."""
        return asdict(self)


@dataclass(frozen=True)
class _Former:
    """What the model in use learned; `people` are their names of today, K of them."""

    people: np.ndarray
    exemplars: np.ndarray
    owners: np.ndarray
    offsets: np.ndarray
    slope: float
    centre: float
    threshold: float
    config: HeadConfig
    tuned: bool


def compare(
    former: Path,
    training_set: TrainingSet,
    fitted: FitResult,
    network: EmbedderSpec,
) -> Comparison | None:
    """Compares what was fitted with a former model.

    Args:
        former: Its folder.
        training_set: What the new model learned from, embedded by `network` as it came.
        fitted: The new classifier, with its held-out predictions.

    Returns:
        `None` if the former model knows nobody, is damaged, or looks at faces cut in another way.
    """
    try:
        manifest = read_manifest(former)
        today = names_of_today({*manifest["people"], *training_set.people})
        known = _read(former, manifest, today)
        vectors = known and _seen_by(former, manifest, training_set, network)
    except (ModelError, OSError, LookupError, TypeError, ValueError, tf.errors.OpError):
        return None
    if vectors is None:
        return None
    predictions = fitted.predictions
    held_out = predictions.faces
    whose = np.array([today[name] for name in training_set.people])
    serves = ~held_out.from_elsewhere
    rows = np.where(serves, held_out.rows, 0)  # strangers from elsewhere are no examples
    learned = serves & _learned(known, vectors, training_set.groups)[rows]
    serves &= ~learned
    named, best, familiar = _ask(known, vectors, held_out, serves, whose)
    own = whose[np.maximum(held_out.owners, 0)]
    faces = serves & held_out.known & familiar
    strangers = serves & ~held_out.known & ~familiar
    right = {
        "new": predictions.named & predictions.right,
        "old": named & (known.people[best] == own),
    }
    return Comparison(
        model_id(manifest),
        int(faces.sum()),
        int(strangers.sum()),
        _outcome(predictions.named, right["new"], faces, strangers),
        _outcome(named, right["old"], faces, strangers),
        only_new=int((right["new"] & ~right["old"])[faces].sum()),
        only_old=int((right["old"] & ~right["new"])[faces].sum()),
        new_people=int((serves & held_out.known & ~familiar).sum()),
        learned=int((learned & held_out.known).sum()),
    )


def _read(former: Path, manifest: dict, today: Mapping[str, str]) -> _Former | None:
    """`None` if it knows nobody, or by embeddings of which it is not known how to compare them."""
    config = space_of(network_of(manifest))
    if not manifest["people"] or config is None:
        return None
    values = read_learned(former)
    return _Former(
        np.array([today[name] for name in manifest["people"]]),
        values["exemplars"],
        values["owners"].astype(int),
        values["offsets"],
        *(float(values[name]) for name in ("slope", "centre", "threshold")),
        config,
        "fine_tuned" in manifest["networks"]["embedder"],
    )


def _seen_by(former: Path, manifest: dict, training_set: TrainingSet, network: EmbedderSpec):
    """The faces float32 [N, D] as the former model's network sees them; `None` if it cannot."""
    facts = manifest["networks"]["embedder"]
    if {key: value for key, value in facts.items() if key != "licence"} == network.identity:
        return training_set.embeddings
    chips = [example.face.chip for example in training_set.examples]
    embed = Tagger.load(former).functions["embed_chips"]
    shape = tf.nest.flatten(embed.structured_input_signature)[0].shape[1:]
    if any(chip is None or chip.shape != tuple(shape) for chip in chips):
        return None
    return embed(chips=tf.constant(np.stack(chips), tf.float32))["embeddings"].numpy()


def _learned(known: _Former, vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """bool [N], which faces cannot be held out, as a fine-tuned network saw their moment."""
    if not known.tuned:
        return np.zeros(len(vectors), bool)
    seen = (known.exemplars @ vectors.T >= SAME_PICTURE).any(0)
    return np.isin(groups, groups[seen])


def _ask(known: _Former, vectors: np.ndarray, held_out, serves: np.ndarray, whose: np.ndarray):
    """The former classifier's words on held-out faces, each without its moment.

    Returns:
        named bool, best int (rows of `known.people`), and bool whether it had learned the person,
        each [H] like the held-out faces.
    """
    same = known.exemplars @ vectors.T >= SAME_PICTURE
    parts, train = [], []
    for fold in np.unique(held_out.folds[serves]):
        part = np.flatnonzero(serves & (held_out.folds == fold))
        kept = ~same[:, held_out.rows[part]].any(1) & ~_gone(known, held_out, part[0], whose)
        if kept.any():
            parts.append(part)
            train.append(kept)
    named = np.zeros(len(serves), bool)
    best, familiar = np.zeros(len(serves), int), np.zeros(len(serves), bool)
    if not parts:
        return named, best, familiar
    learning = np.stack(train)
    prototypes = fit_prototypes(
        seen_by_folds(known.exemplars, known.owners, learning, known.config),
        known.owners,
        learning,
        temperature=known.config.temperature,
        prototype_l2=known.config.prototype_l2,
    )
    own, count = whose[np.maximum(held_out.owners, 0)], len(known.people)
    calibrated = known.offsets - _offset_of_all(known)
    for part, rows, prototype in zip(parts, train, prototypes, strict=True):
        state, present = fold_state(known.exemplars, known.owners, rows, prototype, known.config)
        faces = held_out.rows[part]
        nobody = np.full(len(faces), NOBODY)
        asked = score_held_out(state, present, count, vectors[faces], nobody, faces)
        logits = known.slope * (scores(asked, calibrated, known.config) - known.centre)
        best[part] = logits.argmax(1)
        named[part] = probabilities(logits)[:, :-1].max(1) >= known.threshold
        familiar[part] = np.isin(own[part], known.people[present])
    return named, best, familiar


def _gone(known: _Former, held_out, face: int, whose: np.ndarray) -> np.ndarray:
    """bool [M], which exemplars are of people whom the classifier of a held-out face left out."""
    absent = whose[~np.isfinite(held_out.likeness[face])]
    return np.isin(known.people, absent)[known.owners]


def _offset_of_all(known: _Former) -> float:
    """The part of the offsets that follows from the number of photos: a fold has its own."""
    everything = np.ones(len(known.owners), bool)
    prototypes = np.zeros((len(known.people), known.exemplars.shape[1]), np.float32)
    state, _ = fold_state(known.exemplars, known.owners, everything, prototypes, known.config)
    return float(state.offsets)


def _outcome(
    named: np.ndarray, right: np.ndarray, faces: np.ndarray, strangers: np.ndarray
) -> Outcome:
    def share(flags: np.ndarray, of: np.ndarray) -> float | None:
        return round(float(flags[of].mean()), 4) if of.any() else None

    return Outcome(
        share(right, faces),
        share(~named, faces),
        share(named & ~right, faces),
        share(named, strangers),
    )
