"""Questions whether two names are one person: faces side by side, and which name stays."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.home import home
from data.library.decisions.merge_questions import MergeQuestion, merge_questions
from data.library.people.people import PersonSummary
from data.library.views import LibraryViews
from data.media.thumbnails import Thumbnails
from ui.actions.library.everybody import everybody
from ui.actions.library.library_in_use import carry_out, library_in_use
from ui.components.photos.wall import face_wanted, person_caption
from ui.components.shell.live import live
from ui.components.shell.templates import render

ASKED = "people.one"  # two ids, of the session's state: a question that a renaming has led to
_FACES = 3  # of each person
_WHY = {
    True: "Their names are nearly the same.",
    False: "Their faces are as alike as those of one person.",
}
_SECONDS = 1.5  # for making their thumbnails


def questions_of(library: LibraryViews) -> list[MergeQuestion]:
    """The questions that wait, those of the most alike people first."""
    return _questions(library.stamp(), library)


def show_merge_questions(
    library: LibraryViews, questions: Sequence[MergeQuestion], key: str, why: str = ""
) -> None:
    """Shows questions, if there are any; an answer is a decision that can be taken back.

    Args:
        why: Why it is asked, if not because of how the names or the faces are.
    """
    if not questions:
        return
    asked = [
        {
            "kept": _side(library, question.kept),
            "other": _side(library, question.other),
            "why": why or _WHY[question.by_name],
        }
        for question in questions
    ]
    live(render("merge.html", questions=asked), key=key, on_act=act_on_merge)


@st.cache_resource(max_entries=2, show_spinner=False)
def _questions(stamp: tuple, _library: LibraryViews) -> list[MergeQuestion]:
    return merge_questions(_library, everybody(_library))


def _side(library: LibraryViews, person: PersonSummary) -> dict:
    faces = [face for face, *_ in library.people.faces(person.id) if face != person.key_face]
    faces = [*filter(None, (person.key_face,)), *faces][:_FACES]
    places = library.places(faces)
    wanted = [face_wanted(places.get(face)) for face in faces]
    return {
        "id": person.id,
        "name": person.name,
        "photos": person_caption(person),
        "pictures": Thumbnails(home()).many(wanted, _SECONDS),
    }


def act_on_merge(act: dict) -> bool:
    """Makes two people one, or keeps them apart; whether anything changed."""
    keep, other = int(act["keep"]), int(act["other"])
    st.session_state.pop(ASKED, None)

    def decided() -> str:
        name, former = (library.people.get(person).name for person in (keep, other))
        if act["do"] == "merge":
            library.decisions.merge([keep, other])
            return f"{former} is {name} now"
        library.decisions.keep_apart(keep, other)
        return f"{name} and {former} are two people"

    with library_in_use(compare_later=True) as library:
        return carry_out(library, decided)
