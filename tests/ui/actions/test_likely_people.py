"""The people in the photos that were dropped: put together, and named with one answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.library.views import LibraryViews
from tests.made_faces import NETWORK, look, record
from tests.pictures import encoded
from tests.ui.pages.test_names_teach import uploaded
from ui.actions.uploads.likely_people import face_numbers, likely_people
from ui.actions.uploads.tagging import from_library


@pytest.fixture
def library(tmp_path):
    with LibraryViews(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def photos():
    """Anne (0) on four photos, Bo (1) on two of them, a stranger (2) on one."""
    people = {"a": (0, 1), "b": (1, 0), "c": (0,), "d": (2, 0)}
    return {
        (name, f"{name}.jpg"): uploaded(
            *(look(person, seed) for person in there), name=f"{name}.jpg"
        )
        for seed, (name, there) in enumerate(people.items())
    }


def places(person):
    return {(key[0], place) for key, place in person.faces}


def test_faces_of_one_person_are_asked_about_once_the_most_frequent_first(photos):
    anne, bo, stranger = likely_people(photos, NETWORK)
    assert places(anne) == {("a", 0), ("b", 1), ("c", 0), ("d", 1)} and anne.name is None
    assert places(bo) == {("a", 1), ("b", 0)} and places(stranger) == {("d", 0)}


@pytest.mark.parametrize("clear", ["e", "f"])
def test_of_two_who_are_seen_as_often_the_clearer_one_comes_first(clear):
    strangers = {
        (name, f"{name}.jpg"): uploaded(look(number, number), name=f"{name}.jpg")
        for number, name in enumerate("ef")
    }
    for key, photo in strangers.items():
        (face,) = photo.tags.faces
        face = replace(face, quality=0.9 if key[0] == clear else 0.4)
        strangers[key] = replace(photo, tags=replace(photo.tags, faces=(face,)))
    assert places(likely_people(strangers, NETWORK)[0]) == {(clear, 0)}


def test_faces_that_may_be_somebody_come_first_with_the_name(photos):
    key = ("c", "c.jpg")
    photos[key] = replace(photos[key], questions={0: "Anne"})
    first = likely_people(photos, NETWORK)[0]
    assert (first.name, places(first)) == ("Anne", {("c", 0)})


def test_named_and_unclear_faces_are_not_asked_about(photos):
    for key, photo in photos.items():
        faces = [replace(face, quality=0.05) for face in photo.tags.faces]
        faces[0] = replace(faces[0], quality=0.9, name="Anne")
        photos[key] = replace(photo, tags=replace(photo.tags, faces=tuple(faces)))
    assert likely_people(photos, NETWORK) == []


def test_one_answer_names_the_faces_whatever_their_order_in_the_library(library, photos):
    kept = {}

    def keep(key):
        if key not in kept:
            tags = photos[key].tags
            path = library.home / tags.photo
            path.touch()
            # Best last: the library has them the other way round.
            faces = [
                replace(face, score=0.5 + 0.1 * place) for place, face in enumerate(tags.faces)
            ]
            kept[key] = record(library, path, faces, len(kept), width=400)
        return kept[key]

    anne = likely_people(photos, NETWORK)[0]
    numbers = face_numbers(anne, photos, library, keep)
    assert len(numbers) == 4 and set(kept) == {key for key, _ in anne.faces}
    library.decisions.confirm(numbers, "Anne")
    for (key, place), number in zip(anne.faces, numbers, strict=True):
        assert (library.faces.get(number).box == photos[key].tags.faces[place].box).all()
    content = encoded(np.zeros((100, 400, 3), np.uint8))
    again = {
        key: from_library(replace(photo, photo=kept.get(key)), content, library, NETWORK)
        for key, photo in photos.items()
    }
    assert [person.name for person in likely_people(again, NETWORK)] == [None, None]
