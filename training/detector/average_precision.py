"""How good a detector is on photos whose faces are known: average precision.

Protocol of WIDER FACE (S. Yang et al., CVPR 2016): IoU of at least .5, each face found once, a
detection of a face that does not count is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from data.boxes import iou
from data.media.photos import read_photo
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample

IOU = 0.5
LOWEST_SCORE = 0.02


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


def at_score(samples: Sequence[Sample], found: Sequence[Found], score: float) -> tuple[int, int]:
    """How many faces are found with at least this score, and how many detections are none."""
    pairs = [assigned(s.faces, answer) for s, answer in zip(samples, found, strict=True)]
    faces = np.concatenate([faces[scores >= score] for scores, faces in pairs])
    return int((faces >= 0).sum()), int((faces < 0).sum())


def average_precision(samples: Sequence[Sample], found: Sequence[Found]) -> float:
    """Area under the precision-recall curve, the precision made monotone; NaN without a face."""
    faces = sum(int(sample.faces.counts.sum()) for sample in samples)
    if not faces:
        return float("nan")
    pairs = [assigned(s.faces, answer) for s, answer in zip(samples, found, strict=True)]
    scores = np.concatenate([scores for scores, _ in pairs])
    right = np.concatenate([faces >= 0 for _, faces in pairs])
    return area_under_curve(scores, right, faces)


def area_under_curve(scores: np.ndarray, right: np.ndarray, faces: int) -> float:
    """The same of detections with scores float [K], right or wrong, bool [K], of so many faces."""
    right = right[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(precision[right]) / faces)


def assigned(faces: Faces, found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Which face each detection has, the surest first, each face once.

    Returns:
        scores float32 [K] of the detections that are right or wrong, best first, and int [K], the
        index of the face that each has, or -1. Detections of faces that do not count are left out.
    """
    taken = np.zeros(len(faces), bool)
    scores, which = [], []
    for at in np.argsort(-found.scores, kind="stable"):
        overlap = iou(found.boxes[at], faces.boxes)[0]
        face = int(overlap.argmax()) if len(overlap) else -1
        hit = face >= 0 and overlap[face] >= IOU
        if hit and not faces.counts[face]:
            continue
        scores.append(found.scores[at])
        which.append(face if hit and not taken[face] else -1)
        if hit:
            taken[face] = True
    return np.array(scores, np.float32), np.array(which, int)
