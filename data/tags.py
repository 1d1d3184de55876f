"""The record that leaves Kindred: which faces a photo shows and whose they are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

MIRRORED_LANDMARKS = (1, 0, 2, 4, 3)
"""Whose place each landmark (eyes, nose, corners of the mouth) has in the mirror."""


@dataclass(frozen=True)
class FaceTag:
    """One face of a photo.

    Attributes:
        name: The person's name, or `None` for somebody unknown.
        confidence: For a name, the probability (0..1) that it is right; for `None`, the
            probability that the person is nobody in the family.
        box: float32 [4], xyxy pixels of the upright photo.
        landmarks: float32 [5, 2], xy pixels of the upright photo.
        score: The detector's score, 0..1.
        embedding: float32 [D], unit length.
        quality: How much the face is worth, 0..1 (`data.media.quality`); `None` if nobody measured
            it.
    """

    name: str | None
    confidence: float
    box: np.ndarray
    landmarks: np.ndarray
    score: float
    embedding: np.ndarray = field(repr=False)
    quality: float | None = None

    def to_json(self) -> dict:
        """A dictionary of plain numbers; pixels are rounded to a hundredth."""
        return {
            "name": self.name,
            "confidence": round(float(self.confidence), 4),
            "box": _rounded(self.box),
            "landmarks": _rounded(self.landmarks),
            "score": round(float(self.score), 4),
        }


@dataclass(frozen=True)
class PhotoTags:
    """All faces of one photo, or the reason why there are none.

    Attributes:
        photo: The path as it was given, or as it was found under what was given.
        width, height: Size of the upright photo in pixels; `None` if it could not be read.
        faces: Best detector score first.
        error: `None`, or a sentence for a person.
    """

    photo: str
    width: int | None = None
    height: int | None = None
    faces: tuple[FaceTag, ...] = ()
    error: str | None = None

    @property
    def turn(self) -> int:
        """By how many degrees clockwise the photo must be turned for its faces to stand upright.

        0, 90, 180 or 270; 0 without a face whose landmarks are known.
        """
        points = [face.landmarks for face in self.faces if np.shape(face.landmarks) == (5, 2)]
        if not points:
            return 0
        points = np.asarray(points, np.float64)
        down = points[:, 3:].mean(1) - points[:, :2].mean(1)  # from the eyes to the mouth
        x, y = (down / np.maximum(np.linalg.norm(down, axis=1, keepdims=True), 1e-6)).sum(0)
        return round(float(np.degrees(np.arctan2(x, y))) / 90) % 4 * 90

    def to_json(self) -> dict:
        """The JSON Lines record of `kindred.py tag`."""
        return {
            "photo": self.photo,
            "width": self.width,
            "height": self.height,
            "turn": self.turn,
            "faces": [face.to_json() for face in self.faces],
            "error": self.error,
        }


@dataclass(frozen=True)
class TrackTag:
    """One person in a film.

    Attributes:
        name: The person's name, or `None` for somebody unknown.
        confidence: As of a `FaceTag`.
        spans: (from, to) in seconds, in order, when the person is seen.
        time: Seconds, of the frame in which the person is seen best.
        box: float32 [4], xyxy pixels of the film's upright picture: the face in that frame.
    """

    name: str | None
    confidence: float
    spans: tuple[tuple[float, float], ...]
    time: float
    box: np.ndarray

    def to_json(self) -> dict:
        """A dictionary of plain numbers; times and pixels are rounded to a hundredth."""
        return {
            "name": self.name,
            "confidence": round(float(self.confidence), 4),
            "spans": [[round(start, 2), round(end, 2)] for start, end in self.spans],
            "best": {"time": round(self.time, 2), "box": _rounded(self.box)},
        }


@dataclass(frozen=True)
class FilmTags:
    """Everybody in a film, or the reason why it was not looked at.

    Attributes:
        film: The path as it was given, or as it was found under what was given.
        width, height: Of the film's upright picture, pixels; `None` if it could not be read.
        duration: Seconds; `None` if it could not be read.
        people: In the order in which they appear.
        error: `None`, or a sentence for a person.
    """

    film: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    people: tuple[TrackTag, ...] = ()
    error: str | None = None

    def to_json(self) -> dict:
        """The JSON Lines record of `kindred.py tag`.

        Tracks with one name are one person, seen in the spans of all of them.
        """
        return {
            "video": self.film,
            "width": self.width,
            "height": self.height,
            "duration": None if self.duration is None else round(self.duration, 2),
            "people": [person.to_json() for person in _by_name(self.people)],
            "error": self.error,
        }


def _by_name(tracks: tuple[TrackTag, ...]) -> list[TrackTag]:
    """Tracks of one name put together; the surest one's face stands for them."""
    people: dict[object, TrackTag] = {}
    for number, track in enumerate(tracks):
        key = number if track.name is None else track.name
        if key in people:
            known = people[key]
            surest = max(known, track, key=lambda t: t.confidence)
            track = replace(surest, spans=tuple(sorted((*known.spans, *track.spans))))
        people[key] = track
    return list(people.values())


def _rounded(pixels: np.ndarray) -> list:
    return np.round(np.asarray(pixels, np.float64), 2).tolist()
