"""The unclear faces, which Kindred does not ask about: how many there are, and a wall of them."""

from __future__ import annotations

import streamlit as st

from data.library.views import LibraryViews
from data.words import count
from ui.actions.library.library_in_use import do, undo_button
from ui.components.people.name_box import name_box
from ui.components.photos.wall import show_faces
from ui.components.shell.style import plain

SHOWN = "review.unclear"  # whether the page Review shows them instead of its questions
TOGETHER = 60  # faces on the wall, the clearest


def offer_unclear(library: LibraryViews) -> None:
    """A line that says how many faces are not asked about, and shows them."""
    unclear = len(library.faces.unclear())
    if not unclear:
        return
    said = count(unclear, "unclear face is", "unclear faces are")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{said} not shown.", width="content")
        if st.button(
            "Show",
            type="tertiary",
            help="Tiny, blurred, hidden or turned away, or hardly faces at all",
            key="review.unclear.show",
        ):
            st.session_state[SHOWN] = True
            st.rerun()


def show_unclear(library: LibraryViews) -> None:
    """The wall, where faces can be picked and named or left out."""
    faces = library.faces.unclear()
    if st.button("Back to the questions", icon=":material/arrow_back:", key="review.unclear.back"):
        st.session_state[SHOWN] = False
        st.rerun()
    st.title("Unclear faces", anchor=False)
    if not faces:
        st.caption("There is none any more.")
        undo_button(library)
        return
    st.caption(
        f"{count(len(faces), 'face is', 'faces are')} tiny, blurred, hidden or turned away, or "
        "hardly a face. Kindred does not ask about them; whom you recognise you can pick and name."
    )
    above = st.container()
    places = library.places(faces[:TOGETHER])
    answer = show_faces(
        [places[face] for face in faces[:TOGETHER] if face in places],
        f"review.unclear.{len(faces)}.{faces[0]}",  # another key when the faces are others
        picked=(),
    )
    with above:
        _ask(library, [int(face) for face in answer.picked])


def _ask(library: LibraryViews, picked: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = name_box(library, "review.unclear.name")
        these = count(len(picked), "face")
        if st.button(
            f"Name {these}" + (f" {plain(name)}" if name else ""),
            type="primary",
            icon=":material/check:",
            disabled=not (name and picked),
            key="review.unclear.yes",
        ):
            do(library, lambda: library.decisions.confirm(picked, name) and f"Named {these}")
        if st.button(
            "Nobody to name",
            icon=":material/close:",
            disabled=not picked,
            key="review.unclear.no",
        ):
            do(library, lambda: library.decisions.ignore(picked) and f"Left out {these}")
        undo_button(library)
