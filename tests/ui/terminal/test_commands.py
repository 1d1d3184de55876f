"""The terminal: exit statuses, JSON Lines, what goes to which stream, awkward file names."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import kindred
import training.train
from data.errors import KindredError
from data.home import current_model_dir, set_current_model
from tests import faces
from tests.conftest import EILEEN, LEI
from tests.pictures import encoded
from tests.stubs import ColourEmbedder, CornerDetector, plain
from tests.terminal import run

ROOT = Path(__file__).parents[3]
RED, GREEN, BLUE = (250, 0, 0), (0, 250, 0), (0, 0, 250)


pytestmark = pytest.mark.usefixtures("fresh_home")  # what was tagged is remembered there


@pytest.fixture
def model(colour_model):
    return colour_model


@pytest.fixture
def photos(tmp_path):
    """A folder with a red, a green and a grey photo, one without a face, and no photo at all."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    pictures = {
        "a.png": plain(40, 60, RED),
        "b.png": plain(41, 60, GREEN),
        "more/c.png": plain(42, 60, (99, 99, 99)),
        "more/d.png": plain(9, 9, BLUE),
    }
    for name, picture in pictures.items():
        (folder / name).write_bytes(encoded(picture))
    (folder / "notes.txt").write_text("not a photo")
    return folder


def plain_environment() -> dict[str, str]:
    """This process has imported TensorFlow, which leaves its settings to its children."""
    return {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}


def said(out: str) -> dict[str, str]:
    """What is said of each photo, without the summary."""
    return dict(line.rsplit(": ", 1) for line in out.splitlines() if ": " in line)


def records(text: str) -> list[dict]:
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


# ---- tag


def test_names_for_people(capsys, model, photos):
    status, out, err = run(capsys, "tag", photos, "--model", model)
    assert status == 0 and err == ""
    out, summary = out.split("\n\n")
    assert summary == "  Grün  1 photo\n  Red   1 photo\n4 photos, 1 unknown face\n"
    lines = said(out)
    assert [os.path.relpath(path, photos) for path in lines] == [
        "a.png",
        "b.png",
        "more/c.png",
        "more/d.png",
    ]
    first, second, third, fourth = lines.values()
    assert first.startswith("Red (") and first.endswith("%)") and second.startswith("Grün (")
    assert (third, fourth) == ("unknown (like nobody)", "no face")


def test_json_lines_in_a_file(capsys, model, photos, tmp_path):
    file = tmp_path / "tags.jsonl"
    status, out, err = run(capsys, "tag", photos, "--model", model, "--json", file)
    assert (status, said(out), err) == (0, {}, "")
    text = file.read_text("utf-8")
    assert "Grün" in text  # as it is, not escaped
    found = records(text)
    assert [list(r) for r in found] == [["photo", "width", "height", "turn", "faces", "error"]] * 4
    assert found[0]["photo"] == str(photos / "a.png")
    assert (found[0]["width"], found[0]["height"], found[0]["error"]) == (60, 40, None)
    (face,) = found[0]["faces"]
    assert list(face) == ["name", "confidence", "box", "landmarks", "score"]
    assert (face["name"], face["score"], face["box"]) == ("Red", 0.9, [0, 0, 30, 20])
    assert 0.5 < face["confidence"] <= 1
    assert np.shape(face["landmarks"]) == (5, 2) and face["landmarks"][2] == [15, 10]
    assert found[2]["faces"][0]["name"] is None and found[3]["faces"] == []


