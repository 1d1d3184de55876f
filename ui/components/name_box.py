"""The field in which a name is chosen or typed."""

from __future__ import annotations

import streamlit as st

from data.library.views import Shelf
from ui.actions.deciding import known_names


def name_box(library: Shelf, key: str) -> str | None:
    """Shows the field and returns the name in it, if there is one.

    Args:
        key: Of the widget; another key is an empty field.
    """
    return st.selectbox(
        "Name",
        known_names(library),
        index=None,
        placeholder="Choose or type a name",
        accept_new_options=True,
        key=key,
        label_visibility="collapsed",
        width=280,
    )
