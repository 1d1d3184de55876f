"""Names faces by references: the classifier's rule, and what decisions add to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from data.library.recognition.references import References
from data.recognition.calibration import Calibration
from data.recognition.common import without
from data.recognition.nearest import log_odds, nearest_of
from data.recognition.scoring import (
    SECOND_TIME,
    discount_second_time,
    probabilities,
)

LEAST = 0.02  # probability below which nothing is worth computing
_CELLS = 20_000_000  # likenesses held at once


@dataclass(frozen=True)
class ClassifiedFaces:
    """Whom faces are taken for; all arrays have one entry a face.

    Attributes:
        rows: int64, which of the faces that were asked about; the others are nobody.
        people: int64, ids.
        confidence: float64, 0..1: the probability.
        named: bool, whether that is enough for a name. Whoever is known from the model in use
            alone gets names from that model, and is only asked about.
    """

    rows: np.ndarray
    people: np.ndarray
    confidence: np.ndarray
    named: np.ndarray

    def each(self) -> Iterator[tuple[int, int, float, bool]]:
        """(row, person, probability, named) of every face."""
        columns = self.rows, self.people, self.confidence, self.named
        return zip(*(column.tolist() for column in columns), strict=True)


class ReferenceClassifier:
    """Names faces by references and a calibration."""

    def __init__(self, references: References, calibration: Calibration):
        self._known = references
        self.threshold = calibration.threshold
        self._head = replace(
            references.head,
            slope=calibration.slope,
            centre=calibration.centre,
            threshold=calibration.threshold,
        )

    def classify(
        self,
        faces: np.ndarray,
        photos: np.ndarray,
        vectors: np.ndarray,
    ) -> ClassifiedFaces:
        """Names faces of which nobody has said who they are.

        Args:
            faces: int64 [N], their ids, 0 for faces that are not in the library.
            photos: int64 [N]: the faces of one photo compete for names.
            vectors: float32 [N, D], unit length.
        """
        step = max(1, _CELLS // max(len(self._head.exemplars), 1))
        rows, logits = [np.zeros(0, np.int64)], [np.zeros((0, len(self._known.people)))]
        for start in range(0, len(vectors), step):
            part = slice(start, start + step)
            odds = log_odds(self._head, vectors[part])
            likely = np.flatnonzero(odds.max(1) > np.log(LEAST / (1 - LEAST)))
            rows.append(likely + start)
            logits.append(odds[likely])
        rows, logits = np.concatenate(rows), np.concatenate(logits)
        self._weigh(faces[rows], photos[rows], vectors[rows], logits)
        logits = self._compete(photos[rows], logits)
        shares = probabilities(logits)[:, :-1]
        best = shares.argmax(1) if len(rows) else np.zeros(0, int)
        confidence = shares[np.arange(len(rows)), best]
        kept = confidence >= LEAST
        best, confidence = best[kept], confidence[kept]
        named = (confidence >= self.threshold) & self._known.is_confirmed[best]
        return ClassifiedFaces(rows[kept], self._known.people[best], confidence, named)

    def nearest(self, faces: np.ndarray, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most probable person of each face, however improbable; the others are left out.

        Args:
            faces, vectors: As of `classify`.

        Returns:
            People's ids int64 [N], and probabilities float [N]: 0 where everybody was rejected.
        """
        odds = log_odds(self._head, vectors)
        self._weigh(faces, np.zeros(len(faces), np.int64), vectors, odds)
        best, shares = nearest_of(odds)
        return self._known.people[best], shares

    def _weigh(self, faces, photos, vectors, logits: np.ndarray) -> None:
        """What decisions say against names: rejections, like faces rejected, the same photo."""
        known = self._known
        for row, others in known.negatives.items():
            # Somebody else who looks like the face takes a share of the probability from the name.
            common = self._head.common
            alike = (without(vectors, common) @ without(others, common).T).max(1)
            odds = self._head.slope * (alike - self._head.centre)
            logits[:, row] -= np.logaddexp(0.0, odds)
        logits[_is_among(faces, known.rejected, logits.shape[1])] = -np.inf
        seen = _is_among(photos, known.confirmed, logits.shape[1])
        logits[seen] -= np.log(SECOND_TIME)

    def _compete(self, photos: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """A name is given twice in one photo only to faces that are surely the same person."""
        if not len(logits):
            return logits
        order = np.argsort(photos, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(photos[order]) != 0])
        likely = logits[order] > np.log(LEAST / (1 - LEAST))
        twice = (np.add.reduceat(likely, starts, axis=0, dtype=int) > 1).any(1)
        ends = np.r_[starts[1:], len(order)]
        logits = logits.copy()
        for start, end in zip(starts[twice], ends[twice], strict=True):
            rows = order[start:end]
            logits[rows] = discount_second_time(logits[rows], self.threshold)
        return logits


def _is_among(numbers: np.ndarray, pairs: np.ndarray, people: int) -> np.ndarray:
    """bool [N, K]: whether (number, row of a person) is one of the pairs int64 [., 2], sorted."""
    found = np.zeros((len(numbers), people), bool)
    first = np.searchsorted(pairs[:, 0], numbers, side="left")
    last = np.searchsorted(pairs[:, 0], numbers, side="right")
    for row in np.flatnonzero(last > first):
        found[row, pairs[first[row] : last[row], 1]] = True
    return found
