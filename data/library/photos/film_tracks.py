"""Films in the library: each track is a face of the film, with the times at which it is seen.

A film is a photo whose faces are the key faces of its tracks, so that everything that can be done
with a face (confirm, reject, group, find, undo) can be done with a track.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from data.boxes import iou
from data.library.storage.database import Connection
from data.tags import FilmTags, TrackTag

SAME_TRACK = 0.4  # share of their time that two tracks have in common from which they are one
NEARLY_THEN = 0.6  # seconds between two key frames in which the place of a face tells who it is


@dataclass(frozen=True)
class TrackTimes:
    """What a track is beside its key face.

    Attributes:
        time: Seconds, of the key face's frame.
        spans: (from, to) in seconds, in order.
        examples: float32 [M, D], unit length: faces of different looks; they teach once the track
            is confirmed.
    """

    time: float
    spans: tuple[tuple[float, float], ...]
    examples: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class FilmTracks:
    """What a film is beside a photo: its length in seconds, and its tracks as faces are listed."""

    duration: float
    tracks: tuple[TrackTimes, ...]


class Films:
    """Reads what is known of films."""

    def __init__(self, db: Connection):
        self._db = db

    def duration(self, photo: int) -> float | None:
        """Length of a film in seconds; `None` for a photo."""
        row = self._db.execute("SELECT duration FROM films WHERE photo = ?", (photo,)).fetchone()
        return row and row[0]

    def times(self, photo: int) -> dict[int, TrackTimes]:
        """The tracks of a film by the number of their key face; empty for a photo."""
        return _times(self._db, photo)

    def moments(self, faces: Sequence[int]) -> dict[int, float]:
        """Seconds of the key frames of those of these faces that are in films."""
        rows = self._db.execute(
            "SELECT face, time FROM tracks WHERE face IN (SELECT value FROM json_each(?))",
            (json.dumps(list(faces)),),
        )
        return dict(rows.fetchall())

    def tracks(self, photo: int) -> list[int]:
        """The key faces of a film's tracks in the order in which they appear, as in `tags`."""
        rows = self._db.execute(
            "SELECT f.id, t.spans FROM faces f JOIN tracks t ON t.face = f.id"
            " WHERE f.photo = ? AND f.ignored = 0 ORDER BY f.id",
            (photo,),
        ).fetchall()
        return [face for face, spans in sorted(rows, key=lambda row: _spans(row[1]))]

    def tags(self, photo: int, path: str) -> FilmTags | None:
        """The record of a film, called by `path`, with the names that count; `None` of a photo."""
        row = self._db.execute(
            "SELECT p.width, p.height, m.duration FROM photos p JOIN films m ON m.photo = p.id"
            " WHERE p.id = ?",
            (photo,),
        ).fetchone()
        if row is None:
            return None
        width, height, duration = row
        named = {
            face: (name, confidence)
            for face, name, confidence in self._db.execute(
                "SELECT n.face, p.name, n.confidence FROM named_faces n"
                " JOIN people p ON p.id = n.person WHERE n.photo = ?",
                (photo,),
            )
        }
        people = []
        for face, x0, y0, x1, y1, unknown, time, spans in self._db.execute(
            "SELECT f.id, f.x0, f.y0, f.x1, f.y1, COALESCE(f.unknown, 0.0), t.time, t.spans"
            " FROM faces f JOIN tracks t ON t.face = f.id"
            " WHERE f.photo = ? AND f.ignored = 0 ORDER BY f.id",
            (photo,),
        ):
            box = np.array([x0, y0, x1, y1], np.float32)
            name, sure = named.get(face, (None, unknown))
            people.append(TrackTag(name, sure, _spans(spans), time, box))
        people.sort(key=lambda track: track.spans)
        return FilmTags(path, width, height, duration, tuple(people))


