"""The model in use follows the names in the library, and a folder's people are added to it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf

import training.refit
import training.train
from data.errors import FamilyError, ModelError
from data.home import current_model_dir, home, set_current_model
from data.library import Library, Todo
from data.recognition.identity import model_id, network_of
from data.tags import FaceTag
from model.checkpoint import CHECKPOINT, read_checkpoint, variable_key
from model.inference.tagger import Tagger
from model.manifest import read_manifest
from tests.stubs import ColourEmbedder, CornerDetector, plain, put
from tests.training.report.test_evaluate import BLUE, GREEN, RED
from training.dataset.known_people import family_to_learn, forgotten
from training.refit import refit
from training.train import train

YELLOW = (250, 250, 10)

pytestmark = pytest.mark.usefixtures("fresh_home", "few_steps")


@pytest.fixture(autouse=True)
def colours(monkeypatch):
    """Stand-ins for the networks: a face is the picture's mean colour."""
    for module in (training.refit, training.train):
        monkeypatch.setattr(module, "load_detector", lambda _: CornerDetector())
        monkeypatch.setattr(module, "load_embedder", lambda _: ColourEmbedder())


def folder_of(tmp_path, **people):
    for name, colour in people.items():
        for i in range(3):
            put(tmp_path / name / f"{i}.png", tuple(np.subtract(colour, 3 * i)), 40 + i)
    return tmp_path


def names(tagger: Tagger, *colours) -> list[str | None]:
    return [tagger.tag(plain(40, 60, colour), name="x").faces[0].name for colour in colours]


def add(library: Library, tagger: Tagger, colour, number: int) -> int:
    """A photo of one face in the library; the face's number."""
    path = home() / f"{number}.png"
    put(path, colour, 40)
    tags = tagger.tag(plain(40, 60, colour), name="x")
    photo = library.photos.record(
        Todo(str(path), 0, number),
        number.to_bytes(32, "big"),
        width=60,
        height=40,
        taken=None,
        network=tagger.network,
        faces=[FaceTag(None, 1.0, f.box, f.landmarks, f.score, f.embedding) for f in tags.faces],
        model=tagger.model,
    )
    return library.faces.of(photo)[0].id


def learned(tmp_path, **people) -> Tagger:
    report = train(folder_of(tmp_path / "family", **people), quick=True)
    return Tagger.load(report.model)


def test_names_that_were_given_are_in_the_saved_model_beside_the_folders(tmp_path):
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    before = current_model_dir()
    with Library(home()) as library:
        faces = [add(library, tagger, (10, 10, blue), blue) for blue in (250, 245, 240)]
        library.decisions.confirm(faces, "Bluma")
        library.people.ensure("Vera")
        library.decisions.rename("Vera", "Verena")
    assert names(tagger, BLUE) == [None]
    report = refit()
    assert report.photos == {"Bluma": 3, "Rosa": 3, "Verena": 3}
    assert current_model_dir() == report.model and before.is_dir()
    assert names(Tagger.load(report.model), RED, GREEN, BLUE) == ["Rosa", "Verena", "Bluma"]
    manifest = read_manifest(report.model)
    assert model_id(manifest) == model_id(read_manifest(before)), "photos need not be named again"
    assert manifest["people"] == ["Bluma", "Rosa", "Verena"]
    assert manifest["measured"]["held_out"] == 9
    assert "Bluma" in (report.model / "card.html").read_text("utf-8")


def test_what_is_taken_back_goes_from_the_model(tmp_path):
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    with Library(home()) as library:
        faces = [add(library, tagger, (10, 10, blue), blue) for blue in (250, 245, 240)]
        decision = library.decisions.confirm(faces, "Bluma")
        first = refit()
        assert "Bluma" in first.photos
        library.decisions.undo(decision)
    second = refit()
    assert second.model == first.model, "each takes the last one's place"
    assert list(second.photos) == ["Rosa", "Vera"]
    assert names(Tagger.load(second.model), RED, BLUE) == ["Rosa", None]


def test_a_model_of_an_earlier_classifier_gets_todays_graph(tmp_path, monkeypatch):
    """Its graph does not hold all that is learned today; its networks are installed."""
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    before = current_model_dir()
    values = read_checkpoint(before)
    del values[variable_key("head/common")]
    kept = list(values)
    tensors = [tf.constant(value) for value in values.values()]
    tf.raw_ops.SaveV2(
        prefix=str(before / CHECKPOINT), tensor_names=kept, shape_and_slices=[""] * len(kept),
        tensors=tensors,
    )  # fmt: skip
    with Library(home()) as library:
        faces = [add(library, tagger, (10, 10, blue), blue) for blue in (250, 245, 240)]
        library.decisions.confirm(faces, "Bluma")
    report = refit()
    assert names(Tagger.load(report.model), RED, GREEN, BLUE) == ["Rosa", "Vera", "Bluma"]
    assert network_of(read_manifest(report.model)) == tagger.network, "no photo is looked at again"
    monkeypatch.setattr("model.zoo.specs.NetworkSpec.is_installed", lambda self: False)
    set_current_model(before)
    with pytest.raises(ModelError, match="nothing can be added to this model"):
        refit()


