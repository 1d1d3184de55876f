"""What a model says about each face, kept apart from what people decided.

The name that counts for a face is the confirmed person's; otherwise the model's first candidate
that was not rejected for this face; otherwise nobody. The view `named_faces` computes it, so a
new model's word reaches nothing that was decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.library.people.person_names import ensure, name_key
from data.library.photos.photo_faces import CLEAR
from data.library.storage.database import Connection, transaction

Candidates = Sequence[tuple[str, float]]
"""Names with their confidence (0..1), best first; only those that the model would stand by."""


# Suggestions that wait for an answer; unclear faces are not asked about.
_WAITING = f"""p.ignored = 0
    AND (SELECT {CLEAR} FROM faces f WHERE f.id = n.face)"""


@dataclass(frozen=True)
class Name:
    """The name that counts for a face.

    Attributes:
        person: The person's id.
        name: The person's name of today.
        confirmed: Whether a decision says so; otherwise a model does.
        confidence: 1 if confirmed, else the model's (0..1).
        model: The model's id, "library" if the confirmed faces say so; `None` if confirmed.
        given: False if it is too unsure to count, and only asked about.
    """

    person: int
    name: str
    confirmed: bool
    confidence: float
    model: str | None
    given: bool = True


class Suggestions:
    """Stores what models say and answers with the name that counts."""

    def __init__(self, db: Connection):
        self._db = db

    def record(
        self,
        model: str,
        faces: Mapping[int, Candidates],
        unknown: Mapping[int, float] | None = None,
    ) -> None:
        """Replaces what was suggested for these faces; no candidates means unknown.

        `unknown` is the model's probability (0..1) that such a face is nobody it knows.

        Names that nobody has become people. Faces of forgotten people are left out.
        """
        with transaction(self._db):
            for face, candidates in faces.items():
                self._db.execute("DELETE FROM suggestions WHERE face = ?", (face,))
                probability = None if unknown is None else unknown.get(face)
                self._db.execute("UPDATE faces SET unknown = ? WHERE id = ?", (probability, face))
                if self._db.execute(
                    "SELECT forgotten FROM faces WHERE id = ?", (face,)
                ).fetchone() in (None, (1,)):
                    continue
                for rank, (name, confidence) in enumerate(candidates):
                    ensure(self._db, name)
                    self._db.execute(
                        "INSERT INTO suggestions VALUES (?, ?, ?, ?, ?)",
                        (face, rank, name_key(name), float(confidence), model),
                    )

    def names(self, photo: int) -> dict[int, Name]:
        """The names that count in one photo, by face id; unknown faces are not in it."""
        return self._names("n.photo = ?", photo)

    def all_names(self) -> dict[int, Name]:
        """The names that count in all photos, by face id."""
        return self._names("1")

    def name(self, face: int) -> Name | None:
        """The name that counts for one face; `None` for somebody unknown."""
        return self._names(
            "n.face = ?1 AND n.photo = (SELECT photo FROM faces WHERE id = ?1)", face
        ).get(face)

    def to_review(self, limit: int = 100, *, skip: int = 0) -> list[tuple[int, Name]]:
        """Faces of whom somebody may be asked who they are: surest first, unclear ones left out.

        Those with a suggested name, and those that are likely somebody but not surely enough for a
        name.

        Args:
            limit: How many at most.
            skip: How many to leave out first.
        """
        rows = self._db.execute(
            "SELECT n.face, n.person, p.name, n.confidence, n.model, n.model <> 'library'"
            " OR (SELECT q.named FROM recognised q WHERE q.face = n.face)"
            " FROM asked_faces n JOIN people p ON p.id = n.person"
            f" WHERE {_WAITING} ORDER BY n.confidence DESC, n.face LIMIT ? OFFSET ?",
            (limit, skip),
        )
        return [
            (face, Name(person, name, False, confidence, model, bool(given)))
            for face, person, name, confidence, model, given in rows
        ]

    def questions(self, photo: int) -> dict[int, Name]:
        """Whom the faces of a photo without a name may be, by face: "Is this Anne?"."""
        rows = self._db.execute(
            "SELECT n.face, n.person, p.name, n.confidence, n.model"
            " FROM asked_faces n JOIN people p ON p.id = n.person"
            " WHERE n.photo = ? AND NOT EXISTS (SELECT 1 FROM named_faces m"
            " WHERE m.face = n.face AND m.photo = n.photo)",
            (photo,),
        )
        return {
            face: Name(person, name, False, confidence, model, False)
            for face, person, name, confidence, model in rows
        }

    def waiting(self) -> int:
        """How many faces `to_review` has in all."""
        return self._db.execute(
            f"SELECT COUNT(*) FROM asked_faces n JOIN people p ON p.id = n.person WHERE {_WAITING}"
        ).fetchone()[0]

    def _names(self, where: str, *values) -> dict[int, Name]:
        rows = self._db.execute(
            "SELECT n.face, n.person, p.name, n.confirmed, n.confidence, n.model"
            f" FROM named_faces n JOIN people p ON p.id = n.person WHERE {where}",
            values,
        )
        return {
            face: Name(person, name, bool(confirmed), confidence, model)
            for face, person, name, confirmed, confidence, model in rows
        }
