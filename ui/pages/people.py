"""The page "People": everybody on a wall, and each person's faces with what can be done to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from data.errors import KindredError
from data.library import PersonSummary
from data.library.views import Place, Shelf
from ui.actions.deciding import known_names
from ui.actions.library_in_use import do, library_in_use, say, undo_button
from ui.actions.outliers import outliers
from ui.components.photo_view import sure
from ui.components.style import plain
from ui.components.wall import day, empty_html, person_caption, show_faces, show_people
from ui.pages.photo import show_library_viewer

WHO = "who"  # of the address
FACES_A_PAGE = 120


def show() -> None:
    """The whole page."""
    with st.container(key="kd-page-people"), library_in_use() as library:
        if (person := _chosen(library)) is not None:
            _show_person(library, person)
        else:
            _show_wall(library)


def odd_faces(library: Shelf, faces: Sequence[int]) -> frozenset[int]:
    """Those of a person's faces that look unlike the others; networks are kept apart."""
    by_network: dict[str, list[tuple[int, np.ndarray]]] = {}
    for face, (network, embedding) in library.embeddings_of(faces).items():
        by_network.setdefault(network, []).append((face, embedding))
    odd = set()
    for found in by_network.values():
        marks = outliers(np.stack([embedding for _, embedding in found]))
        odd |= {face for (face, _), mark in zip(found, marks, strict=True) if mark}
    return frozenset(odd)


def person_faces(library: Shelf, person: int) -> tuple[list[Place], list[str], frozenset[int]]:
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


def _show_wall(library: Shelf) -> None:
    st.title("People", anchor=False)
    everybody = library.people.list(with_ignored=True)
    if not everybody:
        st.html(
            empty_html(
                "Nobody here yet",
                "People appear when you name a face on the page Tag, or when you tag a folder "
                "after Kindred has learned your family.",
                ("folder", "Tag a folder"),
            )
        )
        return
    hidden = [person for person in everybody if person.ignored]
    people = [person for person in everybody if not person.ignored]
    with st.container(horizontal=True, vertical_alignment="center"):
        if hidden and st.toggle(f"Show ignored ({len(hidden)})", key="people.ignored"):
            people = everybody
        undo_button(library)
    show_people(library, people, "people.wall", on_act=_go)


def _chosen(library: Shelf) -> PersonSummary | None:
    """The person whose page is open: it is in the address, for reloads and the browser's Back."""
    who = st.query_params.get(WHO)
    try:
        return library.people.get(int(who)) if who else None
    except (KindredError, ValueError):
        st.query_params.pop(WHO)
        return None


def _show_person(library: Shelf, person: PersonSummary) -> None:
    with st.container(horizontal=True):
        if st.button("Everybody", icon=":material/arrow_back:", shortcut="Escape"):
            _forget_choice()
            st.rerun()
        undo_button(library)
    st.title(plain(person.name), anchor=False)
    seen = " to ".join(dict.fromkeys(filter(None, (day(person.first), day(person.last)))))
    facts = [person_caption(person), f"{person.confirmed:,} confirmed"]
    st.html(f'<p class="kd-dates">{" · ".join(filter(None, [*facts, seen]))}</p>')
    _show_actions(library, person)
    places, captions, odd = person_faces(library, person.id)
    if not places:
        st.caption("No face has this name at the moment.")
        return
    if odd:
        look = "One face looks" if len(odd) == 1 else f"{len(odd)} faces look"
        st.warning(f"{look} unlike the others: at the front, with an orange ring.")
    pages = -(-len(places) // FACES_A_PAGE)
    page = st.pagination(pages, key=f"people.page.{person.id}") if pages > 1 else 1
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
    )
    shown = {place.face for place in places}
    picked = [int(face) for face in answer.picked if int(face) in shown]
    with above:
        _show_picked(library, person, picked)
    show_library_viewer(dict.fromkeys(place.photo for place in places))


def _show_picked(library: Shelf, person: PersonSummary, picked: list[int]) -> None:
    if not picked:
        st.caption("Click faces to pick them.")
        return
    count = len(picked)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(f"Yes, {count} confirmed", icon=":material/check:", key="people.yes"):
            do(library, lambda: library.decisions.confirm(picked, person.id) and "Confirmed")
        if st.button(f"Not {plain(person.name)}", icon=":material/close:", key="people.no"):
            do(library, lambda: library.decisions.reject(picked, person.id) and "Taken out")
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


def move(library: Shelf, person: int, faces: Sequence[int], name: str) -> str:
    """These faces of a person are somebody else, known or new."""
    if library.people.find(name) is None:
        library.decisions.split(person, faces, name)
    else:
        with library.transaction():
            library.decisions.reject(faces, person)
            library.decisions.confirm(faces, name)
    return f"{len(faces)} {'face is' if len(faces) == 1 else 'faces are'} {name} now"


def _show_actions(library: Shelf, person: PersonSummary) -> None:
    with st.container(horizontal=True):
        with st.popover("Rename", icon=":material/edit:"), st.form("people.rename", border=False):
            name = st.text_input("New name", value=person.name)
            if st.form_submit_button("Rename", type="primary"):
                do(library, lambda: library.decisions.rename(person.id, name) and "Renamed")
        with st.popover("Merge", icon=":material/merge:"):
            others = [name for name in known_names(library) if name != person.name]
            other = st.selectbox(
                f"Who is {plain(person.name)}, too?", others, index=None, key="people.merge"
            )
            if other and st.button("They are one person", type="primary"):
                do(library, lambda: library.decisions.merge([person.id, other]) and "Merged")
        word = "Show in lists again" if person.ignored else "Ignore"
        if st.button(word, icon=":material/visibility_off:", key="people.ignore"):
            ignored = not person.ignored
            do(library, lambda: library.decisions.ignore_person(person.id, ignored) and "Done")
        if st.button("Forget…", icon=":material/delete_forever:", key="people.forget"):
            _confirm_forgetting(person.id, person.name)


@st.dialog("Forget this person")
def _confirm_forgetting(person: int, name: str) -> None:
    st.write(
        f"**{plain(name)}** is removed from the library for good: the name, every embedding and "
        "decision, and the reference photos in Kindred's folder. Your original photos stay. "
        "This cannot be undone."
    )
    typed = st.text_input("Type the name to confirm")
    if not st.button("Forget for good", type="primary", disabled=typed.strip() != name.strip()):
        return
    with library_in_use() as library:
        try:
            gone = library.forget(person)
        except KindredError as error:
            st.error(plain(str(error)))
            return
    models = ""
    if gone.models:
        models = " A model still knows the name: teach a new one on the page Teach."
    say(f"Forgotten: {gone.faces} faces, {gone.reference_photos} reference photos.{models}")
    _forget_choice()
    st.rerun()


def _go(act: dict) -> bool:
    st.query_params[WHO] = act["id"]
    return True


def _forget_choice() -> None:
    st.query_params.pop(WHO, None)
