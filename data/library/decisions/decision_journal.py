"""The append-only journal: every decision with the rows it changed, before and after.

A decision writes the tables and the journal in one transaction. Undoing puts the rows of *before*
back, exactly, and is an entry itself; so is redoing. What has been written is not changed any
more, with one exception: forgetting a person (`data.library.decisions.forget`) takes that person
out of the copies.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import LibraryError
from data.library.storage.database import Connection, transaction

JOURNALED = {
    "people": (("id",), ("name", "name_key", "ignored", "merged_into")),
    "aliases": (("name_key",), ("person",)),
    "rejections": (("face", "person"), ()),
    "faces": (("id",), ("person", "ignored")),
    "about_people": (("person",), ("born", "key_face")),
    "two_people": (("one", "other"), ()),
}
"""The tables that decisions change: their key, and the columns that a decision may set."""

# The last undo or redo of a decision says whether it is in force.
IN_FORCE = """(SELECT kind FROM decisions u WHERE u.of = d.id ORDER BY u.id DESC LIMIT 1)
    IS NOT 'undo'"""

# Later decisions in force that changed a row which this one changed, ...
_SAME_ROW = f"""SELECT d.id FROM changes a
    JOIN changes b ON b.tbl = a.tbl AND b.key = a.key AND b.decision > a.decision
    JOIN decisions d ON d.id = b.decision
    WHERE a.decision = ? AND {IN_FORCE}"""
# ... or that speak of a person whom this one added, so that undoing it would leave them nobody.
_SAME_PERSON = f"""SELECT d.id FROM changes a
    JOIN changes b ON b.decision > a.decision
    JOIN decisions d ON d.id = b.decision
    WHERE a.decision = ? AND a.tbl = 'people' AND a.before IS NULL AND {IN_FORCE}
      AND json_extract(a.key, '$[0]') IN (
        json_extract(b.before, '$.person'), json_extract(b.after, '$.person'),
        json_extract(b.before, '$.merged_into'), json_extract(b.after, '$.merged_into'),
        CASE WHEN b.tbl IN ('rejections', 'two_people') THEN json_extract(b.key, '$[1]') END,
        CASE WHEN b.tbl IN ('about_people', 'two_people') THEN json_extract(b.key, '$[0]') END)"""


class Entry:
    """One decision while it is made: changes rows and keeps what they were."""

    def __init__(self, db: Connection, decision: int):
        self.db = db
        self.id = decision
        self._seq = 0

    def put(self, table: str, key: tuple, **values) -> None:
        """Sets columns of the row with this key, or adds the row; nothing to do is not noted."""
        before = read_row(self.db, table, key)
        after = {**(before or {}), **values}
        self._change(table, key, before, after)

    def drop(self, table: str, key: tuple) -> None:
        """Removes the row with this key, if there is one."""
        self._change(table, key, read_row(self.db, table, key), None)

    def add_person(self, name: str) -> int:
        """Adds a person, by a name in normal form, and returns an id that was never used before."""
        row = self.db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'people'").fetchone()
        new = (row[0] if row else 0) + 1
        self.put("people", (new,), name=name, name_key=name, ignored=0, merged_into=None)
        return new

    def _change(self, table: str, key: tuple, before: dict | None, after: dict | None) -> None:
        if before == after:
            return
        write_row(self.db, table, key, after)
        self.db.execute(
            "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)",
            (self.id, self._seq, table, dumps(list(key)), dumps(before), dumps(after)),
        )
        self._seq += 1


@contextmanager
def decision(db: Connection, kind: str, source: str = "user") -> Iterator[Entry]:
    """Opens a journal entry; what is changed through it is kept together or not at all."""
    with transaction(db):
        yield Entry(db, _note(db, kind, source))


def take_back(db: Connection, decision_id: int | None = None) -> int | None:
    """Undoes a decision, the newest in force by default; returns its id, `None` if there is none.

    Raises:
        LibraryError: An older decision was asked for, and a later one builds on it.
    """
    with transaction(db):
        if decision_id is None:
            row = db.execute(
                f"SELECT d.id FROM decisions d WHERE d.of IS NULL AND {IN_FORCE}"
                " ORDER BY d.id DESC LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            decision_id = row[0]
        elif not db.execute(
            f"SELECT 1 FROM decisions d WHERE d.id = ? AND d.of IS NULL AND {IN_FORCE}",
            (decision_id,),
        ).fetchone():
            raise LibraryError(f"there is no decision {decision_id} that could be taken back")
        later = db.execute(_SAME_ROW, (decision_id,)).fetchone()
        later = later or db.execute(_SAME_PERSON, (decision_id,)).fetchone()
        if later:
            raise _in_the_way(decision_id, "taken back", later[0])
        _replay(db, decision_id, "undo")
        return decision_id


def bring_back(db: Connection) -> int | None:
    """Redoes what was undone last, unless something was decided since; returns its id or `None`."""
    with transaction(db):
        row = db.execute(
            "SELECT u.of FROM decisions u WHERE u.kind = 'undo'"
            " AND u.id > (SELECT COALESCE(MAX(id), 0) FROM decisions WHERE of IS NULL)"
            " AND NOT EXISTS (SELECT 1 FROM decisions r WHERE r.of = u.of AND r.id > u.id)"
            " ORDER BY u.id DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        _replay(db, row[0], "redo")
        return row[0]


def former_merge(db: Connection, person: int) -> int | None:
    """Into whom a person was merged before the merge that counts; `None` for nobody."""
    row = db.execute(
        "SELECT json_extract(c.before, '$.merged_into') FROM changes c"
        " JOIN decisions d ON d.id = c.decision WHERE c.tbl = 'people' AND c.key = ?"
        " AND c.after IS NOT NULL"
        " AND json_extract(c.before, '$.merged_into') IS NOT json_extract(c.after, '$.merged_into')"
        f" AND {IN_FORCE} ORDER BY c.decision DESC, c.seq DESC LIMIT 1",
        (dumps([person]),),
    ).fetchone()
    return row and row[0]


def _replay(db: Connection, decision_id: int, kind: str) -> None:
    """Puts the rows of a decision back (`undo`, last first) or on again (`redo`)."""
    order, words = ("DESC", "taken back") if kind == "undo" else ("ASC", "repeated")
    rows = db.execute(
        f"SELECT tbl, key, before, after FROM changes WHERE decision = ? ORDER BY seq {order}",
        (decision_id,),
    ).fetchall()
    try:
        for table, key, before, after in rows:
            key, now, then = tuple(json.loads(key)), loads(after), loads(before)
            if kind == "redo":
                now, then = then, now
            found = read_row(db, table, key)
            if found == then:
                continue
            if found != now:
                raise _in_the_way(decision_id, words)
            if table == "people" and then is None and _is_needed(db, *key, now["name_key"]):
                continue  # a model has learned the name meanwhile: the person stays
            write_row(db, table, key, then)
    except sqlite3.IntegrityError as error:
        raise _in_the_way(decision_id, words) from error
    _note(db, kind, "user", decision_id)


def _in_the_way(decision_id: int, words: str, later: int | None = None) -> LibraryError:
    because = f"decision {later}" if later else "what came later"
    return LibraryError(
        f"decision {decision_id} cannot be {words}: {because} builds on it",
        remedy="Take back the later decisions first",
    )


def _is_needed(db: Connection, person: int, key: str) -> bool:
    """Whether a suggestion would mean nobody without this person."""
    return bool(
        db.execute(
            "SELECT EXISTS (SELECT 1 FROM suggestions WHERE name_key = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM people WHERE name_key = ?1 AND id <> ?2)"
            " AND NOT EXISTS (SELECT 1 FROM aliases WHERE name_key = ?1)",
            (key, person),
        ).fetchone()[0]
    )


def _note(db: Connection, kind: str, source: str, of: int | None = None) -> int:
    db.decided = db.decided or source == "user"
    return db.execute(
        "INSERT INTO decisions (kind, source, at, of) VALUES (?, ?, ?, ?)",
        (kind, source, db.began, of),
    ).lastrowid


def read_row(db: Connection, table: str, key: tuple) -> dict | None:
    """The journaled columns of one row; `None` if there is no such row."""
    keys, columns = JOURNALED[table]
    row = db.execute(
        f"SELECT {', '.join((*columns, '1'))} FROM {table} WHERE {_where(keys)}", key
    ).fetchone()
    return None if row is None else dict(zip(columns, row, strict=False))


def write_row(db: Connection, table: str, key: tuple, values: dict | None) -> None:
    """Makes one row what `values` says: removed (`None`), changed or added."""
    keys, columns = JOURNALED[table]
    if values is None:
        db.execute(f"DELETE FROM {table} WHERE {_where(keys)}", key)
        return
    new = [values[column] for column in columns]
    if table == "faces":  # only photos add faces, and those have more columns
        db.execute("UPDATE faces SET person = ?, ignored = ? WHERE id = ?", (*new, *key))
        return
    marks = ", ".join("?" * (len(keys) + len(columns)))
    sets = ", ".join(f"{column} = excluded.{column}" for column in columns)
    db.execute(
        f"INSERT INTO {table} ({', '.join((*keys, *columns))}) VALUES ({marks})"
        f" ON CONFLICT ({', '.join(keys)}) DO {f'UPDATE SET {sets}' if sets else 'NOTHING'}",
        (*key, *new),
    )


def _where(keys: tuple[str, ...]) -> str:
    return " AND ".join(f"{key} = ?" for key in keys)


def dumps(value: dict | list | None) -> str | None:
    """JSON text for a column; `None` stays SQL's NULL."""
    return None if value is None else json.dumps(value, ensure_ascii=False)


def loads(text: str | None) -> dict | None:
    """What `dumps` was given."""
    return None if text is None else json.loads(text)
