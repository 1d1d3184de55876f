"""`tag` twice over any tree changes nothing: no row of the library, no byte, no time of a file."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import kindred
from model.inference.on_demand import ModelOnDemand
from tests.colours import BLUE, GREEN, GREY, RED, picture
from tests.data.regions.test_writing import foreign, photo_in
from tests.training.test_export import export_colours

FOLDERS = ("", "a", "a/b", "trip.photoslibrary/originals", ".hidden", "Thumbs.nosync")
STEMS = ("IMG_1", "IMG_2", "Zoe\u0308", "odd\udcff\nname", "x" * 200)
PICASA = "[IMG_1.jpg]\nfaces=rect64(333333336666aaaa),7\n[Contacts2]\n7=Anne;;\n"
TAKEOUT = {"people": [{"name": "Max"}], "photoTakenTime": {"timestamp": "1300000000"}}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A model of colours that is loaded once for all runs of `tag`."""
    folder = tmp_path_factory.mktemp("colours") / "model"
    export_colours(folder)
    model = ModelOnDemand(folder)
    model.prepare()
    return model


def make_png(path: Path, number: int) -> None:
    colour = (RED, GREEN, BLUE, GREY)[number % 4]
    path.with_suffix(".png").write_bytes(picture(colour, number))


def make_jpeg(path: Path, number: int) -> None:
    packet = foreign("Bob") if number % 2 else None
    size = (80 + number, 60)
    photo_in(path.parent, packet, name=f"{path.name}.jpg", size=size, orientation=1 + number % 8)


def make_copy(path: Path, number: int) -> None:
    make_linked(path, number, shutil.copy)


def make_hard_link(path: Path, number: int) -> None:
    make_linked(path, number, os.link)


def make_symlink(path: Path, number: int) -> None:
    make_linked(path, number, os.symlink)


def make_linked(path: Path, number: int, link) -> None:
    there = sorted(p for p in path.parent.glob("*.*") if p.is_file())
    target = path.with_name(f"{path.name} {number}.jpg")
    if there and not os.path.lexists(target):
        link(there[number % len(there)], target)


def make_loop(path: Path, number: int) -> None:
    if not os.path.lexists(path):
        path.symlink_to(path.parent, target_is_directory=True)


def make_broken(path: Path, number: int) -> None:
    path.with_suffix(".jpg").write_bytes(b"\xff\xd8\xff" * number)


def make_sidecar(path: Path, number: int) -> None:
    path.with_name(path.name + (".xmp" if number % 2 else ".jpg.xmp")).write_text(foreign("Cleo"))


def make_notes(path: Path, number: int) -> None:
    path.with_name(f"{path.name}.jpg.supplemental-metadata.json").write_text(json.dumps(TAKEOUT))


def make_picasa(path: Path, number: int) -> None:
    (path.parent / ".picasa.ini").write_text(PICASA)


def make_other(path: Path, number: int) -> None:
    path.with_suffix((".nef", ".txt", ".docx")[number % 3]).write_bytes(b"something else")


MAKERS = (
    make_png, make_jpeg, make_copy, make_hard_link, make_symlink, make_loop, make_broken,
    make_sidecar, make_notes, make_picasa, make_other,
)  # fmt: skip
FILE = st.tuples(
    st.sampled_from(FOLDERS), st.sampled_from(STEMS), st.sampled_from(MAKERS), st.integers(0, 9)
)
STEP = st.sampled_from(["write", "embed", "confirm", "reject", "tag", "undo writing", "undo"])


def tree(folder: Path) -> dict[str, tuple]:
    """Every file: its bytes, its time of change and who may do what with it."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            status = os.lstat(path)
            is_file = os.path.isfile(path) and not os.path.islink(path)
            content = Path(path).read_bytes() if is_file else None
            found[path] = (content, status.st_mtime_ns, status.st_mode)
    return found


def library(home: Path) -> list[str]:
    """Every row of every table."""
    with sqlite3.connect(home / "library.sqlite") as db:
        return list(db.iterdump())


def run(*arguments) -> int:
    return kindred.main(list(map(str, arguments)))


def do(step: str, photos: Path) -> None:
    """Something that a person does between two runs of `tag`; what cannot be done is not."""
    commands = {
        "write": ["write", photos],
        "embed": ["write", "--embed", photos],
        "undo writing": ["write", "--undo"],
        "undo": ["undo"],
        "tag": ["tag", photos],
    }
    if step in commands:
        assert run(*commands[step]) in (0, 1, 3)
        return
    for path in sorted(photos.rglob("*.jpg"))[:2]:
        run(step, path, "Red", "--face", "1")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(FILE, min_size=1, max_size=8), st.lists(STEP, max_size=3))
@example([("", "IMG_1", make_png, 0), ("", "IMG_1", make_jpeg, 1)], ["write", "embed", "write"])
@example([("", "IMG_1", make_jpeg, 0), ("", "IMG_1", make_hard_link, 0)], ["tag", "embed"])
@example([("a", "IMG_1", make_jpeg, 5), ("a", "IMG_1", make_picasa, 0)], ["embed", "undo writing"])
def test_tagging_and_writing_twice_changes_nothing(loaded, files, steps):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        home, photos = Path(folder) / "home", Path(folder) / "p"
        patch.setenv("KINDRED_HOME", str(home))
        patch.setattr("ui.terminal.tagging.ModelOnDemand", lambda *_: loaded)
        for place, stem, make, number in files:
            (photos / place).mkdir(parents=True, exist_ok=True)
            make(photos / place / stem, number)
        before = tree(photos)
        run("tag", photos)
        assert tree(photos) == before
        for step in steps:
            do(step, photos)
        status = run("tag", photos, "--json", Path(folder) / "1")
        before, rows = tree(photos), library(home)
        assert run("tag", photos, "--json", Path(folder) / "2") == status
        assert tree(photos) == before and library(home) == rows
        assert (Path(folder) / "1").read_bytes() == (Path(folder) / "2").read_bytes()
        run("write", photos)
        written = tree(photos)
        run("write", photos)
        assert tree(photos) == written
        run("tag", photos)
        rows = library(home)
        run("tag", photos)
        assert library(home) == rows and tree(photos) == written
