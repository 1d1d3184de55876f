"""The page "Review": one question at a time, whole groups of faces answered at once."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from data.library.decisions.review_queue import (
    Kind,
    Question,
    leave_out_alone,
    next_question,
    no,
    progress,
    yes,
)
from data.library.decisions.surest_first import surest_first
from data.library.views import LibraryViews
from ui.actions.library.library_in_use import do, library_in_use, undo_button
from ui.components.jobs.job_view import show_grouping, show_running, start
from ui.components.people.name_box import name_box
from ui.components.people.unclear_faces import SHOWN, offer_unclear, show_unclear
from ui.components.photos.photo_view import sure
from ui.components.photos.wall import empty_html, show_faces
from ui.components.shell.style import plain
from ui.components.shell.templates import render
from ui.pages.photo import show_library_viewer

SKIPPED, _ASKED = "review.skipped", "review.asked"
_CHOICES = 4  # names that are said beside the photos, as buttons

_UNSURE = 0.75  # probability below which a face is marked, to be looked at closely
_PICK = "Kindred is not sure of any of them. Pick those who are by clicking them."
_TAKE_OUT = "Take out what does not belong by clicking it."
_HINTS = {
    Kind.SAID: "Another program says who is in these photos, and not where. "
    "Pick the faces that are meant by clicking them.",
    Kind.MAYBE: "Pick those who are by clicking them; the others are not asked about again.",
    Kind.NAMED: f"They have this name already; your yes makes it sure. {_TAKE_OUT}",
    Kind.ALONE: "The first face was seen only once. Pick others of the same person, if there are.",
}


def show() -> None:
    """The whole page."""
    with st.container(key="kd-page-review"), library_in_use(compare_later=True) as library:
        if not show_running():
            show_grouping()
        if st.session_state.get(SHOWN):
            show_unclear(library)
            return
        skipped = st.session_state.setdefault(SKIPPED, [])
        question, (done, waiting) = _asked(library, tuple(skipped))
        if question is None:
            _show_empty(library)
            offer_unclear(library)
            return
        st.title(_title(question), anchor=False)
        hint = _HINTS.get(question.kind, _TAKE_OUT)
        if 1 < len(question.faces) == len(_unsure(question)):
            hint = _PICK
        text = f"{waiting:,} faces wait, {done:,} are confirmed. {hint}"
        st.html(render("facts_line.html", facts=[text]))
        _ask(library, question)
        offer_unclear(library)


def _asked(
    library: LibraryViews, skipped: tuple[str, ...]
) -> tuple[Question | None, tuple[int, int]]:
    """The question and the progress, until it is answered, skipped, or something else is decided.

    What is compared or found meanwhile must not put another question under a click.
    """
    since = (str(library.file), library.recognition.version, skipped)
    former, question, done = st.session_state.get(_ASKED, (None, None, None))
    if former == since and len(library.places(question.faces)) == len(question.faces):
        return question, done
    question, done = _next(library.stamp(), library, skipped)
    if question is None:
        st.session_state.pop(_ASKED, None)
    else:
        st.session_state[_ASKED] = since, question, done
    return question, done


@st.cache_resource(max_entries=4, show_spinner=False)
def _next(
    stamp: tuple, _library: LibraryViews, skipped: tuple[str, ...]
) -> tuple[Question | None, tuple[int, int]]:
    question = next_question(_library, skipped)
    return question and surest_first(_library, question), progress(_library)


def _title(question: Question) -> str:
    if not question.name:
        few = question.choices[:3]
        return f"Is this {plain(' or '.join(few))}?" if few else "Who is this?"
    if question.kind in (Kind.MAYBE, Kind.SAID):
        return f"Is one of these {plain(question.name)}?"
    return f"Is this {plain(question.name)}?"


def _show_empty(library: LibraryViews) -> None:
    st.title("Review", anchor=False)
    if library.counts().faces:
        st.html(empty_html("All answered", "No suggestion and no group of unknown faces waits."))
        with st.container(horizontal=True, horizontal_alignment="center"):
            undo_button(library, shortcut="u")
            if st.button(
                "Look for unknown people",
                icon=":material/group_work:",
                help="Groups the unknown faces: those of photos that were added one by one, too",
                key="review.group",
            ):
                start("group", {})
    else:
        st.html(
            empty_html(
                "Nothing to review yet",
                "Tag a folder first. Then Kindred asks here about the faces it has a name for, "
                "and about unknown people whom it has seen more than once.",
                ("folder", "Tag a folder"),
            )
        )


def _ask(library: LibraryViews, question: Question) -> None:
    places = library.places(question.faces)
    faces = [places[face] for face in question.faces if face in places]
    above = st.container()
    sureness = dict(zip(question.faces, question.confidences, strict=False))
    unsure = _unsure(question)
    some_are_sure = len(unsure) < len(question.faces)
    faces.sort(key=lambda place: place.face in unsure)  # those stand apart, behind the others
    near = library.near(place.face for place in faces if place.face not in sureness)
    captions = [
        sure(sureness[p.face]) if p.face in sureness else near.get(p.face, "") for p in faces
    ]
    answer = show_faces(
        faces,
        f"review.{question.key}",
        captions=captions,
        marked=unsure,
        apart=("Please check", "Kindred is less sure of these") if some_are_sure else None,
        picked=[face for face in question.picked if face not in unsure or len(question.faces) == 1],
    )
    picked = [int(face) for face in answer.picked]
    with above:
        if question.name and question.kind is not Kind.GROUP:
            _ask_yes(library, _decided_about(question, picked, unsure), picked, question)
        else:
            _ask_name(library, question, picked)
    show_library_viewer(dict.fromkeys(place.photo for place in faces))


def _unsure(question: Question) -> frozenset[int]:
    """The faces that are to be looked at closely before anybody says yes."""
    if question.kind is not Kind.SUGGESTED:
        return frozenset()
    rated = zip(question.faces, question.confidences, strict=True)
    return frozenset(face for face, share in rated if share < _UNSURE)


def _decided_about(question: Question, picked: list[int], unsure: frozenset[int]) -> Question:
    """The question without those of which Kindred is not sure and nobody said that they are.

    A yes to the others is no answer about them: they are asked about again.
    """
    left = unsure - set(picked)
    return replace(question, faces=tuple(face for face in question.faces if face not in left))


def _ask_yes(library: LibraryViews, question: Question, picked: list[int], asked: Question) -> None:
    out = len(question.faces) - len(picked)
    label = f"Yes, these {len(picked)}" if len(picked) > 1 else "Yes"
    label += f", not the other {out}" if picked and out else ""
    with st.container(horizontal=True, key="kd-answers"):
        if st.button(
            label,
            type="primary",
            shortcut="y",
            icon=":material/check:",
            disabled=not picked,
            key="review.yes",
        ):
            do(library, lambda: yes(library, question, picked, question.name))
        _other_buttons(library, asked, f"None is {plain(question.name)}")


def _ask_name(library: LibraryViews, question: Question, picked: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="kd-answers"):
        key = f"review.name.{question.key}.{question.name}"
        name = name_box(library, key, question.name, question.choices)
        these = f"These {len(picked)} are" if len(picked) != 1 else "This is"
        label = f"{these} {plain(name)}" if name else f"{these} ..."
        if st.button(
            label,
            type="primary",
            shortcut="y",
            icon=":material/check:",
            key="review.yes",
            disabled=not (name and picked),
        ):
            do(library, lambda: yes(library, question, picked, name))
        for choice in question.choices[:_CHOICES]:
            if choice != name and st.button(
                plain(choice), key=f"review.choice.{choice}", help="Said beside these photos"
            ):
                do(library, lambda choice=choice: yes(library, question, picked, choice))
        no_label = f"Not {plain(question.name)}" if question.name else "Nobody to name"
        _other_buttons(library, question, no_label)
    if question.kind is Kind.ALONE and st.button(
        "None of the faces seen once matter",
        type="tertiary",
        icon=":material/visibility_off:",
        help="Leaves all of them out; Undo brings them back",
        key="review.alone",
    ):
        do(library, lambda: leave_out_alone(library))


def _other_buttons(library: LibraryViews, question: Question, no_label: str) -> None:
    if st.button(no_label, shortcut="n", icon=":material/close:", key="review.no"):
        do(library, lambda: no(library, question))
    if st.button("Skip", shortcut="s", icon=":material/skip_next:", key="review.skip"):
        skipped = st.session_state[SKIPPED]
        if question.key in skipped:
            skipped.remove(question.key)
        skipped.append(question.key)
        st.rerun()
    undo_button(library, shortcut="u")
