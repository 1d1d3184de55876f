"""The page "People": everybody on a wall, who may be one, and unknown people to be named."""

from __future__ import annotations

import streamlit as st

from data.errors import KindredError
from data.home import home
from data.library import PersonSummary
from data.library.views import LibraryViews
from ui.actions.library.everybody import everybody
from ui.actions.library.library_in_use import do, library_in_use, undo_button
from ui.components.jobs.job_view import show_grouping
from ui.components.people.merging import questions_of, show_merge_questions
from ui.components.people.unnamed import show_unnamed
from ui.components.photos.wall import empty_html, show_people
from ui.components.shell.style import plain
from ui.pages.find import all_entries
from ui.pages.person import WHO, show_person
from ui.pages.photo import show_library_viewer

_ASKED_TOGETHER = 4


def show() -> None:
    """The whole page."""
    # A person's page shows more than it could have compared before it answers.
    wall = WHO not in st.query_params
    with st.container(key="kd-page-people"), library_in_use(compare_later=wall) as library:
        if (person := _chosen(library)) is not None:
            show_person(library, person, all_entries(library.stamp(), library))
        else:
            _show_everybody(library)
            if library.recognition.is_behind:
                _show_again_when_compared()


@st.fragment(run_every=1.0)
def _show_again_when_compared() -> None:
    """Runs the page again for how many photos show everybody, which is by all names then."""
    with LibraryViews(home(), compare_later=True) as library:
        if not library.recognition.is_behind:
            st.rerun()


def _show_everybody(library: LibraryViews) -> None:
    st.title("People", anchor=False)
    people = everybody(library, with_ignored=True)
    show_grouping()
    if not people and not library.groups.list():
        _show_nobody(library)
        return
    show_merge_questions(library, questions_of(library)[:_ASKED_TOGETHER], "people.questions")
    _show_named(library, people)
    show_library_viewer(dict.fromkeys(show_unnamed(library)))


def _show_nobody(library: LibraryViews) -> None:
    """What to do where nobody has a name, and nobody was seen twice."""
    if library.groups.waiting():
        html = empty_html(
            "Nobody has a name yet",
            "Here wait those for their names who are seen more than once. The page Review asks "
            "about faces that were seen once, too.",
            ("review", "Name faces"),
        )
    else:
        html = empty_html(
            "Nobody here yet",
            "People appear when you name a face on the page Tag, and when you tag a folder: "
            "those who are seen more than once wait here for their names.",
            ("folder", "Tag a folder"),
        )
    st.html(html)


def _show_named(library: LibraryViews, all_people: list[PersonSummary]) -> None:
    hidden = [person for person in all_people if person.ignored]
    people = [person for person in all_people if not person.ignored]
    with st.container(horizontal=True, vertical_alignment="center"):
        picking = bool(people) and st.toggle("Pick several", key="people.picking")
        if hidden and st.toggle(f"Show hidden ({len(hidden)})", key="people.ignored"):
            people = all_people
        undo_button(library)
    above = st.container()
    key = f"people.wall.{len(people)}" if picking else "people.wall"
    answer = show_people(library, people, key, on_act=_go, picked=() if picking else None)
    if picking:
        with above:
            _show_picked(library, [p for p in people if str(p.id) in answer.picked])


def _show_picked(library: LibraryViews, picked: list[PersonSummary]) -> None:
    """What can be done with several people; the one in most photos gives the name."""
    if not picked:
        st.caption("Click people to pick them.")
        return
    ids, names = [person.id for person in picked], [person.name for person in picked]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(picked) > 1:
            kept = st.selectbox("Name that stays", names, key=f"people.kept.{ids}", width=260)
            order = [ids[names.index(kept)], *ids]
            if st.button(f"Merge into {plain(kept)}", type="primary", icon=":material/merge:"):
                do(library, lambda: library.decisions.merge(order) and f"One person: {kept}")
        if st.button(f"Hide {len(picked)}", icon=":material/visibility_off:", key="people.hide"):
            do(library, lambda: _hide(library, ids))


def _hide(library: LibraryViews, people: list[int]) -> str:
    with library.transaction():
        for person in people:
            library.decisions.ignore_person(person)
    return f"{len(people)} {'person' if len(people) == 1 else 'people'} hidden"


def _chosen(library: LibraryViews) -> PersonSummary | None:
    """The person whose page is open: it is in the address, for reloads and the browser's Back."""
    who = st.query_params.get(WHO)
    try:
        return library.people.get(int(who)) if who else None
    except (KindredError, ValueError):
        st.query_params.pop(WHO)
        return None


def _go(act: dict) -> bool:
    st.query_params[WHO] = act["id"]
    return True
