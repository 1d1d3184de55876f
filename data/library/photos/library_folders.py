"""The folders that the library knows, and taking photos and folders out of it, or looking again.

What was found in a removed photo goes: boxes, embeddings, suggestions. What somebody decided about
its faces stays, and counts again when the same file is tagged again, wherever it lies then.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import LibraryError
from data.library.photos.photo_faces import SETTLED
from data.library.photos.photo_index import AnyPath, encode
from data.library.storage.database import Connection, transaction

REMOVED = "removed from the library; it comes back when it is tagged by its own name"


@dataclass(frozen=True)
class Folder:
    """A folder with files that the library knows; folders below it count for themselves.

    Attributes:
        path: Of the folder.
        photos, films: How many of its files are there.
        unreadable: How many could not be read.
        missing: How many are gone, or on a disk that is not connected.
        confirmed: How many faces somebody named in its photos and films, missing ones included.
    """

    path: Path
    photos: int = 0
    films: int = 0
    unreadable: int = 0
    missing: int = 0
    confirmed: int = 0


@dataclass(frozen=True)
class Leaving:
    """What a removal takes out of the library.

    Attributes:
        files: Paths, unreadable and missing ones included.
        photos: Photos and films that are nowhere else.
        confirmed: Faces in these that somebody named.
    """

    files: int
    photos: int
    confirmed: int


class Folders:
    """Lists folders, and takes files and folders out of the library."""

    def __init__(self, db: Connection):
        self._db = db

    def list(self, under: AnyPath | None = None) -> list[Folder]:
        """The folders in which files of the library lie, by path; or only a folder's."""
        found: dict[bytes, list[int]] = {}  # photos, films, unreadable, missing, confirmed
        for path, film, unreadable, missing, confirmed in self._db.execute(
            "SELECT a.path, m.photo IS NOT NULL, a.error IS NOT NULL, a.missing, COALESCE(c.n, 0)"
            " FROM paths a LEFT JOIN films m ON m.photo = a.photo LEFT JOIN ("
            " SELECT photo, COUNT(*) AS n FROM faces WHERE person IS NOT NULL AND ignored = 0"
            f" GROUP BY photo) c ON c.photo = a.photo WHERE {_BELOW.format('a.path')}",
            _start(under),
        ):
            counts = found.setdefault(os.path.dirname(path), [0] * 5)
            counts[0] += not (missing or unreadable or film)
            counts[1] += film and not missing
            counts[2] += unreadable and not missing
            counts[3] += missing
            counts[4] += confirmed
        folders = sorted(found, key=lambda path: path.split(b"/"))
        return [Folder(Path(os.fsdecode(folder)), *found[folder]) for folder in folders]

    def leaving(self, places: Iterable[AnyPath]) -> Leaving:
        """What removing these would take out of the library; see `remove`."""
        return _leaving(self._db, *_affected(self._db, places))

    def removed(self) -> list[Path]:
        """The files and folders that were removed and not tagged since, by path."""
        rows = self._db.execute("SELECT path FROM removed ORDER BY path")
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def admit(
        self, found: Iterable[str], asked: Iterable[AnyPath], left_out: dict[str, str]
    ) -> Iterator[str]:
        """Leaves removed files and folders out of what a walk found, unless they were asked for.

        What was removed and is asked for by its own name counts as removed no longer.

        Args:
            found: Paths, from `data.media.folders.find_photos`.
            asked: The files and folders that somebody named.
            left_out: Called with what was left out, and why.
        """
        asked = [encode(place) for place in asked]
        with transaction(self._db):
            self._db.executemany("DELETE FROM removed WHERE path = ?", [(one,) for one in asked])
        removed = {path for (path,) in self._db.execute("SELECT path FROM removed")}
        for path in found:
            place = _place_of(encode(path), removed, asked) if removed else None
            if place is None:
                yield path
            else:
                left_out[os.fsdecode(place)] = REMOVED

    def look_again(self, places: Iterable[AnyPath]) -> int:
        """Has the next tagging read these photos and films again, though they have not changed.

        What was decided stays with the faces that are found again.

        Args:
            places: Files and folders.

        Returns:
            How many photos and films that are.
        """
        with transaction(self._db):
            return sum(
                self._db.execute(
                    "UPDATE photos SET network = '' WHERE id IN (SELECT photo FROM paths"
                    f" WHERE missing = 0 AND {_BELOW.format('path')})",
                    _start(place),
                ).rowcount
                for place in places
            )


