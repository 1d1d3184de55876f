"""Draws the card's pictures as SVG: the reliability diagram and the learning curves."""

from __future__ import annotations

from collections.abc import Sequence

from data.recognition.calibration import Bin

_WIDTH, _HEIGHT, _EDGE = 460, 300, 40


def diagonal(bins: Sequence[Bin]) -> str:
    """Accuracy over confidence, with the line on which both are the same."""
    most = max((b.count for b in bins), default=1)
    dots = "".join(
        f"<circle class=dot cx={_x(b.confidence):.1f} cy={_y(b.accuracy):.1f} "
        f"r={3 + 9 * (b.count / most) ** 0.5:.1f}><title>{b.count} faces: confidence "
        f"{b.confidence:.0%}, right {b.accuracy:.0%}</title></circle>"
        for b in bins
        if b.count
    )
    even = f"<path class=even d='M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}'/>"
    return _svg(even + dots, "confidence", "share that is right", "0", "100 %", "100 %")


def curves(runs: Sequence[dict[str, list[float]]]) -> str:
    """Learning curves of every split: the loss in training and on held-out faces."""
    drawn = []
    for number, run in enumerate(runs, start=1):
        loss, held = run.get("people_loss", run.get("loss", [])), run.get("val_loss", [])
        top = max([*loss, *held, 1e-9])
        lines = "".join(
            f"<path class={name} d='{_path(values, top)}'/>"
            for name, values in (("one", loss), ("two", held))
            if values
        )
        words = "<text x=290 y=30 style='fill:var(--accent)'>in training</text>"
        words += "<text x=290 y=48 style='fill:#c77d2e'>on held-out faces</text>"
        label = f"epoch, split {number}"
        drawn.append(_svg(lines + words, label, "loss", "1", f"{len(loss)}", f"{top:.2g}"))
    return f"<div class=charts>{''.join(drawn)}</div>"


def _path(values: Sequence[float], top: float) -> str:
    last = max(len(values) - 1, 1)
    points = [f"{_x(i / last):.1f} {_y(value / top):.1f}" for i, value in enumerate(values)]
    return "M" + "L".join(points)


def _x(share: float) -> float:
    return _EDGE + share * (_WIDTH - 2 * _EDGE)


def _y(share: float) -> float:
    return _HEIGHT - _EDGE - share * (_HEIGHT - 2 * _EDGE)


def _svg(inside: str, x: str, y: str, first: str, last: str, top: str) -> str:
    return (
        f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role=img aria-label='{y} over {x}'>"
        f"<path class=axis d='M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}'/>{inside}"
        f"<text x={_x(0)} y={_HEIGHT - 22}>{first}</text>"
        f"<text x={_x(1)} y={_HEIGHT - 22} text-anchor=end>{last}</text>"
        f"<text x={_WIDTH / 2} y={_HEIGHT - 8} text-anchor=middle>{x}</text>"
        f"<text x=6 y={_y(1) - 12}>{y} (up to {top})</text></svg>"
    )
