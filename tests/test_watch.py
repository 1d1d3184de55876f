"""`tag --watch`: photos as they arrive, each once it is complete; Ctrl-C is a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from data.watching import Watch
from tests.colours import GREEN, RED, command, picture, read
from tests.test_graph_export import export_colours

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


def test_watching_from_the_terminal(tmp_path):
    model, folder, out = tmp_path / "model", tmp_path / "photos", tmp_path / "out.jsonl"
    export_colours(model)
    folder.mkdir()
    (folder / "there.png").write_bytes(picture(RED))
    arguments = ("tag", folder, "--model", model, "--watch", "--json", out)
    log = tmp_path / "log.txt"
    started = subprocess.Popen(
        command(*arguments),
        stderr=log.open("wb"),
        # Where the tests run in the background of a shell, Ctrl-C would be ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with started as process:
        try:
            wait_for(lambda: "press Ctrl-C" in log.read_text())
            assert len(read(out)) == 1
            (folder / "new.png").write_bytes(picture(GREEN, 1))
            wait_for(lambda: len(read(out)) == 2)
            os.kill(process.pid, signal.SIGINT)
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert "Traceback" not in log.read_text()
    (face,) = read(out)[str(folder / "new.png")]["faces"]
    assert face["name"] == "Grün"


def wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)
