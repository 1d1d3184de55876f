"""Fits the classifier of the model in use to the names in the library, from stored embeddings.

No photo is read, and the networks stay as they are: prototypes, calibration and thresholds follow
what was confirmed, and so do the SavedModel, the terminal and whatever serves the model. Whom the
model learned from folders it still knows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from data.errors import FamilyError, ModelError
from data.family import Family
from data.home import current_model_dir, home, set_current_model
from data.library import Library
from data.progress import Progress, silent
from data.recognition.identity import UNTRAINED, model_id, network_of
from data.recognition.taught_faces import read_taught_faces
from model.classifier.head import Head
from model.graph import FaceGraph
from model.manifest import read_manifest
from model.zoo.catalogue import choose
from model.zoo.catalogue import known as known_networks
from model.zoo.networks import describe_networks, load_detector, load_embedder
from model.zoo.specs import DetectorSpec, EmbedderSpec
from training.dataset.face_finder import Face
from training.dataset.moments import group_moments
from training.dataset.selection import Example
from training.dataset.training_set import TrainingSet, learn
from training.export import export, export_classifier
from training.report.card import card
from training.report.training_report import TrainingReport, exemplar_row, report_of
from training.reuse_graph import holds

FOLDER = (
    "answers"  # under `models/`: the model that follows the library; each takes the last's place
)


@dataclass(frozen=True)
class _Known:
    """A face that somebody's name is known of."""

    name: str
    file: str
    moment: int
    side: float
    embedding: np.ndarray
    in_library: bool


def refit(progress: Progress = silent) -> TrainingReport:
    """Makes a model of everybody who is known the model in use.

    Raises:
        FamilyError: If nobody is known whom the networks of the model in use can tell. A model of
            people of whom every name was taken back is then in use no longer.
        ModelError: If the model in use is damaged, or the new one cannot be written.
    """
    former = current_model_dir()
    manifest = read_manifest(former) if former else {}
    networks = _networks(manifest)
    network = network_of(manifest or describe_networks(*networks))
    progress("learning", 0, 2)
    with Library(home()) as library:
        decisions = library.recognition.version
        confirmed = _of_library(library, network)
        # Faces that other networks embedded are asked about again when the photos are tagged.
        waiting = not confirmed and bool(library.recognition.known())
        known = _join(_of_model(former, library, network, waiting), confirmed)
    if not known and former:
        set_current_model(None)
    if not known:
        raise FamilyError(
            "nobody is known any more" if former else "no name is confirmed in the library",
            file=home(),
            remedy="Confirm some faces, or train a family folder",
        )
    training_set = _training_set(known)
    asked = (manifest.get("measured") or {}).get("false_names_asked", 0.01)
    fitted = learn(training_set, networks[1].head, asked)
    target = home() / "models" / FOLDER
    report = report_of(target, Family(home(), {}), networks, training_set, fitted)
    progress("learning", 1, 2)
    training = report.to_json() | {
        "exemplars": [
            exemplar_row(example, face.moment, face.in_library)
            for example, face in zip(training_set.examples, known, strict=True)
        ],
        "refit": {"of": model_id(manifest) if manifest else UNTRAINED},
        "decisions": decisions,
    }
    page = card(report, training_set, fitted)
    if former:
        training["training"]["stages"] = manifest.get("training", {}).get("stages")
    # A model that an earlier version wrote has another classifier in its graph.
    if former and (holds(former, Head(fitted.state)) or not _same_networks(manifest, networks)):
        export_classifier(former, target, fitted.state, training=training, card=page)
    else:
        finds, embeds = networks
        graph = FaceGraph(
            load_detector(finds), load_embedder(embeds), Head(fitted.state), finds.min_score
        )
        export(graph, target, networks=networks, training=training, card=page)
    set_current_model(target)
    progress("learning", 2, 2)
    return report


def _same_networks(manifest: dict, networks: tuple[DetectorSpec, EmbedderSpec]) -> bool:
    """Whether networks that are installed make the very faces and vectors of a model."""
    installed = all(network.is_installed() for network in networks)
    return installed and network_of(describe_networks(*networks)) == network_of(manifest)


def _networks(manifest: dict) -> tuple[DetectorSpec, EmbedderSpec]:
    """Those of a model, which need not be installed: their weights are in it; or the best ones."""
    named = manifest.get("networks")
    if not named:
        return choose("detector"), choose("embedder")
    try:
        return tuple(known_networks()[named[task]["name"]] for task in ("detector", "embedder"))
    except LookupError as error:
        raise ModelError(
            f"nobody knows the network {error} of the model in use any more",
            remedy="Train it again",
        ) from error


def _of_model(former: Path | None, library: Library, network: str, everybody: bool) -> list[_Known]:
    """What a model learned from family folders, under the names of today.

    Args:
        everybody: Also what it learned from the library.
    """
    if former is None:
        return []
    try:  # the library takes a damaged model for one that knows nobody; that would forget them
        taught = read_taught_faces(former).faces
    except (OSError, LookupError, TypeError, ValueError) as error:
        raise ModelError(
            f"the model is damaged ({error!r})", file=former, remedy="Train it again"
        ) from error
    faces = library.recognition.learned(network)
    if everybody:
        today = library.people.name_today
        faces += [replace(face, person=today(face.person)) for face in taught if face.in_library]
    return [
        _Known(face.person, face.file, face.moment, face.side, face.embedding, face.in_library)
        for face in faces
    ]


def _of_library(library: Library, network: str) -> list[_Known]:
    faces = library.recognition.confirmed(network)
    names = sorted({face.name for face in faces})
    owners = np.array([names.index(face.name) for face in faces], int)
    moments = group_moments(owners, *_when(faces))
    first: dict[int, int] = {}  # the looks of one track are of one moment
    return [
        _Known(
            face.name,
            os.path.basename(face.path),
            first.setdefault(face.face, int(moment)),
            face.side,
            face.embedding,
            True,
        )
        for face, moment in zip(faces, moments, strict=True)
    ]


def _when(faces) -> tuple[list[datetime | None], list[None], list[None]]:
    nothing = [None] * len(faces)
    return [face.taken for face in faces], nothing, nothing


def _join(model: list[_Known], library: list[_Known]) -> list[_Known]:
    """Both, person by person.

    Moments are numbered anew, so that those of the one are not those of the other.
    """
    numbers: dict[tuple[str, bool, int], int] = {}
    found = []
    for face in sorted(model + library, key=lambda face: face.name):
        moment = numbers.setdefault((face.name, face.in_library, face.moment), len(numbers))
        found.append(replace(face, moment=moment))
    return found


def _training_set(known: list[_Known]) -> TrainingSet:
    people = tuple(dict.fromkeys(face.name for face in known))
    good = np.ones(4, np.float32)
    return TrainingSet(
        people=people,
        examples=[
            Example(
                face.name,
                face.file,
                Face(np.array([0, 0, face.side, face.side], np.float32), face.embedding, good),
            )
            for face in known
        ],
        owners=np.array([people.index(face.name) for face in known]),
        groups=np.array([face.moment for face in known]),
        strangers=[],
        bystanders=[],
        sightings=[],
        left_out=[],
    )