def scenes(db: Connection) -> dict[int, int]:
    """For each track's face a number that those have in common who are seen at the same time.

    They compete for names as the faces of a photo do, but not with the rest of their film. The
    numbers are negative: no photo has them.
    """
    films: dict[int, list[tuple[int, tuple]]] = {}
    for face, photo, spans in db.execute(
        "SELECT t.face, f.photo, t.spans FROM tracks t JOIN faces f ON f.id = t.face"
    ):
        films.setdefault(photo, []).append((face, _spans(spans)))
    found = {}
    for tracks in films.values():
        for group in seen_together([spans for _, spans in tracks]):
            found |= {tracks[i][0]: -tracks[group[0]][0] for i in group}
    return found


def seen_together(spans: Sequence[Sequence[tuple[float, float]]]) -> list[list[int]]:
    """Indices of tracks, put together where their times overlap, directly or through others."""
    parts = sorted((start, end, i) for i, own in enumerate(spans) for start, end in own)
    root = list(range(len(spans)))

    def top(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    # In order of time each overlaps, if any, the one of those before that ends last.
    latest, last = float("-inf"), 0
    for start, end, i in parts:
        if start < latest:
            root[max(top(i), top(last))] = min(top(i), top(last))
        if end > latest:
            latest, last = end, i
    groups: dict[int, list[int]] = {}
    for i in range(len(spans)):
        groups.setdefault(top(i), []).append(i)
    return list(groups.values())


def overlaps(
    db: Connection, photo: int, old: Sequence[int], boxes: Sequence[np.ndarray], film: FilmTracks
) -> np.ndarray:
    """How much each new track is an old one of the film, by its times and its place.

    Args:
        old: Numbers of the old key faces.
        boxes: float32 [4] each, xyxy pixels: the new key faces, in the order of `film.tracks`.

    Returns:
        float [new, old], 0..1.
    """
    known = _times(db, photo)
    places = dict(
        (row[0], np.array(row[1:], np.float32))
        for row in db.execute("SELECT id, x0, y0, x1, y1 FROM faces WHERE photo = ?", (photo,))
    )
    shared = np.zeros((len(boxes), len(old)))
    for i, new in enumerate(film.tracks):
        for j, face in enumerate(old):
            if face not in known:
                continue
            shared[i, j] = _shared_time(new.spans, known[face].spans)
            if abs(new.time - known[face].time) <= NEARLY_THEN:
                # At one moment two people are at two places.
                shared[i, j] *= float(iou([boxes[i]], [places[face]])[0, 0] > 0.3)
    return shared


def write(db: Connection, photo: int, faces: Sequence[int], film: FilmTracks) -> None:
    """Keeps what a film is beside its faces; `faces` are the key faces' numbers, in order."""
    db.execute("INSERT OR REPLACE INTO films VALUES (?, ?)", (photo, film.duration))
    for face, track in zip(faces, film.tracks, strict=True):
        examples = np.ascontiguousarray(track.examples, "<f4")
        db.execute(
            "INSERT OR REPLACE INTO tracks SELECT ?1, ?2, ?3, IIF(forgotten, NULL, ?4)"
            " FROM faces WHERE id = ?1",
            (face, track.time, json.dumps(track.spans), examples.tobytes()),
        )


def _times(db: Connection, photo: int) -> dict[int, TrackTimes]:
    found = {}
    for face, time, spans, examples, size in db.execute(
        "SELECT t.face, t.time, t.spans, t.examples, LENGTH(f.embedding) FROM tracks t"
        " JOIN faces f ON f.id = t.face WHERE f.photo = ? ORDER BY t.time",
        (photo,),
    ):
        vectors = np.frombuffer(examples or b"", "<f4").astype(np.float32)
        vectors = vectors.reshape(-1, (size or 0) // 4 or 1) if size else vectors.reshape(0, 0)
        found[face] = TrackTimes(time, _spans(spans), vectors)
    return found


def _spans(text: str) -> tuple[tuple[float, float], ...]:
    return tuple((float(start), float(end)) for start, end in json.loads(text))


def _shared_time(spans: Sequence, others: Sequence) -> float:
    """Time in common, in parts of the time of both together, 0..1."""
    both = sum(max(0.0, min(b, d) - max(a, c)) for a, b in spans for c, d in others)
    either = sum(b - a for a, b in spans) + sum(d - c for c, d in others) - both
    return both / either if either > 0 else float(spans == others)
