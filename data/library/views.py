"""The library as pages look at it: how much there is, who is on which photo, where a face lies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.library import Library
from data.library.photos.photo_faces import embeddings_of
from data.library.photos.photo_index import encode
from data.recognition.nearest import words
from data.tags import PhotoTags

_AT_A_TIME = 500  # values in one statement
_BEST_MOMENT = (  # of a film m; without faces a little after its beginning
    "COALESCE((SELECT t.time FROM faces f JOIN tracks t ON t.face = f.id WHERE f.photo = m.photo"
    " AND f.ignored = 0 ORDER BY f.quality DESC LIMIT 1), 0.1 * m.duration)"
)


@dataclass(frozen=True)
class Counts:
    """How much a library holds; `bytes` is the size of its file."""

    photos: int
    faces: int
    confirmed: int
    suggested: int
    people: int
    unreadable: int
    decisions: int
    bytes: int


@dataclass(frozen=True)
class Place:
    """Where a face is.

    Attributes:
        face, photo: Their numbers.
        path: A file of the photo; `None` if all are gone.
        box: float32 [4], xyxy pixels of the upright photo.
        width, height: Of the upright photo, pixels.
        taken: Capture time (ISO 8601), or `None`.
        time: In a film, the seconds at which.
    """

    face: int
    photo: int
    path: str | None
    box: np.ndarray
    width: int
    height: int
    taken: str | None
    time: float | None = None


class Entry(NamedTuple):
    """A file on the wall. There are as many as files, and a tuple is made sooner than a dataclass.

    Attributes:
        path: Of the file.
        photo: Its number, `None` if it could not be read.
        taken: Capture time (ISO 8601), or `None`.
        names: Who is on it, by name.
        unknown: How many faces have no name.
        error: Why it could not be read, or `None`.
        ratio: Width / height of the upright photo.
        duration: Of a film, seconds.
        time: Of a film, the seconds at which it shows a face best.
        confirmed: Whether somebody confirmed a name on it.
    """

    path: str
    photo: int | None
    taken: str | None
    names: tuple[str, ...] = ()
    unknown: int = 0
    error: str | None = None
    ratio: float = 1.0
    duration: float | None = None
    time: float | None = None
    confirmed: bool = False


@dataclass(frozen=True)
class Shown:
    """A photo of the library with its faces, those that are ignored left out.

    Attributes:
        tags: The record, with the names that count.
        faces: The faces' numbers, in the order of the record.
        confirmed: Numbers of the faces whose name somebody confirmed.
        questions: Who a face without a name may be, by the place of the face in the record.
        duration: Of a film, seconds; its faces are the key faces of its tracks.
        times: Of a film, by place, when the key face is seen, and the track's spans, seconds.
    """

    tags: PhotoTags
    faces: tuple[int, ...]
    confirmed: frozenset[int]
    questions: Mapping[int, str] = field(default_factory=dict)
    duration: float | None = None
    times: tuple[tuple[float, tuple[tuple[float, float], ...]], ...] = ()

    @property
    def unknown(self) -> list[int]:
        """Numbers of the faces without a name."""
        return [f for f, tag in zip(self.faces, self.tags.faces, strict=True) if not tag.name]


class LibraryViews(Library):
    """A library with the views that pages show of it."""

    def near(self, faces: Iterable[int]) -> dict[int, str]:
        """Who comes nearest to faces without a name, in words ("like nobody"), by number.

        Faces without an embedding are missing, and so are all while nobody is known.
        """
        by_network: dict[str, list[tuple[int, np.ndarray]]] = {}
        for face, (network, vector) in self.embeddings_of(faces).items():
            by_network.setdefault(network, []).append((face, vector))
        found = {}
        for network, rows in by_network.items():
            numbers = [face for face, _ in rows]
            vectors = [vector for _, vector in rows]
            nearest = self.recognition.nearest(network, vectors, faces=numbers)
            found |= {
                face: words(near) for face, near in zip(numbers, nearest, strict=True) if near
            }
        return found

    def counts(self) -> Counts:
        """How much there is of everything; photos whose files are all gone do not count."""

        def count(sql: str) -> int:
            return self.db.execute(f"SELECT COUNT(*) FROM {sql}").fetchone()[0]

        there = "photo IN (SELECT photo FROM paths WHERE missing = 0)"
        return Counts(
            photos=count("(SELECT DISTINCT photo FROM paths WHERE missing = 0 AND photo NOT NULL)"),
            faces=count(f"faces WHERE ignored = 0 AND {there}"),
            confirmed=self.confirmed(),
            suggested=count(f"named_faces WHERE confirmed = 0 AND {there}"),
            people=len(self.people.list(with_ignored=True)),
            unreadable=count("paths WHERE error IS NOT NULL AND missing = 0"),
            decisions=count("decisions WHERE of IS NULL"),
            bytes=self.file.stat().st_size,
        )

    def confirmed(self) -> int:
        """How many faces are confirmed, in photos that are still there."""
        return self.db.execute(
            "SELECT COUNT(*) FROM faces f WHERE f.person IS NOT NULL AND f.ignored = 0"
            " AND EXISTS (SELECT 1 FROM paths a WHERE a.photo = f.photo AND a.missing = 0)"
        ).fetchone()[0]

    def has_photos(self) -> bool:
        """Whether there is anything to look at."""
        there = "SELECT 1 FROM paths WHERE missing = 0 AND photo IS NOT NULL LIMIT 1"
        return self.db.execute(there).fetchone() is not None

    def photos_of_groups(self) -> dict[int, int]:
        """On how many photos the faces of each group are that have no name yet."""
        rows = self.db.execute(
            "SELECT group_id, COUNT(DISTINCT photo) FROM faces WHERE group_id IS NOT NULL"
            " AND person IS NULL AND ignored = 0 GROUP BY group_id"
        )
        return dict(rows.fetchall())

    def stamp(self) -> tuple:
        """Another value after every change of the library, by whatever process."""
        found = []
        for file in (self.file, Path(f"{self.file}-wal")):
            try:
                status = file.stat()
            except OSError:
                continue
            if status.st_size:  # an empty log is made by whoever opens the library
                found += [status.st_mtime_ns, status.st_size]
        return (str(self.file), *found)

    def photo_with(self, content: bytes) -> int | None:
        """The photo with this content (`data.library.content_of`), `None` if it is not here."""
        row = self.db.execute("SELECT photo FROM contents WHERE content = ?", (content,)).fetchone()
        return row and row[0]

    def places(self, faces: Iterable[int]) -> dict[int, Place]:
        """Where faces are, by number; those that do not exist are missing."""
        wanted, found = list(faces), {}
        for start in range(0, len(wanted), _AT_A_TIME):
            part = wanted[start : start + _AT_A_TIME]
            for row in self.db.execute(
                "SELECT f.id, f.photo, f.x0, f.y0, f.x1, f.y1, p.width, p.height, p.taken,"
                " (SELECT MIN(path) FROM paths WHERE photo = p.id AND missing = 0), t.time"
                " FROM faces f JOIN photos p ON p.id = f.photo LEFT JOIN tracks t ON t.face = f.id"
                f" WHERE f.id IN ({', '.join('?' * len(part))})",
                part,
            ):
                box = np.array(row[2:6], np.float32)
                path = row[9] and os.fsdecode(row[9])
                found[row[0]] = Place(row[0], row[1], path, box, *row[6:9], row[10])
        return found

    def embeddings_of(self, faces: Iterable[int]) -> dict[int, tuple[str, np.ndarray]]:
        """The network and the embedding of faces, by number; faces without one are missing."""
        return embeddings_of(self.db, faces)

    def shown(self, photo: int) -> Shown | None:
        """A photo as pages show it; `None` if all of its files are gone."""
        paths = self.photos.paths(photo)
        tags = self.records.tags(paths[0]) if paths else None
        if tags is None or tags.error:
            return None
        faces = self.faces.of(photo)
        kept = [i for i, face in enumerate(faces) if not face.ignored]
        names, asked = self.suggestions.names(photo), self.suggestions.questions(photo)
        return Shown(
            replace(tags, faces=tuple(tags.faces[i] for i in kept)),
            tuple(faces[i].id for i in kept),
            frozenset(face for face, name in names.items() if name.confirmed),
            {
                place: asked[faces[i].id].name
                for place, i in enumerate(kept)
                if faces[i].id in asked
            },
            self.films.duration(photo),
            tuple((times[faces[i].id].time, times[faces[i].id].spans) for i in kept)
            if (times := self.films.times(photo))
            else (),
        )

    def moment_of(self, photo: int) -> float | None:
        """The seconds at which a film shows a face best; `None` for a photo."""
        row = self.db.execute(
            f"SELECT {_BEST_MOMENT} FROM films m WHERE m.photo = ?", (photo,)
        ).fetchone()
        return row and row[0]

    def entries(self, under: str | os.PathLike | None = None) -> list[Entry]:
        """All files of the library (or of a folder), by capture time, then by path."""
        people: dict[int, list[str]] = {}
        confirmed: set[int] = set()
        for photo, name, is_confirmed in self.db.execute(
            "SELECT n.photo, p.name, n.confirmed FROM named_faces n"
            " JOIN people p ON p.id = n.person JOIN faces f ON f.id = n.face ORDER BY f.x0"
        ):
            people.setdefault(photo, []).append(name)
            if is_confirmed:
                confirmed.add(photo)
        faces = dict(
            self.db.execute("SELECT photo, COUNT(*) FROM faces WHERE ignored = 0 GROUP BY photo")
        )
        start = b"" if under is None else os.path.join(encode(under), b"")
        rows = self.db.execute(
            "SELECT a.path, a.photo, p.taken, a.error, 1.0 * p.width / p.height, m.duration,"
            f" IIF(m.photo IS NULL, NULL, {_BEST_MOMENT}) FROM paths a"
            " LEFT JOIN photos p ON p.id = a.photo LEFT JOIN films m ON m.photo = a.photo"
            " WHERE a.missing = 0 AND substr(a.path, 1, ?) = ?"
            " ORDER BY p.taken IS NULL, p.taken, a.path",
            (len(start), start),
        )
        nobody: list[str] = []
        return [
            Entry(
                os.fsdecode(path),
                photo,
                taken,
                tuple(dict.fromkeys(names)) if len(names) > 1 else tuple(names),
                faces.get(photo, 0) - len(names),
                error,
                ratio or 1.0,
                duration,
                time,
                photo in confirmed,
            )
            for path, photo, taken, error, ratio, duration, time in rows
            for names in (people.get(photo, nobody),)
        ]

    def years(self) -> tuple[int, int] | None:
        """The first and the last year in which a photo was taken."""
        first, last = self.db.execute("SELECT MIN(taken), MAX(taken) FROM photos").fetchone()
        return (int(first[:4]), int(last[:4])) if first else None
