"""The page "Find": photos and films with these people and without those, in these years."""

from __future__ import annotations

import os
from collections.abc import Sequence

import streamlit as st

from data.errors import KindredError
from data.library.views import Entry, LibraryViews
from ui.actions.library.entries import how_many, once
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import library_in_use
from ui.components.photos.wall import empty_html, show_photos
from ui.components.shell.style import plain
from ui.components.shell.templates import render
from ui.pages.photo import show_library_viewer


def show() -> None:
    """The whole page."""
    with st.container(key="kd-page-find"), library_in_use() as library:
        st.title("Find photos", anchor=False)
        if not library.has_photos():
            st.html(
                empty_html(
                    "Nothing to find yet",
                    "Your library is empty. Tag a folder of photos, or add photos on the page Tag; "
                    "then find them here by who is in them.",
                    ("folder", "Tag a folder"),
                )
            )
            return
        found = _ask(library)
        if found is None:
            return
        st.html(render("lead.html", text=how_many(found), status=True))
        if not found:
            st.html(empty_html("No photo fits", "Take somebody out, or allow more years."))
            return
        show_photos(found, "find.wall")
        show_library_viewer([entry.photo for entry in found])


def find(
    library: LibraryViews,
    with_: Sequence[str],
    without: Sequence[str],
    years: tuple[int, int] | None,
    *,
    alone: bool = False,
    confirmed: bool = False,
    all_entries: dict[str, Entry] | None = None,
) -> list[Entry]:
    """The photos that fit, as they go onto a wall.

    Args:
        library: The library.
        with_, without, alone, confirmed: As `Library.find`.
        years: The first and the last one, `None` for any time.
        all_entries: All that is in the library, by path, if it is known already.
    """
    known = all_entries if all_entries is not None else entries_by_path(library)
    if not (with_ or without or years or alone or confirmed):
        return once(entry for entry in known.values() if not entry.error)
    since, until = years or (None, None)
    paths = library.find(with_, without, since=since, until=until, alone=alone, confirmed=confirmed)
    return [known[path] for path in map(os.fspath, paths) if path in known]


def entries_by_path(library: LibraryViews) -> dict[str, Entry]:
    """Everything in the library, by path."""
    return {entry.path: entry for entry in library.entries()}


@st.cache_resource(max_entries=2, show_spinner=False)
def all_entries(stamp: tuple, _library: LibraryViews) -> dict[str, Entry]:
    """The same, kept until the library changes: `stamp` is `LibraryViews.stamp()`."""
    return entries_by_path(_library)


@st.cache_resource(max_entries=30, show_spinner=False)
def _found(
    stamp: tuple,
    _library: LibraryViews,
    with_: tuple[str, ...],
    without: tuple[str, ...],
    years: tuple[int, int] | None,
    alone: bool,
    confirmed: bool,
) -> list[Entry]:
    """What fits, kept until the library changes: for the next page, and when a photo is closed."""
    return find(
        _library,
        with_,
        without,
        years,
        alone=alone,
        confirmed=confirmed,
        all_entries=all_entries(stamp, _library),
    )


def _ask(library: LibraryViews) -> list[Entry] | None:
    bound = {"bind": "query-params"}  # what is asked for stands in the address
    # Enter takes the first name that fits what was typed, never all of them.
    one_by_one = {**bound, "select_all": False}
    names = known_names(library, with_ignored=False)
    left, right = st.columns(2)
    with_ = left.multiselect("With", names, key="with", **one_by_one, placeholder="Everybody")
    others = [name for name in names if name not in with_]
    without = right.multiselect(
        "Without", others, key="without", **one_by_one, placeholder="Nobody"
    )
    years = library.years()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        chosen = None
        if years and years[0] < years[1]:
            picked = st.slider("Years", *years, value=years, key="years", **bound, width=320)
            chosen = None if picked == years else picked
        alone = st.toggle(
            "Nobody else", key="alone", **bound, help="Only these people, and no others"
        )
        sure = st.toggle("Confirmed only", key="confirmed", **bound)
    try:
        return _found(library.stamp(), library, (*with_,), (*without,), chosen, alone, sure)
    except KindredError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
