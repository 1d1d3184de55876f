"""What was just done, said for a moment at the window's edge, with a button that takes it back."""

from __future__ import annotations

from ui.actions.library_in_use import take_back_said, what_is_said
from ui.components.live import live
from ui.components.templates import render


def show_toasts() -> None:
    """Shows what there is to say; the application calls it once a run."""
    html = render("toasts.html", toasts=what_is_said())
    live(html, key="kd.toasts", on_act=lambda act: take_back_said(int(act["number"])))
