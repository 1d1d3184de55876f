"""Training end to end: a family of two real faces with everything that goes wrong in folders."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

import training.train
from data.errors import FamilyError, ModelError
from data.home import current_model_dir
from model.inference.tagger import Tagger
from tests import faces
from tests.conftest import EILEEN, LEI
from tests.pictures import encoded
from tests.stubs import ColourEmbedder, CornerDetector, plain
from training.train import train


def test_everybody_is_learned_from_the_right_photos(trained):
    assert trained.photos == {EILEEN: 5, LEI: 5}
    assert trained.missing == ("Nobody",)
    assert trained.networks == ("kindred", "likeness")


def test_what_is_left_out_is_named_with_its_reason(trained, family):
    reasons = {os.path.relpath(x.path, family): x.reason for x in trained.left_out}
    unreadable = reasons.pop(f"{EILEEN}/broken.png")
    assert unreadable.startswith("it cannot be read: ") and "cut short" in unreadable
    assert reasons == {
        f"{EILEEN}/portrait.png": "it is the same picture as copy of portrait.png",
        f"{EILEEN}/blurred.png": "the face is unclear",
        f"{EILEEN}/sky.png": "no face was found in it",
        f"{EILEEN}/friend.png": f"it looks like {LEI}",
        "Nobody/night.png": "no face was found in it",
        "empty": "there is no photo in it",
        "loose.png": "it is not in a person's folder",
    }
    assert {x.person for x in trained.left_out} == {EILEEN, "Nobody", ""}


def test_every_file_is_either_learned_from_or_left_out(trained, family):
    files = [os.path.join(root, f) for root, _, names in os.walk(family) for f in names]
    named = {x.path for x in trained.left_out}
    assert sum(path not in named for path in files) == sum(trained.photos.values())


def test_the_family_is_measured_on_held_out_faces(trained):
    measured = trained.metrics
    assert measured.held_out == 10 and measured.strangers == 10
    assert measured.right == 1.0 and measured.wrong == 0.0 and measured.false_names == 0.0


def test_the_manifest_tells_of_it_without_naming_folders(trained, family):
    manifest = json.loads((trained.model / "manifest.json").read_text("utf-8"))
    assert manifest["training"]["photos"] == trained.photos
    left_out = manifest["training"]["left_out"]
    assert {"person": EILEEN, "file": "friend.png", "reason": f"it looks like {LEI}"} in left_out
    assert len(left_out) == len(trained.left_out)
    assert manifest["measured"]["right"] == 1.0
    assert str(family) not in (trained.model / "manifest.json").read_text("utf-8")


def test_photos_it_has_not_seen_get_their_names(trained_tagger):
    new = {
        EILEEN: faces.turned(faces.darker(faces.astronaut(), 0.8), -6),
        LEI: faces.turned(faces.portrait(26), -5),
        None: faces.portrait(0),
    }
    for name, picture in new.items():
        (face,) = trained_tagger.tag(picture).faces
        assert face.name == name


@pytest.fixture
def colours(monkeypatch, few_steps):
    """Stand-ins for the networks: a face is the picture's mean colour."""
    monkeypatch.setattr(training.train, "load_detector", lambda _: CornerDetector())
    monkeypatch.setattr(training.train, "load_embedder", lambda _: ColourEmbedder())


COLOURS = {"Rosa": (250, 10, 10), "Grün": (10, 250, 10), "蓝": (10, 10, 250)}


@pytest.fixture
def folder(tmp_path):
    """Three people with two photos each."""
    folder = tmp_path / "family"
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True)
        for i in range(2):
            picture = plain(40 + i, 60, colour)
            # A pattern, or the face would be blurred: colour stripes that keep the mean.
            picture[:, ::2] = np.clip(picture[:, ::2].astype(int) + 5 * i, 0, 255)
            (folder / name / f"{i}.png").write_bytes(encoded(picture))
    return folder


def name_of(model, colour) -> str | None:
    (face,) = Tagger.load(model).tag(plain(40, 40, colour)).faces
    return face.name


