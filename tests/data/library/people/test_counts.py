"""`people` and `find` agree on every count, whatever is decided, tagged, deleted or moved."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import LibraryError
from data.library import content_of
from data.library.people.people import PersonSummary
from data.library.views import LibraryViews
from data.tags import FaceTag
from tests.made_faces import NETWORK, look

NAMES = ("Anne", "Bob", "Cindy", "Dora", "Zoë", "Zoe\u0308")
FILES = tuple(f"{folder}/{number}.jpg" for folder in ("one", "two") for number in range(3))
# Pictures by content: the people in each, with what a model calls them, and the year.
PICTURES = {
    b"both": (((0, "Anne"), (1, "Bob")), 2018),
    b"anne": (((0, "Anne"),), 2019),
    b"strangers": (((2, None), (3, "Cindy")), None),
    b"unknown anne": (((0, None),), 2020),
    b"nobody": ((), 2021),
}


def tag(library: LibraryViews, file: Path, model: str = "model-1", names=str) -> None:
    """Tags a file as the pipeline would."""
    (todo,) = library.photos.todo([file], NETWORK, retry_failed=True)
    content = file.read_bytes()
    if library.photos.known(todo, content_of(content), NETWORK) is not None:
        return
    people, year = PICTURES[content]
    points, quality = np.zeros((5, 2), np.float32), 0.9
    faces = [
        FaceTag(
            name and names(name), 0.8, np.float32([100 * place, 0, 100 * place + 60, 60]),
            points, 0.9, look(person, len(content)), quality,
        )
        for place, (person, name) in enumerate(people)
    ]  # fmt: skip
    taken = year and datetime(year, 1, 1)
    library.photos.record(
        todo, content_of(content), width=640, height=80, taken=taken,
        network=NETWORK, faces=faces, model=model,
    )  # fmt: skip


class World:
    """A library, its files, and everything that can happen to both."""

    def __init__(self, home: Path):
        self.library, self.home = LibraryViews(home / "home"), home
        for file, content in zip(FILES, PICTURES, strict=False):
            self.put(file, content)

    def put(self, file: str, content: bytes) -> None:
        path = self.home / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        os.utime(path, ns=(0, 10**9 * len(content)))
        if list(self.library.photos.todo([path], NETWORK)):
            tag(self.library, path)

    def delete(self, file: str) -> None:
        (self.home / file).unlink(missing_ok=True)
        self.sweep()

    def move(self, file: str, other: str) -> None:
        path = self.home / other
        if (self.home / file).exists() and not path.exists():
            path.parent.mkdir(exist_ok=True)
            shutil.move(self.home / file, path)
            tag(self.library, path)
            self.sweep()

    def sweep(self) -> None:
        self.library.photos.sweep(self.home)

    def again(self, place: str) -> None:
        self.library.folders.look_again([self.home / place])
        for file in FILES:
            if (path := self.home / file).exists() and self.library.photos.photo_of(path):
                for _ in self.library.photos.todo([path], NETWORK):
                    tag(self.library, path)

    def remove(self, place: str) -> None:
        self.library.remove([self.home / place])

    def rename_by_model(self, model: str, name: str) -> None:
        """Another model takes everybody for one person, or knows nobody."""
        for entry in self.library.entries():
            faces = self.library.faces.of(entry.photo)
            answers = {face.id: (name or None, 0.7) for face in faces if len(face.embedding)}
            self.library.photos.name_again(entry.photo, model, answers)

    def draw(self, file: str, left: int) -> None:
        photo = self.library.photos.photo_of(self.home / file)
        if photo is not None:
            self.library.photos.add_face(photo, (left, 10, left + 20, 40))

    def decide(self, kind: str, *arguments) -> None:
        getattr(self.library.decisions, kind)(*arguments)

    def forget(self, person) -> None:
        self.library.forget(person)


_FACES = st.lists(st.integers(1, 9), min_size=1, max_size=3)
_NAME = st.sampled_from(NAMES)
_PERSON = _NAME | st.integers(1, 6)
_FILE = st.sampled_from(FILES)
_PLACE = _FILE | st.sampled_from(["one", "two", "."])


def _decision(*parts):
    return st.tuples(st.just("decide"), *parts)


STEP = st.one_of(
    _decision(st.just("confirm"), _FACES, _PERSON),
    _decision(st.just("reject"), _FACES, _PERSON),
    _decision(st.just("ignore"), _FACES, st.booleans()),
    _decision(st.just("ignore_person"), _PERSON, st.booleans()),
    _decision(st.just("rename"), _PERSON, _NAME),
    _decision(st.just("merge"), st.lists(_PERSON, min_size=2, max_size=3)),
    _decision(st.just("split"), _PERSON, _FACES),
    _decision(st.sampled_from(["undo", "redo"])),
    st.tuples(st.just("put"), _FILE, st.sampled_from(list(PICTURES))),
    st.tuples(st.just("delete"), _FILE),
    st.tuples(st.just("move"), _FILE, _FILE),
    st.tuples(st.sampled_from(["remove", "again"]), _PLACE),
    st.tuples(st.just("rename_by_model"), st.sampled_from(["m2", "m3"]), _NAME | st.just("")),
    st.tuples(st.just("draw"), _FILE, st.integers(0, 500)),
    st.tuples(st.just("forget"), _PERSON),
)


def check(library: LibraryViews) -> None:
    """Everything that counts anybody or anything says the same."""
    entries, everything = library.entries(), library.find()
    photo_of = {entry.path: entry.photo for entry in entries}
    there = set(photo_of.values())
    on_walls = defaultdict(set)
    for entry in entries:
        for name in entry.names:
            on_walls[name].add(entry.photo)
        tags = library.records.tags(entry.path)
        ignored = [face.ignored for face in library.faces.of(entry.photo)]
        shown = [face.name for face, gone in zip(tags.faces, ignored, strict=True) if not gone]
        assert {name for name in shown if name} == set(entry.names)
        assert shown.count(None) == entry.unknown
    people = library.people.list(with_ignored=True)
    listed = [person for person in people if not person.ignored]
    assert library.people.list() == listed
    for everybody, ignored in ((people, True), (listed, False)):
        names = library.people.names(with_ignored=ignored)
        assert sorted(names) == sorted(person.name for person in everybody)
    assert library.people.called(one.id for one in people) == {one.id: one.name for one in people}
    assert {name for name, photos in on_walls.items() if photos} <= {one.name for one in people}
    for person in people:
        check_person(library, person, photo_of, on_walls[person.name])
    counts = library.counts()
    assert counts.photos == len(everything) == len(there)
    assert counts.people == len(people)
    assert counts.confirmed == sum(person.confirmed for person in people)
    assert counts.suggested + counts.confirmed == sum(
        face_is_there(library, face) for person in people
        for face, *_ in library.people.faces(person.id)
    )  # fmt: skip


def face_is_there(library: LibraryViews, face: int) -> bool:
    return bool(library.photos.paths(library.faces.get(face).photo))


def check_person(
    library: LibraryViews, person: PersonSummary, photo_of: dict, on_walls: set
) -> None:
    found = {photo_of[str(path)] for path in library.find([person.id])}
    confirmed = {photo_of[str(path)] for path in library.find([person.name], confirmed=True)}
    assert found == {photo_of[str(path)] for path in library.find([person.name])} == on_walls
    assert person == library.people.get(person.id) == library.people.get(person.name)
    assert person.photos == len(found)
    faces = [
        (face, sure) for face, sure, _ in library.people.faces(person.id)
        if face_is_there(library, face)
    ]  # fmt: skip
    assert {library.faces.get(face).photo for face, _ in faces} == found
    assert person.confirmed == sum(sure for _, sure in faces)
    assert {library.faces.get(face).photo for face, sure in faces if sure} == confirmed
    assert (person.key_face in {face for face, _ in faces}) == bool(found)
    without = {photo_of[str(path)] for path in library.find(without=[person.id])}
    assert without == set(photo_of.values()) - found
    dates = sorted(
        entry.taken for entry in library.entries() if entry.photo in found and entry.taken
    )
    assert (person.first, person.last) == ((dates[0], dates[-1]) if dates else (None, None))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEP, max_size=12))
@example([("decide", "confirm", [1], "Dora"), ("delete", FILES[0]), ("decide", "undo")])
@example([("decide", "confirm", [1, 3], "Dora"), ("remove", "one"), ("put", FILES[1], b"both")])
@example([("decide", "merge", ["Anne", "Bob"]), ("rename_by_model", "m2", "Bob"), ("again", ".")])
def test_people_and_find_agree_at_every_moment(steps):
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        with world.library:
            check(world.library)
            for step, *arguments in steps:
                try:
                    getattr(world, step)(*arguments)
                except LibraryError:
                    continue  # it cannot be done, and nothing was
                check(world.library)
