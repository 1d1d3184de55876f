"""What is learned from: folders of strangers, folders in folders, one photo in two folders."""

from __future__ import annotations

import os

import numpy as np
import pytest

from data.errors import FamilyError
from data.family import read_family, read_strangers
from model.zoo.catalogue import RESNET29
from tests.stubs import ColourEmbedder, CornerDetector, put
from training.dataset.face_finder import FaceFinder
from training.dataset.training_set import prepare, vectors_of

RED, GREEN, GREY = (250, 10, 10), (10, 250, 10), (120, 120, 130)


@pytest.fixture
def family(tmp_path):
    folder = tmp_path / "family"
    for i in range(2):
        put(folder / "Rosa" / f"{i}.png", RED, 40 + i)
        put(folder / "Grün" / f"{i}.png", GREEN, 40 + i)
    return folder


def training_set_of(family, strangers=None):
    finder = FaceFinder(CornerDetector(), ColourEmbedder(), 0.8)
    return prepare(finder, read_family(family), RESNET29, strangers)


def test_strangers_come_from_their_folder_at_any_depth(family, tmp_path):
    put(tmp_path / "others" / "a.png", GREY)
    put(tmp_path / "others" / "deeper" / "b.png", GREY, 44)
    put(tmp_path / "others" / "copy of a.png", GREY)
    training_set = training_set_of(family, tmp_path / "others")
    assert len(training_set.strangers) == 2 and training_set.left_out == []
    assert vectors_of(training_set.strangers, 3).shape == (2, 3)
    assert vectors_of([], 3).shape == (0, 3)


def test_useless_photos_of_strangers_are_named(family, tmp_path):
    others = tmp_path / "others"
    put(others / "a.png", GREY)
    put(others / "tiny.png", GREY, 9)
    put(others / "Rosa.png", RED, 40)  # the very file of the family
    (others / "bad.jpg").write_bytes(b"bad")
    training_set = training_set_of(family, others)
    reasons = {os.path.basename(x.path): x.reason for x in training_set.left_out}
    assert len(training_set.strangers) == 1
    assert reasons.pop("bad.jpg").startswith("it cannot be read: ")
    assert reasons == {
        "tiny.png": "no face was found in it",
        "Rosa.png": "it is one of the family's photos, too, and its faces are no strangers",
    }
    assert {x.person for x in training_set.left_out} == {""}


def test_a_folder_of_strangers_without_any_is_refused(family, tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path / "faceless" / "a.png", GREY, 9)
    (tmp_path / "file.png").write_bytes(b"")
    for name, words in {
        "gone": "there is no such folder of strangers",
        "file.png": "there is no such folder of strangers",
        "empty": "there is no photo in the folder of strangers",
        "faceless": "no face in the folder of strangers .*: no face was found in it",
        "family": "no face in the folder of strangers .*one of the family's photos",
    }.items():
        with pytest.raises(FamilyError, match=words) as caught:
            training_set_of(family, tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert "Name a folder with photos of people who are not" in caught.value.remedy


def test_a_folder_of_strangers_that_may_not_be_opened_is_named(family, tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()

    def walk(folder, onerror, followlinks):
        onerror(PermissionError(13, "Permission denied", os.fspath(folder)))
        return iter(())

    monkeypatch.setattr(os, "walk", walk)
    with pytest.raises(FamilyError, match="cannot be read") as caught:
        read_strangers(tmp_path / "locked")
    assert "Permission denied" in str(caught.value) and "may open it" in caught.value.remedy


def test_photos_in_folders_of_a_persons_folder_are_of_that_person(family):
    put(family / "Rosa" / "2019" / "summer" / "c.png", RED, 50)
    training_set = training_set_of(family)
    assert [e.person for e in training_set.examples].count("Rosa") == 3
    assert training_set.people == ("Grün", "Rosa")
    assert np.bincount(training_set.owners).tolist() == [2, 3]
