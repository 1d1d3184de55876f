"""The people of a library: who they are, how often and when they are seen, and their key face.

Renaming, merging, splitting and ignoring people are decisions (`data.library.decisions.decisions`);
forgetting somebody is not, as it cannot be undone (`data.library.decisions.forget`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.library.people.person_names import Person, ensure, find, name_today, resolve
from data.library.storage.database import Connection, transaction
from data.names import near_names, near_pairs


@dataclass(frozen=True)
class PersonSummary:
    """One person.

    Attributes:
        id: Stable; renaming does not change it, after a merge it leads to the one who is left.
        name: As typed.
        photos: How many photos that are still there show the person, suggested ones included.
        confirmed: How many faces in them were confirmed.
        first, last: Earliest and latest capture time (ISO 8601), `None` if not known.
        key_face: Id of the face to show: confirmed before suggested, large and clear before not.
        ignored: Left out of lists unless asked for.
        born: Year, month or day of birth ("1950-07"), `None` if not known.
    """

    id: int
    name: str
    photos: int
    confirmed: int
    first: str | None
    last: str | None
    key_face: int | None
    ignored: bool
    born: str | None = None


_SUMMARY = """
WITH ranked AS (
    SELECT n.person, n.photo, n.confirmed, n.face, p.taken,
           ROW_NUMBER() OVER (PARTITION BY n.person
               ORDER BY n.face = b.key_face IS TRUE DESC, n.confirmed DESC,
               f.score * MIN(f.x1 - f.x0, f.y1 - f.y0) DESC, n.face) AS nth
    FROM named_faces n JOIN faces f ON f.id = n.face JOIN photos p ON p.id = n.photo
        LEFT JOIN about_people b ON b.person = n.person
    WHERE (?1 IS NULL OR n.person = ?1)
        AND EXISTS (SELECT 1 FROM paths a WHERE a.photo = n.photo AND a.missing = 0)),
seen AS MATERIALIZED (
    SELECT person, COUNT(DISTINCT photo) AS photos, SUM(confirmed) AS confirmed,
           MIN(taken) AS first, MAX(taken) AS last, MAX(IIF(nth = 1, face, NULL)) AS face
    FROM ranked GROUP BY person)
SELECT q.id, q.name, COALESCE(s.photos, 0), COALESCE(s.confirmed, 0), s.first, s.last, s.face,
       q.ignored, d.born
FROM people q LEFT JOIN seen s ON s.person = q.id LEFT JOIN about_people d ON d.person = q.id
WHERE q.merged_into IS NULL AND (?1 IS NULL OR q.id = ?1) AND (?2 OR q.ignored = 0)
    -- A name that a former model said, and that nobody decided anything about, is nobody any more.
    AND (?1 IS NOT NULL OR s.photos > 0 OR q.ignored = 1 OR EXISTS (
        SELECT 1 FROM people m WHERE (m.id = q.id OR m.merged_into = q.id) AND (
            EXISTS (SELECT 1 FROM faces f WHERE f.person = m.id)
            OR EXISTS (SELECT 1 FROM rejections r WHERE r.person = m.id))))
ORDER BY COALESCE(s.photos, 0) DESC, q.name_key
"""


_NAMES = """
SELECT p.id, p.name, p.ignored OR s.confirmed > 0 OR s.rejected > 0
FROM people p JOIN (
    SELECT COALESCE(m.merged_into, m.id) AS person,
           SUM((SELECT COUNT(*) FROM faces f WHERE f.person = m.id)) AS confirmed,
           SUM(EXISTS (SELECT 1 FROM rejections r WHERE r.person = m.id)) AS rejected
    FROM people m GROUP BY 1) s ON s.person = p.id
