"""What a training run did: the summary that the manifest, the card and the terminal show."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from data.family import Family
from model.zoo.specs import DetectorSpec, EmbedderSpec
from training.classifier.fit import FitResult, Metrics
from training.dataset.folder_questions import one_person_twice
from training.dataset.selection import Example, LeftOut
from training.dataset.training_set import TrainingSet
from training.embedder.stages import NOT_TRIED, FineTuningResult
from training.report.comparison import Comparison


@dataclass(frozen=True)
class TrainingReport:
    """What a training run did.

    Attributes:
        model: The model folder.
        networks: Names of the detector and the embedder.
        photos: Number of photos a person is learned from, by name.
        left_out: The files nobody is learned from, and why.
        missing: People in the folder of whom no face could be used.
        metrics: How well the family is told apart, on held-out faces.
        stage: Whether fine-tuning was tried and kept, and why.
        doubts: Pairs of people whose photos look like those of one person.
        comparison: How it does beside the model that was in use, if there was one to compare with.
    """

    model: Path
    networks: tuple[str, ...]
    photos: dict[str, int]
    left_out: tuple[LeftOut, ...]
    missing: tuple[str, ...]
    metrics: Metrics
    stage: FineTuningResult = NOT_TRIED
    doubts: tuple[tuple[str, str], ...] = ()
    comparison: Comparison | None = None

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
            "measured": self.metrics.to_json(),
            "compared": self.comparison and self.comparison.to_json(),
        }


def exemplar_row(example: Example, moment: int, in_library: bool) -> dict:
    """What the manifest keeps of a face that a person is known by; no folders.

    Args:
        example: The face.
        moment: The same for faces of one person and one moment.
        in_library: Whether the name is known from the library, and goes when it goes there.
    """
    row = {
        "person": example.person,
        "file": os.path.basename(example.path),
        "moment": moment,
        "side": round(example.face.side),
    }
    return row | ({"library": True} if in_library else {})


def report_of(
    target: Path,
    family: Family,
    networks: tuple[DetectorSpec, EmbedderSpec],
    training_set: TrainingSet,
    fitted: FitResult,
    stage: FineTuningResult = NOT_TRIED,
    comparison: Comparison | None = None,
) -> TrainingReport:
    """Sums up what was learned."""
    counts = Counter(example.person for example in training_set.examples)
    return TrainingReport(
        target,
        tuple(network.name for network in networks),
        {name: counts[name] for name in training_set.people},
        tuple(training_set.left_out)
        + tuple(LeftOut("", path, reason) for path, reason in family.left_out),
        tuple(name for name in family.photos if not counts[name]),
        fitted.metrics,
        stage,
        tuple(one_person_twice(training_set.examples, networks[1].head.same_person_threshold)),
        comparison,
    )
