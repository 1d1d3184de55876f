"""The learning curve of a training that runs or has run, from the rows its worker reported."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from data.words import count
from ui.components.shell.templates import render

_TITLES = {
    "classifier": "Telling the people apart",
    "split 1": "Fine-tuning, first half held out",
    "split 2": "Fine-tuning, second half held out",
    "all": "Fine-tuning, all photos",
}
_WIDTH, _HEIGHT, _EDGE = 300, 120, 6


def curve_html(rows: Sequence[dict]) -> str:
    """A panel for each run of training; "" without any epoch.

    Args:
        rows: Of `training.callbacks`: run, epoch, loss and, on `val_faces` held-out faces,
            val_accuracy; trainings of before did not say how many.
    """
    runs: dict[str, list[dict]] = {}
    for row in rows:
        runs.setdefault(str(row.get("run")), []).append(row)
    return render(
        "curves.html",
        panels=[_panel(run, theirs) for run, theirs in runs.items()],
        width=_WIDTH,
        height=_HEIGHT,
        edge=_EDGE,
    ).strip()


def _panel(run: str, rows: list[dict]) -> dict:
    loss, right = _values(rows, "loss"), _values(rows, "val_accuracy")
    said = [("", f"epoch {rows[-1].get('epoch', len(rows))}")]
    if loss:
        said.append(("kd-loss", f"loss {loss[-1]:.3g}"))
    if right:
        faces = next((int(row["val_faces"]) for row in reversed(rows) if "val_faces" in row), None)
        of = "held-out faces" if faces is None else count(faces, "held-out face")
        said.append(("kd-right", f"{right[-1]:.1%} of {of} right"))
    top = max([*loss, 1e-9])
    return {
        "title": _TITLES.get(run, run),
        "said": said,
        "lines": [("kd-loss", _line([value / top for value in loss])), ("kd-right", _line(right))],
    }


def _values(rows: list[dict], name: str) -> list[float]:
    return [float(row[name]) for row in rows if name in row and isfinite(row[name])]


def _line(shares: list[float]) -> str:
    """A path of shares of the height, 0..1, from left to right; one alone is a level line."""
    if not shares:
        return ""
    shares = shares if len(shares) > 1 else shares * 2
    step = (_WIDTH - 2 * _EDGE) / (len(shares) - 1)
    points = (
        f"{_EDGE + i * step:.1f} {_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE):.1f}"
        for i, share in enumerate(shares)
    )
    return "M" + "L".join(points)
