"""A new user's way: drop thirty photos, name three people, drop ten more, and find their names."""

from __future__ import annotations

import re

import numpy as np
import pytest

from data.home import home
from data.library.views import LibraryViews
from data.tags import FaceTag, PhotoTags
from tests.app_pages import html
from tests.made_faces import NETWORK, POINTS, look
from tests.pictures import encoded, four_corners
from tests.ui.pages.test_app import ready, tag_page, upload
from ui.actions.library.deciding import face_keys
from ui.actions.uploads.dropped import slug
from ui.components.people.people_in_uploads import act_on_person
from ui.components.photos.dropped_photos import act_on_photo


class Seer:
    """Sees the people whose numbers are in a photo's name: "0-1 7.jpg" shows 0 and 1."""

    network, model, people, manifest = NETWORK, "untrained", (), {}

    def __init__(self):
        self.asked = []

    def prepare(self):
        """It is ready."""

    def tag(self, image, *, name):
        self.asked.append(name)
        people, number = re.findall(r"[\d-]+", name)[:2] or ("", 0)
        faces = tuple(
            FaceTag(
                None,
                0.9,
                np.array([20 * place, 0, 20 * place + 16, 16], np.float32),
                POINTS,
                0.9 - 0.1 * place,
                look(int(person), int(number)),
                0.9,
            )
            for place, person in enumerate(people.split("-"))
        )
        return PhotoTags(name, image.shape[1], image.shape[0], faces)


def photo(people: str, number: int) -> tuple[str, bytes]:
    return f"{people} {number}.jpg", encoded(four_corners(60 + number, 40), "JPEG")


@pytest.fixture
def model():
    return ready(Seer())


def who(app) -> list[str]:
    """What is asked about people, in its order."""
    return re.findall(r'aria-label="Name of unknown person \d+, ([^"]*)"', html(app))


def named(app, name: str) -> int:
    """How many faces have this name, of the photos that are shown large."""
    return len(re.findall(f'value="{name}"[^>]*aria-label="Name of face', html(app)))


def act(app, model, do: str, **more) -> bool:
    """Does something to the first person who is asked about, as a click or Enter does."""
    group = re.search(r'data-group="([^"]*)"', html(app))[1]
    return act_on_person(model, album(app), {"do": do, "group": group, **more})


def album(app):
    return app.session_state["tag.album"]


def test_three_answers_name_thirty_photos_and_those_that_come_later(fresh_home, model):
    first = [photo("0", n) for n in range(14)]
    first += [photo("0-1", n) for n in range(14, 20)]  # so Bo is seldom alone
    first += [photo("2", n) for n in range(20, 29)] + [photo("3", 29)]
    app = upload(tag_page(model).run(), *first)
    assert not app.exception
    assert who(app) == [f"{n} photos" for n in (20, 9, 6)] + ["1 photo"]
    assert '<span class="kd-badge">+16</span>' in html(app), "faces beside the four that are shown"
    for name, left in (("Anne", 3), ("Cy", 2), ("Bo", 1)):
        assert act(app, model, "name", value=name)
        app.run()
        assert not app.exception and len(who(app)) == left
    with LibraryViews(home()) as library:
        assert {p.name: p.confirmed for p in library.people.list()} == {
            "Anne": 20,
            "Cy": 9,
            "Bo": 6,
        }
        assert library.counts().photos == 29, "the stranger's photo was not asked for"
    app.button(key="tag.clear").click().run()
    assert "Who is in this photo?" in html(app) and not album(app).uploads
    later = [photo("0-2", n) for n in range(40, 45)] + [photo("1", n) for n in range(45, 50)]
    app = upload(app, *later)
    assert not app.exception and who(app) == []
    assert [named(app, name) for name in ("Anne", "Bo", "Cy")] == [5, 5, 5]


def test_undo_takes_all_faces_of_an_answer_back(fresh_home, model):
    app = upload(tag_page(model).run(), *(photo("0", n) for n in range(3)))
    assert act(app, model, "name", value="Anne")
    app.run()
    assert who(app) == [] and named(app, "Anne") == 3
    app = app.button(key="library.undo").click().run()
    assert who(app) == ["3 photos"]


def test_nobody_to_name_leaves_a_person_out(fresh_home, model):
    app = upload(tag_page(model).run(), *(photo("0", n) for n in range(3)))
    assert act(app, model, "hide")
    app.run()
    assert not app.exception and who(app) == []
    with LibraryViews(home()) as library:
        assert library.counts().confirmed == 0 and library.people.list() == []


