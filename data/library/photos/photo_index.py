"""Photos by content and path: what is done, what failed, what moved, what is to do.

A photo is its bytes (SHA-256), wherever they lie: a moved file keeps its names, a copy is known.
It is in the library only when it is done: its row, its path, its faces and what the model says
of them are written in one transaction, so that a process killed at any moment leaves all of a
photo or nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from data.library.decisions import decision_journal as journal
from data.library.photos import film_tracks
from data.library.photos import photo_faces as faces_
from data.library.photos.film_tracks import FilmTracks
from data.library.recognition.suggestions import Candidates, Suggestions
from data.library.storage.database import Connection, transaction
from data.tags import FaceTag

AnyPath = str | bytes | os.PathLike


@dataclass(frozen=True)
class Todo:
    """A file that needs work, and its state when that was found out.

    Attributes:
        path: Absolute; text that `os.fsencode` turns into the file's bytes on disk.
        size: Bytes.
        mtime_ns: Time of change, nanoseconds. Taken before reading, so that a file which changes
            while it is read is looked at again.
    """

    path: str
    size: int
    mtime_ns: int


def content_of(data: bytes) -> bytes:
    """The identity of a photo: the SHA-256 of its bytes (32 bytes)."""
    return hashlib.sha256(data).digest()


def content_of_file(path: AnyPath) -> bytes:
    """The same of a file that may be larger than memory; raises `OSError`."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def encode(path: AnyPath) -> bytes:
    """The form in which paths are stored: absolute, as bytes. Links are not followed."""
    return os.path.abspath(os.fsencode(path))


