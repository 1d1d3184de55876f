"""Everybody in the library, read once until the library changes: every page needs their names."""

from __future__ import annotations

import streamlit as st

from data.library.people.people import PersonSummary
from data.library.views import LibraryViews


def everybody(library: LibraryViews) -> list[PersonSummary]:
    """All people, those who are ignored included; those in most photos first."""
    return _everybody(library.stamp(), library)


def known_names(library: LibraryViews) -> list[str]:
    """Everybody's name, in that order."""
    return [person.name for person in everybody(library)]


@st.cache_resource(max_entries=2, show_spinner=False)
def _everybody(stamp: tuple, _library: LibraryViews) -> list[PersonSummary]:
    return _library.people.list(with_ignored=True)
