"""Learns a family folder: faces, choice, classifier, measurement, model folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import FamilyError
from data.family import Family, read_family
from data.home import new_model_dir, set_current_model
from model.catalogue import choose
from model.device import prepare_devices
from model.graph import FaceGraph
from model.head import Head
from model.networks import load_detector, load_embedder
from training.export import export, refuse_other_content
from training.faces import FaceFinder
from training.head import Measured, fit_head
from training.selection import LeftOut, select

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
    """

    model: Path
    networks: tuple[str, ...]
    photos: dict[str, int]
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]
    measured: Measured

    def to_json(self) -> dict:
        """The training part of the manifest; file names only, no folders."""
        return {
            "training": {
                "photos": self.photos,
                "left_out": [
                    {"person": x.person, "file": os.path.basename(x.path), "reason": x.reason}
                    for x in self.left_out
                ],
            },
            "measured": self.measured.to_json(),
        }


def train(
    folder: str | os.PathLike,
    model: str | os.PathLike | None = None,
    *,
    detector: str | None = None,
    embedder: str | None = None,
    false_names: float = 0.01,
    progress: Progress = lambda *_: None,
) -> Report:
    """Learns FOLDER/<name>/ and writes the model.

    Args:
        folder: The family folder.
        model: The model folder to write; by default a new one under `KINDRED_HOME`, which then
            becomes the model in use.
        detector, embedder: Names of networks; by default the best ones that are here.
        false_names: The share of strangers that may get a name, 0..1.
        progress: Called with what is being done, how much of it is done, and how much there is.

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
    finder = FaceFinder(detect, embed, networks[0].min_score)
    sightings = list(finder.look(family, lambda done, of, _: progress("finding faces", done, of)))
    examples, left_out = select(sightings, networks[1].head.doubt)
    _require_someone(examples, left_out, family)

    progress("learning", 0, 2)
    counts = Counter(example.person for example in examples)
    people = tuple(name for name in family.photos if counts[name])
    state, measured = fit_head(
        np.stack([example.face.embedding for example in examples]),
        np.array([people.index(example.person) for example in examples]),
        people,
        networks[1].head,
        false_names=false_names,
    )
    progress("learning", 1, 2)
    report = Report(
        target,
        tuple(network.name for network in networks),
        {name: counts[name] for name in people},
        tuple(left_out) + tuple(LeftOut("", path, reason) for path, reason in family.left_out),
        tuple(name for name in family.photos if not counts[name]),
        measured,
    )
    graph = FaceGraph(detect, embed, Head(state), networks[0].min_score)
    export(graph, target, networks=networks, training=report.to_json())
    if model is None:
        set_current_model(target)
    progress("learning", 2, 2)
    return report


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
