"""The learning curve of a training that runs or has run, from the rows its worker reported."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite

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
        rows: Of `training.callbacks`: run, epoch, loss and, on held-out faces, val_accuracy.
    """
    runs: dict[str, list[dict]] = {}
    for row in rows:
        runs.setdefault(str(row.get("run")), []).append(row)
    panels = "".join(_panel(run, theirs) for run, theirs in runs.items())
    return f'<div class="kd-curves">{panels}</div>' if panels else ""


def _panel(run: str, rows: list[dict]) -> str:
    loss, right = _values(rows, "loss"), _values(rows, "val_accuracy")
    said = [f"epoch {rows[-1].get('epoch', len(rows))}"]
    if loss:
        said.append(f'<span class="kd-loss">loss {loss[-1]:.3g}</span>')
    if right:
        said.append(f'<span class="kd-right">{right[-1]:.1%} of held-out faces right</span>')
    top = max([*loss, 1e-9])
    lines = _line("kd-loss", [value / top for value in loss]) + _line("kd-right", right)
    title = escape(_TITLES.get(run, run))
    return (
        f"<figure><figcaption><b>{title}</b></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Learning curve: {title}" '
        f'preserveAspectRatio="none"><path class="kd-axis" d="M{_EDGE} {_EDGE}V{_HEIGHT - _EDGE}'
        f'H{_WIDTH - _EDGE}"/>{lines}</svg><p>{" · ".join(said)}</p></figure>'
    )


def _values(rows: list[dict], name: str) -> list[float]:
    return [float(row[name]) for row in rows if name in row and isfinite(row[name])]


def _line(kind: str, shares: list[float]) -> str:
    """Shares of the height, 0..1, from left to right; one of them alone is a level line."""
    if not shares:
        return ""
    shares = shares if len(shares) > 1 else shares * 2
    step = (_WIDTH - 2 * _EDGE) / (len(shares) - 1)
    points = (
        f"{_EDGE + i * step:.1f} {_HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE):.1f}"
        for i, share in enumerate(shares)
    )
    return f'<path class="{kind}" d="M{"L".join(points)}"/>'
