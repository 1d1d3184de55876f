"""The faces of a person: those that stand out first, and what can be done with picked ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from data.library import PersonSummary
from data.library.views import LibraryViews, Place
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import do
from ui.actions.library.outliers import outliers
from ui.components.photos.photo_view import sure
from ui.components.photos.wall import show_faces
from ui.components.shell.style import plain
from ui.pages.photo import show_library_viewer

FACES_A_PAGE = 120


def show_faces_of(library: LibraryViews, person: PersonSummary) -> None:
    places, captions, odd = person_faces(library, person.id)
    if not places:
        st.caption("No face has this name at the moment.")
        return
    if odd:
        look = "One face looks" if len(odd) == 1 else f"{len(odd)} faces look"
        st.warning(f"{look} unlike the others: at the front, with an orange ring.")
    pages = -(-len(places) // FACES_A_PAGE)
    key = f"people.page.{person.id}"
    page = st.pagination(pages, key=key, width="stretch") if pages > 1 else 1
    part = slice((page - 1) * FACES_A_PAGE, page * FACES_A_PAGE)
    above = st.container()
    answer = show_faces(
        places[part],
        # Another key when the faces are others: what was picked has been dealt with.
        f"people.faces.{person.id}.{page}.{len(places)}",
        captions=captions[part],
        marked=odd,
        picked=(),
        keep=True,
        who=f"Face of {person.name}",
    )
    shown = {place.face for place in places}
    picked = [int(face) for face in answer.picked if int(face) in shown]
    with above:
        _show_picked(library, person, picked)
    show_library_viewer(dict.fromkeys(place.photo for place in places))


def odd_faces(library: LibraryViews, faces: Sequence[int]) -> frozenset[int]:
    """Those of a person's faces that look unlike the others; networks are kept apart."""
    by_network: dict[str, list[tuple[int, np.ndarray]]] = {}
    for face, (network, embedding) in library.embeddings_of(faces).items():
        by_network.setdefault(network, []).append((face, embedding))
    odd = set()
    for found in by_network.values():
        marks = outliers(np.stack([embedding for _, embedding in found]))
        odd |= {face for (face, _), mark in zip(found, marks, strict=True) if mark}
    return frozenset(odd)


def person_faces(
    library: LibraryViews, person: int
) -> tuple[list[Place], list[str], frozenset[int]]:
    """A person's faces, those that stand out first: places, captions, and which stand out."""
    rows = library.people.faces(person)
    odd = odd_faces(library, [face for face, *_ in rows])
    rows.sort(key=lambda row: row[0] not in odd)
    places = library.places(face for face, *_ in rows)
    shown = [row for row in rows if row[0] in places]
    captions = [
        "looks different" if face in odd else "✓" if confirmed else sure(confidence)
        for face, confirmed, confidence in shown
    ]
    return [places[face] for face, *_ in shown], captions, odd


def _show_picked(library: LibraryViews, person: PersonSummary, picked: list[int]) -> None:
    if not picked:
        st.caption("Click faces to pick them.")
        return
    count = len(picked)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(f"Yes, {count} confirmed", icon=":material/check:", key="people.yes"):
            do(library, lambda: library.decisions.confirm(picked, person.id) and "Confirmed")
        if st.button(f"Not {plain(person.name)}", icon=":material/close:", key="people.no"):
            do(library, lambda: library.decisions.reject(picked, person.id) and "Taken out")
        if count == 1 and st.button("Use as portrait", icon=":material/face:", key="people.face"):
            face = picked[0]
            do(library, lambda: _make_portrait(library, person, face))
        name = st.selectbox(
            "Somebody else",
            [name for name in known_names(library) if name != person.name],
            index=None,
            placeholder="This is somebody else",
            accept_new_options=True,
            label_visibility="collapsed",
            key=f"people.other.{person.id}",
            width=240,
        )
        if name and st.button(f"Move to {plain(name)}", icon=":material/arrow_forward:"):
            do(library, lambda: move(library, person.id, picked, name))


def move(library: LibraryViews, person: int, faces: Sequence[int], name: str) -> str:
    """These faces of a person are somebody else, known or new."""
    if library.people.find(name) is None:
        library.decisions.split(person, faces, name)
    else:
        with library.transaction():
            library.decisions.reject(faces, person)
            library.decisions.confirm(faces, name)
    return f"{len(faces)} {'face is' if len(faces) == 1 else 'faces are'} {name} now"


def _make_portrait(library: LibraryViews, person: PersonSummary, face: int) -> str:
    library.decisions.describe(person.id, key_face=face)
    return f"This face stands for {person.name} now"
