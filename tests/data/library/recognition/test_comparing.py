"""Decisions that are answered before all faces are compared: nothing wrong is shown or lost."""

from __future__ import annotations

import time

import pytest

from data.library import Library, comparing
from data.library.comparing import compare_soon
from tests.made_faces import add, named

SECONDS = 30


@pytest.fixture
def home(tmp_path):
    """A library with six photos of Anne (0) and six of Bo (1), two faces of each confirmed."""
    with Library(tmp_path / "home") as library:
        for who, name in ((0, "Anne"), (1, "Bo")):
            faces = [add(library, [who])[0] for _ in range(6)]
            library.decisions.confirm(faces[:2], name)
    return tmp_path / "home"


@pytest.fixture
def later(home):
    with Library(home, compare_later=True) as library:
        yield library


def photo_of(library, face) -> int:
    return library.faces.get(face).photo


def test_a_decision_waits_for_nobody_and_is_compared_by_the_next_opening(home, later):
    before = named(later)
    third, *others = [face for face, name in before.items() if name == ("Anne", False)]
    later.decisions.reject(others[0], "Anne")
    later.decisions.confirm(third, "Bo")
    assert later.recognition.is_behind
    assert later.suggestions.name(third).name == "Bo" and later.suggestions.name(third).confirmed
    with Library(home) as opened:
        assert not opened.recognition.is_behind
        expected = named(opened)
        opened.recognition.refresh()
        assert named(opened) == expected != before
    assert not later.recognition.is_behind and named(later) == expected


def test_the_photo_that_is_shown_is_right_before_that(home, later):
    confirmed = [face for face, name in named(later).items() if name == ("Anne", True)]
    suggested = [face for face, name in named(later).items() if name == ("Anne", False)]
    for face in confirmed:
        later.decisions.ignore(face)
    assert suggested[0] in named(later), "not compared yet"
    later.recognition.look_at_shown(photo_of(later, suggested[0]))
    assert suggested[0] not in named(later) and suggested[1] in named(later)
    assert later.recognition.is_behind
    with Library(home) as opened:
        assert not set(suggested) & set(named(opened))


def test_the_thread_compares_once_after_a_pause(home, later, monkeypatch):
    monkeypatch.setattr(comparing, "PAUSE", 0.2)
    opened = []
    whole = Library.__init__

    def count(self, *args, **options):
        opened.append(options)
        whole(self, *args, **options)

    monkeypatch.setattr(Library, "__init__", count)
    suggested = [face for face, name in named(later).items() if name == ("Anne", False)]
    for face in suggested[:3]:
        later.decisions.confirm(face, "Bo")
        compare_soon(home)
    end = time.monotonic() + SECONDS
    while later.recognition.is_behind and time.monotonic() < end:
        time.sleep(0.05)
    assert not later.recognition.is_behind and len(opened) == 1
