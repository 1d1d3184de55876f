"""Compares faces after decisions in a thread of its own, for whoever cannot wait for that.

A library that is opened with `compare_later` answers a decision at once; what is shown next is
compared first (`compared`), all open faces a moment later. Nothing is lost when the process ends
before that: the next opening of the library notices what was not compared yet, and does it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from data.errors import LibraryError
from data.library.library import Library

T = TypeVar("T")

_TURNS = 4  # times that what is shown is compared, before everything is
PAUSE = 1.0  # seconds without a decision: who names one face often names the next at once

_lock = threading.Lock()
_due: dict[Path, float] = {}  # when, by `time.monotonic`; each library has one thread


def compare_soon(home: Path, *, decided: bool = True) -> None:
    """Has the library of that folder compare its faces when there is a pause.

    Args:
        home: Kindred's home folder.
        decided: Whether something was decided just now, so that the pause begins anew.
    """
    with _lock:
        waits = home in _due
        if waits and not decided:
            return
        _due[home] = time.monotonic() + PAUSE
    if not waits:
        threading.Thread(target=_compare, args=(home,), name="kindred-compare", daemon=True).start()


def compared(
    library: Library,
    read: Callable[[], T],
    shown: Callable[[T], Iterable[int]],
    alike: Callable[[T], Iterable[int]],
) -> T:
    """What `read` gives when the faces that are shown of it are compared with all names given.

    Args:
        library: May have been opened with `compare_later`.
        read: Reads anew from the library.
        shown: The faces that are shown of what was read.
        alike: Faces that are likely to have changed as well, if one of those has.
    """
    for _ in range(_TURNS):
        found = read()
        if not library.recognition.look_at_shown_faces(shown(found)):
            return found
        library.recognition.look_at_shown_faces(alike(found))
    library.recognition.catch_up()
    return read()


def _compare(home: Path) -> None:
    while True:
        with _lock:
            left = _due[home] - time.monotonic()
            if left <= 0:
                del _due[home]
                break
        time.sleep(left)
    try:
        Library(home).close()  # compares when it opens
    except LibraryError:
        logging.getLogger(__name__).debug("comparing is left to the next opening", exc_info=True)
