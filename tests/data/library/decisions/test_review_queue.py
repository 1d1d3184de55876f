"""What Review asks, in which order, and what an answer decides."""

from __future__ import annotations

import math

import pytest

from data.library.decisions.review_queue import (
    Kind,
    Question,
    leave_out_alone,
    no,
    progress,
    questions,
    yes,
)
from data.library.decisions.surest_first import surest_first
from data.library.views import LibraryViews
from tests.made_faces import NETWORK, add, named

SAME = math.sqrt(2 - 2 * 0.5)


@pytest.fixture
def library(tmp_path):
    with LibraryViews(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def faces(library):
    """Anne (0) on eight photos, Bo (1) on four, two strangers (2, 3) on one each."""
    counts = {0: 8, 1: 4, 2: 1, 3: 1}
    return {who: [add(library, [who])[0] for _ in range(n)] for who, n in counts.items()}


def first(library, skipped=()):
    return questions(library, skipped)[0]


def test_the_largest_unknown_group_comes_first(library, faces):
    library.groups.update(NETWORK, max_distance=SAME)
    asked = first(library)
    assert (asked.kind, asked.name, set(asked.picked)) == (Kind.GROUP, None, set(faces[0]))


def test_suggestions_come_before_groups_and_names_that_were_given_after_them(library, faces):
    library.decisions.confirm(faces[0][:4], "Anne")
    unlike = [add(library, [0], noise=2.1)[0] for _ in range(12)]
    library.groups.update(NETWORK, max_distance=SAME)
    given = {face for face, (name, sure) in named(library).items() if not sure}
    unsure = {face for face, name in library.suggestions.to_review() if not name.given}
    assert set(faces[0][4:]) <= given and len(unsure) >= 3 and unsure <= set(unlike)
    asked = first(library)
    assert (asked.kind, asked.name) == (Kind.SUGGESTED, "Anne")
    assert set(asked.faces) == unsure | given and set(asked.picked) == set(asked.faces)
    # What was turned down counts against Anne: a face that had her name may now be asked about.
    while unsure:
        library.decisions.reject(unsure, "Anne")
        unsure = {face for face, name in library.suggestions.to_review() if not name.given}
        assert unsure <= given - set(faces[0])
    asked = first(library)
    assert (asked.kind, set(asked.faces)) == (Kind.GROUP, set(faces[1]))
    yes(library, asked, asked.picked, "Bo")
    asked = first(library, [q.key for q in questions(library) if q.kind is Kind.MAYBE])
    assert (asked.kind, asked.name) == (Kind.NAMED, "Anne")
    assert set(faces[0][4:]) <= set(asked.faces)


def test_a_group_like_somebody_asks_for_that_name_until_it_is_turned_down(library):
    anne = [add(library, [0])[0] for _ in range(3)]
    # Each of these is too unlike Anne to be asked about; their mean is not.
    others = [add(library, [0], noise=3.4)[0] for _ in range(9)]
    library.decisions.confirm(anne, "Anne")
    assert not library.suggestions.waiting()
    library.groups.update(NETWORK, max_distance=1.4)
    asked = first(library)
    assert (asked.kind, asked.name) == (Kind.GROUP, "Anne") and set(asked.faces) <= set(others)
    no(library, asked)
    again = next(q for q in questions(library) if q.faces == asked.faces)
    assert again.name is None


def test_a_little_like_somebody_is_asked_with_nothing_picked(library):
    anne = [add(library, [0])[0] for _ in range(3)]
    far = [add(library, [0], noise=3.4)[0] for _ in range(6)]
    library.decisions.confirm(anne, "Anne")
    asked = first(library)
    assert (asked.kind, asked.name, asked.picked) == (Kind.MAYBE, "Anne", ())
    assert len(asked.faces) >= 2 and set(asked.faces) <= set(far)
    yes(library, asked, asked.faces[:1], "Anne")
    assert named(library)[asked.faces[0]] == ("Anne", True)
    again = [q for q in questions(library) if q.name == "Anne"]
    assert not any(set(asked.faces[1:]) & set(q.faces) for q in again)  # seen, and not Anne


def test_faces_seen_once_come_last_and_are_left_out_together(library, faces):
    library.decisions.confirm(faces[0], "Anne")
    library.decisions.confirm(faces[1], "Bo")
    asked = first(library)
    assert asked.kind is Kind.ALONE and asked.name is None
    assert set(asked.faces) == {*faces[2], *faces[3]} and asked.picked == asked.faces[:1]
    assert progress(library) == (12, 2)
    yes(library, asked, asked.picked, "Cleo")  # the other one stays as it was
    assert first(library).faces == asked.faces[1:]
    library.decisions.undo()
    assert leave_out_alone(library) == "2 faces are left out from now on"
    assert not questions(library) and progress(library) == (12, 0)
    library.decisions.undo()
    assert progress(library) == (12, 2)


def test_who_is_taken_out_of_a_group_is_not_that_person(library, faces):
    library.groups.update(NETWORK, max_distance=SAME)
    asked = first(library)
    assert yes(library, asked, asked.faces[:7], "Anne") == "7 faces are Anne, 1 not"
    assert asked.faces[7] not in named(library)


def test_a_skipped_question_comes_last(library, faces):
    library.groups.update(NETWORK, max_distance=SAME)
    asked = first(library)
    assert first(library, [asked.key]).faces != asked.faces
    assert questions(library, [asked.key])[-1].key == asked.key


def say(library, face: int, *names: str) -> None:
    """Another program says who is in the photo of a face."""
    photo = library.faces.get(face).photo
    library.records.say(library.photos.paths(photo)[0], names, "a photo service")


def test_names_said_beside_photos_are_the_first_choices_for_their_faces(library):
    both = [add(library, [0, 1]) for _ in range(3)]
    for faces in both:
        say(library, faces[0], "Raj", "Mia")
    once = add(library, [0, 2])
    say(library, once[0], "Raj", "Zoe")
    library.groups.update(NETWORK, max_distance=SAME)
    raj, mia = [q for q in questions(library) if q.kind is Kind.GROUP]
    assert set(raj.faces) == {once[0], *(faces[0] for faces in both)}
    assert (raj.name, raj.choices) == ("Raj", ("Raj", "Mia", "Zoe")), "it is said most often"
    assert (mia.name, mia.choices) == (None, ("Mia", "Raj")), "as often as the other"
    assert first(library) == raj
    yes(library, raj, raj.picked, "Raj")
    mia = first(library)
    assert (mia.name, mia.choices) == ("Mia", ("Mia",)), "Raj has his face in these photos"


def test_faces_seen_once_are_asked_about_by_the_names_that_are_said(library):
    max_, eva = add(library, [0, 1])
    say(library, max_, "Max", "Eva")
    alone, passer_by = add(library, [2, 3])
    say(library, alone, "Max")
    unclear = add(library, [4], quality=0.01)[0]
    say(library, unclear, "Max")
    asked = first(library)
    assert (asked.kind, asked.name, asked.picked) == (Kind.SAID, "Max", ())
    assert asked.faces == (max_, eva, alone, passer_by)
    yes(library, asked, [max_], "Max")
    asked = first(library)
    assert (asked.name, asked.faces, asked.picked) == ("Eva", (eva,), (eva,)), "who is left"
    library.decisions.undo()
    library.decisions.undo()  # the yes, and the no to the others
    no(library, first(library))
    assert [(q.name, q.faces) for q in questions(library) if q.kind is Kind.SAID] == [
        ("Eva", (max_, eva))
    ]


def test_who_was_renamed_is_said_by_the_name_of_today_and_who_is_ignored_is_not(library):
    faces = add(library, [0, 1])
    other = add(library, [2])[0]
    library.decisions.confirm(other, "Maximilian")
    library.decisions.rename("Maximilian", "Max")
    say(library, faces[0], "Maximilian", "Max", "Eva")
    said = library.records.said_faces()
    assert {name for _, _, name in said} == {"Max", "Eva"} and len(said) == 4
    library.decisions.ignore_person("Max")
    assert {name for _, _, name in library.records.said_faces()} == {"Eva"}


def test_whoever_is_least_like_the_others_of_a_group_stands_at_the_end(library):
    odd = add(library, [0], noise=0.95)[0]
    alike = [add(library, [0], noise=0.3)[0] for _ in range(5)]
    library.groups.update(NETWORK, max_distance=SAME)
    asked = first(library)
    assert asked.faces[0] == odd and set(asked.faces) == {odd, *alike}
    shown = surest_first(library, asked)
    assert shown.faces[-1] == odd and set(shown.faces) == set(asked.faces)
    assert (shown.key, shown.picked) == (asked.key, asked.picked)


def test_suggested_faces_stand_by_their_probability():
    asked = Question(Kind.SUGGESTED, "one", (1, 2, 3), (1, 2, 3), "Anne", (0.6, 0.9, 0.3))
    shown = surest_first(None, asked)
    assert (shown.faces, shown.confidences) == ((2, 1, 3), (0.9, 0.6, 0.3))
    alone = Question(Kind.ALONE, "two", (3, 1, 2), (3,))
    assert surest_first(None, alone) is alone
