"""Photos with the boxes of all faces in them, as a detector learns from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data.errors import FamilyError
from training.detector.pictures.ground_truth import Faces


@dataclass(frozen=True)
class Sample:
    """One photo and its faces.

    Attributes:
        path: The photo.
        faces: In its pixels.
        mistakes: float32 [K, 4] xyxy, what a detector took for a face (`hard_negatives`).
    """

    path: Path
    faces: Faces
    mistakes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))


def read_samples(folder: str | Path) -> list[Sample]:
    """The photos of a folder with `boxes.json` and `images/`, by name.

    `boxes.json` maps file names to {"boxes_xywh": [[x, y, w, h], ...]} and, optionally, "hard": the
    indices of the boxes that count (the widest of WIDER FACE's three sets).

    Raises:
        FamilyError: The labels cannot be read, or a photo that they name is not there.
    """
    labels = Path(folder) / "boxes.json"
    try:
        entries = json.loads(labels.read_text("utf-8"))
        samples = [_sample(labels.parent / "images", *entry) for entry in sorted(entries.items())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FamilyError(
            f"expected a JSON file of face boxes, received {error!r}",
            file=labels,
            remedy='Write {"photo.jpg": {"boxes_xywh": [[x, y, w, h]]}} beside a folder images/',
        ) from error
    missing = [sample.path for sample in samples if not sample.path.is_file()]
    if missing or not samples:
        what = f"{len(missing)} photos named in {labels.name} are not there" if samples else "empty"
        raise FamilyError(
            what, file=missing[0] if missing else labels, remedy="Put the photos into images/"
        )
    return samples


def _sample(images: Path, name: str, entry: dict) -> Sample:
    boxes = np.array(entry["boxes_xywh"], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    counts = np.ones(len(boxes), bool)
    if "hard" in entry:
        counts[:] = False
        counts[entry["hard"]] = True
    return Sample(images / name, Faces.of_boxes(boxes, counts))


def split(samples: Sequence[Sample], every: int) -> tuple[list[Sample], list[Sample]]:
    """Those to learn from, and every n-th one, kept aside to evaluate on."""
    aside = list(samples[::every])
    return [s for i, s in enumerate(samples) if i % every], aside
