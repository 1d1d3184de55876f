"""The people whose photos were uploaded: each can be renamed, or left out of learning."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from data import own_people
from data.errors import KindredError
from data.family import Family
from data.words import count
from ui.actions.library.library_in_use import say

_NAME, _LEARN = "teach.own.name", "teach.own.learn"


def show_own_people(people: Path, family: Family | None) -> None:
    """A line for everybody, those who are left out at the end.

    Args:
        people: Kindred's own family folder.
        family: Who is in it; `None` if nobody is.
    """
    there = {} if family is None else {n: len(photos) for n, photos in family.photos.items()}
    for name, photos in sorted(there.items(), key=lambda item: (-item[1], item[0])):
        _show(people, name, photos, is_learned=True)
    for name, photos in own_people.left_out(people).items():
        _show(people, name, photos, is_learned=False)


def _show(people: Path, name: str, photos: int, *, is_learned: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        box, field = f"{_LEARN}.{is_learned}.{name}", f"{_NAME}.{name}"
        move = own_people.leave_out if is_learned else own_people.bring_back
        st.checkbox(
            f"Learn {name}",
            value=is_learned,
            key=box,
            label_visibility="collapsed",
            on_change=partial(_do, box, partial(move, people, name)),
        )
        if is_learned:
            st.text_input(
                f"Name of {name}",
                value=name,
                key=field,
                label_visibility="collapsed",
                width=280,
                on_change=partial(_rename, people, name, field),
            )
        else:
            st.text(name, width=280)
        st.caption(count(photos, "photo") + ("" if is_learned else ", left out"), width="content")


def _rename(people: Path, name: str, field: str) -> None:
    new = str(st.session_state.get(field, ""))
    if new.strip() and new != name:
        _do(field, lambda: own_people.rename(people, name, new))


def _do(key: str, action: Callable[[], object]) -> None:
    """Does something and says why if it cannot be done; the widget shows what is then."""
    try:
        action()
    except KindredError as error:
        say(str(error), failed=True)
    st.session_state.pop(key, None)