def test_json_on_standard_output_is_all_there_is(model, photos):
    """As a program reads it: a real pipe, no bar, nothing but JSON."""
    (photos / "bad.jpg").write_bytes(b"bad")
    done = subprocess.run(
        [sys.executable, "kindred.py", "tag", photos, "--model", model, "--json", "-"],
        cwd=ROOT,
        capture_output=True,
        env={**plain_environment(), "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 3
    found = records(done.stdout.decode("utf-8"))
    assert sorted(os.path.basename(r["photo"]) for r in found) == [
        "a.png",
        "b.png",
        "bad.jpg",
        "c.png",
        "d.png",
    ]
    assert {f["name"] for r in found for f in r["faces"]} == {"Red", "Grün", None}
    errors = done.stderr.decode()
    assert "bad.jpg" in errors and "\r" not in errors and "photos/s" not in errors
    assert errors.count("kindred: ") == 2 and "Traceback" not in errors  # the file, and the sum
    for noise in ("oneDNN", "cuda", "WARNING", "absl"):
        assert noise not in errors


def test_unreadable_photos_are_named_and_the_others_tagged(capsys, model, photos, tmp_path):
    (photos / "more" / "empty.jpg").write_bytes(b"")
    (photos / "text.jpg").write_text("text")
    gone, file = tmp_path / "gone.jpg", tmp_path / "tags.jsonl"
    status, out, err = run(capsys, "tag", gone, photos, "--model", model, "--json", file)
    assert status == 3 and said(out) == {}
    for path in (gone, photos / "more" / "empty.jpg", photos / "text.jpg"):
        assert str(path) in err
    assert "3 of 7 could not be read" in err
    found = {r["photo"]: r for r in records(file.read_text("utf-8"))}
    assert len(found) == 7 and found[str(photos / "a.png")]["faces"][0]["name"] == "Red"
    bad = found[str(gone)]
    assert (bad["width"], bad["height"], bad["faces"]) == (None, None, [])
    assert "no such file" in bad["error"]


def test_a_folder_that_cannot_be_read_is_one_of_the_unreadable(capsys, model, photos, monkeypatch):
    scandir = os.scandir

    def guarded(path):
        if os.fspath(path).endswith("more"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    status, out, err = run(capsys, "tag", photos, "--model", model)
    assert status == 3 and len(said(out)) == 2
    assert str(photos / "more") in err and "Permission denied" in err


def test_a_photo_is_given_as_it_was_named(capsys, model, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(photos)
    status, _, _ = run(
        capsys, "tag", "a.png", "./more", "--model", model, "--json", tmp_path / "out"
    )
    assert status == 0
    found = [r["photo"] for r in records((tmp_path / "out").read_text("utf-8"))]
    assert found == ["a.png", "./more/c.png", "./more/d.png"]


AWKWARD = ["two\nlines.png", "  spaces  .png", "👩‍🚀 李雷.png", "-.png", "'\"$(x)*.png"]


def test_awkward_file_names(capsys, model, tmp_path):
    folder = tmp_path / "odd 📷"
    folder.mkdir()
    for name in AWKWARD:
        (folder / name).write_bytes(encoded(plain(30, 30, RED)))
    out = tmp_path / "out.jsonl"
    assert run(capsys, "tag", folder, "--model", model, "--json", out)[0] == 0
    found = records(out.read_text("utf-8"))  # a line a photo, whatever its name
    assert {r["photo"] for r in found} == {str(folder / name) for name in AWKWARD}
    assert run(capsys, "tag", folder, "--model", model)[0] == 0


def test_file_names_that_are_not_valid_text(capsys, model, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"Ren\xe9.png")
    try:
        with open(path, "wb") as file:
            file.write(encoded(plain(30, 30, RED)))
    except OSError:
        pytest.skip("this file system takes only valid names")
    for content, status in ((None, 0), (b"bad", 3)):
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        out = tmp_path / "out.jsonl"
        assert run(capsys, "tag", os.fsdecode(path), "--model", model, "--json", out)[0] == status
        (record,) = records(out.read_bytes().decode("utf-8"))
        assert os.fsencode(record["photo"]) == path  # a program finds the file again
        received, text, err = run(capsys, "tag", os.fsdecode(path), "--model", model)
        assert received == status and "Ren\\udce9" in text + err


def test_nobody_is_enrolled_yet(capsys, tmp_path):
    path = tmp_path / "eileen.png"
    path.write_bytes(encoded(faces.astronaut()))
    status, out, err = run(capsys, "tag", path)
    assert status == 0 and said(out) == {str(path): "unknown"}
    assert "nobody is enrolled yet" in err and "python kindred.py train FOLDER" in err


def test_the_model_in_use_is_used(capsys, fresh_home, model, photos):
    (fresh_home / "models").mkdir(parents=True)
    (fresh_home / "models" / "colours").symlink_to(model)
    set_current_model(fresh_home / "models" / "colours")
    status, out, err = run(capsys, "tag", photos / "a.png")
    assert status == 0 and "Red" in out and err == ""


def test_a_trained_family(capsys, trained, tmp_path):
    picture = faces.on_black(560, 860, (faces.astronaut(), 0, 0), (faces.portrait(26), 540, 240))
    path = tmp_path / "party.png"
    path.write_bytes(encoded(picture))
    status, out, _ = run(capsys, "tag", path, "--model", trained.model)
    assert status == 0 and EILEEN in out and LEI in out


def test_the_photos_are_not_changed(capsys, model, photos):
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in photos.rglob("*") if p.is_file()}
    run(capsys, "tag", photos, "--model", model)
    after = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in photos.rglob("*") if p.is_file()}
    assert after == before


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("tag",),
        ("fly", "x"),
        ("tag", "x", "--colour"),
        ("train", "x", "y"),
        ("train", "x", "--false-names", "2"),
        ("train", "x", "--false-names", "0"),
        ("train", "x", "--false-names", "many"),
    ],
)
def test_wrong_usage(capsys, arguments):
    status, out, err = run(capsys, *arguments)
    assert status == 2
    assert out == "" and err.startswith("usage: kindred")