def remove(db: Connection, home: Path, places: Iterable[AnyPath]) -> Leaving:
    """Takes photos, films and folders out of the library; the files stay as they are.

    Until they are tagged by name they are left out when a folder above them is tagged.

    Args:
        places: Files and folders, which need not be there any more.

    Raises:
        LibraryError: The library knows nothing of one of them; nothing is removed.
    """
    places = list(places)
    with transaction(db):
        files, photos = _affected(db, places)
        leaving = _leaving(db, files, photos)
        for place in map(encode, places):
            db.execute(f"DELETE FROM removed WHERE {_BELOW.format('path')}", _start(place))
            db.execute("INSERT INTO removed VALUES (?)", (place,))
        for path in files:
            db.execute("DELETE FROM said WHERE path = ?", (path,))
            db.execute("DELETE FROM paths WHERE path = ?", (path,))
        for photo in photos:
            _empty(db, photo)
    shutil.rmtree(home / "cache" / "thumbnails", ignore_errors=True)  # walls make what they need
    return leaving


def _affected(db: Connection, places: Iterable[AnyPath]) -> tuple[set[bytes], set[int]]:
    """The paths in these places, and the photos of which no file is left anywhere else."""
    files: dict[bytes, int | None] = {}
    for place in places:
        rows = db.execute(
            f"SELECT path, photo FROM paths WHERE {_BELOW.format('path')}", _start(place)
        ).fetchall()
        if not rows:
            raise LibraryError(
                "the library knows no photo there",
                file=os.fsdecode(encode(place)),
                remedy="See which folders it knows: kindred.py library",
            )
        files |= dict(rows)
    photos = set()
    for photo in set(files.values()) - {None}:
        copies = db.execute("SELECT path, missing FROM paths WHERE photo = ?", (photo,)).fetchall()
        if all(gone or path in files for path, gone in copies):
            photos.add(photo)
            files |= {path: photo for path, _ in copies}
    return set(files), photos


def _leaving(db: Connection, files: set[bytes], photos: set[int]) -> Leaving:
    named = "SELECT COUNT(*) FROM faces WHERE photo = ? AND person IS NOT NULL AND ignored = 0"
    confirmed = sum(db.execute(named, (photo,)).fetchone()[0] for photo in photos)
    return Leaving(len(files), len(photos), confirmed)


def _empty(db: Connection, photo: int) -> None:
    """Removes what was found in a photo; what was decided about its faces stays."""
    db.execute(f"DELETE FROM faces AS f WHERE f.photo = ? AND NOT {SETTLED}", (photo,))
    kept = "SELECT id FROM faces WHERE photo = ?"
    if not db.execute(kept, (photo,)).fetchone():
        for table in ("said", "films", "contents"):
            db.execute(f"DELETE FROM {table} WHERE photo = ?", (photo,))
        db.execute("DELETE FROM photos WHERE id = ?", (photo,))
        return
    for table in ("suggestions", "recognised"):
        db.execute(f"DELETE FROM {table} WHERE face IN ({kept})", (photo,))
    db.execute(
        "UPDATE faces SET embedding = NULL, landmarks = NULL, quality = NULL, unknown = NULL,"
        " group_id = NULL WHERE photo = ?",
        (photo,),
    )
    db.execute(f"UPDATE tracks SET examples = NULL WHERE face IN ({kept})", (photo,))
    # No network has looked at it, so that whatever brings it back is read.
    db.execute("UPDATE photos SET network = '', model = NULL WHERE id = ?", (photo,))


_BELOW = "({0} = ? OR substr({0}, 1, ?) = ?)"


def _start(place: AnyPath | None) -> tuple:
    """The values for `_BELOW`: a file itself, or what lies in a folder; `None` for everything."""
    place = b"" if place is None else encode(place)
    start = place and os.path.join(place, b"")
    return place, len(start), start


def _place_of(path: bytes, removed: set[bytes], asked: list[bytes]) -> bytes | None:
    """The removed place in which a path lies, unless what was asked for lies in it as well."""
    above = _with_parents(path)
    named = {parent for one in asked if one in above for parent in _with_parents(one)}
    return next((place for place in above if place in removed and place not in named), None)


def _with_parents(path: bytes) -> list[bytes]:
    found = [path]
    while (parent := os.path.dirname(found[-1])) != found[-1]:
        found.append(parent)
    return found
