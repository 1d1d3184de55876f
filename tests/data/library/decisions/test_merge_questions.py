"""Who may be one person under two names, what is known of people, and who is with whom."""

import pytest

from data.errors import LibraryError
from data.library.decisions.merge_questions import merge_questions
from data.library.views import LibraryViews
from tests.libraries import MODEL, add_photo, direction, face

NETWORK = "kindred+resnet29:1"  # one whose space is known


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.libraries.NETWORK", NETWORK)
    with LibraryViews(tmp_path / "home") as library:
        yield library


def named(library, name, *, person, count, with_=()):
    """Photos of somebody, all confirmed; returns the faces."""
    found = []
    for number in range(count):
        others = [face(None, 80, person=other, number=number) for other in with_]
        path = library.home / "photos" / f"{name} {number}.jpg"
        photo = add_photo(library, path, [face(None, person=person, number=number), *others], 2000)
        faces = sorted(library.faces.of(photo), key=lambda one: one.box[0])
        library.decisions.confirm(faces[0].id, name)
        found += [one.id for one in faces]
    return found


def asked(library):
    found = merge_questions(library, library.people.list(with_ignored=True))
    return [(q.kept.name, q.other.name, q.by_name) for q in found]


def test_near_names_and_alike_faces_are_asked_about_and_the_better_known_name_is_kept(library):
    named(library, "Roger", person=0, count=3)
    named(library, "Rodger", person=1, count=2)
    named(library, "Mum", person=2, count=2)
    named(library, "Anne Miller", person=2, count=4)
    named(library, "Somebody else", person=4, count=2)
    assert asked(library) == [("Anne Miller", "Mum", False), ("Roger", "Rodger", True)]


def test_people_on_one_photo_or_said_to_be_two_are_not_asked_about(library):
    faces = named(library, "Roger", person=0, count=2, with_=[1])
    library.decisions.confirm(faces[1], "Rodger")
    assert asked(library) == []
    named(library, "Ann", person=2, count=1)
    named(library, "Ann Lee", person=3, count=1)
    assert len(asked(library)) == 1
    library.decisions.keep_apart("Ann", "Ann Lee")
    assert asked(library) == []
    library.decisions.undo()
    assert len(asked(library)) == 1
    with pytest.raises(LibraryError):
        library.decisions.keep_apart("Ann", "Ann")


def test_birth_and_portrait_are_decisions_and_leave_with_the_person(library):
    faces = named(library, "Anne", person=0, count=3)
    other = named(library, "Bo", person=1, count=1)
    assert library.people.get("Anne").born is None
    library.decisions.describe("Anne", born="1951-08")
    library.decisions.describe("Anne", key_face=faces[2])
    anne = library.people.get("Anne")
    assert (anne.born, anne.key_face) == ("1951-08", faces[2])
    for wrong in ({"born": "July"}, {"key_face": other[0]}):
        with pytest.raises(LibraryError):
            library.decisions.describe("Anne", **wrong)
    library.decisions.reject(faces[2], "Anne")
    assert library.people.get("Anne").key_face in faces[:2]
    library.decisions.undo()
    library.decisions.undo()
    assert library.people.get("Anne").born == "1951-08"
    library.decisions.describe("Anne", born="")
    assert library.people.get("Anne").born is None
    library.decisions.undo()
    library.decisions.keep_apart("Anne", "Bo")
    library.forget("Anne")
    text = b"".join(file.read_bytes() for file in library.home.glob("library.sqlite*"))
    assert b"1951-08" not in text and library.people.kept_apart() == set()


def test_who_is_with_whom(library):
    faces = named(library, "Anne", person=0, count=3, with_=[1])
    library.decisions.confirm(faces[1], "Bo")
    library.decisions.confirm(faces[3], "Bo")
    library.decisions.confirm(faces[5], "Cléo")
    anne, bo, cleo = (library.people.find(name) for name in ("Anne", "Bo", "Cléo"))
    assert library.people.together("Bo") == [(bo, anne, 2)]
    assert library.people.together() == [(anne, bo, 2), (anne, cleo, 1)]
    library.decisions.ignore_person("Bo")
    assert library.people.together("Anne") == [(anne, cleo, 1)]


def test_the_made_up_faces_are_as_these_tests_need_them():
    assert direction(2, 0) @ direction(2, 3) > 0.8 > direction(2, 0) @ direction(4, 0)
    assert MODEL