def test_help_is_no_error(capsys):
    for arguments in (["--help"], ["tag", "--help"], ["train", "--help"]):
        status, out, err = run(capsys, *arguments)
        assert status == 0 and out.startswith("usage: kindred") and err == ""


def test_no_model_there(capsys, tmp_path, photos):
    status, out, err = run(capsys, "tag", photos, "--model", tmp_path / "gone")
    assert status == 1 and out == ""
    assert err.startswith(f"kindred: {tmp_path / 'gone'}: there is no Kindred model here")
    assert "python kindred.py train FOLDER" in err


def test_results_that_cannot_be_written(capsys, model, photos, tmp_path):
    status, out, err = run(
        capsys, "tag", photos, "--model", model, "--json", tmp_path / "gone" / "out"
    )
    assert status == 1 and out == ""
    assert str(tmp_path / "gone" / "out") in err and "Name another file with --json" in err


def test_errors_are_one_line_and_no_traceback(capsys, tmp_path):
    _, _, err = run(capsys, "tag", "x.jpg", "--model", tmp_path / "gone")
    assert len(err.splitlines()) == 1 and "Traceback" not in err


def test_being_stopped_is_no_traceback(capsys, model, photos, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("model.inference.tagger.Tagger.load", stop)
    status, _, err = run(capsys, "tag", photos, "--model", model)
    assert status == 130 and err == "kindred: stopped\n"


def test_a_reader_that_has_enough_is_no_error(model, photos):
    """`kindred.py tag ... | head -1`"""
    for i in range(60):
        (photos / f"x{i}.png").write_bytes(encoded(plain(30, 30, RED)))
    with subprocess.Popen(
        [sys.executable, "kindred.py", "tag", photos, "--model", model, "--json", "-"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=plain_environment(),
    ) as process:
        assert json.loads(process.stdout.readline())
        process.stdout.close()
        errors = process.stderr.read().decode()
        assert process.wait(60) == 0
    assert errors == ""


# ---- the bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_none_in_a_pipe(capsys, model, photos, monkeypatch):
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    assert kindred.main(["tag", str(photos), "--model", str(model)]) == 0
    assert "4/4" in shown.getvalue() and "photos/s" in shown.getvalue()
    piped = io.StringIO()
    monkeypatch.setattr(sys, "stderr", piped)
    assert kindred.main(["tag", str(photos), "--model", str(model)]) == 0
    assert piped.getvalue() == ""
    assert capsys.readouterr().out.count("Red (") == 2


# ---- train


@pytest.fixture
def colours(monkeypatch, few_steps):
    """Training with stand-ins for the networks."""
    monkeypatch.setattr(training.train, "load_detector", lambda _: CornerDetector())
    monkeypatch.setattr(training.train, "load_embedder", lambda _: ColourEmbedder())


def make_family(folder: Path) -> Path:
    for name, colour in (("Rosa", RED), ("蓝", BLUE)):
        (folder / name).mkdir(parents=True)
        for i in range(2):
            (folder / name / f"{i}.png").write_bytes(encoded(plain(30 + i, 40, colour)))
    (folder / "Rosa" / "bad.jpg").write_bytes(b"bad")
    (folder / "Grey").mkdir()
    (folder / "Grey" / "small.png").write_bytes(encoded(plain(5, 5, RED)))
    (folder / "loose.jpg").write_bytes(b"")
    return folder


def test_training_says_what_it_did(capsys, colours, fresh_home, tmp_path):
    folder = make_family(tmp_path / "family")
    status, out, err = run(capsys, "train", folder)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    left_out = [line for line in lines if line.startswith("left out: ")]
    assert len(left_out) == 3
    for path, reason in {
        "Rosa/bad.jpg": "it cannot be read",
        "Grey/small.png": "no face was found in it",
        "loose.jpg": "it is not in a person's folder",
    }.items():
        assert any(str(folder / path) in line and reason in line for line in left_out)
    assert "nobody could be learned as Grey" in lines
    assert "  Rosa  2 photos" in lines and "  蓝     2 photos" in lines
    assert any(line.startswith("On 4 held-out faces of the family: ") for line in lines)
    assert any(line.startswith("On 4 faces of people left out of learning: ") for line in lines)
    assert f"Model: {current_model_dir()}" in lines
    status, out, err = run(capsys, "tag", folder / "Rosa" / "0.png")
    assert status == 0 and "Rosa (" in out and err == ""


def test_training_into_a_folder_of_choice(capsys, colours, fresh_home, tmp_path):
    folder = make_family(tmp_path / "family")
    status, out, _ = run(capsys, "train", folder, "--model", tmp_path / "mine")
    assert status == 0 and f"Model: {tmp_path / 'mine'}" in out
    assert (tmp_path / "mine" / "manifest.json").is_file() and current_model_dir() is None


def test_training_on_one_photo_says_that_it_is_not_measured(capsys, colours, tmp_path):
    folder = tmp_path / "family"
    (folder / "Rosa").mkdir(parents=True)
    (folder / "Rosa" / "1.png").write_bytes(encoded(plain(30, 30, RED)))
    status, out, _ = run(capsys, "train", folder, "--model", tmp_path / "mine")
    assert status == 0
    assert "  Rosa  1 photo\n" in out and "Accuracy is not measured yet" in out


@pytest.mark.parametrize("make", ["gone", "empty", "loose photos"])
def test_training_on_nobody_says_what_to_do(capsys, fresh_home, tmp_path, make):
    folder = tmp_path / "family"
    if make != "gone":
        folder.mkdir()
    if make == "loose photos":
        (folder / "a.png").write_bytes(encoded(plain(30, 30, RED)))
    status, out, err = run(capsys, "train", folder)
    assert status == 1 and out == ""
    assert err.startswith(f"kindred: {folder}: ")
    assert "Make one folder for each person, named after the person" in err
    assert not fresh_home.exists()


def test_training_over_something_else_is_refused(capsys, tmp_path):
    folder = make_family(tmp_path / "family")
    status, _, err = run(capsys, "train", folder, "--model", folder)
    assert status == 1 and "not a Kindred model" in err and "--model" in err
    assert (folder / "Rosa" / "0.png").is_file()


def test_an_unknown_network_is_refused(capsys, tmp_path):
    folder = make_family(tmp_path / "family")
    status, _, err = run(capsys, "train", folder, "--detector", "magic")
    assert status == 1 and "Known are: mtcnn" in err


# ---- networks


def test_the_networks_are_listed(capsys, fresh_home):
    status, out, _ = run(capsys, "networks")
    assert status == 0
    for words in ("mtcnn (detector)", "resnet29 (embedder)", "in use by default", "licence MIT"):
        assert words in out
    assert "not installed; run: python kindred.py networks get yunet" in out


def test_a_network_nobody_knows(capsys, fresh_home):
    status, _, err = run(capsys, "networks", "get", "magic")
    assert status == 1 and "Known are: mtcnn, yunet" in err
    assert not fresh_home.exists()


def test_every_error_for_people_is_a_status_of_one(capsys, model, photos, monkeypatch):
    def fail(*_, **__):
        raise KindredError("something is wrong", file="there", remedy="Do this")

    monkeypatch.setattr("model.inference.tagger.Tagger.load", fail)
    status, _, err = run(capsys, "tag", photos, "--model", model)
    assert (status, err) == (1, "kindred: there: something is wrong. Do this.\n")
