"""Names and people: what is typed or said by a model, and the person that it means today."""

from __future__ import annotations

import difflib

from data.errors import LibraryError
from data.library.storage.database import Connection
from data.names import clean_name, means_nobody, near_names

Person = int | str
"""A person's id, or the name as typed."""


def name_key(name: str) -> str:
    """The form in which names are kept and compared (`data.names.clean_name`).

    Raises:
        LibraryError: There is nothing left, or it is not valid Unicode.
    """
    key = clean_name(name) if isinstance(name, str) else ""
    if not key:
        raise LibraryError(f"a name must have at least one character. Received: {name!r}")
    try:
        key.encode()
    except UnicodeEncodeError:
        raise LibraryError(f"a name must be valid Unicode. Received: {name!r}") from None
    return key


def new_name(name: str) -> str:
    """A name that somebody gives to a person, in normal form; whoever insists on "?" may have it.

    Raises:
        LibraryError: It is no name, or one by which other programs mean nobody.
    """
    key = name_key(name)
    if means_nobody(key) and any(map(str.isalnum, key)):
        raise LibraryError(
            f"{key!r} is not a person's name: other programs mean nobody by it",
            remedy="Give another name, or ignore the face",
        )
    return key


def find_own(db: Connection, name: str) -> int | None:
    """The person who has this name today; `None` if there is nobody."""
    row = db.execute(
        "SELECT id FROM people WHERE name_key = ? AND merged_into IS NULL", (name_key(name),)
    ).fetchone()
    return row and row[0]


def find_merged(db: Connection, name: str) -> int | None:
    """The person who had this name and was merged into somebody else; the last one merged."""
    row = db.execute(
        "SELECT id FROM people WHERE name_key = ? AND merged_into IS NOT NULL ORDER BY id DESC",
        (name_key(name),),
    ).fetchone()
    return row and row[0]


def find(db: Connection, name: str) -> int | None:
    """The person who has this name, or who had it before a merge; `None` if there is nobody.

    Former names from renaming do not count: they may be given to somebody else.
    """
    row = db.execute(
        "SELECT COALESCE(merged_into, id) FROM people WHERE name_key = ?"
        " ORDER BY merged_into IS NOT NULL, id DESC",
        (name_key(name),),
    ).fetchone()
    return row and row[0]


def resolve(db: Connection, person: Person) -> int:
    """The id of a person who is in the library; after a merge, that of the one who is left.

    Raises:
        LibraryError: There is no such person; names close to it are listed.
    """
    if isinstance(person, str):
        found = find(db, person)
        if found is None:
            raise LibraryError(
                f"nobody is called {person.strip()!r}", file=db.file, remedy=_hint(db, person)
            )
        return found
    row = db.execute(
        "SELECT COALESCE(merged_into, id) FROM people WHERE id = ?", (int(person),)
    ).fetchone()
    if row is None:
        raise LibraryError(f"there is no person with number {person}", file=db.file)
    return row[0]


def name_of(db: Connection, person: int) -> str:
    """The name as typed of a person's id."""
    return db.execute("SELECT name FROM people WHERE id = ?", (person,)).fetchone()[0]


def ensure(db: Connection, name: str) -> int:
    """The person whom a model means by this name, added to the library if there is nobody.

    Unlike `find` it understands former names: a model trained before a renaming says the old one.
    Adding a person this way is no decision and no part of the journal.
    """
    found = find_meant(db, name)
    if found is None:
        key = name_key(name)
        found = db.execute(
            "INSERT INTO people (name, name_key) VALUES (?, ?)", (key, key)
        ).lastrowid
    return found


def find_meant(db: Connection, name: str) -> int | None:
    """The same person, `None` if there is nobody."""
    found = find(db, name)
    if found is None:
        alias = db.execute(
            "SELECT COALESCE(p.merged_into, p.id) FROM aliases a JOIN people p ON p.id = a.person"
            " WHERE a.name_key = ?",
            (name_key(name),),
        ).fetchone()
        found = alias and alias[0]
    return found


def _hint(db: Connection, name: str) -> str:
    key = name_key(name)
    now = db.execute(
        "SELECT p.name FROM aliases a JOIN people q ON q.id = a.person"
        " JOIN people p ON p.id = COALESCE(q.merged_into, q.id) WHERE a.name_key = ?",
        (key,),
    ).fetchone()
    if now:
        return f"That person is now called {now[0]}"
    names = [name for (name,) in db.execute("SELECT name FROM people")]
    # Nobody has this very name, so that a distant likeness is worth a hint, too.
    folded = {name.casefold(): name for name in names}
    close = [folded[m] for m in difflib.get_close_matches(key.casefold(), folded, cutoff=0.6)]
    close = list(dict.fromkeys([*near_names(key, names), *close]))[:3]
    return f"Did you mean {' or '.join(close)}" if close else ""


def name_today(db: Connection, name: str) -> str:
    """What a person is called today whom a folder or a model calls by this name."""
    person = find_meant(db, name)
    return name if person is None else name_of(db, person)
