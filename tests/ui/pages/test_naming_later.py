"""Review and People answer before all faces are compared; what they show next is right."""

from __future__ import annotations

import math

import pytest

from data.library import Library
from data.library.decisions import review_queue
from data.library.decisions.review_queue import Kind, next_question, questions, yes
from data.library.views import LibraryViews
from tests.app_pages import button, html, run_page
from tests.made_faces import NETWORK, add, named
from ui.components.people.unnamed import act_on_group

SAME = math.sqrt(2 - 2 * 0.5)


@pytest.fixture
def home(fresh_home, monkeypatch):
    """Anne (0) on eight photos and Bo (1) on four, in groups; nothing is compared by itself."""
    monkeypatch.setattr("ui.actions.library.library_in_use.compare_soon", lambda *_, **__: None)
    with LibraryViews(fresh_home) as library:
        for who, count in ((0, 8), (1, 4)):
            for _ in range(count):
                add(library, [who])
        library.groups.update(NETWORK, max_distance=SAME)
        for _ in range(12):  # in no group; some are asked about when Anne is known
            add(library, [0], noise=2.1)
    return fresh_home


@pytest.fixture
def later(home):
    with LibraryViews(home, compare_later=True) as library:
        yield library


def catch_up(home) -> None:
    Library(home).close()


def faces_of_groups(library) -> list[tuple[int, ...]]:
    return [group.faces for group in library.groups.list()]


def test_a_question_stays_until_it_is_answered_whatever_is_compared_meanwhile(home, later):
    anne, bo = faces_of_groups(later)
    first = next_question(later)
    assert first.faces == anne
    yes(later, first, anne, "Anne")
    app = run_page("review")
    assert later.recognition.is_behind and later.people.get("Anne").confirmed == 8
    shown = f'data-pick="{bo[0]}"'
    assert app.title[0].value == "Who is this?" and shown in html(app)
    catch_up(home)
    assert questions(later)[0].kind is Kind.SUGGESTED, "another question would be first"
    app = button(app.run(), "Nobody to name").click().run()
    assert not any(later.faces.get(face).ignored for face in anne)
    assert all(later.faces.get(face).ignored for face in bo)
    assert app.title[0].value == "Is this Anne?"


def test_the_rest_of_a_group_that_was_named_in_part_is_not_asked_about(home, later, monkeypatch):
    monkeypatch.setattr(review_queue, "TOGETHER", 3)
    anne, bo = faces_of_groups(later)
    first = next_question(later)
    assert first.faces == anne[:3]
    yes(later, first, first.faces, "Anne")
    assert {face for face, name in named(later).items() if name == ("Anne", False)} >= set(anne[3:])
    following = next_question(later)
    assert later.recognition.is_behind and following.faces == bo[:3]


def test_a_question_is_as_if_everything_had_been_compared(home, later):
    anne, _ = faces_of_groups(later)
    later.decisions.confirm(anne[:4], "Anne")
    catch_up(home)
    later.decisions.reject([questions(later)[0].faces[0]], "Anne")
    asked = next_question(later)
    assert later.recognition.is_behind and (asked.kind, asked.name) == (Kind.SUGGESTED, "Anne")
    catch_up(home)
    [again] = [q for q in questions(later) if q.kind is Kind.SUGGESTED]
    both = dict(zip(again.faces, again.confidences, strict=True))
    assert both.items() >= dict(zip(asked.faces, asked.confidences, strict=True)).items()


def test_what_is_asked_when_nothing_better_waits_is_asked_after_comparing(home, later):
    anne, bo = faces_of_groups(later)
    later.decisions.ignore(bo)
    catch_up(home)
    later.decisions.confirm(anne, "Anne")
    assert questions(later)[0].kind in (Kind.MAYBE, Kind.ALONE)
    assert next_question(later).kind is Kind.SUGGESTED and not later.recognition.is_behind


def test_people_shows_no_group_of_somebody_who_was_just_named(home, later):
    anne, bo = faces_of_groups(later)
    with later.transaction():  # as a grouping that puts too little together
        later.db.execute("INSERT INTO groups (id) VALUES (90)")
        later.db.executemany(
            "UPDATE faces SET group_id = 90 WHERE id = ?", [(f,) for f in anne[5:]]
        )
        later.db.execute(
            "UPDATE faces SET group_id = ? WHERE id = ?", (group_of(later, bo), anne[4])
        )
    assert act_on_group({"do": "name", "group": group_of(later, anne), "value": "Anne"})
    assert later.recognition.is_behind and later.people.get("Anne").confirmed == 4
    shown = html(run_page("people"))
    assert 'data-group="90"' not in shown and f'data-group="{group_of(later, bo)}"' in shown
    assert later.recognition.is_behind


def test_a_group_gets_a_name_without_the_faces_of_somebody_who_was_just_named(home, later):
    anne, bo = faces_of_groups(later)
    with later.transaction():
        later.db.execute(
            "UPDATE faces SET group_id = ? WHERE id = ?", (group_of(later, bo), anne[4])
        )
    assert act_on_group({"do": "name", "group": group_of(later, anne), "value": "Anne"})
    assert anne[4] in later.groups.faces(group_of(later, bo)), "not compared yet"
    assert act_on_group({"do": "name", "group": group_of(later, bo), "value": "Bo"})
    assert named(later)[anne[4]] == ("Anne", False)
    assert [named(later)[face] for face in bo] == [("Bo", True)] * 4


def group_of(library, faces) -> int:
    row = library.db.execute("SELECT group_id FROM faces WHERE id = ?", (faces[0],)).fetchone()
    return row[0]


def test_what_is_taken_back_is_asked_again_at_once(home, later):
    anne, bo = faces_of_groups(later)
    for name, who, faces in (("Anne", 0, anne[:4]), ("Bo", 1, bo[:3])):
        later.decisions.confirm(faces, name)
        for _ in range(8):
            add(later, [who], noise=2.1)
    later.recognition.catch_up()
    app = run_page("review")
    asked = app.title[0].value
    before = {face for name in ("Anne", "Bo") for face in confirmed(later, name)}
    app = app.button(key="review.yes").click().run()
    decided = {face for name in ("Anne", "Bo") for face in confirmed(later, name)} - before
    catch_up(home)  # confirmed faces need no suggestion: that goes
    app = button(app, "Undo").click().run()
    assert later.recognition.is_behind and app.title[0].value == asked
    assert decided and all(f'data-pick="{face}"' in html(app) for face in decided)


def confirmed(library, name) -> list[int]:
    return [face for face, is_confirmed, _ in library.people.faces(name) if is_confirmed]
