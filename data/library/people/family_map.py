"""Who is on how many photos a year and who with whom, and one person's faces through the years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.library.people.people import People, PersonSummary
from data.library.people.person_names import Person, resolve
from data.library.storage.database import Connection

_THERE = "EXISTS (SELECT 1 FROM paths a WHERE a.photo = n.photo AND a.missing = 0)"


@dataclass(frozen=True)
class FamilyMap:
    """Everybody who is on a photo, and where they meet.

    Attributes:
        people: Those in most photos first; nobody who is ignored.
        years: By id, photos a year: {1987: 3}. Photos without a date are not among them.
        undated: By id, the number of photos without a date.
        pairs: Two ids, the smaller first, and the number of photos that show both; most first.
    """

    people: tuple[PersonSummary, ...]
    years: dict[int, dict[int, int]]
    undated: dict[int, int]
    pairs: tuple[tuple[int, int, int], ...]

    @property
    def span(self) -> tuple[int, int] | None:
        """The first and the last year in which anybody is seen; `None` without any date."""
        seen = [year for counts in self.years.values() for year in counts]
        return (min(seen), max(seen)) if seen else None


@dataclass(frozen=True)
class YearFace:
    """A face of somebody.

    Attributes:
        face, photo: Their numbers.
        year: In which the photo was taken, `None` if that is not known.
        taken: Capture time (ISO 8601), or `None`.
    """

    face: int
    photo: int
    year: int | None
    taken: str | None


@dataclass(frozen=True)
class Birthday:
    """The next birthday of somebody.

    Attributes:
        person: Whose.
        day: When it is.
        age: How old the person becomes.
    """

    person: PersonSummary
    day: date
    age: int


class Overview:
    """Reads the library as a whole; names that are only suggested count, too."""

    def __init__(self, db: Connection):
        self._db = db

    def family_map(self) -> FamilyMap:
        """Counts everybody's photos, in two passes over the named faces."""
        people = tuple(person for person in People(self._db).list() if person.photos)
        years: dict[int, dict[int, int]] = {person.id: {} for person in people}
        undated: dict[int, int] = {}
        for person, year, photos in self._db.execute(
            "SELECT n.person, substr(p.taken, 1, 4), COUNT(DISTINCT n.photo) FROM named_faces n"
            f" JOIN photos p ON p.id = n.photo WHERE {_THERE} GROUP BY 1, 2 ORDER BY 2"
        ):
            if person not in years:
                continue
            if year is None:
                undated[person] = photos
            else:
                years[person][int(year)] = photos
        pairs = (pair for pair in People(self._db).together() if {*pair[:2]} <= years.keys())
        return FamilyMap(people, years, undated, tuple(pairs))

    def faces_by_year(self, person: Person, most: int) -> list[YearFace]:
        """Faces of one person from as many years as there are, in order of time.

        Every year gives its best face first, at most one a photo, then every year its second one,
        and so on: confirmed ones before others, clear ones before unclear ones.

        Args:
            person: Whose faces.
            most: How many at most.
        """
        rows = self._db.execute(
            "WITH one AS (SELECT n.face, n.photo, p.taken, n.confirmed, f.quality, ROW_NUMBER()"
            " OVER (PARTITION BY n.photo ORDER BY n.confirmed DESC, f.quality DESC, n.face) AS nth"
            " FROM named_faces n JOIN photos p ON p.id = n.photo JOIN faces f ON f.id = n.face"
            f" WHERE n.person = ? AND {_THERE}),"
            " ranked AS (SELECT face, photo, taken, quality, ROW_NUMBER() OVER (PARTITION BY"
            " substr(taken, 1, 4) ORDER BY confirmed DESC, quality DESC, face) AS place"
            " FROM one WHERE nth = 1)"
            " SELECT face, photo, taken FROM ranked ORDER BY place, quality DESC, face LIMIT ?",
            (resolve(self._db, person), most),
        )
        faces = [
            YearFace(face, photo, int(taken[:4]) if taken else None, taken)
            for face, photo, taken in rows
        ]
        return sorted(faces, key=lambda face: (face.taken is None, face.taken or "", face.face))


def next_birthdays(people: tuple[PersonSummary, ...], today: date) -> list[Birthday]:
    """The next birthday of everybody whose day of birth is known, the nearest first."""
    found = []
    for person in people:
        try:
            born = date.fromisoformat(person.born or "")
        except ValueError:  # a year or a month alone
            continue
        this_year = _in_year(born, today.year)
        day = this_year if this_year >= today else _in_year(born, today.year + 1)
        if day.year > born.year:
            found.append(Birthday(person, day, day.year - born.year))
    return sorted(found, key=lambda birthday: (birthday.day, birthday.person.name))


def _in_year(born: date, year: int) -> date:
    """The birthday in a year; who was born on a 29 February has it on 1 March in other years."""
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
