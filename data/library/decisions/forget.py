"""Forgetting a person: names, embeddings, suggestions, reference photos and every stored copy.

Afterwards the library is as if the person had never been named: in the journal's copies the
person becomes nobody, so older decisions about other people can still be undone. The faces of the
person stay as boxes that are never embedded or suggested again. The original photos stay, and so
do their paths, even where a folder bears the name.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from data.errors import LibraryError
from data.library.decisions.decision_journal import dumps, loads
from data.library.people.person_names import Person, name_key, resolve
from data.library.storage.database import Connection, readable_errors, transaction
from data.recognition.taught_faces import read_taught_faces

_CHECKED = 50  # embeddings looked for in the file afterwards: each is a search of the whole file


@dataclass(frozen=True)
class Forgotten:
    """What was removed.

    Attributes:
        names: The name and every former or merged name.
        faces: Faces that lost name and embedding, confirmed or suggested.
        suggestions: Suggestions removed, runners-up included.
        journal_rows: Copies in the journal that spoke of the person and were removed or changed.
        reference_photos: Files removed with the folders under `people/`.
        cache_files: Files removed from `cache/`, where embeddings may lie.
        models: Model folders that still know a name. Their faces teach the library no more, but
            the models themselves may suggest the name for new photos until they are fitted anew.
    """

    names: tuple[str, ...]
    faces: int
    suggestions: int
    journal_rows: int
    reference_photos: int
    cache_files: int
    models: tuple[Path, ...]


def forget(db: Connection, home: Path, person: Person) -> Forgotten:
    """Removes a person for good; this cannot be undone.

    Raises:
        LibraryError: There is no such person; or everything is removed, but the file could not be
            cleaned because it is in use or the disk is full (opening the library tries again).
    """
    # Folders first: when this is interrupted the person is still listed and can be forgotten.
    ids, names = _who(db, resolve(db, person))
    keys = {name_key(name) for name in names}
    # A former name may be somebody else's today; what lies under it is theirs.
    keys -= {key for key, id in db.execute("SELECT name_key, id FROM people") if id not in ids}
    references = _remove_folders(home / "people", keys)
    cached = _remove_tree(home / "cache")
    with transaction(db):
        ids, names = _who(db, resolve(db, person))
        marks = ", ".join(str(id) for id in ids)
        gone = db.execute(
            "SELECT f.id, f.embedding FROM faces f WHERE f.id IN ("
            f" SELECT face FROM named_faces WHERE person IN ({marks})"
            f" UNION SELECT id FROM faces WHERE person IN ({marks}))"
        ).fetchall()
        suggestions = db.execute(
            "DELETE FROM suggestions WHERE (face, rank) IN"
            f" (SELECT face, rank FROM candidates WHERE person IN ({marks}))"
        ).rowcount
        db.executemany(
            "UPDATE faces SET person = NULL, embedding = NULL, landmarks = NULL, quality = NULL,"
            " group_id = NULL, forgotten = 1 WHERE id = ?",
            [(face,) for face, _ in gone],
        )
        db.executemany(
            "UPDATE tracks SET examples = NULL WHERE face = ?", [(face,) for face, _ in gone]
        )
        suggestions += sum(
            db.execute("DELETE FROM suggestions WHERE face = ?", (face,)).rowcount
            for face, _ in gone
        )
        db.execute(f"DELETE FROM rejections WHERE person IN ({marks})")
        for (said,) in db.execute("SELECT DISTINCT name FROM said").fetchall():
            if name_key(said) in keys:
                db.execute("DELETE FROM said WHERE name = ?", (said,))
        db.execute(f"DELETE FROM aliases WHERE person IN ({marks})")
        journal_rows = _scrub_journal(db, ids)
        db.execute(f"DELETE FROM people WHERE id IN ({marks})")
        _unteach(db, home / "models", keys)
        db.execute("INSERT OR REPLACE INTO meta VALUES ('clean', 'due')")
    clean(db)
    _check(db, [blob for _, blob in gone if blob][:_CHECKED])
    return Forgotten(
        names=tuple(sorted(names)),
        faces=len(gone),
        suggestions=suggestions,
        journal_rows=journal_rows,
        reference_photos=references,
        cache_files=cached,
        models=tuple(_models_that_know(home / "models", keys)),
    )


def clean(db: Connection) -> None:
    """Rewrites the file so that no removed byte is left in it or beside it, if that is due.

    Raises:
        LibraryError: It is in use, or the disk has no room for the rewritten file.
    """
    if not db.execute("SELECT 1 FROM meta WHERE key = 'clean'").fetchone():
        return
    db.execute("VACUUM")
    # The write-ahead log still holds the former pages; readers keep it from being emptied.
    with readable_errors(db.file):
        busy = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise LibraryError(
            "the person is forgotten, but the library is in use, and its log cannot be emptied",
            file=db.file,
            remedy="Close every other Kindred and open the library again",
        )
    db.execute("DELETE FROM meta WHERE key = 'clean'")


def _who(db: Connection, person: int) -> tuple[set[int], set[str]]:
    """Ids of a person, merged ones included, and all names that these ids ever had."""
    ids = {person}
    ids |= {id for (id,) in db.execute("SELECT id FROM people WHERE merged_into = ?", (person,))}
    names: set[str] = set()
    for id in ids:
        names |= set(db.execute("SELECT name FROM people WHERE id = ?", (id,)).fetchone())
        for copies in db.execute(
            "SELECT before, after FROM changes WHERE tbl = 'people' AND key = ?", (dumps([id]),)
        ):
            names |= {loads(copy)["name"] for copy in copies if copy}
    return ids, names


def _scrub_journal(db: Connection, ids: set[int]) -> int:
    """Makes the person nobody in every copy; returns how many rows spoke of the person."""

    def without(table: str, key: list, text: str | None) -> dict | None:
        row = loads(text)
        if row is None or (table == "people" and key[0] in ids):
            return None
        if table == "aliases" and row["person"] in ids:
            return None
        if table == "rejections" and key[1] in ids:
            return None
        if table == "about_people" and key[0] in ids:
            return None
        if table == "two_people" and ids & set(key):
            return None
        return {
            column: None if column in ("person", "merged_into") and value in ids else value
            for column, value in row.items()
        }

    touched, found = set(), 0
    for decision, seq, table, key, *copies in db.execute(
        "SELECT decision, seq, tbl, key, before, after FROM changes"
    ).fetchall():
        before, after = (without(table, json.loads(key), copy) for copy in copies)
        if [before, after] == [loads(copy) for copy in copies]:
            continue
        found += 1
        touched.add(decision)
        if before == after:
            db.execute("DELETE FROM changes WHERE decision = ? AND seq = ?", (decision, seq))
        else:
            db.execute(
                "UPDATE changes SET before = ?, after = ? WHERE decision = ? AND seq = ?",
                (dumps(before), dumps(after), decision, seq),
            )
    for decision in touched:  # entries that were about this person only are gone as a whole
        if not db.execute("SELECT 1 FROM changes WHERE decision = ?", (decision,)).fetchone():
            db.execute("DELETE FROM decisions WHERE of = ?", (decision,))
            db.execute("DELETE FROM decisions WHERE id = ?", (decision,))
    return found


def _remove_folders(people: Path, keys: set[str]) -> int:
    """Removes the folders of these names; only what lies directly in `people` is looked at."""
    if not people.is_dir():
        return 0
    return sum(_remove_tree(child) for child in people.iterdir() if _key_of(child.name) in keys)


def _remove_tree(folder: Path) -> int:
    """Removes a folder and returns how many files were in it; a link is removed, not followed."""
    try:
        if folder.is_symlink():
            folder.unlink()
            return 1
        if not folder.is_dir():
            return 0
        files = sum(len(names) for _, _, names in os.walk(folder))
        shutil.rmtree(folder)
        return files
    except OSError as error:
        raise LibraryError(
            f"cannot be removed ({error.strerror}); the person is not forgotten yet",
            file=folder,
            remedy="Check the folder's permissions and try again",
        ) from error


def _models_that_know(models: Path, keys: set[str]) -> Iterator[Path]:
    for people in sorted(models.glob("*/assets/people.txt")):
        text = people.read_text(encoding="utf-8", errors="replace")
        if keys & {_key_of(line) for line in text.splitlines()}:
            yield people.parent.parent


def _unteach(db: Connection, models: Path, keys: set[str]) -> None:
    """Has the faces of these names in model folders teach nobody any more."""
    for model in _models_that_know(models, keys):
        try:
            taught = read_taught_faces(model)
        except (OSError, LookupError, TypeError, ValueError):
            continue  # damaged: it teaches nobody
        db.executemany(
            "INSERT OR IGNORE INTO untaught VALUES (?, ?)",
            [(taught.model, face.digest) for face in taught.faces if _key_of(face.person) in keys],
        )


def _key_of(text: str) -> str | None:
    try:
        return name_key(text)
    except LibraryError:
        return None  # not a name at all


def _check(db: Connection, embeddings: list[bytes]) -> None:
    """Looks for removed embeddings in the library's files."""
    marks = ", ".join("?" * len(embeddings))
    # A copy of a photo that was edited may show somebody whose embedding is the same to the bit.
    kept = {
        blob
        for (blob,) in db.execute(
            f"SELECT embedding FROM faces WHERE embedding IN ({marks})", embeddings
        )
    }
    file = Path(db.file)
    for part in (file, *file.parent.glob(file.name + "-*")):
        if part.stat().st_size and any(_holds(part, blob) for blob in set(embeddings) - kept):
            raise LibraryError(
                "the person is forgotten, but embeddings are left in the file",
                file=part,
                remedy="Close every other Kindred and run `sqlite3 library.sqlite VACUUM`",
            )


def _holds(file: Path, needle: bytes) -> bool:
    with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as content:
        return content.find(needle) >= 0
