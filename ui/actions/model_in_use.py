"""The one model that all pages and all browser tabs share, and the line that says how it is."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from data.errors import ModelError
from data.home import current_model_dir
from data.library.views import Shelf
from model.inference.background import BackgroundModel
from model.manifest import FILE
from ui.actions.library_in_use import library_in_use
from ui.components.style import plain
from ui.components.templates import render


def model_in_use() -> BackgroundModel:
    """The current model, loaded again when training has put another one in its place."""
    try:
        folder = current_model_dir()
    except ModelError as error:
        return _background(None, 0, str(error))
    if folder is None:
        return _background(None, 0, None)
    try:
        written = (folder / FILE).stat().st_mtime_ns
    except OSError:  # loading will say what is wrong
        written = 0
    return _background(folder, written, None)


def show_state(model: BackgroundModel) -> None:
    """What runs, or that it is loading, or what is wrong and what to do about it."""
    if not model.done:
        _show_loading(model)
        return
    if model.problem:
        found = " Meanwhile faces are found, but not named." if model.loaded else ""
        st.error(plain(model.problem + found), icon=":material/error:")
        if st.button("Try again", icon=":material/refresh:"):
            _background.clear()
            st.rerun()
    if model.loaded:
        with library_in_use() as library:
            st.html(_state(model, library))


def knows_somebody(model: BackgroundModel, library: Shelf) -> bool:
    """Whether a face can get a name: by the model, or by faces that somebody confirmed."""
    return bool(model.loaded.tagger.people) or bool(library.recognition.known())


@st.cache_resource(max_entries=1, show_spinner=False)
def _background(folder: Path | None, written: int, problem: str | None) -> BackgroundModel:
    # `written` is part of the key: a model that was trained again in the same folder is another.
    return BackgroundModel(folder, problem=problem)


@st.fragment(run_every=0.5)
def _show_loading(model: BackgroundModel) -> None:
    if model.done:
        st.rerun()
    st.html(render("state.html", loading=True))


def _state(model: BackgroundModel, library: Shelf) -> str:
    people = len({*model.loaded.tagger.people, *library.recognition.known()})
    knows = f"{people} {'person' if people == 1 else 'people'}" if people else "nobody yet"
    return render("state.html", loading=False, knows=knows, device=model.loaded.device)
