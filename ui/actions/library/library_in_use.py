"""The library that all pages share, what was just done to it, and taking that back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from data.errors import KindredError
from data.home import home
from data.library.comparing import compare_soon
from data.library.views import LibraryViews
from ui.actions.library.deciding import (
    decided_since,
    faces_of,
    last_decision,
    take_back,
    what_was_decided,
)
from ui.components.shell.style import plain

SAID = "library.said"  # key of the session's state
_SECONDS = 9.0  # that something said stays


@dataclass(frozen=True)
class Said:
    """Something that was said.

    Attributes:
        number: Tells it from everything else that was said in this tab.
        text: In words.
        failed: Whether it says that something could not be done.
        decisions: The decisions that it tells of and that can be taken back.
        at: When, by `time.monotonic`.
    """

    number: int
    text: str
    failed: bool
    decisions: tuple[int, ...]
    at: float


@contextmanager
def library_in_use(*, compare_later: bool = False) -> Iterator[LibraryViews]:
    """The library, open for one run of a page; ends the page with a sentence if it cannot be.

    Args:
        compare_later: Whether a decision is answered before all faces are compared, for what has
            those compared that it shows (`Recognition.look_at_shown`).
    """
    try:
        library = LibraryViews(home(), compare_later=compare_later)
    except KindredError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()
    with library:
        before = library.recognition.version
        try:
            yield library
        finally:
            if compare_later and library.recognition.is_behind:
                compare_soon(home(), decided=library.recognition.version != before)


def carry_out(library: LibraryViews, action: Callable[[], str | None]) -> bool:
    """Does something to the library and says it, with a way to take it back.

    Args:
        library: The library.
        action: Decides, and returns what was done, in words.

    Returns:
        Whether it could be done.
    """
    # Streamlit may end a run wherever the session's state is asked for: not after the action, or
    # it would be carried out again.
    said, last = _said(), last_decision(library)
    try:
        text = action()
    except KindredError as error:
        _add(said, str(error), failed=True)
        return False
    if text:
        _add(said, text, decisions=decided_since(library, last))
    return True


def do(library: LibraryViews, action: Callable[[], str | None]) -> None:
    """The same, and runs the page again."""
    carry_out(library, action)
    st.rerun()


def take_back_newest(library: LibraryViews) -> None:
    """Takes back what was decided last, in whatever tab and before a reload, too."""
    step = library.decisions.newest_step()
    if step:
        carry_out(library, lambda: _taken_back(library, step))


def undo_button(library: LibraryViews, *, shortcut: str | None = None) -> None:
    """A button for that; greyed while there is nothing to take back."""
    if st.button(
        "Undo",
        icon=":material/undo:",
        key="library.undo",
        shortcut=shortcut,
        disabled=not library.decisions.newest_step(),
        help="Take back what was decided last",
    ):
        take_back_newest(library)
        st.rerun()


def say(text: str, *, failed: bool = False) -> None:
    """Something that shows for a moment, when the page has run again."""
    _add(_said(), text, failed=failed)


def what_is_said() -> list[Said]:
    """What was said a moment ago, and was not taken back meanwhile."""
    since = time.monotonic() - _SECONDS
    return [said for said in _said() if said.at > since][-3:]


def take_back_said(number: int) -> bool:
    """Takes back what something that was said tells of; returns whether that could be done."""
    everything = _said()
    said = next((said for said in everything if said.number == number), None)
    if said is None or not said.decisions:
        return False
    with library_in_use(compare_later=True) as library:
        done = carry_out(library, lambda: _taken_back(library, said.decisions))
    if done:
        everything.remove(said)
    return done


def _said() -> list[Said]:
    return st.session_state.setdefault(SAID, [])


def _add(
    said: list[Said], text: str, *, failed: bool = False, decisions: tuple[int, ...] = ()
) -> None:
    number = said[-1].number + 1 if said else 0
    said.append(Said(number, text, failed, decisions, time.monotonic()))
    del said[:-50]


def _taken_back(library: LibraryViews, decisions: tuple[int, ...]) -> str:
    what, faces = what_was_decided(library, decisions), faces_of(library, decisions)
    take_back(library, decisions)
    # So that what was asked about them is asked again at once, and not a moment later.
    library.recognition.look_at_shown_faces(faces)
    return f"Taken back: {what}"
