"""The faces of one picture, as a detector learns them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Faces:
    """Boxes and landmarks.

    Attributes:
        boxes: float32 [N, 4] xyxy, pixels.
        counts: bool [N]; a face that does not count is neither to be found nor to be missed.
        landmarks: float32 [N, 5, 2].
        known: bool [N], whether the landmarks are.
    """

    boxes: np.ndarray
    counts: np.ndarray
    landmarks: np.ndarray
    known: np.ndarray

    @classmethod
    def of_boxes(cls, boxes: Sequence, counts: Sequence | None = None) -> Faces:
        """Faces whose landmarks are not known; all of them count unless `counts` says otherwise."""
        boxes = np.array(boxes, np.float32).reshape(-1, 4)
        counts = np.ones(len(boxes), bool) if counts is None else np.array(counts, bool)
        nowhere = np.zeros((len(boxes), 5, 2), np.float32)
        return cls(boxes, counts, nowhere, np.zeros(len(boxes), bool))

    @classmethod
    def joined(cls, several: Iterable[Faces]) -> Faces:
        """All of them, one after the other."""
        parts = zip(*((f.boxes, f.counts, f.landmarks, f.known) for f in several), strict=True)
        return cls(*(np.concatenate(part) for part in parts))

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def sides(self) -> np.ndarray:
        """The shorter sides, float32 [N]."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).min(axis=1, initial=np.inf)

    @property
    def largest(self) -> float:
        """The shorter side of the largest face, 0 without one."""
        return float(self.sides.max(initial=0.0))

    def chosen(self, which: np.ndarray) -> Faces:
        """Those of a mask, bool [N]."""
        return Faces(
            self.boxes[which], self.counts[which], self.landmarks[which], self.known[which]
        )

    def moved(self, by: np.ndarray, scale: float = 1.0) -> Faces:
        """After a shift by xy [2] pixels, and then an enlargement."""
        boxes = ((self.boxes + np.tile(by, 2)) * scale).astype(np.float32)
        landmarks = ((self.landmarks + by) * scale).astype(np.float32)
        return Faces(boxes, self.counts, landmarks, self.known)
