"""HTML that answers: buttons, names to type and tiles to pick in what the pages draw themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "kindred_live",
    html='<div class="kd-live"></div>',
    js=Path(__file__).with_name("live.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class Answer:
    """What somebody did.

    Attributes:
        act: What was clicked, typed or drawn in this run: its `do` and what belongs to it.
        picked: The picked tiles.
    """

    act: dict | None
    picked: tuple[str, ...]


def live(html: str, *, key: str, names: Sequence[str] = (), picked: Sequence[str] = ()) -> Answer:
    """Shows HTML and returns what was done with it; see `live.js` for what it listens to.

    Args:
        html: Everything in it that comes from elsewhere must be escaped.
        key: Of the element; with another key nothing is picked.
        names: The known names, for completion: inputs ask for the list `names_list(key)`.
        picked: What is picked at first; the HTML must say the same.
    """
    if names:
        options = "".join(f'<option value="{escape(name)}"></option>' for name in names)
        html += f'<datalist id="{names_list(key)}">{options}</datalist>'
    found = _component(
        data={"html": html, "names": list(names)},
        key=key,
        default={"picked": list(picked)},
        on_act_change=_nothing,
        on_picked_change=_nothing,
    )
    act = found.act if isinstance(found.act, dict) else None
    if act is not None:  # a page that is run again for another reason must not do it again
        done = st.session_state.setdefault("live.done", {})
        act = None if done.get(key) == act.get("at") else act
        if act is not None:
            done[key] = act.get("at")
    return Answer(act, tuple(map(str, found.picked or ())))


def names_list(key: str) -> str:
    """The id of the list of known names that an input completes from."""
    return "kd-names-" + "".join(c if c.isalnum() else "-" for c in key)


def _nothing() -> None:
    pass
