"""Chooses a folder of this computer: a path to type, and folders to walk through."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import streamlit as st

from ui.components.shell.live import live
from ui.components.shell.templates import render

_MOST = 300  # folders listed


def pick_folder(key: str, label: str, help: str | None = None) -> Path | None:
    """A folder that exists, or `None`; what was chosen last is kept in the session."""
    chosen = f"{key}.path"
    if f"{key}.next" in st.session_state:  # a widget's value can only be set before it is drawn
        st.session_state[chosen] = st.session_state.pop(f"{key}.next")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(label, key=chosen, placeholder=str(Path.home()), help=help)
        with st.popover("Browse", icon=":material/folder_open:"):
            _browse(key, typed)
    if not typed.strip():
        return None
    path = Path(typed.strip()).expanduser()
    if not path.is_dir():
        st.caption(":material/error: There is no such folder.")
        return None
    return path


def folders_in(folder: Path) -> list[str]:
    """Names of the folders in a folder that are not hidden; empty if it cannot be read."""
    with suppress(OSError), os.scandir(folder) as entries:
        found = [e.name for e in entries if not e.name.startswith(".") and _is_folder(e)]
        return sorted(found, key=str.casefold)[:_MOST]
    return []


def _browse(key: str, typed: str) -> None:
    here = Path(typed).expanduser() if typed.strip() else Path.home()
    while not here.is_dir() and here != here.parent:
        here = here.parent
    rows = [("⬑ one folder up", here.parent)] if here != here.parent else []
    rows += [(name, here / name) for name in folders_in(here)]
    answer = live(render("folders.html", here=here, rows=rows), key=f"{key}.browse")
    if answer.act:
        st.session_state[f"{key}.next"] = answer.act["path"]
        st.rerun()


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
