"""Another embedder than before: every decision survives, and teaches by its new vector."""

from __future__ import annotations

import numpy as np
import pytest

from data.library import Library, Todo
from data.tags import FaceTag
from tests.data.library.recognition.test_recognition import POINTS, add, look, named

BEFORE, AFTER = "kindred+resnet29:old", "kindred+likeness:new"


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "home") as opened:
        yield opened


def look_again(library: Library, photo: int, people: list[int]) -> None:
    """What `tag` does with a photo: the same boxes, other vectors, of another length."""
    faces = [face for face in library.faces.of(photo) if not face.by_hand]
    path, none = library.home / f"{photo}.jpg", np.zeros(64, np.float32)
    found = [
        FaceTag(
            None, 0.9, face.box, POINTS, face.score, np.r_[look(who, 1000 + photo, 0.4), none], 0.9
        )
        for face, who in zip(faces, people, strict=True)
    ]
    library.photos.record(
        Todo(str(path), 0, path.stat().st_mtime_ns),
        photo.to_bytes(32, "big"),
        width=1000,
        height=100,
        taken=None,
        network=AFTER,
        faces=found,
        model="untrained",
    )


def test_decisions_survive_another_network_and_teach_in_it(library):
    photos = {
        number: people
        for number, people in enumerate(([0, 1], [0], [0], [1], [1], [0, 2], [1], [3]), start=1)
    }
    faces = {n: add(library, people, network=BEFORE) for n, people in photos.items()}
    library.decisions.confirm([faces[1][0], faces[2][0], faces[3][0]], "Anne")
    library.decisions.confirm([faces[1][1], faces[4][0]], "Bo")
    library.decisions.reject(faces[5][0], "Bo")
    library.decisions.ignore(faces[8][0])
    drawn = library.photos.add_face(2, (500, 10, 560, 70))
    library.decisions.confirm(drawn, "Cleo")
    decided = {face: name for face, (name, sure) in named(library).items() if sure}
    assert library.photos.made_by_others(AFTER) == 8 and library.photos.made_by_others(BEFORE) == 0

    for number in (1, 2, 3, 4):  # some photos are looked at, the others wait
        look_again(library, number, photos[number])
    assert library.photos.made_by_others(AFTER) == 4
    found = named(library)
    assert {face: name for face, (name, sure) in found.items() if sure} == decided
    assert [face.id for face in library.faces.of(1)] == faces[1]

    for number in (5, 6, 7, 8):
        look_again(library, number, photos[number])
    library.recognition.catch_up()  # as every run of `tag` does at its end
    found = named(library)
    assert {face: name for face, (name, sure) in found.items() if sure} == decided
    # Nobody says so of these: the vectors of the new network, compared with those of the named.
    assert found[faces[6][0]] == ("Anne", False) and found[faces[7][0]] == ("Bo", False)
    assert faces[5][0] not in found and faces[8][0] not in found  # rejected, ignored
    assert {face.network for n in photos for face in library.faces.of(n) if not face.by_hand} == {
        AFTER
    }
    assert library.photos.made_by_others(AFTER) == 0
    library.decisions.undo()  # the last decision, about a face drawn before the change
    assert drawn not in named(library)
