"""The looks of all pages: the style sheet, the icon, and text that is safe to show."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
ICON, LOGO = str(_HERE / "icon.svg"), str(_HERE / "logo.svg")

# Faces of a photo whose outline and row light up together; the style sheet needs a rule for each.
_PAIRED = 60


def apply() -> None:
    """Puts the logo and the style sheet into the page."""
    st.logo(LOGO, size="large", icon_image=LOGO)
    st.html(f"<style>{_sheet()}</style>")


def plain(text: str) -> str:
    """Text for Streamlit's Markdown, where every character of it stands for itself.

    File names come from strangers, and Markdown can fetch pictures from other computers.
    """
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


@functools.cache
def _sheet() -> str:
    pairs = (
        (f".kd-face:nth-of-type({n})", f".kd-row:nth-of-type({n})") for n in range(1, _PAIRED + 1)
    )
    card = '[class*="st-key-kd-card"]'
    rules = (
        f"{card}:has({row}:hover) {face}{{box-shadow:var(--kd-glow);z-index:3}}"
        f"{card}:has({face}:is(:hover,:focus-visible)) {row}{{background:var(--kd-soft)}}"
        for face, row in pairs
    )
    return (_HERE / "style.css").read_text(encoding="utf-8") + "".join(rules)
