"""The card's pictures as SVG, and the templates of all pages that training writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from data.html import templates
from data.recognition.calibration import Bin

TEMPLATES = templates(Path(__file__).parent / "html")
_CHARTS = TEMPLATES.get_template("chart.html").module


def diagonal(bins: Sequence[Bin]) -> Markup:
    """Accuracy over confidence, with the line on which both are the same."""
    return _CHARTS.diagonal(bins)


def curves(runs: Sequence[dict[str, list[float]]]) -> Markup:
    """Learning curves of every split: the loss in training and on held-out faces."""
    return _CHARTS.curves(runs)


def curve_picture(loss: Sequence[float], held_out: Sequence[float]) -> Markup:
    """One learning curve as a whole SVG file: the losses after every epoch."""
    return _CHARTS.picture(list(loss), list(held_out)).strip()
