"""Which photos show these people and not those, in these years."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from data.errors import LibraryError
from data.library.people.person_names import Person, resolve
from data.library.storage.database import Connection

Date = int | str
"""A year (2019), or "2019", "2019-07", "2019-07-31"."""

_FACES = """SELECT f.photo, n.person, n.confirmed, p.ignored FROM faces f
    LEFT JOIN named_faces n ON n.face = f.id LEFT JOIN people p ON p.id = n.person
    WHERE f.ignored = 0"""


def find(
    db: Connection,
    with_: Sequence[Person] = (),
    without: Sequence[Person] = (),
    *,
    since: Date | None = None,
    until: Date | None = None,
    alone: bool = False,
    confirmed: bool = False,
) -> list[Path]:
    """The files of the photos that fit, by capture time (those without one last), then by path.

    A photo that lies in several places is given once; one whose files are all gone is not given.

    Args:
        with_: People who must all be seen.
        without: People of whom none may be seen.
        since, until: First and last year, month or day of capture, both included; photos whose
            capture time is not known fit neither.
        alone: Nobody but the people of `with_` may be seen; without `with_`, exactly one face.
        confirmed: Only confirmed names count; otherwise suggested ones do, too.

    Raises:
        LibraryError: A person is not in the library (close names are listed), or a date is none.
    """
    wanted = {resolve(db, person) for person in with_}
    unwanted = {resolve(db, person) for person in without}
    where, values = ["a.missing = 0"], []
    if since is not None:
        where.append("p.taken >= ?")
        values.append(checked_date(since))
    if until is not None:
        where.append("p.taken < ?")
        values.append(checked_date(until) + "~")  # sorts after everything that goes on with - or T
    photos = db.execute(
        "SELECT p.id, MIN(a.path) FROM photos p JOIN paths a ON a.photo = p.id"
        f" WHERE {' AND '.join(where)} GROUP BY p.id ORDER BY p.taken IS NULL, p.taken, 2",
        values,
    ).fetchall()
    asked = wanted | unwanted
    if alone:
        seen = _people_of_photos(db, asked, confirmed)
    else:
        seen = _asked_in_photos(db, asked, confirmed)
    return [
        Path(os.fsdecode(path))
        for photo, path in photos
        if _fits(seen.get(photo, []), wanted, unwanted, alone)
    ]


def _asked_in_photos(db: Connection, asked: set[int], confirmed: bool) -> dict[int, list[int]]:
    """For each photo that shows some of these people, which ones."""
    seen: dict[int, list[int]] = {}
    for photo, person in db.execute(
        f"SELECT photo, person FROM named_faces WHERE person IN ({', '.join('?' * len(asked))})"
        " AND (confirmed = 1 OR NOT ?)",
        (*asked, confirmed),
    ):
        seen.setdefault(photo, []).append(person)
    return seen


def _people_of_photos(
    db: Connection, asked: set[int], confirmed: bool
) -> dict[int, list[int | None]]:
    """For each photo with faces, who they are; `None` is somebody unknown.

    Ignored faces are nobody, and so are ignored people unless they are asked for.
    """
    seen: dict[int, list[int | None]] = {}
    for photo, person, is_confirmed, is_ignored in db.execute(_FACES):
        if not is_ignored or person in asked:
            seen.setdefault(photo, []).append(person if is_confirmed or not confirmed else None)
    return seen


def _fits(faces: Sequence[int | None], wanted: set[int], unwanted: set[int], alone: bool) -> bool:
    people = set(faces)
    if not wanted <= people or people & unwanted:
        return False
    if not alone:
        return True
    return people == wanted if wanted else len(faces) == 1


def checked_date(date: Date) -> str:
    """A year, month or day as text.

    Raises:
        LibraryError: It is none.
    """
    text = str(date).strip()
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text):
        raise LibraryError(f"expected a year, month or day like 2019, 2019-07. Received: {date!r}")
    return text
