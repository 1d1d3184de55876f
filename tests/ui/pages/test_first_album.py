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
from ui.pages import tag


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """To choose from: AppTest cannot type a name that is not there."""
    monkeypatch.setattr("ui.components.people.name_box.known_names", lambda _: ["Anne", "Bo", "Cy"])


class Seer:
    """Sees the people whose numbers are in a photo's name: "0-1 7.jpg" shows 0 and 1."""

    network, model, people, manifest = NETWORK, "untrained", (), {}

    def tag(self, image, *, name):
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


def who(app) -> list[str]:
    """What the strip asks, in its order."""
    return re.findall(r"<h4>(.*?)</h4>", html(app))


def named(app, name: str) -> int:
    """How many faces have this name."""
    return len(re.findall(f'<input name="name" value="{name}"', html(app)))


def answer(app, name: str):
    """Gives a name to the first person who is asked about."""
    field = next(box for box in app.selectbox if box.key.startswith("tag.person."))
    field.set_value(name).run()
    slug = field.key.split(".")[2]
    return app.button(key=f"tag.person.yes.{slug}").click().run()


def test_three_answers_name_thirty_photos_and_those_that_come_later(fresh_home):
    first = [photo("0", n) for n in range(14)]
    first += [photo("0-1", n) for n in range(14, 20)]  # so Bo is seldom alone
    first += [photo("2", n) for n in range(20, 29)] + [photo("3", 29)]
    app = upload(tag_page(ready(Seer())).run(), *first)
    assert not app.exception
    assert who(app) == [f"Who is this? {n} photos" for n in (20, 9, 6)] + ["Who is this? 1 photo"]
    for name, left in (("Anne", 3), ("Cy", 2), ("Bo", 1)):
        app = answer(app, name)
        assert not app.exception and len(who(app)) == left
    with LibraryViews(home()) as library:
        assert {p.name: p.confirmed for p in library.people.list()} == {
            "Anne": 20,
            "Cy": 9,
            "Bo": 6,
        }
        assert library.counts().photos == 29, "the stranger's photo was not asked for"
    later = [photo("0-2", n) for n in range(40, 45)] + [photo("1", n) for n in range(45, 50)]
    app = upload(app, *later)
    assert not app.exception and who(app) == []
    assert [named(app, name) for name in ("Anne", "Bo", "Cy")] == [5, 5, 5]


def test_undo_takes_all_faces_of_an_answer_back(fresh_home):
    app = upload(tag_page(ready(Seer())).run(), *(photo("0", n) for n in range(3)))
    app = answer(app, "Anne")
    assert who(app) == [] and named(app, "Anne") == 3
    app = app.button(key="library.undo").click().run()
    assert who(app) == ["Who is this? 3 photos"]


def test_nobody_to_name_leaves_a_person_out(fresh_home):
    app = upload(tag_page(ready(Seer())).run(), *(photo("0", n) for n in range(3)))
    no = next(b for b in app.button if b.key and b.key.startswith("tag.person.no."))
    app = no.click().run()
    assert not app.exception and who(app) == []
    with LibraryViews(home()) as library:
        assert library.counts().confirmed == 0 and library.people.list() == []


def test_many_photos_are_a_wall_first_and_one_of_them_opens_alone(fresh_home):
    app = upload(tag_page(ready(Seer())).run(), *(photo("0-1", n) for n in range(13)))
    assert not app.exception and named(app, "") == 0
    tiles = re.findall(r'data-do="open" data-id="(\w+)" aria-label="([^"]*)"', html(app))
    assert len(tiles) == 13 and html(app).count("kd-mark-unknown") == 26
    assert tiles[0][1] == "2 unknown, 0-1 0.jpg"
    app.session_state[tag.OPENED] = tiles[4][0]
    app.run()
    assert not app.exception and html(app).count("kd-row kd-stranger") == 2
    assert "0-1 4.jpg" in html(app) and "kd-wall" not in html(app)
    next(b for b in app.button if b.label == "All photos").click().run()
    assert not app.exception and html(app).count('data-do="open"') == 13


def test_a_dozen_photos_are_shown_large(fresh_home):
    app = upload(tag_page(ready(Seer())).run(), *(photo("0", n) for n in range(12)))
    assert not app.exception and html(app).count("kd-row kd-stranger") == 12
