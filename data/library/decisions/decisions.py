"""What a person decided: confirm, reject, ignore, rename, merge, split, and taking it back.

Every method is one journal entry and returns its number; `undo` takes the newest entry in force
back, `redo` brings back what was undone last until something new is decided. Faces and people are
given by id, people also by name. A confirmed name is moved by nothing but a decision.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from data.errors import LibraryError
from data.library.decisions import decision_journal as journal
from data.library.people.person_names import (
    Person,
    find,
    find_merged,
    find_own,
    name_of,
    new_name,
    resolve,
)
from data.library.photos.photo_search import checked_date
from data.library.storage.database import Connection

Faces = int | Iterable[int]
"""One face id or several; several are decided in one entry."""


@dataclass(frozen=True)
class Decision:
    """One entry of the journal.

    Attributes:
        id: Its number; later entries have higher ones.
        kind: confirm, reject, ignore, rename, merge, split, draw, describe or apart.
        source: Who decided: "user", or what an importer calls itself.
        at: ISO 8601 time, UTC.
        faces: Ids of the faces it changed.
        in_force: False after it was taken back.
    """

    id: int
    kind: str
    source: str
    at: str
    faces: tuple[int, ...]
    in_force: bool


class Decisions:
    """Makes decisions in a library; see the module for what holds for all of them.

    Raises (every method): `LibraryError` for a face or person that is not there, with nothing
    changed.
    """

    def __init__(self, db: Connection):
        self._db = db

    def confirm(self, faces: Faces, person: Person, *, source: str = "user") -> int:
        """These faces are this person; a name that nobody has yet makes a new person.

        Somebody who was merged into another person is, named by a user, a person again: whoever
        says that name means no other. Another program's word follows the merge.

        An earlier "not this person" for the same face is withdrawn.
        """
        with journal.decision(self._db, "confirm", source) as entry:
            if isinstance(person, str):
                known = find_own(self._db, person)
                if known is None and source == "user":
                    known = self._revive(entry, person)
                if known is None:
                    known = find(self._db, person)
            else:
                known = resolve(self._db, person)
            if known is None:
                known = entry.add_person(new_name(person))
            for face in self._faces(faces):
                for (rejected,) in self._db.execute(
                    "SELECT r.person FROM rejections r JOIN people p ON p.id = r.person"
                    " WHERE r.face = ? AND COALESCE(p.merged_into, p.id) = ?",
                    (face, known),
                ).fetchall():
                    entry.drop("rejections", (face, rejected))
                if self._confirmed(face) != known:  # or it is under a name merged into this one
                    entry.put("faces", (face,), person=known)
                entry.put("faces", (face,), ignored=0)
        return entry.id

    def reject(self, faces: Faces, person: Person, *, source: str = "user") -> int:
        """These faces are not this person, whatever any model says from now on."""
        with journal.decision(self._db, "reject", source) as entry:
            self._reject(entry, self._faces(faces), resolve(self._db, person))
        return entry.id

    def ignore(self, faces: Faces, ignored: bool = True, *, source: str = "user") -> int:
        """These faces are nobody to be named (a stranger, a statue), or are again."""
        with journal.decision(self._db, "ignore", source) as entry:
            for face in self._faces(faces):
                if ignored:
                    entry.put("faces", (face,), person=None, ignored=1)
                else:
                    entry.put("faces", (face,), ignored=0)
        return entry.id

    def ignore_person(self, person: Person, ignored: bool = True) -> int:
        """This person is left out of lists and counts as nobody for `find(alone=True)`."""
        with journal.decision(self._db, "ignore") as entry:
            entry.put("people", (resolve(self._db, person),), ignored=int(ignored))
        return entry.id

    def rename(self, person: Person, name: str) -> int:
        """This person has another name; the id stays.

        A model that was trained before still says the former name, and is understood.

        Raises:
            LibraryError: Somebody else has the name: then it is a merge.
        """
        with journal.decision(self._db, "rename") as entry:
            person, key = resolve(self._db, person), new_name(name)
            other = find_own(self._db, name)
            if other not in (None, person):
                raise LibraryError(
                    f"there is already somebody called {name_of(self._db, other)!r}"
                    f" (number {other})",
                    remedy="Merge the two if they are one person, or choose another name",
                )
            (former,) = self._db.execute(
                "SELECT name_key FROM people WHERE id = ?", (person,)
            ).fetchone()
            if former != key:
                entry.put("aliases", (former,), person=person)
            entry.put("people", (person,), name=key, name_key=key)
        return entry.id

    def merge(self, people: Sequence[Person]) -> int:
        """All of these are one person: the first, whose name and id stay.

        The others' faces and rejections count as the first's; their names lead to the first.
        """
        with journal.decision(self._db, "merge") as entry:
            ids = list(dict.fromkeys(resolve(self._db, person) for person in people))
            if len(ids) < 2:
                raise LibraryError(f"merging needs two different people. Received: {people!r}")
            for other in ids[1:]:
                former = self._db.execute(
                    "SELECT id FROM people WHERE merged_into = ?", (other,)
                ).fetchall()
                for (person,) in (*former, (other,)):
                    entry.put("people", (person,), merged_into=ids[0])
        return entry.id

    def describe(
        self, person: Person, *, born: str | None = None, key_face: int | None = None
    ) -> int:
        """What is known of a person beside the name; what is not given stays as it is.

        Args:
            born: Year, month or day of birth ("1950", "1950-07", "1950-07-31"); "" for not known.
            key_face: The face that stands for this person.

        Raises:
            LibraryError: The date is none, or the face is not this person's.
        """
        with journal.decision(self._db, "describe") as entry:
            person = resolve(self._db, person)
            known = journal.read_row(self._db, "about_people", (person,))
            known = known or {"born": None, "key_face": None}
            if born is not None:
                known["born"] = checked_date(born) if born.strip() else None
            if key_face is not None:
                if not self._is_named(key_face, person):
                    raise LibraryError(f"face {key_face} is not {name_of(self._db, person)!r}")
                known["key_face"] = int(key_face)
            entry.put("about_people", (person,), **known)
        return entry.id

    def keep_apart(self, one: Person, other: Person) -> int:
        """These are two people, however alike their names or faces are."""
        with journal.decision(self._db, "apart") as entry:
            ids = sorted({resolve(self._db, one), resolve(self._db, other)})
            if len(ids) < 2:
                raise LibraryError(f"these are one person. Received: {one!r}, {other!r}")
            entry.put("two_people", tuple(ids))
        return entry.id

    def split(self, person: Person, faces: Faces, name: str | None = None) -> int:
        """These faces of a person are somebody else: a new person, and never the old one again.

        Args:
            person: Who they were taken for.
            faces: Faces that have this person's name, confirmed or suggested.
            name: The new person's name; by default the old one with a number after it. That of
                somebody who was merged into another person brings that person back, with all
                faces that were confirmed so.
        """
        with journal.decision(self._db, "split") as entry:
            person, faces = resolve(self._db, person), self._faces(faces)
            for face in faces:
                if not self._is_named(face, person):
                    raise LibraryError(f"face {face} is not {name_of(self._db, person)!r}")
            name = self._free_name(person, name)
            new = self._revive(entry, name)
            if new is None:
                new = entry.add_person(name)
            self._reject(entry, faces, person)
            for face in faces:
                entry.drop("rejections", (face, new))
                entry.put("faces", (face,), person=new, ignored=0)
        return entry.id

    def undo(self, decision: int | None = None) -> int | None:
        """Takes back the newest decision in force, or the given one, exactly.

        Returns:
            The number of the decision taken back, `None` if there was none.

        Raises:
            LibraryError: A later decision in force builds on the given one.
        """
        return journal.take_back(self._db, decision)

    def redo(self) -> int | None:
        """Brings back what `undo` took back last; `None` if something was decided since."""
        return journal.bring_back(self._db)

    def history(self, limit: int | None = 100) -> list[Decision]:
        """The decisions, newest first; undo and redo show in `in_force`."""
        rows = self._db.execute(
            f"SELECT d.id, d.kind, d.source, d.at, {journal.IN_FORCE} FROM decisions d"
            " WHERE d.of IS NULL ORDER BY d.id DESC LIMIT ?",
            (-1 if limit is None else limit,),
        ).fetchall()
        return [
            Decision(id, kind, source, at, self._changed_faces(id), bool(in_force))
            for id, kind, source, at, in_force in rows
        ]

    def seconds_since_last(self) -> float:
        """How long ago something was decided or taken back last; infinite if nothing was."""
        row = self._db.execute("SELECT at FROM decisions ORDER BY id DESC LIMIT 1").fetchone()
        if row is None:
            return math.inf
        return (datetime.now(UTC) - datetime.fromisoformat(row[0])).total_seconds()

    def newest_step(self) -> tuple[int, ...]:
        """The newest decisions of a user in force that were made in one go, oldest first."""
        rows = self._db.execute(
            "SELECT d.id FROM decisions d WHERE d.of IS NULL AND d.source = 'user'"
            f" AND {journal.IN_FORCE} AND d.at = (SELECT d.at FROM decisions d"
            f" WHERE d.of IS NULL AND d.source = 'user' AND {journal.IN_FORCE}"
            " ORDER BY d.id DESC LIMIT 1) ORDER BY d.id"
        )
        return tuple(decision for (decision,) in rows)

    def _changed_faces(self, decision: int) -> tuple[int, ...]:
        rows = self._db.execute(
            "SELECT DISTINCT json_extract(key, '$[0]') FROM changes"
            " WHERE decision = ? AND tbl IN ('faces', 'rejections') ORDER BY 1",
            (decision,),
        )
        return tuple(face for (face,) in rows)

    def _faces(self, faces: Faces) -> list[int]:
        ids = [int(faces)] if not isinstance(faces, Iterable) else [int(face) for face in faces]
        if not ids:
            raise LibraryError("a decision needs at least one face. Received: none")
        for face in ids:
            if not self._db.execute("SELECT 1 FROM faces WHERE id = ?", (face,)).fetchone():
                raise LibraryError(f"there is no face with number {face}", file=self._db.file)
        return list(dict.fromkeys(ids))

    def _is_named(self, face: int, person: int) -> bool:
        """Whether a face has this person's name, confirmed or suggested."""
        found = self._db.execute(
            "SELECT 1 FROM named_faces WHERE face = ? AND person = ?", (face, person)
        ).fetchone()
        return found is not None

    def _confirmed(self, face: int) -> int | None:
        row = self._db.execute(
            "SELECT COALESCE(p.merged_into, p.id) FROM faces f JOIN people p ON p.id = f.person"
            " WHERE f.id = ?",
            (face,),
        ).fetchone()
        return row and row[0]

    def _reject(self, entry: journal.Entry, faces: list[int], person: int) -> None:
        for face in faces:
            entry.put("rejections", (face, person))
            if self._confirmed(face) == person:
                entry.put("faces", (face,), person=None)

    def _revive(self, entry: journal.Entry, name: str) -> int | None:
        """Takes out of a merge whoever had this name before it; `None` if there is nobody.

        With that person come those who had been merged into that person before.
        """
        person = find_merged(self._db, name)
        if person is None:
            return None
        (into,) = self._db.execute(
            "SELECT merged_into FROM people WHERE id = ?", (person,)
        ).fetchone()
        entry.put("people", (person,), merged_into=None)
        for (other,) in self._db.execute(
            "SELECT id FROM people WHERE merged_into = ?", (into,)
        ).fetchall():
            if journal.former_merge(self._db, other) == person:
                entry.put("people", (other,), merged_into=person)
        return person

    def _free_name(self, person: int, name: str | None) -> str:
        if name is not None:
            name = new_name(name)
            if find_own(self._db, name) is not None:
                raise LibraryError(
                    f"there is already somebody called {name!r}",
                    remedy="Confirm the faces as that person, or choose another name",
                )
            return name
        old, number = name_of(self._db, person), 2
        while find(self._db, f"{old} ({number})") is not None:
            number += 1
        return f"{old} ({number})"
