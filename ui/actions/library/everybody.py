"""Everybody in the library, read once until the library changes: every page needs their names."""

from __future__ import annotations

import streamlit as st

from data.library.people.people import PersonSummary
from data.library.views import LibraryViews


def everybody(library: LibraryViews, *, with_ignored: bool = False) -> list[PersonSummary]:
    """All people, as `People.list` has them: those in most photos first."""
    people = _everybody(library.stamp(), library)
    return [person for person in people if with_ignored or not person.ignored]


def known_names(library: LibraryViews, *, with_ignored: bool = True) -> list[str]:
    """The names of all: whoever was named most often first."""
    return _names(library.stamp(), library, with_ignored)


@st.cache_resource(max_entries=2, show_spinner=False)
def _everybody(stamp: tuple, _library: LibraryViews) -> list[PersonSummary]:
    return _library.people.list(with_ignored=True)


@st.cache_resource(max_entries=4, show_spinner=False)
def _names(stamp: tuple, _library: LibraryViews, with_ignored: bool) -> list[str]:
    return _library.people.names(with_ignored=with_ignored)
