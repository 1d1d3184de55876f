"""How good a detector is on photos whose faces are known: average precision.

Protocol of WIDER FACE (S. Yang et al., CVPR 2016): IoU of at least .5, each face found once, a
detection of a face that does not count is neither right nor wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.boxes import iou
from data.media.photos import read_photo
from data.progress import Progress, silent
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector
from training.detector.pictures.samples import Sample, read_samples

IOU = 0.5
LOWEST_SCORE = 0.02
TIMED = 20  # photos, after all have been looked at once


@dataclass(frozen=True)
class Found:
    """What a detector found in one photo: boxes float32 [M, 4] xyxy, scores float32 [M]."""

    boxes: np.ndarray
    scores: np.ndarray


def find(detect: Callable, samples: Iterable[Sample]) -> list[Found]:
    """Runs `detect(image, min_score) -> boxes, landmarks, scores` on every photo."""
    found = []
    for sample in samples:
        boxes, _, scores = detect(read_photo(sample.path), np.float32(LOWEST_SCORE))
        found.append(Found(np.asarray(boxes), np.asarray(scores)))
    return found


def evaluate_detector(
    folder: str | Path, name: str | None = None, progress: Progress = silent
) -> dict:
    """How good a detector is on the photos of a folder whose faces are known.

    Args:
        folder: As `samples.read_samples` takes it.
        name: Of the detector in the catalogue; by default the one in use.
        progress: Called with what is done, how many photos are, and of how many.

    Returns:
        Figures for people: average precision, what is found at the operating score, and the
        milliseconds a decoded photo takes there.

    Raises:
        FamilyError, ModelError: The labels cannot be read, or there is no such detector.
    """
    samples, network = read_samples(folder), choose("detector", name)
    detect = load_detector(network).detect
    found = []
    for done, sample in enumerate(samples, 1):
        found += find(detect, [sample])
        progress("photos", done, len(samples))
    images = [read_photo(sample.path) for sample in samples[:TIMED]]
    start = time.perf_counter()
    for image in images:
        detect(image, np.float32(network.min_score))
    seconds = (time.perf_counter() - start) / len(images)
    right, wrong = at_score(samples, found, network.min_score)
    return {
        "protocol": "detector",
        "detector": network.name,
        "photos": len(samples),
        "faces": sum(int(sample.faces.counts.sum()) for sample in samples),
        "average_precision": round(average_precision(samples, found), 4),
        "score": network.min_score,
        "found": right,
        "false": wrong,
        "milliseconds": round(1000 * seconds),
    }


def at_score(samples: Sequence[Sample], found: Sequence[Found], score: float) -> tuple[int, int]:
    """How many faces are found with at least this score, and how many detections are none."""
    pairs = [_judged(sample, answer) for sample, answer in zip(samples, found, strict=True)]
    right = np.concatenate([right[scores >= score] for scores, right in pairs])
    return int(right.sum()), int((~right).sum())


def average_precision(samples: Sequence[Sample], found: Sequence[Found]) -> float:
    """Area under the precision-recall curve, the precision made monotone; NaN without a face."""
    faces = sum(int(sample.faces.counts.sum()) for sample in samples)
    if not faces:
        return float("nan")
    pairs = [_judged(sample, answer) for sample, answer in zip(samples, found, strict=True)]
    scores = np.concatenate([scores for scores, _ in pairs])
    right = np.concatenate([right for _, right in pairs])[np.argsort(-scores, kind="stable")]
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(precision[right]) / faces)


def _judged(sample: Sample, found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Scores [K] of the detections that are judged, and whether each is a new face, bool [K]."""
    taken = np.zeros(len(sample.faces), bool)
    scores, right = [], []
    for at in np.argsort(-found.scores, kind="stable"):
        overlap = iou(found.boxes[at], sample.faces.boxes)[0]
        face = int(overlap.argmax()) if len(overlap) else -1
        hit = face >= 0 and overlap[face] >= IOU
        if hit and not sample.faces.counts[face]:
            continue
        scores.append(found.scores[at])
        right.append(hit and not taken[face])
        if hit:
            taken[face] = True
    return np.array(scores, np.float32), np.array(right, bool)
