"""The library for a command, opened.

Its modules are loaded only then, so that `--help`, which describes all commands, comes at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data.home import home

if TYPE_CHECKING:
    from data.library import Library


def open_library() -> Library:
    """The library in Kindred's home."""
    from data.library import Library

    return Library(home())


@contextmanager
def working_library(what: str) -> Iterator[Library]:
    """The same with its lock held: see `data.lock.library_lock`."""
    from data.lock import library_lock

    with library_lock(home(), what), open_library() as library:
        yield library
