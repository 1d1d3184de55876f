"""HTML that answers: buttons, names to type and tiles to pick in what the pages draw themselves."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from markupsafe import Markup

from ui.components.shell.templates import render

_SCRIPTS = Path(__file__).parent / "js"

_component = st.components.v2.component(
    "kindred_live",
    html='<div class="kd-live"></div>',
    js="".join(
        (_SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
        for name in ("morph", "viewer", "stopped", "live")
    ),
    isolate_styles=False,
)

# Keys of the session's state: by key of the element, the time of the last act that was carried
# out, and the times of those that failed; and what lets one run at a time carry them out.
DONE, FAILED, LOCK = "live.done", "live.failed", "live.lock"

OnAct = Callable[[dict], bool]
"""Carries out an act (its `do` and what belongs to it); returns whether that could be done."""


@dataclass(frozen=True)
class Answer:
    """What somebody did.

    Attributes:
        act: What was clicked, typed or drawn in this run, if nobody else carries it out.
        picked: The picked tiles.
    """

    act: dict | None
    picked: tuple[str, ...]


def live(
    html: str,
    *,
    key: str,
    on_act: OnAct | None = None,
    names: Sequence[str] = (),
    picked: Sequence[str] = (),
) -> Answer:
    """Shows HTML and returns what was done with it; see `live.js` for what it listens to.

    Args:
        html: Everything in it that comes from elsewhere must be escaped.
        key: Of the element; with another key nothing is picked.
        on_act: Called before the page runs, once for every act, in order. It must open the library
            itself. Without it the newest act is in the answer.
        names: The known names, for completion: inputs ask for the list `names_list(key)`.
        picked: What is picked at first; the HTML must say the same.
    """
    html = with_names(html, key, names)
    done = st.session_state.setdefault(DONE, {})
    failed = st.session_state.setdefault(FAILED, {})
    st.session_state.setdefault(LOCK, threading.Lock())
    found = _component(
        data={"html": html, "done": done.get(key, 0), "failed": failed.get(key, [])},
        key=key,
        default={"picked": list(picked)},
        on_acts_change=functools.partial(_carry_out, key, on_act) if on_act else _nothing,
        on_picked_change=_nothing,
    )
    act = None
    # What no callback has carried out: one that was interrupted, or there is none.
    if new := _new(found.acts, done.get(key, 0)):
        if on_act is not None:
            _carry_out_all(key, on_act, found.acts)
            st.rerun()
        act, done[key] = new[-1], new[-1]["at"]
    return Answer(act, tuple(map(str, found.picked or ())))


def with_names(html: str, key: str, names: Sequence[str]) -> str:
    """HTML, itself escaped already, with the list that its inputs complete names from."""
    if not names:
        return str(html)
    return str(Markup(html) + render("names.html", id=names_list(key), names=names))


def names_list(key: str) -> str:
    """The id of the list of known names that an input completes from."""
    return "kd-names-" + "".join(c if c.isalnum() else "-" for c in key)


def _new(acts: object, done: int) -> list[dict]:
    """The acts that were not carried out yet, oldest first."""
    found = acts if isinstance(acts, list) else []
    valid = (act for act in found if isinstance(act, dict) and isinstance(act.get("at"), int))
    return sorted((act for act in valid if act["at"] > done), key=lambda act: act["at"])


def _carry_out(key: str, on_act: OnAct) -> None:
    _carry_out_all(key, on_act, getattr(st.session_state.get(key), "acts", None))


def _carry_out_all(key: str, on_act: OnAct, acts: object) -> None:
    # When something is done while a page still runs, Streamlit begins another run beside it, and
    # ends the first one wherever that asks for the session's state: so one at a time, and nothing
    # is asked for between doing something and noting that it was done.
    lock = st.session_state.setdefault(LOCK, threading.Lock())
    done = st.session_state.setdefault(DONE, {})
    failed = st.session_state.setdefault(FAILED, {}).setdefault(key, [])
    with lock:
        for act in _new(acts, done.get(key, 0)):
            if not on_act({name: value for name, value in act.items() if name != "at"}):
                failed.append(act["at"])
                del failed[:-20]
            done[key] = act["at"]


def _nothing() -> None:
    pass
