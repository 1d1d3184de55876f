"""Links the faces seen in a film's frames into tracks: one person each, with the times.

Faces of following frames are linked by place and look into pieces; pieces that look alike and are
never seen at the same time are then one track. Two tracks that overlap in time are two people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.boxes import iou
from data.media.quality import UNCLEAR

GAP = 1.6  # seconds without being seen after which a piece ends
MIN_IOU = 0.25  # overlap from which two faces may be one that moved
NEAR = 1.5  # widths: how far a face may move between two frames if it looks the same
BEST_FACES = 12  # whose mean is a track's vector
EXAMPLES = 6  # faces of different looks that a confirmed track teaches with
MOST_PIECES = 1500  # a film of more keeps the longest


@dataclass(frozen=True)
class Sighting:
    """One face in one frame.

    Attributes:
        time, until: Seconds: of the frame, and of the next one that was looked at.
        box: float32 [4], xyxy pixels of the film's upright picture.
        landmarks: float32 [5, 2], xy pixels of the same.
        score: The detector's score, 0..1.
        embedding: float32 [D], unit length.
        quality: 0..1, see `data.media.quality`.
    """

    time: float
    until: float
    box: np.ndarray
    landmarks: np.ndarray
    score: float
    embedding: np.ndarray = field(repr=False)
    quality: float


@dataclass(frozen=True)
class Track:
    """One person in a film.

    Attributes:
        sightings: In order of time.
        embedding: float32 [D], unit length: the mean of the best faces, weighted by quality.
        spans: (from, to) in seconds, in order, when the person is seen.
        best: The clearest sighting: the key face.
        examples: float32 [M, D], unit length, M <= `EXAMPLES`: clear faces of different looks.
    """

    sightings: tuple[Sighting, ...] = field(repr=False)
    embedding: np.ndarray = field(repr=False)
    spans: tuple[tuple[float, float], ...]
    best: Sighting
    examples: np.ndarray = field(repr=False)


class Linker:
    """Takes the faces of one frame after the other, and gives the tracks at the end.

    Args:
        same_person: Cosine from which two faces are taken for one person's.
        link: Cosine from which faces at nearly one place in following frames are; below
            `same_person`, because the place speaks for it, too.
    """

    def __init__(self, same_person: float, link: float):
        self._same_person, self._link = same_person, link
        self._pieces: list[list[Sighting]] = []
        self._open: list[list[Sighting]] = []

    def add(self, faces: Sequence[Sighting], *, is_cut: bool = False) -> None:
        """Takes the faces of the next frame; with `is_cut`, those of a new shot."""
        if is_cut:
            self._open = []
        time = faces[0].time if faces else None
        if time is not None:
            self._open = [piece for piece in self._open if time - piece[-1].until <= GAP]
        for face, piece in self._match(faces):
            if piece is None:
                piece = []
                self._pieces.append(piece)
                self._open.append(piece)
            piece.append(face)

    def tracks(self) -> list[Track]:
        """The people of the film, in the order in which they appear."""
        pieces = sorted(filter(_is_worth_it, self._pieces), key=len, reverse=True)[:MOST_PIECES]
        groups = _merge(pieces, self._same_person)
        tracks = [_track([s for i in group for s in pieces[i]]) for group in groups]
        return sorted(tracks, key=lambda track: track.spans[0])

    def _match(self, faces: Sequence[Sighting]) -> Iterable[tuple[Sighting, list[Sighting] | None]]:
        """Each face with the open piece that it goes on, the surest pairs first."""
        pairs: dict[int, list[Sighting]] = {}
        if faces and self._open:
            last = [piece[-1] for piece in self._open]
            boxes = np.stack([face.box for face in faces])
            before = np.stack([face.box for face in last])
            overlap = iou(boxes, before)
            alike = (
                np.stack([f.embedding for f in faces])
                @ np.stack([_mean(piece[-4:]) for piece in self._open]).T
            )
            near = (overlap >= MIN_IOU) | (
                (_distance(boxes, before) <= NEAR) & (alike >= self._same_person)
            )
            worth = np.where(near & (alike >= self._link), alike + 0.5 * overlap, -np.inf)
            taken: set[int] = set()
            for flat in np.argsort(-worth, axis=None, kind="stable"):
                here, there = divmod(int(flat), len(last))
                if worth[here, there] == -np.inf:
                    break
                if here not in pairs and there not in taken:
                    pairs[here] = self._open[there]
                    taken.add(there)
        return [(face, pairs.get(i)) for i, face in enumerate(faces)]


def _is_worth_it(piece: Sequence[Sighting]) -> bool:
    """A face that flashes up once, and is unclear, is nobody to ask about."""
    return len(piece) > 1 or piece[0].quality >= UNCLEAR


def _distance(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distance of centres, in widths of the larger box: float [N, M]."""
    centres = [(b[:, :2] + b[:, 2:]) / 2 for b in (boxes, others)]
    apart = np.linalg.norm(centres[0][:, None] - centres[1][None], axis=-1)
    widths = np.maximum((boxes[:, 2] - boxes[:, 0])[:, None], (others[:, 2] - others[:, 0])[None])
    return apart / np.maximum(widths, 1e-6)


