"""A new model and the one in use are compared on the same faces, held out from both."""

from __future__ import annotations

import json

import numpy as np
import pytest

import training.train
from data.home import current_model_dir, home, new_model_dir
from data.library import Library
from data.recognition.identity import model_id
from model.manifest import read_manifest
from tests.stubs import ColourEmbedder, CornerDetector, put
from training.report.comparison import Outcome
from training.train import train
from ui.actions.models import comparing

# Faces are directions: those of one person are alike, and no two are the same picture. Of each the
# last is nearer to somebody else than to the person's other photos.
ROSA = [(250, 10, 10), (250, 80, 10), (250, 10, 80), (130, 250, 120)]
VERA = [(10, 250, 10), (80, 250, 10), (10, 250, 80), (120, 130, 250)]
BLUMA = [(10, 10, 250), (80, 10, 250), (10, 80, 250), (250, 120, 130)]

pytestmark = pytest.mark.usefixtures("fresh_home", "few_steps")


@pytest.fixture(autouse=True)
def colours(monkeypatch):
    """Stand-ins for the networks: a face is the picture's mean colour."""
    monkeypatch.setattr(training.train, "load_detector", lambda _: CornerDetector())
    monkeypatch.setattr(training.train, "load_embedder", lambda _: ColourEmbedder())
    # Who the odd photos are of, somebody says by the folder; nothing is to be left out.
    monkeypatch.setattr("training.dataset.selection._somebody_else", lambda *_: {})


def folder_of(folder, **people):
    for name, photos in people.items():
        for number, colour in enumerate(photos):
            put(folder / name / f"{number}.png", colour, 40 + number)
    return folder


def test_a_model_beside_itself_is_as_good_and_has_not_seen_the_photos(tmp_path):
    folder = folder_of(tmp_path / "family", Rosa=ROSA, Vera=VERA, Bluma=BLUMA)
    assert train(folder, quick=True).comparison is None, "there is none to compare with"
    former = current_model_dir()
    report = train(folder, new_model_dir(), quick=True)
    compared = report.comparison
    assert compared.former == model_id(read_manifest(former))
    assert (compared.faces, compared.strangers) == (12, 12)
    assert (compared.only_new, compared.only_old) == (0, 0)
    known = ("right", "unknown", "wrong")
    assert [getattr(compared.new, one) for one in known] == [
        getattr(compared.old, one) for one in known
    ]
    assert compared.old.right == pytest.approx(report.metrics.right, abs=1e-4)
    assert compared.old.right < 1, "of photos that it had learned from it would know everybody"
    assert compared.new.false_names == pytest.approx(report.metrics.false_names)


def test_who_is_new_is_not_compared_and_a_renamed_person_is(tmp_path):
    folder = folder_of(tmp_path / "family", Rosa=ROSA, Vera=VERA[:2])
    train(folder, quick=True)
    with Library(home()) as library:
        library.people.ensure("Vera")
        library.decisions.rename("Vera", "Verena")
    more = folder_of(tmp_path / "more", Verena=VERA[2:], Bluma=BLUMA)
    compared = train(more, new_model_dir(), quick=True).comparison
    assert compared.new_people == 4
    assert compared.faces == 8, "Vera's new photos serve both, the old ones held out"
    assert "4 faces of people" in comparing.same_photos_text(compared.to_json())


def test_what_a_fine_tuned_network_learned_from_is_not_compared(tmp_path):
    folder = folder_of(tmp_path / "family", Rosa=ROSA[:2], Vera=VERA[:2])
    train(folder, quick=True)
    file = current_model_dir() / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    manifest["networks"]["embedder"]["fine_tuned"] = "another network"
    file.write_text(json.dumps(manifest), "utf-8")
    folder_of(folder, Rosa=ROSA, Vera=VERA)
    compared = train(folder, new_model_dir(), quick=True).comparison
    assert (compared.faces, compared.learned) == (4, 4)


def test_a_model_that_sees_faces_of_another_size_is_not_compared(tmp_path, monkeypatch):
    folder = folder_of(tmp_path / "family", Rosa=ROSA, Vera=VERA)
    train(folder, quick=True)
    file = current_model_dir() / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    manifest["networks"]["embedder"]["fine_tuned"] = "another network"
    file.write_text(json.dumps(manifest), "utf-8")
    from model.inference.tagger import Tagger

    whole = Tagger.load

    def other(where):
        tagger = whole(where)
        spec = np.zeros((1, 9, 9, 3), np.float32)
        embed = type("", (), {"structured_input_signature": ((), {"chips": spec})})()
        tagger.functions = tagger.functions | {"embed_chips": embed}
        return tagger

    monkeypatch.setattr(Tagger, "load", other)
    assert train(folder, new_model_dir(), quick=True).comparison is None


def test_the_comparison_in_words_and_in_a_table(tmp_path):
    old = {"people": ["Rosa"], "measured": {"right": 0.5}}
    compared = {
        "former": model_id(old), "faces": 40, "strangers": 10,
        "new": vars(Outcome(0.95, 0.05, 0.0, 0.0)), "old": vars(Outcome(0.9, 0.05, 0.05, 0.1)),
        "only_new": 3, "only_old": 1, "new_people": 0, "learned": 0,
    }  # fmt: skip
    new = {"people": ["Rosa"], "measured": {"right": 0.8}, "compared": compared}
    said = comparing.verdict(new, old)
    assert "the same 40 faces" in said and "95.0%" in said and "90.0%" in said
    assert "3 faces only it names rightly, 1 only the model in use" in said
    rows = comparing.comparison_rows(new, old)
    assert rows[0] == {
        "On the same unseen photos": "Right name", "New model": "95.0% of 40",
        "Model in use": "90.0% of 40",
    }  # fmt: skip
    assert rows[3]["Model in use"] == "10.0% of 10"
    other = old | {"people": ["Vera"]}
    assert "same" not in comparing.verdict(new, other), "it was compared with another model"
    assert comparing.comparison_rows(new, other)[0]["New model"] == "80.0%"
