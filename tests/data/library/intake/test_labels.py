"""Names that others gave to a photo as a whole, and names on a photo that was changed since."""

from __future__ import annotations

import json

import numpy as np
import pytest

from data.library import Todo
from data.library.intake.carried_over import carry_over
from data.library.intake.labels import adopt_labels, labels_state, photos_of_notes, read_labels
from data.library.views import LibraryViews
from data.regions import Region, write_regions
from data.tags import FaceTag
from tests.colours import make_foreign
from tests.libraries import MODEL, NETWORK, add_photo, direction, face


@pytest.fixture
def library(fresh_home):
    with LibraryViews(fresh_home) as opened:
        yield opened


def beside(path, *names):
    note = path.with_name(path.name + ".supplemental-metadata.json")
    note.write_text(json.dumps({"people": [{"name": name} for name in names]}))
    return note


def names_on(library, photo) -> list[str]:
    return [name for _, name in library.records.confirmed_in(photo)]


def test_one_face_and_one_name_belong_together(library, tmp_path):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, [face(None)])
    before = labels_state(path)
    beside(path, "Max")
    assert labels_state(path) != before
    assert adopt_labels(library, path, read_labels(path)) == 1
    assert names_on(library, photo) == ["Max"] and library.records.said(photo) == []
    assert adopt_labels(library, path, read_labels(path)) == 0
    library.decisions.undo()  # what somebody took back is not said again
    assert adopt_labels(library, path, read_labels(path)) == 0 and names_on(library, photo) == []


def test_a_damaged_note_keeps_no_other_name_away(library, tmp_path):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, [face(None)])
    write_regions(path, [Region.from_pixels("Max", face(None).box, 160, 90)])
    make_foreign(path.with_name("a.jpg.xmp"))
    beside(path).write_text("{")
    labels = read_labels(path)
    assert "no JSON" in labels.error and adopt_labels(library, path, labels) == 1
    assert names_on(library, photo) == ["Max"]
    assert library.records.state(path).labels != labels.state  # and it is looked at again


@pytest.mark.parametrize(("faces", "names"), [(2, ["Max"]), (1, ["Max", "Eva"]), (0, ["Max"])])
def test_what_could_be_somebody_else_is_kept_for_a_person_to_say(library, tmp_path, faces, names):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, [face(None, 10 + 60 * i, person=i) for i in range(faces)])
    beside(path, *names)
    assert adopt_labels(library, path, read_labels(path)) == 0
    assert names_on(library, photo) == [] and library.records.said(photo) == sorted(names)


def test_a_name_that_is_confirmed_is_not_offered_any_more(library, tmp_path):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, [face(None), face(None, 70, person=1)])
    beside(path, "Max", "Eva")
    adopt_labels(library, path, read_labels(path))
    library.decisions.confirm(library.faces.of(photo)[0].id, "Eva")
    assert library.records.said(photo) == ["Max"]


def test_whose_note_a_file_is(tmp_path):
    for name in ("a.jpg", "b.jpg", "a.png"):
        (tmp_path / name).write_bytes(b"any")
    note = beside(tmp_path / "a.jpg", "Max")
    assert photos_of_notes(str(note)) == [str(tmp_path / "a.jpg")]


# ---- a changed photo


def turned(box, way):
    """A box in a picture of 160 x 90 pixels, in the same one turned by quarter turns clockwise."""
    x0, y0, x1, y1 = box
    return {1: (90 - y1, x0, 90 - y0, x1), 2: (160 - x1, 90 - y1, 160 - x0, 90 - y0)}[way]


def changed(library, path, faces, size) -> int:
    """The file at the path, with other bytes, faces and size; returns the new photo's number."""
    path.write_bytes(path.read_bytes() + b"changed")
    status = path.stat()
    return library.photos.record(
        Todo(str(path), status.st_size, status.st_mtime_ns), bytes(32),
        width=size[0], height=size[1], taken=None, network=NETWORK, faces=faces, model=MODEL,
    )  # fmt: skip


def moved(tag: FaceTag, box) -> FaceTag:
    return FaceTag(None, 0.0, np.float32(box), tag.landmarks, tag.score, tag.embedding)


@pytest.mark.parametrize("way", [1, 2])
def test_names_stay_on_the_faces_of_a_photo_that_was_turned(library, tmp_path, way):
    path, pair = tmp_path / "a.jpg", [face(None), face(None, 100, person=1)]
    former = add_photo(library, path, pair)
    anne, other = library.faces.of(former)
    library.decisions.confirm(anne.id, "Anne")
    library.decisions.ignore(other.id)
    size = (90, 160) if way == 1 else (160, 90)
    photo = changed(library, path, [moved(f, turned(f.box, way)) for f in pair[::-1]], size)
    assert photo != former and carry_over(library, former, photo) == []
    now = {tuple(f.box): f for f in library.faces.of(photo)}
    (named,) = library.records.confirmed_in(photo)
    assert named == (now[tuple(turned(pair[0].box, way))].id, "Anne")
    assert now[tuple(turned(pair[1].box, way))].ignored
    assert carry_over(library, former, photo) == []  # and nothing is decided twice
    assert len(library.decisions.history()) == 4


def test_a_crop_keeps_who_is_in_it_and_says_who_is_not(library, tmp_path):
    path, pair = tmp_path / "a.jpg", [face(None), face(None, 100, person=1)]
    former = add_photo(library, path, pair)
    for name, found in zip(("Anne", "Paul"), library.faces.of(former), strict=True):
        library.decisions.confirm(found.id, name)
    photo = changed(library, path, [moved(pair[1], (20, 10, 60, 50))], (80, 90))
    assert carry_over(library, former, photo) == ["Anne"]
    assert names_on(library, photo) == ["Paul"]


def test_another_photo_of_the_same_person_gets_no_name_that_way(library, tmp_path):
    path = tmp_path / "a.jpg"
    former = add_photo(library, path, [face(None)])
    library.decisions.confirm(library.faces.of(former)[0].id, "Anne")
    other = FaceTag(None, 0.0, np.float32([50, 30, 70, 50]), np.zeros((5, 2)), 0.9, direction(0, 5))
    photo = changed(library, path, [other], (160, 90))
    assert carry_over(library, former, photo) == ["Anne"] and names_on(library, photo) == []
