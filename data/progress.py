"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and how much there is (0: unknown)."""


def silent(phase: str, done: int, of: int) -> None:
    """The progress of work that nobody watches."""
