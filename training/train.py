"""Learns a family folder: faces, choice, classifier, fine-tuning, measurement, model folder."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from data.errors import ModelError
from data.family import Family
from data.home import current_model_dir, home, make_private, new_model_dir, set_current_model
from data.progress import Progress, silent
from model.classifier.head import Head
from model.device import prepare_devices
from model.graph import FaceGraph
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector, load_embedder
from training.callbacks import OnEpoch
from training.classifier.fit import FitResult
from training.dataset.face_cache import FaceCache
from training.dataset.face_finder import FaceFinder
from training.dataset.known_people import family_to_learn, remember_folders
from training.dataset.training_set import TrainingSet, learn, prepare
from training.embedder.stages import FineTuningResult, tune
from training.export import export, refuse_other_content
from training.report.card import card
from training.report.comparison import compare
from training.report.training_report import TrainingReport, exemplar_row, report_of


def train(
    folder: str | os.PathLike | None = None,
    model: str | os.PathLike | None = None,
    *,
    detector: str | None = None,
    embedder: str | None = None,
    false_names: float = 0.01,
    strangers: str | os.PathLike | None = None,
    quick: bool = False,
    replace: bool = False,
    progress: Progress = silent,
    on_epoch: OnEpoch = lambda _: None,
) -> TrainingReport:
    """Learns a family and writes the model.

    Args:
        folder: The family folder, whose people are added to everybody who is known; by default,
            these are learned again.
        model: The model folder to write; by default a new one under `KINDRED_HOME`, which then
            becomes the model in use.
        detector, embedder: Names of networks; by default the best ones that are installed.
        false_names: The share of strangers that may get a name, 0..1.
        strangers: A folder of photos of people who are not in the family.
        quick: Whether to leave out fine-tuning.
        replace: Whether to learn the people of the folder alone, or without one those of the
            library, and to forget everybody else.
        progress: Called with what is being done, how much of it is done, and how much there is.
        on_epoch: Called with a row of the learning curve after every epoch
            (`training.callbacks`).

    Raises:
        FamilyError: If there is nobody to learn.
        ModelError: If the model cannot be written there.
    """
    family, folders, decisions = family_to_learn(folder, replace)
    target = Path(model) if model is not None else new_model_dir()
    refuse_other_content(target)
    make_private(home())
    prepare_devices()
    finds, embeds = choose("detector", detector), choose("embedder", embedder)
    detect, embed = load_detector(finds), load_embedder(embeds)
    finder = FaceFinder(detect, embed, finds.min_score, FaceCache(finds.key, embeds.key))
    training_set = prepare(finder, family, embeds, strangers, progress)

    progress("learning", 0, 2)
    fitted = learn(training_set, embeds.head, false_names, on_epoch=on_epoch)
    progress("learning", 1, 2)
    stage = FineTuningResult(False, "fine-tuning was left out, as was asked for")
    if not quick:
        stage, embed = tune(embeds, training_set, embed, target, false_names, progress, on_epoch)
    if stage.fitted is not None:
        fitted = stage.fitted
    former = _model_in_use()
    compared = former and compare(former, training_set, fitted, embeds)
    report = report_of(target, family, (finds, embeds), training_set, fitted, stage, compared)
    graph = FaceGraph(detect, embed, Head(fitted.state), finds.min_score)
    export(
        graph,
        target,
        networks=(finds, embeds),
        training=report.to_json()
        | {
            "exemplars": _exemplars(training_set, fitted, family),
            "decisions": decisions,
        },
        fine_tuned=stage.kept,
        card=card(report, training_set, fitted),
        former=target if target.exists() else former,
    )
    if target.parent == home() / "models":
        remember_folders(target, folders)
    if model is None:
        set_current_model(target)
    progress("learning", 2, 2)
    return report


def _exemplars(training_set: TrainingSet, fitted: FitResult, family: Family) -> list[dict]:
    """What each exemplar of the classifier was learned from, in its order: see `training.refit`."""
    order = np.argsort(training_set.owners, kind="stable")
    assert len(order) == len(fitted.state.exemplars)
    return [
        exemplar_row(
            training_set.examples[i],
            int(training_set.groups[i]),
            (training_set.examples[i].person, training_set.examples[i].path) in family.in_library,
        )
        for i in order
    ]


def _model_in_use() -> Path | None:
    try:
        return current_model_dir()
    except ModelError:  # it is gone; this run makes a new one
        return None
