"""The library that all pages share, what was just done to it, and taking that back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from data.errors import KindredError
from data.home import home
from data.library.views import Shelf
from ui.actions.deciding import decided_since, last_decision, take_back
from ui.components.style import plain

# Keys of the session's state.
SAID, DONE = "library.said", "library.done"


@contextmanager
def library_in_use() -> Iterator[Shelf]:
    """The library, open for one run of a page; ends the page with a sentence if it cannot be."""
    try:
        library = Shelf(home())
    except KindredError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()
    with library:
        yield library


def do(library: Shelf, action: Callable[[], str | None]) -> None:
    """Does something to the library, notes it for `undo`, and runs the page again.

    Args:
        library: The library.
        action: Decides, and returns what was done, in words.
    """
    last = last_decision(library)
    try:
        said = action()
    except KindredError as error:
        say(str(error), ":material/error:")
    else:
        if made := decided_since(library, last):
            st.session_state.setdefault(DONE, []).append(made)
        if said:
            say(said)
    st.rerun()


def undo(library: Shelf) -> None:
    """Takes back what was done last in this tab, and runs the page again."""
    done = st.session_state.get(DONE) or []
    if done:
        try:
            take_back(library, done[-1])
            say("Taken back", ":material/undo:")
        except KindredError as error:
            say(str(error), ":material/error:")
        done.pop()
    st.rerun()


def decided_here() -> int:
    """How often something was decided in this tab and not taken back."""
    return len(st.session_state.get(DONE) or ())


def undo_button(library: Shelf, *, shortcut: str | None = None) -> None:
    """A button for `undo`; greyed while there is nothing to take back."""
    if st.button(
        "Undo",
        icon=":material/undo:",
        key="library.undo",
        shortcut=shortcut,
        disabled=not decided_here(),
        help="Take back what was decided last in this tab",
    ):
        undo(library)


def say(text: str, icon: str = ":material/check:") -> None:
    """A line that shows for a moment when the page has run again."""
    st.session_state.setdefault(SAID, []).append((text, icon))


def show_said() -> None:
    """Shows what there is to say; the application calls it once a run."""
    for text, icon in st.session_state.pop(SAID, ()):
        st.toast(plain(text), icon=icon)