def _merge(pieces: Sequence[Sequence[Sighting]], same_person: float) -> list[list[int]]:
    """Average linkage of pieces that are never seen together, down to a cosine."""
    count = len(pieces)
    if not count:
        return []
    means = np.stack([_mean(_best(piece)) for piece in pieces])
    alike = means @ means.T
    times = [_times(piece) for piece in pieces]
    for i in range(count):
        alike[i, i] = -np.inf
        for j in range(i):
            if _overlap(times[i], times[j]):
                alike[i, j] = alike[j, i] = -np.inf
    groups = {i: [i] for i in range(count)}
    while True:
        a, b = divmod(int(alike.argmax()), count)
        if alike[a, b] < same_person:
            return list(groups.values())
        sizes = len(groups[a]), len(groups[b])
        joined = (sizes[0] * alike[a] + sizes[1] * alike[b]) / sum(sizes)  # -inf stays -inf
        alike[a], alike[:, a] = joined, joined
        alike[a, a] = -np.inf
        alike[b], alike[:, b] = -np.inf, -np.inf
        groups[a] += groups.pop(b)


def _times(piece: Sequence[Sighting]) -> tuple[float, float]:
    return piece[0].time, piece[-1].time


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _track(sightings: list[Sighting]) -> Track:
    sightings.sort(key=lambda s: s.time)
    best = _best(sightings)
    return Track(
        tuple(sightings), _mean(best), _spans(sightings), best[0], _different(best, EXAMPLES)
    )


def _best(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The clearest first; of several alike the earliest."""
    return sorted(sightings, key=lambda s: (-s.quality * s.score, s.time))[:BEST_FACES]


def _mean(sightings: Sequence[Sighting]) -> np.ndarray:
    """Mean embedding, weighted by quality, float32 [D] of unit length."""
    weights = np.array([max(s.quality, 1e-3) for s in sightings], np.float32)
    mean = weights @ np.stack([s.embedding for s in sightings])
    return (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)


def _spans(sightings: Sequence[Sighting]) -> tuple[tuple[float, float], ...]:
    spans: list[list[float]] = []
    for sighting in sightings:
        if spans and sighting.time - spans[-1][1] <= GAP:
            spans[-1][1] = max(spans[-1][1], sighting.until)
        else:
            spans.append([sighting.time, sighting.until])
    return tuple((round(a, 2), round(b, 2)) for a, b in spans)


def _different(sightings: Sequence[Sighting], most: int) -> np.ndarray:
    """Embeddings of clear faces that look as different as possible, the clearest first."""
    clear = [s for s in sightings if s.quality >= 0.5 * sightings[0].quality]
    vectors = np.stack([s.embedding for s in clear])
    chosen = [0]
    while len(chosen) < min(most, len(clear)):
        nearest = (vectors @ vectors[chosen].T).max(1)
        nearest[chosen] = np.inf
        chosen.append(int(nearest.argmin()))
    return vectors[chosen].astype(np.float32)