def test_an_answer_about_faces_that_were_named_meanwhile_decides_nothing(fresh_home, model):
    app = upload(tag_page(model).run(), *(photo("0", n) for n in range(3)))
    group = re.search(r'data-group="([^"]*)"', html(app))[1]
    assert act(app, model, "name", value="Anne")
    app.run()
    late = {"do": "name", "group": group, "value": "Bo"}
    assert not act_on_person(model, album(app), late)
    with LibraryViews(home()) as library:
        assert [p.name for p in library.people.list()] == ["Anne"]


def test_the_photos_on_the_page_follow_a_name_before_all_faces_are_compared(
    fresh_home, model, monkeypatch
):
    monkeypatch.setattr("ui.actions.library.library_in_use.compare_soon", lambda *_, **__: None)
    app = upload(tag_page(model).run(), *(photo("0", n) for n in range(5)))
    app = app.button(key="tag.add").click().run()
    assert who(app) == ["5 photos"] and len(album(app).in_library()) == 5
    for key in list(album(app).uploads)[:4]:
        [face] = face_keys(album(app).shown[key].tags.faces)
        assert act_on_photo(
            album(app), model, slug(key), {"do": "name", "face": face, "value": "Anne"}
        )
    app.run()
    assert not app.exception and named(app, "Anne") == 5
    with LibraryViews(home(), compare_later=True) as library:
        assert library.recognition.is_behind and library.people.get("Anne").confirmed == 4


def tiles_of(app) -> list[tuple[str, str]]:
    """What a click on each photo of the wall sends, and what a screen reader says of it."""
    return re.findall(r'data-do="open" data-id="(\w+)" aria-label="([^"]*)"', html(app))


def test_many_photos_are_a_wall_first_and_one_of_them_opens_large(fresh_home, model):
    app = upload(tag_page(model).run(), *(photo("0-1", n) for n in range(13)))
    assert not app.exception and named(app, "") == 0
    tiles = tiles_of(app)
    assert len(tiles) == 13 and html(app).count("kd-mark-unknown") == 26
    assert tiles[0][1] == "2 unknown, 0-1 0.jpg"
    app.query_params["photo"] = tiles[4][0]
    app.run()
    assert not app.exception and html(app).count("kd-row kd-stranger") == 2
    assert "5 of 13" in html(app) and len(tiles_of(app)) == 13  # the wall lies below it
    assert "Not in your library yet" in html(app)


def test_a_face_is_named_in_the_viewer_and_the_photo_is_saved_or_taken_off_there(fresh_home, model):
    app = upload(tag_page(model).run(), *(photo("0-1", n) for n in range(13)))
    first, second = (id for id, _ in tiles_of(app)[:2])
    app.query_params["photo"] = first
    face = re.search(r'<form data-do="name" data-face="([^"]*)"', html(app.run()))[1]
    named_now = {"do": "name", "face": face, "value": "Anne"}
    assert act_on_photo(album(app), model, first, named_now)
    assert named(app.run(), "Anne") == 1 and "In your library" in html(app)
    del app.query_params["photo"]
    app.session_state["tag.opened"] = second  # what "Save this photo" leads to
    app.run()
    assert html(app).count('class="kd-row') == 2 and tiles_of(app) == []
    assert named(app, "Anne") == 1, "the same person as in the first photo"
    assert any(b.label == "Take off" for b in app.button)
    next(b for b in app.button if b.label == "All photos").click().run()
    assert len(tiles_of(app)) == 13
    assert act_on_photo(album(app), model, second, {"do": "take-off"})
    assert (
        len(tiles_of(app.run())) == 0 and html(app).count('class="kd-row') == 24
    )  # a dozen are cards
    assert not act_on_photo(album(app), model, second, named_now)


def test_a_dozen_photos_are_shown_large(fresh_home, model):
    app = upload(tag_page(model).run(), *(photo("0", n) for n in range(12)))
    assert not app.exception and html(app).count("kd-row kd-stranger") == 12


def test_the_address_brings_an_album_back_and_photos_are_not_looked_at_again(fresh_home, model):
    app = upload(tag_page(model).run(), photo("0", 0), photo("2", 1))
    again = tag_page(model)
    again.query_params["album"] = app.query_params["album"]
    again.run()
    assert not again.exception and who(again) == ["1 photo", "1 photo"]
    assert model.loaded.tagger.asked == ["0 0.jpg", "2 1.jpg"]
    other = tag_page(model).run()
    assert "Who is in this photo?" in html(other) and "album" not in other.query_params
