"""Times in films as players show them."""

from __future__ import annotations

from collections.abc import Iterable


def clock(seconds: float) -> str:
    """ "1:05", "1:01:05"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock_spans(spans: Iterable[tuple[float, float]]) -> str:
    """ "0:00-0:03 0:06-0:09"."""
    return " ".join(f"{clock(start)}-{clock(end)}" for start, end in spans)
