"""The one model that all pages and all browser tabs share, and the line that says how it is."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from data.errors import ModelError
from data.home import current_model_dir
from data.library.views import LibraryViews
from data.recognition.identity import UNTRAINED, model_id
from model.inference.background import BackgroundModel, Loaded, load_model
from model.manifest import read_manifest
from ui.actions.library.library_in_use import library_in_use
from ui.actions.models import learning
from ui.components.shell.style import plain
from ui.components.shell.templates import render

_DRAWING = 0.5  # seconds in which the browser draws the first page, before TensorFlow is read


def model_in_use() -> BackgroundModel:
    """The current model, loaded again when training has put another one in its place."""
    try:
        folder = current_model_dir()
    except ModelError as error:
        return background_model(UNTRAINED, None, str(error))
    if folder is None:
        return background_model(UNTRAINED, None, None)
    try:
        key = model_id(read_manifest(folder))
    except (ModelError, LookupError, TypeError):  # loading will say what is wrong
        key = str(folder)
    return background_model(key, folder, None)


def show_state(model: BackgroundModel) -> None:
    """What runs, or that it is loading, or what is wrong and what to do about it."""
    if not model.done:
        _show_loading(model)
        return
    if model.problem:
        found = " Meanwhile faces are found, but not named." if model.loaded else ""
        st.error(plain(model.problem + found), icon=":material/error:")
        if st.button("Try again", icon=":material/refresh:"):
            background_model.clear()
            st.rerun()
    if model.loaded:
        with library_in_use(compare_later=True) as library:
            st.html(_state(model, library))


def knows_somebody(model: BackgroundModel, library: LibraryViews) -> bool:
    """Whether a face can get a name: by the model, or by faces that somebody confirmed."""
    return bool(model.loaded.tagger.people) or bool(library.recognition.known())


@st.cache_resource(max_entries=1, show_spinner=False)
def background_model(key: str, _folder: Path | None, problem: str | None) -> BackgroundModel:
    """The model, loaded once for all tabs; `key` says whether it is still the same."""
    # A model that only follows the names given in the library is not loaded anew: the library
    # compares with these names at once.
    return BackgroundModel(_folder, problem=problem, load=_load_after_drawing)


def _load_after_drawing(folder: Path | None) -> Loaded:
    time.sleep(_DRAWING)
    return load_model(folder)


@st.fragment(run_every=0.5)
def _show_loading(model: BackgroundModel) -> None:
    if model.done:
        st.rerun()
    st.html(render("state.html", loading=True))


def _state(model: BackgroundModel, library: LibraryViews) -> str:
    people = len({*model.loaded.tagger.people, *library.recognition.known()})
    knows = f"{people} {'person' if people == 1 else 'people'}" if people else "nobody yet"
    return render(
        "state.html",
        loading=False,
        knows=knows,
        learned=learning.state_text(),
        device=model.loaded.device,
    )
