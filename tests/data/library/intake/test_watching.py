"""`tag --watch`: photos, and what is said of them, as they arrive; Ctrl-C is a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from data.library.intake.watching import Watch
from data.lock import library_lock
from data.regions import Region, write_regions
from tests.colours import GREEN, RED, command, make_foreign, picture, read
from tests.training.test_export import export_colours

pytestmark = pytest.mark.usefixtures("fresh_home")


def test_a_photo_comes_once_it_stands_still(tmp_path):
    with Watch([str(tmp_path)], settled=0.6) as watch:
        (tmp_path / "notes.txt").write_text("no photo")
        with open(tmp_path / "a.jpg", "wb") as file:
            for _ in range(4):  # a camera that copies slowly
                file.write(b"part")
                file.flush()
                assert watch.take(timeout=0.2) == []
        assert watch.take(timeout=5) == [str(tmp_path / "a.jpg")]
        assert watch.take(timeout=0.8) == []  # once
        (tmp_path / "a.jpg").write_bytes(b"changed")
        assert watch.take(timeout=5) == [str(tmp_path / "a.jpg")]


def test_folders_and_files_that_are_moved_in(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    (outside / "trip").mkdir(parents=True)
    inside.mkdir()
    (outside / "trip" / "b.jpg").write_bytes(b"b")
    (outside / "c.tmp").write_bytes(b"c")
    with Watch([str(inside)], settled=0.3) as watch:
        (outside / "trip").rename(inside / "trip")
        assert watch.take(timeout=5) == [str(inside / "trip" / "b.jpg")]
        (outside / "c.tmp").rename(inside / "c.tmp")
        (inside / "c.tmp").rename(inside / "c.jpg")
        assert watch.take(timeout=5) == [str(inside / "c.jpg")]
        (inside / "d.jpg").write_bytes(b"d")
        (inside / "d.jpg").unlink()
        assert watch.take(timeout=1) == []


def test_notes_stand_for_the_photos_beside_them(tmp_path):
    for name in ("a.jpg", "a.png", "b.jpg", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    with Watch([str(tmp_path)], settled=0.3) as watch:
        for notes, photos in (
            ("b.jpg.xmp", ["b.jpg"]),
            ("a.xmp", ["a.jpg", "a.png"]),
            (".picasa.ini", ["a.jpg", "a.png", "b.jpg"]),
        ):
            (tmp_path / notes).write_text("new")
            assert watch.take(timeout=5) == [str(tmp_path / photo) for photo in photos]
        (tmp_path / "other.xmp").write_text("new")
        assert watch.take(timeout=0.8) == []


def test_what_a_walk_leaves_out_is_not_watched(tmp_path):
    for folder in ("@eaDir", ".trash", "in"):
        (tmp_path / folder).mkdir()
    with Watch([str(tmp_path)], settled=0.3) as watch:
        for folder in ("@eaDir", ".trash", "in"):
            (tmp_path / folder / "a.jpg").write_bytes(b"x")
        (tmp_path / "in").rename(tmp_path / ".in")
        assert watch.take(timeout=1) == []
        (tmp_path / ".in").rename(tmp_path / "in")
        assert watch.take(timeout=5) == [str(tmp_path / "in" / "a.jpg")]


def test_watching_from_the_terminal(tmp_path, fresh_home):
    model, folder, out = tmp_path / "model", tmp_path / "photos", tmp_path / "out.jsonl"
    export_colours(model)
    folder.mkdir()
    (folder / "there.png").write_bytes(picture(RED))
    arguments = ("tag", folder, "--model", model, "--watch", "--json", out)
    log = tmp_path / "log.txt"
    with log.open("wb") as said:
        started = subprocess.Popen(
            command(*arguments),
            stderr=said,
            # Where the tests run in the background of a shell, Ctrl-C would be ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    with started as process:
        try:
            wait_for(lambda: "press Ctrl-C" in log.read_text())
            assert len(read(out)) == 1
            (folder / "new.png").write_bytes(picture(GREEN, 1))
            wait_for(lambda: len(read(out)) == 2)
            with library_lock(fresh_home, "testing", wait=30):  # nobody has it while nothing comes
                write_regions(folder / "there.png", [Region("Ruth", (0, 0, 0.5, 0.5))])
                make_foreign(folder / "there.png.xmp")
                wait_for(lambda: "waiting: another Kindred" in log.read_text())
            wait_for(lambda: len(out.read_text().splitlines()) == 3)
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert "Traceback" not in log.read_text()
    records = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [record["faces"][0]["name"] for record in records] == ["Red", "Grün", "Ruth"]
    assert f"testing, process {os.getpid()}" in log.read_text()


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)
