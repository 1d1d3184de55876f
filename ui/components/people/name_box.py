"""The field in which a name is chosen or typed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from data.library.views import LibraryViews
from ui.actions.library.everybody import known_names


def name_box(
    library: LibraryViews, key: str, likely: str | None = None, first: Sequence[str] = ()
) -> str | None:
    """Shows the field and returns the name in it, if there is one.

    Args:
        key: Of the widget; another key is another field.
        likely: The name that is in it at first.
        first: Names that stand above the others; nobody need have them yet.
    """
    names = list(dict.fromkeys([*([likely] if likely else ()), *first, *known_names(library)]))
    return st.selectbox(
        "Name",
        names,
        index=0 if likely else None,
        placeholder="Choose or type a name",
        accept_new_options=True,
        key=key,
        label_visibility="collapsed",
        width=280,
    )
