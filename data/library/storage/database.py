"""How the library file is opened, brought up to date and written to, all or nothing."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from data.errors import LibraryError, no_room
from data.library.storage.schema import APPLICATION_ID, MIGRATIONS, quality_of
from data.names import clean_name


class Connection(sqlite3.Connection):
    """A connection whose errors are sentences for a person (`LibraryError`).

    `sqlite3.IntegrityError` passes unchanged: it means that our own code broke a rule.

    Attributes:
        file: The library's file.
        before_commit: Called at the end of every transaction, as its last step.
        decided: Whether a user decided something in this transaction.
        began: When the transaction began (ISO 8601, UTC): what is decided in one has one time.
    """

    file = ""
    began = ""
    before_commit: Callable[[], object] | None = None
    decided = False

    def execute(self, *args):
        with readable_errors(self.file):
            return super().execute(*args)

    def executemany(self, *args):
        with readable_errors(self.file):
            return super().executemany(*args)


@contextmanager
def readable_errors(file: str | os.PathLike) -> Iterator[None]:
    """Turns SQLite's errors about the file or the disk into `LibraryError`."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        code = code and code & 0xFF  # the primary code; the rest says in which way
        if code == sqlite3.SQLITE_IOERR and _is_full(file):
            code = sqlite3.SQLITE_FULL
        what, remedy = _MEANING.get(code, (f"SQLite says: {error}", ""))
        raise LibraryError(what, file=file, remedy=remedy) from error


def _is_full(file: str | os.PathLike) -> bool:
    """Whether nothing can be written beside a file because there is no room.

    A disk that fills up while SQLite enlarges the file that its readers share, and a quota that is
    used up, are errors of input and output to it.
    """
    try:
        with tempfile.TemporaryFile(dir=Path(file).parent) as probe:
            probe.write(bytes(_ROOM))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        return bool(no_room(error))
    return False


_ROOM = 1 << 16  # bytes that every write of the library can be expected to need

_MEANING = {
    sqlite3.SQLITE_BUSY: (
        "another Kindred is writing to this library",
        "Wait until it has finished, or stop it, and try again",
    ),
    sqlite3.SQLITE_FULL: (
        "the disk is full; the last step was taken back, the rest is kept",
        "Make room and run it again",
    ),
    sqlite3.SQLITE_NOTADB: (
        "expected a Kindred library, but the file is not a database; it was left as it is",
        "Move it away, or name another folder",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the library file is damaged; it was left as it is",
        "Restore it from a backup, or recover it with `sqlite3 library.sqlite .recover`",
    ),
    sqlite3.SQLITE_READONLY: ("the library may not be written to", "Check its permissions"),
    sqlite3.SQLITE_CANTOPEN: ("the library cannot be opened", "Check the folder's permissions"),
    sqlite3.SQLITE_IOERR: ("the disk reported an error", "Check the disk and its connection"),
}


@contextmanager
def transaction(db: Connection) -> Iterator[None]:
    """All or nothing: what is written inside is kept only if the block ends without an error.

    Inside another transaction it is a step that is taken back alone when it fails, and kept when
    the outer one is. Waits for another writer as long as the library was opened with, then raises
    `LibraryError`.
    """
    inner = db.in_transaction
    begin, end, undo = _INNER if inner else _OUTER
    db.execute(begin)
    if not inner:
        db.began = datetime.now(UTC).isoformat(timespec="milliseconds")
    try:
        yield
        if not inner and db.before_commit is not None:
            db.before_commit()
        db.execute(end)
    except BaseException:
        db.decided = db.decided and inner
        if db.in_transaction:  # a full disk may have rolled back already
            db.execute(undo)
            if inner:
                db.execute(end)
        raise


_OUTER = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
_INNER = ("SAVEPOINT step", "RELEASE step", "ROLLBACK TO step")


def open_database(path: str | os.PathLike, *, wait: float = 10.0) -> Connection:
    """Opens the library file, makes it if there is none, and brings its tables up to date.

    Args:
        path: The file; its folder must exist.
        wait: Seconds to wait for another process that is writing.

    Raises:
        LibraryError: It is not a Kindred library, is of a newer version, is locked for longer
            than `wait`, or cannot be written. The file is left as it was.
    """
    path = Path(path)
    with readable_errors(path):
        db = sqlite3.connect(path, timeout=wait, isolation_level=None, factory=Connection)
    db.file = str(path)
    try:
        _check_is_ours(db, path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # a decision survives a power cut
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
        _migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _pragma(db: Connection, name: str) -> int:
    return db.execute(f"PRAGMA {name}").fetchone()[0]


def _check_is_ours(db: Connection, path: Path) -> None:
    # The first statement that reads the file is the one that finds out that it is no database.
    tables = db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    application, version = _pragma(db, "application_id"), _pragma(db, "user_version")
    if application != APPLICATION_ID and (application or version or tables):
        raise LibraryError(
            "expected a Kindred library, but this database belongs to another program",
            file=path,
            remedy="Move it away, or name another folder",
        )
    newest = max(MIGRATIONS)
    if version > newest:
        raise LibraryError(
            f"the library is of version {version}, but this Kindred knows up to {newest}",
            file=path,
            remedy="Update Kindred; the library was left as it is",
        )


def _migrate(db: Connection, path: Path) -> None:
    if _pragma(db, "user_version") == max(MIGRATIONS):
        return
    db.create_function("quality_of", 5, quality_of, deterministic=True)
    db.create_function("clean_name", 1, clean_name, deterministic=True)
    with transaction(db):
        # Read again: another process may have migrated while this one waited for the lock.
        _check_is_ours(db, path)
        for version in range(_pragma(db, "user_version") + 1, max(MIGRATIONS) + 1):
            for statement in _statements(MIGRATIONS[version]):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {version}")
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _statements(script: str) -> Iterator[str]:
    """One statement at a time, because `executescript` would commit in between."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