class Photos:
    """The photos of a library and their files.

    Attributes:
        on_found: Called with the number of a photo whose faces were just written.
        on_new_vectors: Called when faces that somebody named have got vectors of another network.
    """

    def __init__(self, db: Connection):
        self._db = db
        self._suggestions = Suggestions(db)
        self.on_found: Callable[[int], object] = lambda photo: None
        self.on_new_vectors: Callable[[], object] = lambda: None

    def todo(
        self, paths: Iterable[AnyPath], network: str, *, retry_failed: bool = False
    ) -> Iterator[Todo]:
        """Those files that are new, changed, or not yet done by this network.

        Only size and time of change are compared: 10,000 unchanged photos take a fraction of a
        second. Files that vanished or are not regular files are left out.

        Args:
            paths: Files, in the order they should be done.
            network: Id of the network that would make the faces.
            retry_failed: Also files that failed before and have not changed since.
        """
        for path in paths:
            path = encode(path)
            try:
                now = os.stat(path)
            except OSError:
                continue
            if not stat.S_ISREG(now.st_mode):
                continue
            row = self._db.execute(
                "SELECT a.size, a.mtime_ns, a.missing, a.error IS NOT NULL, p.network = ?"
                " FROM paths a LEFT JOIN photos p ON p.id = a.photo WHERE a.path = ?",
                (network, path),
            ).fetchone()
            if row and row[:3] == (now.st_size, now.st_mtime_ns, 0):
                failed, done = row[3:]
                if done or (failed and not retry_failed):
                    continue
            yield Todo(os.fsdecode(path), now.st_size, now.st_mtime_ns)

    def made_by_others(self, network: str) -> int:
        """How many photos and films that are still there have the faces of another network."""
        return self._db.execute(
            "SELECT COUNT(*) FROM photos p WHERE p.network <> ? AND EXISTS"
            " (SELECT 1 FROM paths a WHERE a.photo = p.id AND a.missing = 0)",
            (network,),
        ).fetchone()[0]

    def known(self, file: Todo, content: bytes, network: str) -> int | None:
        """The photo with this content if it is done by this network, else `None`.

        Notes the path: this is all that a moved or copied file needs.
        """
        with transaction(self._db):
            photo = self._by_content(content)
            if photo is None:
                return None
            row = self._db.execute("SELECT network FROM photos WHERE id = ?", (photo,)).fetchone()
            if row[0] != network:
                return None
            self._put_path(file, photo, None)
            return photo

    def record(
        self,
        file: Todo,
        content: bytes,
        *,
        width: int,
        height: int,
        taken: datetime | None,
        network: str,
        faces: Sequence[FaceTag],
        model: str | None = None,
        candidates: Sequence[Candidates] | None = None,
        film: FilmTracks | None = None,
    ) -> int:
        """Keeps one finished photo with all its faces, at once; returns the photo's id.

        A photo that was done before (by another network, or before somebody changed the file's
        metadata) keeps its faces' ids and all decisions about them.

        Args:
            file: From `todo`.
            content: From `content_of` the bytes that were read.
            width, height: Pixels of the upright photo.
            taken: Capture time as the camera's clock showed it, or `None`.
            network: Id of the network that made the embeddings.
            faces: What was found; a face's `name` and `confidence` are kept as a suggestion.
            model: Id of the model that named the faces; `None` if nobody was asked.
            candidates: For each face more names than one, best first, instead of `name`.
            film: For a film, its tracks, of which `faces` are the key faces.
        """
        when = taken and taken.replace(tzinfo=None).isoformat(timespec="seconds")
        with transaction(self._db):
            photo = self._by_content(content)
            if photo is None:
                photo = self._same_picture(file, width, height, network, faces)
                if photo is None:
                    photo = self._db.execute(
                        "INSERT INTO photos (width, height, taken, network) VALUES (?, ?, ?, ?)",
                        (width, height, when, network),
                    ).lastrowid
                self._db.execute("INSERT INTO contents VALUES (?, ?)", (content, photo))
            renewed = self._db.execute(
                "SELECT 1 FROM photos p JOIN faces f ON f.photo = p.id"
                " WHERE p.id = ? AND p.network <> ? AND f.person IS NOT NULL",
                (photo, network),
            ).fetchone()
            self._db.execute(
                "UPDATE photos SET width = ?, height = ?, taken = ?, network = ? WHERE id = ?",
                (width, height, when, network, photo),
            )
            ids = self._write_faces(photo, network, faces, film)
            if renewed:
                self.on_new_vectors()
            if model is not None:
                if candidates is None:
                    candidates = [[(f.name, f.confidence)] if f.name else [] for f in faces]
                unknown = {
                    face: float(faces[i].confidence)
                    for i, face in enumerate(ids)
                    if not candidates[i]
                }
                named = dict(zip(ids, candidates, strict=True))
                self._suggestions.record(model, named, unknown)
                self._db.execute("UPDATE photos SET model = ? WHERE id = ?", (model, photo))
            self._put_path(file, photo, None)
            self.on_found(photo)
            return photo

    def _write_faces(
        self, photo: int, network: str, faces: Sequence[FaceTag], film: FilmTracks | None
    ) -> list[int]:
        if film is None:
            return faces_.write(self._db, photo, network, faces)
        boxes = [face.box for face in faces]
        ids = faces_.write(
            self._db,
            photo,
            network,
            faces,
            lambda old: film_tracks.overlaps(self._db, photo, old, boxes, film),
        )
        film_tracks.write(self._db, photo, ids, film)
        return ids

    def record_failure(self, file: Todo, error: str) -> None:
        """Notes that a file cannot be read, and why; it is tried again when it changes."""
        with transaction(self._db):
            self._put_path(file, None, error)

    def name_again(
        self, photo: int, model: str, answers: Mapping[int, tuple[str | None, float]]
    ) -> None:
        """Notes what another model says of the faces of a photo, by face id: name and confidence.

        All of the photo's faces that have an embedding of the photo's network must be there.
        """
        with transaction(self._db):
            self._suggestions.record(
                model,
                {face: [(name, sure)] if name else [] for face, (name, sure) in answers.items()},
                {face: sure for face, (name, sure) in answers.items() if not name},
            )
            self._db.execute("UPDATE photos SET model = ? WHERE id = ?", (model, photo))

    def rewritten(self, path: AnyPath, content: bytes) -> bool:
        """Notes that Kindred itself changed a file's bytes but not its picture.

        Call it after names were embedded: the photo is known by its old and its new content.

        Returns:
            False if the path is not that of a photo in the library.
        """
        path = encode(path)
        with transaction(self._db):
            row = self._db.execute(
                "SELECT photo FROM paths WHERE path = ? AND photo IS NOT NULL", (path,)
            ).fetchone()
            if row is None:
                return False
            now = os.stat(path)
            self._db.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", (content, row[0]))
            self._put_path(Todo(os.fsdecode(path), now.st_size, now.st_mtime_ns), row[0], None)
            return True

    def add_face(self, photo: int, box: Sequence[float]) -> int:
        """Adds a face that somebody drew by hand (xyxy pixels); returns its id."""
        return self.add_looked_at(photo, _drawn(box), "")

    def add_region(self, photo: int, box: Sequence[float]) -> int:
        """Adds a face that another program marked (xyxy pixels), and nobody decided; its id."""
        with transaction(self._db):
            return faces_.insert(self._db, photo, "", _drawn(box), by_hand=True)

    def add_looked_at(self, photo: int, face: FaceTag, network: str, model: str = "") -> int:
        """Adds a face that somebody drew and a model has looked at; returns its id.

        That is a decision, which can be taken back: then the face is left out.

        Args:
            photo: Its photo.
            face: With what the model found, and whom it takes it for.
            network: Id of the network that made the embedding.
            model: Id of the model that named it; "" if nobody was asked.
        """
        with journal.decision(self._db, "draw") as entry:
            number = faces_.insert(self._db, photo, network, face, by_hand=True, ignored=True)
            entry.put("faces", (number,), ignored=0)
            if model:
                named = [(face.name, face.confidence)] if face.name else []
                unknown = {} if face.name else {number: face.confidence}
                self._suggestions.record(model, {number: named}, unknown)
            return number

    def sweep(self, folder: AnyPath) -> int:
        """Marks the photos under a folder whose files are gone; returns how many were found gone.

        Nothing is deleted: the names come back with the file, here or elsewhere. A folder that is
        not there at all (a disk that is not plugged in) marks nothing.
        """
        folder = encode(folder)
        if not os.path.isdir(folder):
            return 0
        start = os.path.join(folder, b"")
        with transaction(self._db):
            paths = self._db.execute(
                "SELECT path FROM paths WHERE missing = 0 AND substr(path, 1, ?) = ?",
                (len(start), start),
            ).fetchall()
            return self._mark_missing(path for (path,) in paths)

    def photo_of(self, path: AnyPath) -> int | None:
        """The id of the photo at a path, `None` if it is not in the library."""
        row = self._db.execute("SELECT photo FROM paths WHERE path = ?", (encode(path),)).fetchone()
        return row and row[0]

    def paths(self, photo: int) -> list[Path]:
        """Where the photo lies now, copies included; empty if all files are gone."""
        rows = self._db.execute(
            "SELECT path FROM paths WHERE photo = ? AND missing = 0 ORDER BY path", (photo,)
        )
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def failures(self) -> list[tuple[Path, str]]:
        """The files that could not be read and why, by path."""
        rows = self._db.execute(
            "SELECT path, error FROM paths WHERE error IS NOT NULL AND missing = 0 ORDER BY path"
        )
        return [(Path(os.fsdecode(path)), error) for path, error in rows]

    def _by_content(self, content: bytes) -> int | None:
        row = self._db.execute("SELECT photo FROM contents WHERE content = ?", (content,))
        found = row.fetchone()
        return found and found[0]

    def _same_picture(self, file, width, height, network, faces) -> int | None:
        """The photo that was at this path, if only its metadata can have changed."""
        row = self._db.execute(
            "SELECT p.id FROM paths a JOIN photos p ON p.id = a.photo"
            " WHERE a.path = ? AND p.width = ? AND p.height = ? AND p.network = ?",
            (encode(file.path), width, height, network),
        ).fetchone()
        return row[0] if row and faces_.are_same(self._db, row[0], faces) else None

    def _put_path(self, file: Todo, photo: int | None, error: str | None) -> None:
        path = encode(file.path)
        others = self._db.execute(
            "SELECT path FROM paths WHERE photo = ? AND path <> ? AND missing = 0", (photo, path)
        ).fetchall()
        self._mark_missing(other for (other,) in others)
        self._db.execute(
            "INSERT INTO paths (path, photo, size, mtime_ns, error) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET photo = excluded.photo, size = excluded.size,"
            " mtime_ns = excluded.mtime_ns, error = excluded.error, missing = 0",
            (path, photo, file.size, file.mtime_ns, error),
        )

    def _mark_missing(self, paths: Iterable[bytes]) -> int:
        gone = [(path,) for path in paths if not os.path.lexists(path)]
        self._db.executemany("UPDATE paths SET missing = 1 WHERE path = ?", gone)
        return len(gone)


def _drawn(box: Sequence[float]) -> FaceTag:
    """A face of which only the place is known."""
    return FaceTag(None, 0.0, np.asarray(box), np.empty((0, 2)), 1.0, np.empty(0))