def test_a_model_follows_without_its_networks_being_installed(tmp_path, monkeypatch):
    """Their weights are in the model."""
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    monkeypatch.setattr("model.zoo.specs.NetworkSpec.is_installed", lambda self: False)
    with Library(home()) as library:
        library.decisions.confirm([add(library, tagger, BLUE, 1)], "Bluma")
    assert list(refit().photos) == ["Bluma", "Rosa", "Vera"]


def test_what_the_library_decides_counts_more_than_a_folders_name(tmp_path):
    """A photo lies in Rosa's folder, and somebody said that it shows Ruth."""
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    with Library(home()) as library:
        library.decisions.confirm([add(library, tagger, RED, 1)], "Ruth")
    assert refit().photos == {"Rosa": 2, "Ruth": 1, "Vera": 3}


def test_without_a_model_and_without_a_name_there_is_nothing_to_follow():
    with pytest.raises(FamilyError, match="no name is confirmed"):
        refit()
    assert current_model_dir() is None


def test_a_folder_is_added_to_the_folders_learned_before(tmp_path):
    learned(tmp_path, Rosa=RED, Vera=GREEN)
    more = folder_of(tmp_path / "more", Bluma=BLUE, Rosa=YELLOW)
    report = train(more, quick=True)
    assert report.photos == {"Bluma": 3, "Rosa": 6, "Vera": 3}
    assert train(quick=True).photos == report.photos, "what is known is learned again"


def test_replacing_says_whom_it_forgets(tmp_path):
    learned(tmp_path, Rosa=RED, Vera=GREEN)
    more = folder_of(tmp_path / "more", Bluma=BLUE, Rosa=YELLOW)
    family, *_ = family_to_learn(more, replace=True)
    assert forgotten(family) == ["Vera"]
    assert forgotten(family_to_learn(more, replace=False)[0]) == []
    assert train(more, quick=True, replace=True).photos == {"Bluma": 3, "Rosa": 3}
    assert family_to_learn(None, replace=False)[1] == [str(more)]


def test_nobody_is_forgotten_because_a_disk_is_gone(tmp_path):
    learned(tmp_path, Rosa=RED, Vera=GREEN)
    (tmp_path / "family").rename(tmp_path / "unplugged")
    more = folder_of(tmp_path / "more", Bluma=BLUE)
    with pytest.raises(FamilyError, match="2 people") as raised:
        train(more, quick=True)
    assert str(tmp_path / "family") in str(raised.value) and "--replace" in str(raised.value)


def test_a_model_that_was_learned_from_the_library_follows_it_too(tmp_path):
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    with Library(home()) as library:
        faces = [add(library, tagger, (10, 10, blue), blue) for blue in (250, 245, 240)]
        decision = library.decisions.confirm(faces, "Bluma")
        report = train(quick=True)
        assert report.photos == {"Rosa": 3, "Vera": 3, "Bluma": 3}
        rows = read_manifest(report.model)["exemplars"]
        assert {row["person"] for row in rows if row.get("library")} == {"Bluma"}
        library.decisions.undo(decision)
    assert set(refit().photos) == {"Rosa", "Vera"}


def test_when_every_name_is_taken_back_nobody_is_known(tmp_path):
    tagger = learned(tmp_path, Rosa=RED, Vera=GREEN)
    with Library(home()) as library:
        faces = [add(library, tagger, (10, 10, blue), blue) for blue in (250, 245, 240)]
        decision = library.decisions.confirm(faces, "Bluma")
        assert train(quick=True, replace=True).photos == {"Bluma": 3}
        library.decisions.undo(decision)
    with pytest.raises(FamilyError, match="nobody is known any more"):
        refit()
    assert current_model_dir() is None


def test_a_damaged_model_is_a_sentence(tmp_path):
    report = train(folder_of(tmp_path / "family", Rosa=RED, Vera=GREEN), quick=True)
    set_current_model(report.model)
    (report.model / "assets" / "exemplars.npz").write_bytes(b"no archive")
    with pytest.raises(Exception, match="damaged"):
        refit()
    assert json.loads((report.model / "manifest.json").read_text())["people"] == ["Rosa", "Vera"]
