"""What the library answers about a file: the record that `tag` gives, and what is still due."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from data.library.people.person_names import find_meant, name_key, name_of
from data.library.photos import photo_faces as faces_
from data.library.photos.photo_index import AnyPath, encode
from data.library.storage.database import Connection, transaction
from data.tags import FaceTag, PhotoTags


@dataclass(frozen=True)
class State:
    """What is known of a file.

    Attributes:
        photo: The photo's id; `None` if it could not be read.
        model: Id of the model that named its faces last, if one did.
        labels: The state of other programs' notes about it when they were read; 0 for none.
    """

    photo: int | None
    model: str | None
    labels: int


class Records:
    """Reads photos as they are shown, with the names that count."""

    def __init__(self, db: Connection):
        self._db = db

    def state(self, path: AnyPath) -> State | None:
        """What is known of the file at a path; `None` if nothing is."""
        row = self._db.execute(
            "SELECT a.photo, p.model, a.labels FROM paths a LEFT JOIN photos p ON p.id = a.photo"
            " WHERE a.path = ?",
            (encode(path),),
        ).fetchone()
        return row and State(*row)

    def is_current(self, path: AnyPath) -> bool:
        """Whether the file at a path is, by size and time of change, the one that was tagged.

        Raises:
            OSError: There is none.
        """
        now = os.stat(encode(path))
        row = self._db.execute(
            "SELECT size, mtime_ns FROM paths WHERE path = ?", (encode(path),)
        ).fetchone()
        return row == (now.st_size, now.st_mtime_ns)

    def set_labels(self, path: AnyPath, state: int) -> None:
        """Notes which state of other programs' notes has been read."""
        with transaction(self._db):
            self._db.execute("UPDATE paths SET labels = ? WHERE path = ?", (state, encode(path)))

    def tags(self, path: AnyPath) -> PhotoTags | None:
        """The record of the photo at a path, called by the path as it was given.

        A confirmed name has confidence 1. A face whose name was rejected is unknown, and its
        confidence 0: the model was not asked about that. A face that other programs or a person
        drew may have no landmarks. `None` if the photo is not in the library.
        """
        key = encode(path)
        row = self._db.execute(
            "SELECT p.id, p.width, p.height, a.error FROM paths a"
            " LEFT JOIN photos p ON p.id = a.photo WHERE a.path = ?",
            (key,),
        ).fetchone()
        if row is None:
            return None
        photo, width, height, error = row
        if photo is None:
            return PhotoTags(os.fsdecode(path), error=error)
        named = {
            face: (name, confidence)
            for face, name, confidence in self._db.execute(
                "SELECT n.face, p.name, n.confidence FROM named_faces n"
                " JOIN people p ON p.id = n.person WHERE n.photo = ?",
                (photo,),
            )
        }
        unknown = dict(
            self._db.execute(
                "SELECT id, COALESCE(unknown, 0.0) FROM faces WHERE photo = ?", (photo,)
            )
        )
        faces = tuple(
            FaceTag(
                *named.get(face.id, (None, unknown[face.id])),
                box=face.box,
                landmarks=face.landmarks,
                score=face.score,
                embedding=face.embedding,
                quality=face.quality,
            )
            for face in faces_.Faces(self._db).of(photo)
        )
        return PhotoTags(os.fsdecode(path), width, height, faces)

    def size(self, photo: int) -> tuple[int, int]:
        """Width and height of a photo, pixels."""
        return self._db.execute(
            "SELECT width, height FROM photos WHERE id = ?", (photo,)
        ).fetchone()

    def say(
        self, path: AnyPath, names: Iterable[str], source: str, former: int | None = None
    ) -> None:
        """Notes who is said to be in the photo at a path, nobody knows on which of its faces.

        It takes the place of what the same source said before.

        Args:
            names: Of people.
            source: Which program says so, for a person.
            former: The photo that the names come from, if it is another one.
        """
        key = encode(path)
        with transaction(self._db):
            self._db.execute("DELETE FROM said WHERE path = ? AND source = ?", (key, source))
            self._db.executemany(
                "INSERT OR IGNORE INTO said (photo, path, name, source, former)"
                " SELECT photo, path, ?, ?, ? FROM paths WHERE path = ? AND photo IS NOT NULL",
                [(name, source, former, key) for name in names],
            )

    def said(self, photo: int) -> list[str]:
        """Who is said to be in a photo and is confirmed for none of its faces, in a fixed order."""
        rows = self._db.execute(
            "SELECT DISTINCT name FROM said WHERE photo = ? ORDER BY name", (photo,)
        )
        there = {name_key(name) for _, name in self.confirmed_in(photo)}
        return [name for (name,) in rows if name_key(name) not in there]

    def said_faces(self) -> list[tuple[int, int, str]]:
        """Whom faces without a name may be by what is said of their photos: (face, photo, name).

        Names of today. Unclear faces are left out, names that are confirmed for another face of the
        photo, that were rejected for the face, and of people who are ignored.
        """
        said = self._db.execute(
            "SELECT DISTINCT s.photo, s.name FROM said s ORDER BY s.photo, s.name"
        ).fetchall()
        if not said:
            return []
        people = {name: find_meant(self._db, name) for name in {name for _, name in said}}
        ignored = {id for (id,) in self._db.execute("SELECT id FROM people WHERE ignored = 1")}
        there = set(
            self._db.execute(
                "SELECT photo, person FROM named_faces WHERE confirmed = 1"
                " AND photo IN (SELECT photo FROM said)"
            ).fetchall()
        )
        rejected = set(
            self._db.execute(
                "SELECT r.face, COALESCE(p.merged_into, p.id) FROM rejections r"
                " JOIN people p ON p.id = r.person"
            ).fetchall()
        )
        faces: dict[int, list[int]] = {}
        for face, photo in self._db.execute(
            "SELECT f.id, f.photo FROM faces f WHERE f.photo IN (SELECT photo FROM said)"
            f" AND f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0 AND {faces_.CLEAR}"
            " ORDER BY f.id"
        ):
            faces.setdefault(photo, []).append(face)
        return list(
            dict.fromkeys(
                (face, photo, name if people[name] is None else name_of(self._db, people[name]))
                for photo, name in said
                if people[name] not in ignored and (photo, people[name]) not in there
                for face in faces.get(photo, ())
                if (face, people[name]) not in rejected
            )
        )

    def confirmed_in(self, photo: int) -> list[tuple[int, str]]:
        """The faces of a photo that somebody confirmed, each with its person's name."""
        return self._db.execute(
            "SELECT n.face, p.name FROM named_faces n JOIN people p ON p.id = n.person"
            " WHERE n.photo = ? AND n.confirmed = 1 ORDER BY n.face",
            (photo,),
        ).fetchall()

    def contents(self, network: str, model: str) -> set[bytes]:
        """The contents of all photos that are done by a network and named by a model."""
        rows = self._db.execute(
            "SELECT c.content FROM contents c JOIN photos p ON p.id = c.photo"
            " WHERE p.network = ? AND p.model = ?",
            (network, model),
        )
        return {content for (content,) in rows}

    def settled(self, photo: int) -> set[int]:
        """The faces of a photo about which somebody decided anything, taken back or not."""
        rows = self._db.execute(
            f"SELECT f.id FROM faces f WHERE f.photo = ? AND {faces_.SETTLED}", (photo,)
        )
        return {face for (face,) in rows}

    def rejected(self, photo: int) -> list[tuple[int, str]]:
        """The names that were rejected in a photo, each with its face."""
        return self._db.execute(
            "SELECT r.face, q.name FROM rejections r JOIN faces f ON f.id = r.face"
            " JOIN people p ON p.id = r.person"
            " JOIN people q ON q.id = COALESCE(p.merged_into, p.id)"
            " WHERE f.photo = ? ORDER BY r.face, q.name",
            (photo,),
        ).fetchall()

    def confirmed(self) -> list[tuple[str, str, tuple[int, int], tuple[float, ...]]]:
        """Every face that somebody confirmed, in the order of the photos.

        Returns:
            The person's name, a file of the photo, its width and height, and the box (xyxy
            pixels). Ignored people are left out, photos whose files are gone, and films.
        """
        rows = self._db.execute(
            "SELECT p.name, MIN(a.path), o.width, o.height, f.x0, f.y0, f.x1, f.y1"
            " FROM named_faces n JOIN faces f ON f.id = n.face JOIN people p ON p.id = n.person"
            " JOIN photos o ON o.id = f.photo JOIN paths a ON a.photo = o.id"
            " WHERE n.confirmed = 1 AND p.ignored = 0 AND a.missing = 0"
            " AND o.id NOT IN (SELECT photo FROM films)"
            " GROUP BY f.id ORDER BY f.photo, f.id"
        )
        return [
            (name, os.fsdecode(path), (width, height), tuple(box))
            for name, path, width, height, *box in rows
        ]

    def paths(self, under: Iterable[AnyPath] = ()) -> list[str]:
        """The photos in the library that lie under these files and folders; without any, all."""
        rows = self._db.execute(
            "SELECT path FROM paths WHERE photo IS NOT NULL AND missing = 0 ORDER BY path"
        )
        known = [path for (path,) in rows]
        places = [encode(place) for place in under]
        if places:
            starts = tuple(os.path.join(place, b"") for place in places)
            known = [path for path in known if path in places or path.startswith(starts)]
        return [os.fsdecode(path) for path in known]