WHERE ?1 OR p.ignored = 0
ORDER BY s.confirmed DESC, p.name_key
"""
_SEEN = """
SELECT DISTINCT n.person FROM named_faces n
WHERE EXISTS (SELECT 1 FROM paths a WHERE a.photo = n.photo AND a.missing = 0)
"""


class People:
    """Reads people, and adds somebody by name."""

    def __init__(self, db: Connection):
        self._db = db

    def list(self, *, with_ignored: bool = False) -> list[PersonSummary]:
        """Everybody who is seen or of whom something was decided, those in most photos first."""
        rows = self._db.execute(_SUMMARY, (None, with_ignored))
        return [PersonSummary(*row[:7], bool(row[7]), row[8]) for row in rows]

    def names(self, *, with_ignored: bool = False) -> list[str]:
        """The names of all in `list`; those with most confirmed faces first.

        Faces with a suggested name are looked at only if somebody has no confirmed one.
        """
        rows = self._db.execute(_NAMES, (with_ignored,)).fetchall()
        if all(is_listed for *_, is_listed in rows):
            return [name for _, name, _ in rows]
        seen = {person for (person,) in self._db.execute(_SEEN)}
        return [name for person, name, is_listed in rows if is_listed or person in seen]

    def called(self, people: Iterable[int]) -> dict[int, str]:
        """The names of a few people, by id."""
        ids = list(people)
        marks = ", ".join("?" * len(ids))
        return dict(self._db.execute(f"SELECT id, name FROM people WHERE id IN ({marks})", ids))

    def get(self, person: Person) -> PersonSummary:
        """One person by id or name, ignored or not.

        Raises:
            LibraryError: There is no such person.
        """
        row = self._db.execute(_SUMMARY, (resolve(self._db, person), True)).fetchone()
        return PersonSummary(*row[:7], bool(row[7]), row[8])

    def name_today(self, name: str) -> str:
        """What a person is called today whom a folder or a model calls by this name."""
        return name_today(self._db, name)

    def missing(self, known: Iterable[str], now: Iterable[str]) -> list[str]:
        """Whom `known` names and `now` does not, under the names of today."""
        kept = {self.name_today(name) for name in now}
        return sorted({self.name_today(name) for name in known} - kept)

    def near_names(self, name: str | None = None) -> list[tuple[str, str]]:
        """Pairs of listed names that may mean one person; with a name, those that it is in."""
        names = [person.name for person in self.list()]
        if name is None:
            return near_pairs(names)
        return [(name, other) for other in near_names(name, names)]

    def together(self, person: Person | None = None) -> list[tuple[int, int, int]]:
        """Who is on photos with whom: two ids and the number of photos, the most first.

        Args:
            person: Only this person with others; then it is the first of each pair. Otherwise the
                first is the smaller id. People who are ignored are left out.
        """
        which = None if person is None else resolve(self._db, person)
        rows = self._db.execute(
            "WITH seen AS MATERIALIZED (SELECT DISTINCT n.photo, n.person FROM named_faces n"
            " JOIN people p ON p.id = n.person WHERE p.ignored = 0 OR p.id = ?1)"
            " SELECT a.person, b.person, COUNT(*) FROM seen a JOIN seen b ON b.photo = a.photo"
            " WHERE IIF(?1 IS NULL, a.person < b.person, a.person = ?1 AND b.person <> ?1)"
            " AND EXISTS (SELECT 1 FROM paths f WHERE f.photo = a.photo AND f.missing = 0)"
            " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2",
            (which,),
        )
        return rows.fetchall()

    def kept_apart(self) -> set[tuple[int, int]]:
        """The pairs of ids, the smaller one first, that somebody said are two people."""
        rows = self._db.execute(
            "SELECT COALESCE(p.merged_into, p.id), COALESCE(q.merged_into, q.id) FROM two_people t"
            " JOIN people p ON p.id = t.one JOIN people q ON q.id = t.other"
        )
        return {(min(pair), max(pair)) for pair in rows}

    def ignored(self) -> set[int]:
        """The ids of everybody who is ignored."""
        return {id for (id,) in self._db.execute("SELECT id FROM people WHERE ignored = 1")}

    def find(self, name: str) -> int | None:
        """The id of the person with this name, `None` if there is nobody."""
        return find(self._db, name)

    def ensure(self, name: str) -> int:
        """The id of the person whom a model means by this name; added if there is nobody."""
        with transaction(self._db):
            return ensure(self._db, name)

    def faces(self, person: Person) -> list[tuple[int, bool, float]]:
        """A person's faces: id, whether confirmed, confidence (0..1); surest first."""
        rows = self._db.execute(
            "SELECT face, confirmed, confidence FROM named_faces WHERE person = ?"
            " ORDER BY confirmed DESC, confidence DESC, face",
            (resolve(self._db, person),),
        )
        return [(face, bool(confirmed), confidence) for face, confirmed, confidence in rows]
