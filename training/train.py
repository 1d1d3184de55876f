"""Learns a family folder: faces, choice, classifier, fine-tuning, measurement, model folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ModelError
from data.family import Family, library_family, read_family
from data.home import current_model_dir, home, new_model_dir, set_current_model
from model.classifier.head import Head
from model.device import prepare_devices
from model.graph import FaceGraph
from model.zoo.catalogue import choose
from model.zoo.networks import Network, load_detector, load_embedder
from training.callbacks import Epochs, OnEpoch
from training.classifier.fit import Learned, Measured
from training.dataset.face_cache import FaceCache
from training.dataset.face_finder import FaceFinder
from training.dataset.folder_questions import one_person_twice
from training.dataset.selection import LeftOut
from training.dataset.training_set import Lesson, learn, prepare
from training.embedder.stages import NOT_TRIED, Outcome, tune
from training.export import export, refuse_other_content
from training.report.card import card
from training.reuse_graph import network_key

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Report:
    """What a training run did.

    Attributes:
        model: The model folder.
        networks: Names of the detector and the embedder.
        photos: Number of photos a person is learned from, by name.
        left_out: The files nobody is learned from, and why.
        missing: People in the folder of whom no face could be used.
        measured: How well the family is told apart, on held-out faces.
        stage: Whether fine-tuning was tried and kept, and why.
        doubts: Pairs of people whose photos look like those of one person.
    """

    model: Path
    networks: tuple[str, ...]
    photos: dict[str, int]
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]
    measured: Measured
    stage: Outcome = NOT_TRIED
    doubts: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict:
        """The training part of the manifest; file names only, no folders."""
        return {
            "training": {
                "photos": self.photos,
                "left_out": [
                    {"person": x.person, "file": os.path.basename(x.path), "reason": x.reason}
                    for x in self.left_out
                ],
                "perhaps_one_person": [list(pair) for pair in self.doubts],
                "stages": self.stage.to_json(),
            },
            "measured": self.measured.to_json(),
        }


def train(
    folder: str | os.PathLike | None = None,
    model: str | os.PathLike | None = None,
    *,
    detector: str | None = None,
    embedder: str | None = None,
    false_names: float = 0.01,
    strangers: str | os.PathLike | None = None,
    quick: bool = False,
    progress: Progress = lambda *_: None,
    on_epoch: OnEpoch = lambda _: None,
) -> Report:
    """Learns a family and writes the model.

    Args:
        folder: The family folder; by default, the names confirmed in the library are learned.
        model: The model folder to write; by default a new one under `KINDRED_HOME`, which then
            becomes the model in use.
        detector, embedder: Names of networks; by default the best ones that are here.
        false_names: The share of strangers that may get a name, 0..1.
        strangers: A folder of photos of people who are not in the family.
        quick: Whether to leave out fine-tuning.
        progress: Called with what is being done, how much of it is done, and how much there is.
        on_epoch: Called with a row of the learning curve after every epoch
            (`training.callbacks`).

    Raises:
        FamilyError: If there is nobody to learn.
        ModelError: If the model cannot be written there.
    """
    family = library_family(home()) if folder is None else read_family(folder)
    target = Path(model) if model is not None else new_model_dir()
    refuse_other_content(target)
    prepare_devices()
    networks = choose("detector", detector), choose("embedder", embedder)
    detect, embed = load_detector(networks[0]), load_embedder(networks[1])
    finder = FaceFinder(
        detect, embed, networks[0].min_score, FaceCache(*map(network_key, networks))
    )
    lesson = prepare(finder, family, networks[1], strangers, progress)

    progress("learning", 0, 2)
    learned = learn(
        lesson, networks[1].head, false_names, callbacks=(Epochs("classifier", on_epoch),)
    )
    progress("learning", 1, 2)
    stage = Outcome(False, "fine-tuning was left out, as was asked for")
    if not quick:
        stage, embed = tune(networks[1], lesson, embed, target, false_names, progress, on_epoch)
    if stage.learned is not None:
        learned = stage.learned
    report = report_of(target, family, networks, lesson, learned, stage)
    graph = FaceGraph(detect, embed, Head(learned.state), networks[0].min_score)
    export(
        graph,
        target,
        networks=networks,
        training=report.to_json() | {"exemplars": _exemplars(lesson, learned)},
        fine_tuned=stage.kept,
        card=card(report, lesson, learned),
        former=target if target.exists() else _model_in_use(),
    )
    if model is None:
        set_current_model(target)
    progress("learning", 2, 2)
    return report


def report_of(
    target: Path,
    family: Family,
    networks: tuple[Network, Network],
    lesson: Lesson,
    learned: Learned,
    stage: Outcome = NOT_TRIED,
) -> Report:
    """Sums up what was learned."""
    counts = Counter(example.person for example in lesson.examples)
    return Report(
        target,
        tuple(network.name for network in networks),
        {name: counts[name] for name in lesson.people},
        tuple(lesson.left_out)
        + tuple(LeftOut("", path, reason) for path, reason in family.left_out),
        tuple(name for name in family.photos if not counts[name]),
        learned.measured,
        stage,
        tuple(one_person_twice(lesson.examples, networks[1].head.same_person_threshold)),
    )


def _exemplars(lesson: Lesson, learned: Learned) -> list[dict]:
    """The file that each exemplar of the classifier was learned from, in its order."""
    order = np.argsort(lesson.owners, kind="stable")
    assert len(order) == len(learned.state.exemplars)
    return [
        {"person": lesson.examples[i].person, "file": os.path.basename(lesson.examples[i].path)}
        for i in order
    ]


def _model_in_use() -> Path | None:
    try:
        return current_model_dir()
    except ModelError:  # it is gone; this run makes a new one
        return None
