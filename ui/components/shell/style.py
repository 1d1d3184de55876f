"""The looks of all pages: the style sheets, the icon, and text that is safe to show."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
ICON, LOGO = str(_HERE / "icon.svg"), str(_HERE / "logo.svg")


def apply() -> None:
    """Puts the logo and the style sheets into the page."""
    st.logo(LOGO, size="large", icon_image=LOGO)
    st.html(f"<style>{_sheet()}</style>")


def plain(text: str) -> str:
    """Text for Streamlit's Markdown, where every character of it stands for itself.

    File names come from strangers, and Markdown can fetch pictures from other computers.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


@functools.cache
def _sheet() -> str:
    sheets = (_HERE / f"{name}.css" for name in ("style", "widgets", "people", "family"))
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
