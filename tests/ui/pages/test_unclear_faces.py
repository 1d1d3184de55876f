"""Unclear faces: kept and shown like any other, but nobody is asked who they are."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from data.library import Library
from data.library.decisions import review_queue as reviewing
from data.library.storage import database, schema
from data.library.storage.database import open_database
from data.library.views import LibraryViews
from data.media.quality import UNCLEAR
from tests.app_pages import app_page, button, html
from tests.data.media.test_quality import FRONTAL
from tests.libraries import MODEL, NETWORK, add_photo, face, small_library

BELOW = UNCLEAR - 0.01


@pytest.fixture
def home(fresh_home):
    """The small library, and two photos that show an unclear Anne and an unclear stranger."""
    small_library(fresh_home)
    with LibraryViews(fresh_home) as library:
        for i in range(2):
            faces = [
                face("Anne", number=10 + i, quality=BELOW),
                face(None, 60, person=2, number=10 + i, quality=BELOW / 2),
            ]
            add_photo(library, fresh_home / "trip" / f"unclear {i}.jpg", faces)
        library.groups.update(NETWORK, max_distance=0.9)
    return fresh_home


@pytest.fixture
def library(home):
    with LibraryViews(home) as library:
        yield library


def unclear_photo(library) -> int:
    return library.photos.photo_of(library.home / "trip" / "unclear 0.jpg")


def asked_about(library) -> set[int]:
    return {face for question in reviewing.questions(library) for face in question.faces}


def test_the_library_keeps_the_quality(library, tmp_path):
    photo = unclear_photo(library)
    found = library.faces.of(photo)
    assert [f.quality for f in found] == pytest.approx([BELOW, BELOW / 2])
    tags = library.records.tags(library.photos.paths(photo)[0])
    assert [f.quality for f in tags.faces] == pytest.approx([BELOW, BELOW / 2])
    assert all("quality" not in record for record in tags.to_json()["faces"])
    number = library.photos.photo_of(library.home / "trip" / "anne 0.jpg")
    assert {f.quality for f in library.faces.of(number)} == {None}


def test_looking_again_measures_again(library):
    photo, path = unclear_photo(library), library.home / "trip" / "unclear 0.jpg"
    (todo,) = library.photos.todo([path], "another network")
    again = [replace(f, quality=0.8) for f in library.records.tags(path).faces]
    again = library.photos.record(
        todo,
        b"of a changed file",
        width=160,
        height=90,
        taken=None,
        network=NETWORK,
        faces=again,
        model=MODEL,
    )
    assert again == photo and [f.quality for f in library.faces.of(photo)] == [0.8, 0.8]
    assert len(library.faces.unclear()) == 2


def test_nobody_is_asked_about_them(library):
    unclear = library.faces.unclear()
    worth = [library.faces.get(number).quality for number in unclear]
    assert worth == pytest.approx([BELOW, BELOW, BELOW / 2, BELOW / 2])  # the clearest first
    assert not asked_about(library) & set(unclear)
    assert {len(q.faces) for q in reviewing.questions(library)} == {6, 3}
    assert reviewing.progress(library) == (0, 12)
    # They are in the photo all the same, with the name that the model gave.
    names = [f.name for f in library.shown(unclear_photo(library)).tags.faces]
    assert names == ["Anne", None]
    assert len(library.find(["Anne"])) == 8


def test_a_group_of_before_leaves_them_out(library):
    """Their places in a group are kept, for when other networks see them better."""
    group = library.groups.list()[0]
    member = group.faces[0]
    library.db.execute("UPDATE faces SET quality = ? WHERE id = ?", (BELOW, member))
    assert member not in library.groups.faces(group.id)
    assert member not in library.groups.list()[0].faces
    library.db.execute("UPDATE faces SET quality = ? WHERE id = ?", (UNCLEAR, member))
    assert member in library.groups.list()[0].faces


def test_what_somebody_named_or_drew_is_not_hidden(library):
    photo = unclear_photo(library)
    anne, stranger = (f.id for f in library.faces.of(photo))
    library.decisions.confirm(stranger, "Cléo")
    library.decisions.confirm(anne, "Anne")
    assert not {anne, stranger} & set(library.faces.unclear())
    assert library.people.get("Cléo").confirmed == 1
    drawn = library.photos.add_looked_at(
        photo, face("Anne", 110, number=20, quality=BELOW), NETWORK, MODEL
    )
    assert drawn not in library.faces.unclear() and drawn in asked_about(library)


def test_left_out_and_forgotten_faces_are_not_offered(library):
    first, *_, last = library.faces.unclear()
    library.decisions.ignore(last)
    library.forget("Anne")
    assert {first, last}.isdisjoint(library.faces.unclear())


def test_the_page_says_how_many_and_shows_them(home, library):
    app = app_page("review").run()
    assert not app.exception and any("4 unclear faces" in c.value for c in app.caption)
    assert html(app).count('aria-pressed="true"') == 6
    app = button(app, "Show").click().run()
    assert not app.exception and app.title[0].value == "Unclear faces"
    assert html(app).count('aria-pressed="false"') == 4
    assert button(app, "Name 0 faces").disabled and button(app, "Nobody to name").disabled
    app = button(app, "Back to the questions").click().run()
    assert app.title[0].value == "Is this Anne?"


def test_the_last_one_and_none(home, library):
    first, *others = library.faces.unclear()
    library.decisions.ignore(others)
    app = app_page("review").run()
    assert any("1 unclear face is" in c.value for c in app.caption)
    app = button(app, "Show").click().run()
    library.decisions.confirm(first, "Anne")
    app.run()
    assert not app.exception and any("none any more" in c.value for c in app.caption)
    app = button(app, "Back to the questions").click().run()
    assert not any("unclear" in c.value for c in app.caption)


def test_a_library_of_before_opens_and_knows_size_and_pose(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", {1: schema.MIGRATIONS[1]})
        db = open_database(tmp_path / "library.sqlite")
    db.execute("INSERT INTO photos VALUES (1, 640, 480, NULL, 'net', NULL)")
    points = struct.pack("<10f", *FRONTAL.ravel())
    wrong = struct.pack("<10f", *(-FRONTAL).ravel())
    rows = [(40, points, 0), (12, points, 0), (40, wrong, 0), (12, points, 1), (40, None, 0)]
    for number, (side, landmarks, by_hand) in enumerate(rows, 1):
        db.execute(
            "INSERT INTO faces (id, photo, x0, y0, x1, y1, landmarks, score, network, by_hand)"
            " VALUES (?, 1, 10, 10, ?, 90, ?, 0.9, 'net', ?)",
            (number, 10 + side, landmarks, by_hand),
        )
    db.close()
    with Library(tmp_path) as library:
        found = [library.faces.get(number).quality for number in range(1, 6)]
        assert found[:2] == pytest.approx([0.4, 0.12])
        # Turned by half a circle: with the eyes levelled the mouth is below them.
        assert found[2:] == [pytest.approx(0.4), None, None]
        assert library.faces.unclear() == [2]
        library.decisions.confirm(2, "Anne")
        assert library.faces.unclear() == []
