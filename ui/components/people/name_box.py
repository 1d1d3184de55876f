"""The field in which a name is chosen or typed."""

from __future__ import annotations

import streamlit as st

from data.library.views import Shelf
from ui.actions.library.deciding import known_names


def name_box(library: Shelf, key: str, likely: str | None = None) -> str | None:
    """Shows the field and returns the name in it, if there is one.

    Args:
        key: Of the widget; another key is another field.
        likely: The name that is in it at first.
    """
    names = known_names(library)
    return st.selectbox(
        "Name",
        names,
        index=names.index(likely) if likely in names else None,
        placeholder="Choose or type a name",
        accept_new_options=True,
        key=key,
        label_visibility="collapsed",
        width=280,
    )
