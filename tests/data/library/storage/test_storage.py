"""The library file: foreign, damaged, newer, older, locked, full, and killed while written."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from data.errors import LibraryError
from data.library import Library
from data.library.storage import database, schema
from data.library.storage.database import open_database
from tests.data.library.samples import NETWORK, add_photo, family, row_of_faces, state

ROOT = Path(__file__).resolve().parents[4]


def test_a_new_library_is_ours_and_checked(tmp_path):
    with Library(tmp_path / "deep" / "home") as library:
        pragmas = {
            name: library.db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "user_version", "application_id")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "user_version": max(schema.MIGRATIONS),
        "application_id": schema.APPLICATION_ID,
    }


@pytest.mark.parametrize("content", [b"this is my diary\n" * 500, b"\x00" * 5000, b"SQLite"])
def test_a_file_that_is_no_database_is_left_alone(tmp_path, content):
    path = tmp_path / "library.sqlite"
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="not a database"):
        Library(tmp_path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["library.sqlite"]


def test_another_programs_database_is_left_alone(tmp_path):
    path = tmp_path / "library.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE photos (id)")
    other.close()
    content = path.read_bytes()
    with pytest.raises(LibraryError, match="another program"):
        Library(tmp_path)
    assert path.read_bytes() == content


def test_a_newer_library_is_left_alone(tmp_path):
    family(tmp_path).close()
    path = tmp_path / "home" / "library.sqlite"
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    content = path.read_bytes()
    with pytest.raises(LibraryError, match=r"version 99.*Update Kindred"):
        Library(tmp_path / "home")
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_library(tmp_path):
    (tmp_path / "library.sqlite").touch()
    for _ in "12":
        with Library(tmp_path) as library:
            assert library.find() == [] and library.people.list() == []


def test_a_damaged_library_says_so(tmp_path):
    family(tmp_path).close()
    path = tmp_path / "home" / "library.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(LibraryError, match="damaged"), Library(tmp_path / "home") as library:
        library.people.list()


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot be made"):
        Library(tmp_path / "file" / "home")


def test_an_older_library_is_brought_up_to_date(tmp_path, monkeypatch):
    with family(tmp_path) as library:
        before = state(library)
    newest = max(schema.MIGRATIONS) + 1
    newer = {
        **schema.MIGRATIONS,
        newest: "CREATE TABLE album (id); -- new; here\nDROP TABLE album;",
    }
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    with Library(tmp_path / "home") as library:
        assert library.db.execute("PRAGMA user_version").fetchone() == (newest,)
        assert state(library) == before


def test_a_migration_that_fails_changes_nothing(tmp_path, monkeypatch):
    family(tmp_path).close()
    newest = max(schema.MIGRATIONS)
    broken = {**schema.MIGRATIONS, newest + 1: "CREATE TABLE album (id);\nDROP TABLE nonsense;"}
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", broken)
        with pytest.raises(LibraryError, match="nonsense"):
            Library(tmp_path / "home")
    with Library(tmp_path / "home") as library:
        assert library.db.execute("PRAGMA user_version").fetchone() == (newest,)
        assert not library.db.execute("SELECT 1 FROM sqlite_master WHERE name = 'album'").fetchone()


def test_the_second_writer_waits_or_says_so(tmp_path):
    with family(tmp_path) as first, Library(tmp_path / "home", wait=0.2) as second:
        with first.transaction():
            assert len(second.people.list()) == 3  # reading goes on
            with pytest.raises(LibraryError, match="another Kindred is writing"):
                second.decisions.confirm(1, "Anne")
        second.decisions.confirm(1, "Anne")
        assert len(first.decisions.history()) == 1


def test_the_second_writer_gets_its_turn(tmp_path):
    family(tmp_path).close()
    locked = threading.Event()

    def hold():
        with Library(tmp_path / "home") as other, other.transaction():
            locked.set()
            time.sleep(0.5)

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait()
    with Library(tmp_path / "home", wait=10) as library:
        library.decisions.confirm(1, "Anne")
        assert library.suggestions.name(1).confirmed
    thread.join()


def test_a_full_disk_takes_back_one_photo_and_keeps_the_rest(tmp_path):
    with Library(tmp_path / "home") as library:
        pages = library.db.execute("PRAGMA page_count").fetchone()[0]
        library.db.execute(f"PRAGMA max_page_count = {pages + 30}")
        done = 0
        with pytest.raises(LibraryError, match="disk is full"):
            for done in range(10_000):
                add_photo(library, tmp_path / f"{done}.jpg", row_of_faces((1, "A"), (2, None)))
        assert done > 10
        assert_whole(library, faces=2)
        assert library.db.execute("SELECT COUNT(*) FROM photos").fetchone() == (done,)
        library.db.execute("PRAGMA max_page_count = 1000000")
        add_photo(library, tmp_path / f"{done}.jpg", row_of_faces((1, "A"), (2, None)))


def test_a_step_inside_a_transaction_is_taken_back_alone(tmp_path):
    with family(tmp_path) as library:
        with library.transaction():
            library.decisions.confirm(1, "Dora")
            with pytest.raises(LibraryError):
                library.decisions.confirm([2, 99], "Eve")
        assert library.people.find("Dora") and not library.people.find("Eve")
        with pytest.raises(KeyboardInterrupt), library.transaction():
            library.decisions.confirm(1, "Eve")
            raise KeyboardInterrupt
        assert library.suggestions.name(1).name == "Dora"


# --- killed at any moment

FACES = 4
CHILD = """
import sys
from contextlib import suppress
from pathlib import Path
from data.errors import LibraryError
from data.library import Library
from tests.data.library.samples import add_photo, row_of_faces
home, folder = Path(sys.argv[1]), Path(sys.argv[2])
with Library(home) as library:
    print("ready", flush=True)
    for number in range(int(sys.argv[3])):
        path = folder / f"{number}.jpg"
        if path.exists() and not list(library.photos.todo([path], "net-1")):
            continue
        photo = add_photo(library, path, row_of_faces(*[(n, "Anne") for n in range(4)]))
        faces = [face.id for face in library.faces.of(photo)]
        library.decisions.confirm(faces, f"cousin {number % 7}")
        if number % 3 == 0:
            library.decisions.undo()
        if number % 5 == 0:
            with suppress(LibraryError):  # killed before the undo they are one person already
                library.decisions.merge([f"cousin {number % 7}", "Anne"])
                library.decisions.undo()