def test_the_new_model_becomes_the_one_in_use(colours, folder, fresh_home):
    first = train(folder)
    assert current_model_dir() == first.model and first.model.parent == fresh_home / "models"
    assert {name: name_of(first.model, colour) for name, colour in COLOURS.items()} == {
        name: name for name in COLOURS
    }
    second = train(folder)
    assert current_model_dir() == second.model != first.model
    assert first.model.is_dir()  # nothing is taken away


def test_a_model_written_elsewhere_is_not_the_one_in_use(colours, folder, fresh_home, tmp_path):
    report = train(folder, tmp_path / "mine")
    assert report.model == tmp_path / "mine" and (report.model / "saved_model.pb").is_file()
    assert current_model_dir() is None and not (fresh_home / "models").exists()


def test_a_run_that_fails_leaves_the_model_in_use(colours, folder, fresh_home, monkeypatch):
    first = train(folder)

    def fail(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(training.train, "export", fail)
    with pytest.raises(OSError):
        train(folder)
    assert current_model_dir() == first.model
    there = sorted(os.listdir(fresh_home / "models"))
    assert there == sorted([first.model.name, "current", "folders.json"])


def test_progress_goes_through_every_photo_and_ends(colours, folder, tmp_path):
    seen = []
    train(folder, tmp_path / "mine", progress=lambda *step: seen.append(step))
    looking = [step for step in seen if step[0] == "finding faces"]
    assert looking == [("finding faces", i, 6) for i in range(1, 7)]
    assert seen[-1] == ("learning", 2, 2)


def test_even_a_small_family_has_a_learning_curve(colours, folder, tmp_path):
    rows = []
    train(folder, tmp_path / "mine", on_epoch=rows.append)
    [row] = rows  # `few_steps` makes it one epoch; the colours cannot be mistaken
    assert row["run"] == "classifier" and row["epoch"] == 1
    assert row["loss"] >= 0 and row["val_accuracy"] == 1.0 and row["val_faces"] > 0


def test_what_is_asked_for_reaches_the_manifest(colours, folder, tmp_path):
    report = train(folder, tmp_path / "mine", false_names=0.2)
    manifest = json.loads((report.model / "manifest.json").read_text("utf-8"))
    assert manifest["measured"]["false_names_asked"] == 0.2


def test_a_target_that_is_not_a_model_is_refused_before_the_work(folder, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("the networks were loaded")

    monkeypatch.setattr(training.train, "load_detector", never)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"precious")
    with pytest.raises(ModelError, match="not a Kindred model"):
        train(folder, tmp_path / "photos")
    with pytest.raises(FamilyError, match="cannot be read"):
        train(tmp_path / "gone", tmp_path / "mine")
    with pytest.raises(ModelError, match="no detector called 'magic'"):
        train(folder, tmp_path / "mine", detector="magic")


def test_a_family_without_a_single_face(colours, tmp_path, fresh_home):
    folder = tmp_path / "family"
    (folder / "Anne").mkdir(parents=True)
    for i in range(3):
        (folder / "Anne" / f"{i}.png").write_bytes(encoded(plain(10, 10 + i, (9, 9, 9))))
    (folder / "Anne" / "bad.jpg").write_bytes(b"")
    with pytest.raises(FamilyError, match="none of the 4 photos shows a face") as caught:
        train(folder)
    assert "the most frequent reason: no face was found in it" in str(caught.value)
    assert str(folder) in str(caught.value) and "Add photos" in caught.value.remedy
    assert current_model_dir() is None


def test_one_photo_of_one_person(colours, tmp_path):
    folder = tmp_path / "family"
    (folder / "Anne").mkdir(parents=True)
    (folder / "Anne" / "1.png").write_bytes(encoded(plain(40, 40, (250, 10, 10))))
    report = train(folder, tmp_path / "mine")
    assert report.photos == {"Anne": 1} and report.metrics.right is None
    assert name_of(report.model, (250, 10, 10)) == "Anne"
    assert name_of(report.model, (10, 250, 10)) is None


def test_training_twice_gives_the_same_classifier(colours, folder, tmp_path):
    for name in "ab":
        train(folder, tmp_path / name)
    one, other = (
        json.loads((tmp_path / name / "manifest.json").read_text("utf-8")) for name in "ab"
    )
    assert one["thresholds"] == other["thresholds"] and one["measured"] == other["measured"]
