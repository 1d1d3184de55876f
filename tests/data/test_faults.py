"""`tag` killed at any moment, run again, is as if it had never been killed."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import time

import pytest

from tests.colours import command, folder_of_photos, names, read
from tests.training.test_export import export_colours

PHOTOS = 160


@pytest.mark.parametrize(
    "kills", [5, pytest.param(30, marks=pytest.mark.slow)], ids=["a few times", "many times"]
)
def test_killed_and_run_again(kills, tmp_path, fresh_home):
    model, folder, out = tmp_path / "model", tmp_path / "photos", tmp_path / "out.jsonl"
    export_colours(model)
    expected = folder_of_photos(folder, PHOTOS)
    arguments = command("tag", folder, "--model", model, "--json")
    dice, decoded = random.Random(kills), 0
    for kill in range(kills):
        # The photos of this run: more than are done already, so that it is killed while it works.
        enough = (kill + 1) * PHOTOS // (kills + 1)
        with subprocess.Popen([*arguments, "-"], stdout=subprocess.PIPE) as process:
            for number, _ in enumerate(process.stdout, 1):
                if number >= enough:
                    break
            time.sleep(dice.random() * 0.1)
            process.kill()
        check(fresh_home, whole=False)
        now = count(fresh_home)
        assert now >= decoded
        decoded = now
    subprocess.run([*arguments, out], check=True)
    assert names(read(out)) == expected
    check(fresh_home, whole=True)
    before = dump(fresh_home)
    subprocess.run([*arguments, out], check=True)
    assert names(read(out)) == expected and dump(fresh_home) == before


def test_killed_at_the_start(tmp_path, fresh_home):
    """Before and while the library is made."""
    model, folder, out = tmp_path / "model", tmp_path / "photos", tmp_path / "out.jsonl"
    export_colours(model)
    expected = folder_of_photos(folder, 8)
    arguments = command("tag", folder, "--model", model, "--json", out)
    for wait in (0.2, 0.5, 0.7, 0.9):
        process = subprocess.Popen(arguments)
        time.sleep(wait)
        process.kill()
        process.wait()
    subprocess.run(arguments, check=True)
    assert names(read(out)) == expected
    check(fresh_home, whole=True)


def check(home, whole: bool) -> None:
    """The file is sound, and every photo in it is there once, with its one face and its name."""
    file = home / "library.sqlite"
    if not file.exists() and not whole:
        return
    with sqlite3.connect(file) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        photos, faces, contents, paths = (
            db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for table in ("photos", "faces", "contents", "paths")
        )
        assert photos == faces == contents == paths
        assert db.execute("SELECT COUNT(*) FROM photos WHERE model IS NULL").fetchone() == (0,)


def count(home) -> int:
    if not (home / "library.sqlite").exists():
        return 0
    with sqlite3.connect(home / "library.sqlite") as db:
        return db.execute("SELECT COUNT(*) FROM photos").fetchone()[0]


def dump(home) -> list[str]:
    """Everything in the library, as text."""
    with sqlite3.connect(os.fspath(home / "library.sqlite")) as db:
        return list(db.iterdump())
