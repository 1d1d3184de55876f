"""Another model names stored embeddings exactly as it would name the photos themselves."""

from __future__ import annotations

import os

import numpy as np
import pytest

from data.library import Library
from data.library.intake.album import Album
from data.tags import FaceTag
from model.zoo.catalogue import MTCNN, RESNET29
from tests.colours import tag
from tests.data.library.samples import add_photo
from tests.pictures import encoded
from tests.stubs import couple_graph
from training.export import export

# Cosines .95 and .9 with Red: each would be Red alone, and together only the first is.
RED, REDDISH, GREEN, BLUE = (240, 79, 0), (230, 111, 0), (0, 250, 0), (0, 0, 250)
COUPLES = {
    "rivals": (REDDISH, RED),
    "mirror": ((250, 0, 0), (250, 1, 0)),  # so much alike that both are Red
    "others": (GREEN, BLUE),
    "alone": (REDDISH, BLUE),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("couples")
    training = {"training": {"photos": {}}, "measured": {}}
    for name, people in (("old", ("Rouge",)), ("new", ("Red", "Grün", "蓝"))):
        export(couple_graph(people), folder / name, networks=(MTCNN, RESNET29), training=training)
    return folder


def test_the_faces_of_a_photo_compete_as_in_a_fresh_tagging(models, tmp_path, monkeypatch):
    photos, out = tmp_path / "photos", tmp_path / "out.jsonl"
    photos.mkdir()
    for name, colours in COUPLES.items():
        picture = np.repeat(np.uint8([colours]), 20, axis=1).repeat(30, axis=0)
        (photos / f"{name}.png").write_bytes(encoded(picture))

    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "fresh"))
    fresh = tag(photos, "--model", models / "new", out=out)
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "again"))
    tag(photos, "--model", models / "old", out=out)
    # Photos are not looked at any more.
    monkeypatch.setattr("data.library.intake.prefetch.read_reduced", None)
    assert tag(photos, "--model", models / "new", out=out) == fresh
    called = {
        os.path.basename(photo): [face["name"] for face in record["faces"]]
        for photo, record in fresh.items()
    }
    assert called == {
        "rivals.png": [None, "Red"],
        "mirror.png": ["Red", "Red"],
        "others.png": ["Grün", "蓝"],
        "alone.png": ["Red", "蓝"],
    }


def test_faces_that_other_networks_made_are_not_asked_about(tmp_path):
    """A confirmed face that the present networks do not find: its embedding is of another space."""
    with Library(tmp_path / "home") as library:

        def face(left: float, dimensions: int) -> FaceTag:
            box = np.float32([left, 10, left + 40, 60])
            vector = np.eye(dimensions, dtype=np.float32)[0]
            return FaceTag("Anne", 0.8, box, np.zeros((5, 2)), 0.9, vector)

        photo = add_photo(library, tmp_path / "a.jpg", [face(0, 4), face(100, 4)], network="old")
        library.decisions.confirm(library.faces.of(photo)[0].id, "Ruth")
        add_photo(library, tmp_path / "a.jpg", [face(100, 6)], network="new")
        asked = []

        def name(embeddings: np.ndarray) -> list:
            asked.append(embeddings.shape)
            return [("Bea", 0.9)] * len(embeddings)

        Album(library, "new", "model-2").name_again([photo], name, lambda _: None)
        assert asked == [(1, 6)]
        found = library.records.tags(tmp_path / "a.jpg").faces
        assert [face.name for face in found] == ["Ruth", "Bea"]
