"""The accuracy card that training wrote beside a model, shown within a page."""

from __future__ import annotations

from pathlib import Path

from ui.components.shell.live import live
from ui.components.shell.templates import render


def show_card(model: Path, key: str) -> bool:
    """Shows the card of a model folder; returns whether it has one."""
    try:
        text = (model / "card.html").read_text("utf-8", "replace")
    except OSError:
        return False
    # Without scripts and apart from the page: names of folders are in it.
    live(render("frame.html", page=text), key=f"{key}.card.{model.name}")
    return True
