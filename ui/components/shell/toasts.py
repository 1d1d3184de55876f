"""What was just done, said for a moment at the window's edge, with a button that takes it back."""

from __future__ import annotations

from collections.abc import Sequence

from ui.actions.library.library_in_use import Said, take_back_said, what_is_said
from ui.components.shell.live import live
from ui.components.shell.templates import render


def show_toasts() -> None:
    """Shows what there is to say; the application calls it once a run."""
    live(toasts_html(what_is_said()), key="kd.toasts", on_act=undo_of_toast)


def toasts_html(said: Sequence[Said]) -> str:
    """What was said, the newest last."""
    return render("toasts.html", toasts=said)


def undo_of_toast(act: dict) -> bool:
    """Takes back what one of them tells of; returns whether that could be done."""
    return take_back_said(int(act["number"]))
