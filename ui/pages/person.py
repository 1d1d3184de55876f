"""A person's page: photos by year, faces, who is with them, and what can be done to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import streamlit as st

from data.errors import KindredError
from data.library import PersonSummary
from data.library.decisions.merge_questions import ask
from data.library.views import Entry, LibraryViews
from data.words import count
from ui.actions.library.ages import age_in
from ui.actions.library.entries import once
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import do, library_in_use, say, undo_button
from ui.components.people.merging import ASKED, show_merge_questions
from ui.components.photos.wall import day, person_caption, show_photos
from ui.components.shell.live import live
from ui.components.shell.style import plain
from ui.components.shell.templates import render
from ui.pages.person_faces import show_faces_of
from ui.pages.photo import show_library_viewer

WHO = "who"  # of the address
_SENT = "person.sent"  # key of the session's state: how often one of the menus was sent
_WITH = 8  # people who are named as company


def show_person(library: LibraryViews, person: PersonSummary, entries: dict[str, Entry]) -> None:
    """The whole page.

    Args:
        library: The library.
        person: Whose page it is.
        entries: Everything in the library, by path.
    """
    with st.container(horizontal=True):
        if st.button("Everybody", icon=":material/arrow_back:", shortcut="Escape"):
            leave()
            st.rerun()
        undo_button(library)
    st.title(plain(person.name), anchor=False)
    seen = " to ".join(dict.fromkeys(filter(None, (day(person.first), day(person.last)))))
    born = f"born {day(person.born) or person.born}" if person.born else ""
    facts = [person_caption(person), f"{person.confirmed:,} confirmed", seen, born]
    st.html(render("facts_line.html", facts=[*filter(None, facts)]))
    _show_company(library, person)
    _show_actions(library, person)
    view = st.segmented_control(
        "What to show",
        ["Photos", "Faces"],
        default="Photos",
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    if view == "Faces":
        show_faces_of(library, person)
    else:
        _show_photos(library, person, entries)


def leave() -> None:
    """Back to everybody."""
    st.query_params.pop(WHO, None)


def _show_photos(library: LibraryViews, person: PersonSummary, entries: dict[str, Entry]) -> None:
    shown = _photos(library.stamp(), person.name, entries)
    if not shown:
        st.caption("No photo shows this person at the moment.")
        return
    heading = year_heading(shown, person)
    show_photos(shown, f"person.photos.{person.id}", heading, of=person.name)
    show_library_viewer([entry.photo for entry in shown])


@st.cache_resource(max_entries=20, show_spinner=False)
def _photos(stamp: tuple, name: str, _entries: dict[str, Entry]) -> list[Entry]:
    return once(entry for entry in _entries.values() if name in entry.names)


@st.cache_resource(max_entries=20, show_spinner=False)
def _company(stamp: tuple, _library: LibraryViews, person: int) -> list[tuple[int, str, int]]:
    """Who is most often on photos with somebody: id, name and number of photos."""
    company = _library.people.together(person)[:_WITH]
    names = _library.people.called(id for _, id, _ in company)
    return [(id, names[id], photos) for _, id, photos in company]


def year_heading(
    entries: Sequence[Entry], person: PersonSummary
) -> Callable[[Entry], tuple[str, str]]:
    """What stands above a photo: its year; beside that how many, and how old the person was."""
    photos = Counter((entry.taken or "")[:4] for entry in entries)

    def heading(entry: Entry) -> tuple[str, str]:
        year = (entry.taken or "")[:4]
        count = photos[year]
        said = [f"{count:,} {'photo' if count == 1 else 'photos'}"]
        if year and person.born and (age := age_in(person.born, int(year))):
            said.append(age)
        return year or "No date", " · ".join(said)

    return heading


def _show_company(library: LibraryViews, person: PersonSummary) -> None:
    company = _company(library.stamp(), library, person.id)
    if company:
        html = render("together.html", said="Most often with", people=company)
        live(html, key=f"person.with.{person.id}", on_act=_go)


def _show_actions(library: LibraryViews, person: PersonSummary) -> None:
    open_since = st.session_state.setdefault(_SENT, 0)  # another key closes what is open

    def menu(label: str, icon: str):
        key = f"person.{label}.{person.id}.{open_since}"
        return st.popover(label, icon=f":material/{icon}:", key=key)

    with st.container(horizontal=True):
        with menu("Rename", "edit"), st.form("people.rename", border=False):
            name = st.text_input("New name", value=person.name)
            if st.form_submit_button("Rename", type="primary"):
                st.session_state[_SENT] += 1
                _rename(library, person, name)
        with menu("Born", "cake"), st.form("people.born", border=False):
            said = "A year, month or day: 1950, 1950-07 or 1950-07-31"
            born = st.text_input("Date of birth", value=person.born or "", help=said)
            if st.form_submit_button("Keep", type="primary"):
                st.session_state[_SENT] += 1
                do(library, lambda: _describe(library, person, born=born))
        with menu("Merge", "merge"):
            others = [name for name in known_names(library) if name != person.name]
            other = st.selectbox(
                f"Who is {plain(person.name)}, too?", others, index=None, key="people.merge"
            )
            if other and st.button("They are one person", type="primary"):
                st.session_state[_SENT] += 1
                do(library, lambda: library.decisions.merge([person.id, other]) and "Merged")
        word = "Show in lists again" if person.ignored else "Hide"
        if st.button(word, icon=":material/visibility_off:", key="people.ignore"):
            said = f"{person.name} is {'in lists again' if person.ignored else 'hidden'}"
            ignored = not person.ignored
            do(library, lambda: library.decisions.ignore_person(person.id, ignored) and said)
        if st.button("Forget…", icon=":material/delete_forever:", key="people.forget"):
            _confirm_forgetting(person.id, person.name)

    if (asked := st.session_state.get(ASKED)) and person.id in asked:
        one, other = (library.people.get(id) for id in asked)
        if one.id != other.id:
            why = "Two people cannot have one name here."
            show_merge_questions(library, [ask(one, other)], "person.merge", why)


def _rename(library: LibraryViews, person: PersonSummary, name: str) -> None:
    """Renames; if somebody else has the name, asks whether the two are one person."""
    other = library.people.find(name) if name.strip() else None
    if other is None or other == person.id:
        do(library, lambda: library.decisions.rename(person.id, name) and "Renamed")
        return
    st.session_state[ASKED] = (person.id, other)
    st.rerun()


def _describe(library: LibraryViews, person: PersonSummary, **what) -> str:
    library.decisions.describe(person.id, **what)
    return "The date of birth is kept"


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
        models = " A model still knows the name: teach a new one on the page Teach, without photos"
        models += " of this person in the family folder."
    say(
        f"Forgotten: {count(gone.faces, 'face')}, "
        f"{count(gone.reference_photos, 'reference photo')}.{models}"
    )
    leave()
    st.rerun()


def _go(act: dict) -> bool:
    st.query_params[WHO] = act["id"]
    return True