print("done", flush=True)
"""


def start(home: Path, folder: Path, photos: int) -> subprocess.Popen:
    command = [sys.executable, "-c", CHILD, str(home), str(folder), str(photos)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    return child


def assert_whole(library: Library, faces: int) -> None:
    """No page is damaged, no photo and no decision is there by half."""
    db = library.db
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    counts = db.execute(
        "SELECT COUNT(DISTINCT f.id), COUNT(DISTINCT s.face), COUNT(DISTINCT a.path),"
        " COUNT(DISTINCT c.content) FROM photos p LEFT JOIN faces f ON f.photo = p.id"
        " LEFT JOIN paths a ON a.photo = p.id LEFT JOIN contents c ON c.photo = p.id"
        " LEFT JOIN suggestions s ON s.face = f.id GROUP BY p.id"
    ).fetchall()
    assert set(counts) <= {(faces, faces, 1, 1), (faces, faces - 1, 1, 1)}
    confirmed = db.execute(
        "SELECT COUNT(person), COUNT(DISTINCT person) FROM faces GROUP BY photo"
    ).fetchall()
    assert set(confirmed) <= {(faces, 1), (0, 0)}


def kill_and_go_on(tmp_path: Path, times: int, photos: int, seed: int) -> None:
    home, folder = tmp_path / "home", tmp_path / "photos"
    folder.mkdir()
    moments = random.Random(seed)
    killed = 0
    for _ in range(times):
        child = start(home, folder, photos)
        time.sleep(moments.uniform(0, 0.35))
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        child.stdout.close()
        with Library(home) as library:
            assert_whole(library, FACES)
    assert killed == times  # or the children had nothing left to do: give them more photos
    child = start(home, folder, photos)
    assert child.stdout.read() == "done\n" and child.wait() == 0
    child.stdout.close()
    with Library(home) as library:
        assert_whole(library, FACES)
        assert len(library.find()) == photos
        assert list(library.photos.todo(sorted(folder.iterdir()), NETWORK)) == []
        assert library.db.execute("SELECT COUNT(*) FROM photos").fetchone() == (photos,)


def test_killed_five_times_nothing_is_lost_or_half_done(tmp_path):
    kill_and_go_on(tmp_path, 5, photos=1200, seed=1)


@pytest.mark.slow
def test_killed_thirty_times_nothing_is_lost_or_half_done(tmp_path):
    kill_and_go_on(tmp_path, 30, photos=6000, seed=2)


def test_killed_while_opening_for_the_first_time(tmp_path):
    """Between the empty file and the finished tables there is nothing but the empty library."""
    path = tmp_path / "library.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode = WAL")
    db.close()
    with open_database(path) as db:
        assert db.execute("SELECT COUNT(*) FROM photos").fetchone() == (0,)
    db.close()
