"""A family ready to be learned from: every face found, and those to learn from chosen."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass

import numpy as np

from data.errors import FamilyError
from data.family import Family, read_strangers
from data.library.intake.named_faces import find_places
from data.progress import Progress, silent
from data.recognition.config import HeadConfig
from model.zoo.specs import EmbedderSpec
from training.callbacks import OnEpoch
from training.classifier.fit import FitResult, learn_head
from training.dataset.face_finder import Face, FaceFinder, Sighting
from training.dataset.folder_questions import bystanders
from training.dataset.moments import group_moments
from training.dataset.selection import Example, LeftOut, select


@dataclass(frozen=True)
class TrainingSet:
    """A family ready to be learned from.

    Attributes:
        people: K names.
        examples: N faces to learn from.
        owners: int [N], rows of `people`.
        groups: int [N], photos of one moment (`training.dataset.moments`).
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


def prepare(
    finder: FaceFinder,
    family: Family,
    network: EmbedderSpec,
    strangers: str | os.PathLike | None = None,
    progress: Progress = silent,
) -> TrainingSet:
    """Finds the faces of a family and of strangers, and chooses what to learn from.

    Raises:
        FamilyError: If there is nobody to learn, or no face in the folder of strangers, or that
            folder cannot be read.
    """
    unknown = None if strangers is None else read_strangers(strangers)
    same_person_threshold = network.head.same_person_threshold
    sightings = list(finder.look(family, progress))
    places = find_places(family.photos) if family.places is None else family.places
    examples, left_out = select(sightings, same_person_threshold, places)
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
    nobody: list[Face] = []
    if unknown is not None:
        nobody, useless = _faces_of(finder, strangers, unknown, sightings, progress)
        left_out += useless
    others = bystanders(sightings, examples, same_person_threshold)
    return TrainingSet(people, examples, owners, groups, nobody, others, sightings, left_out)


def _faces_of(
    finder: FaceFinder,
    folder: str | os.PathLike,
    paths: tuple[str, ...],
    family: list[Sighting],
    progress: Progress,
) -> tuple[list[Face], list[LeftOut]]:
    """Every stranger's face, and the photos that taught none."""
    familiar = {sighting.content for sighting in family}
    photos = [("", path) for path in paths]
    faces, left_out = {}, []
    for sighting in finder.look_at(photos, progress, "finding strangers"):
        if sighting.error:
            reason = f"it cannot be read: {sighting.error}"
        elif sighting.content in familiar:
            reason = "it is one of the family's photos, too, and its faces are no strangers"
        elif not sighting.faces:
            reason = "no face was found in it"
        else:
            faces[sighting.content] = sighting.faces
            continue
        left_out.append(LeftOut("", sighting.path, reason))
    if not faces:
        raise FamilyError(
            "there is no face in the folder of strangers"
            f" (the most frequent reason: {_most_frequent(left_out)})",
            file=folder,
            remedy="Name a folder with photos of people who are not in the family",
        )
    return [face for some in faces.values() for face in some], left_out


def _require_someone(examples, left_out: list[LeftOut], family: Family) -> None:
    if examples:
        return
    raise FamilyError(
        f"none of the {len(left_out)} photos shows a face that can be learned "
        f"(the most frequent reason: {_most_frequent(left_out)})",
        file=family.folder,
        remedy="Add photos in which each person's face is clear",
    )


def _most_frequent(left_out: list[LeftOut]) -> str:
    return Counter(x.reason for x in left_out).most_common(1)[0][0]


def learn(
    training_set: TrainingSet,
    config: HeadConfig,
    false_names: float,
    *,
    on_epoch: OnEpoch | None = None,
) -> FitResult:
    """The classifier of a training set, see `training.classifier.fit.learn_head`."""
    return learn_head(
        training_set.embeddings,
        training_set.owners,
        training_set.people,
        config,
        false_names=false_names,
        groups=training_set.groups,
        strangers=vectors_of(training_set.strangers, training_set.embeddings.shape[1]),
        on_epoch=on_epoch,
    )


def vectors_of(faces: list[Face], dimension: int) -> np.ndarray:
    """Embeddings float32 [N, D] of faces."""
    none = np.zeros((0, dimension), np.float32)
    return np.concatenate([none, *(face.embedding[None] for face in faces)])
