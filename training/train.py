"""Learns a family folder: faces, choice, classifier, fine-tuning, measurement, model folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import FamilyError, ModelError
from data.family import Family, read_family
from data.folders import find_photos
from data.home import current_model_dir, new_model_dir, set_current_model
from model.catalogue import choose
from model.device import prepare_devices
from model.graph import FaceGraph
from model.head import Head
from model.networks import Network, load_detector, load_embedder
from training.bursts import group_moments
from training.cache import FaceCache
from training.card import card
from training.doubts import bystanders, one_person_twice
from training.epochs import Epochs, OnEpoch
from training.export import export, refuse_other_content
from training.faces import Face, FaceFinder, Sighting
from training.head import Learned, Measured, learn_head
from training.reuse import network_key
from training.selection import Example, LeftOut, select
from training.stages import NOT_TRIED, Outcome
from training.tuned import tune

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


@dataclass(frozen=True)
class Lesson:
    """A family ready to be learned from.

    Attributes:
        people: K names.
        examples: N faces to learn from.
        owners: int [N], rows of `people`.
        groups: int [N], photos of one moment (`training.bursts`).
        strangers: Faces of nobody in the family, from the folder of strangers.
        bystanders: Faces of nobody in the family, from its own photos.
        sightings, left_out: All photos, and those nobody is learned from.
    """

    people: tuple[str, ...]
    examples: list[Example]
    owners: np.ndarray
    groups: np.ndarray
    strangers: list[Face]
    bystanders: list[Face]
    sightings: list[Sighting]
    left_out: list[LeftOut]

    @property
    def embeddings(self) -> np.ndarray:
        """float32 [N, D]."""
        return np.stack([example.face.embedding for example in self.examples])


def train(
    folder: str | os.PathLike,
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
    """Learns FOLDER/<name>/ and writes the model.

    Args:
        folder: The family folder.
        model: The model folder to write; by default a new one under `KINDRED_HOME`, which then
            becomes the model in use.
        detector, embedder: Names of networks; by default the best ones that are here.
        false_names: The share of strangers that may get a name, 0..1.
        strangers: A folder of photos of people who are not in the family.
        quick: Whether to leave out fine-tuning.
        progress: Called with what is being done, how much of it is done, and how much there is.
        on_epoch: Called with a row of the learning curve after every epoch (`training.epochs`).

    Raises:
        FamilyError: If there is nobody to learn.
        ModelError: If the model cannot be written there.
    """
    family = read_family(folder)
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
    learned = learn_head(
        lesson.embeddings,
        lesson.owners,
        lesson.people,
        networks[1].head,
        false_names=false_names,
        groups=lesson.groups,
        strangers=vectors_of(lesson.strangers, embed.dimension),
        callbacks=(Epochs("classifier", on_epoch),),
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
        tuple(one_person_twice(lesson.examples, networks[1].head.doubt)),
    )


def prepare(
    finder: FaceFinder,
    family: Family,
    network: Network,
    strangers: str | os.PathLike | None = None,
    progress: Progress = lambda *_: None,
) -> Lesson:
    """Finds the faces of a family and of strangers, and chooses what to learn from.

    Raises:
        FamilyError: If there is nobody to learn, or no face in the folder of strangers.
    """
    doubt = network.head.doubt
    sightings = list(finder.look(family, lambda done, of, _: progress("finding faces", done, of)))
    examples, left_out = select(sightings, doubt)
    _require_someone(examples, left_out, family)
    counts = Counter(example.person for example in examples)
    people = tuple(name for name in family.photos if counts[name])
    owners = np.array([people.index(example.person) for example in examples])
    by_path = {(s.person, s.path): s for s in sightings}
    seen = [by_path[example.person, example.path] for example in examples]
    groups = group_moments(
        owners,
        [sighting.taken for sighting in seen],
        [sighting.look for sighting in seen],
        [example.face.chip for example in examples],
    )
    nobody = [] if strangers is None else _faces_of(finder, strangers, progress)
    others = bystanders(sightings, examples, doubt)
    return Lesson(people, examples, owners, groups, nobody, others, sightings, left_out)


def _faces_of(finder: FaceFinder, folder: str | os.PathLike, progress: Progress) -> list[Face]:
    photos = [("", path) for path in find_photos([folder], on_error=lambda _: None)]
    faces = {}
    for sighting in finder.look_at(photos, lambda i, n, _: progress("finding strangers", i, n)):
        faces[sighting.content] = sighting.faces
    found = [face for some in faces.values() for face in some]
    if not found:
        raise FamilyError(
            "there is no face in the folder of strangers",
            file=folder,
            remedy="Name a folder with photos of people who are not in the family",
        )
    return found


def vectors_of(faces: list[Face], dimension: int) -> np.ndarray:
    """Embeddings float32 [N, D] of faces."""
    none = np.zeros((0, dimension), np.float32)
    return np.concatenate([none, *(face.embedding[None] for face in faces)])


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


def _require_someone(examples, left_out: list[LeftOut], family: Family) -> None:
    if examples:
        return
    reasons = Counter(x.reason for x in left_out)
    raise FamilyError(
        f"none of the {len(left_out)} photos shows a face that can be learned "
        f"(the most frequent reason: {reasons.most_common(1)[0][0]})",
        file=family.folder,
        remedy="Add photos in which each person's face is clear",
    )
