"""The page "About this model": what runs, on which device, whom it knows and how well."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from data.home import home
from model.inference.background import BackgroundModel, Loaded
from ui.actions.library.library_in_use import library_in_use
from ui.actions.models import about_facts as facts
from ui.actions.models.model_in_use import knows_somebody, model_in_use, show_state
from ui.actions.uploads.tag_words import teach_html
from ui.components.models.card_view import show_card
from ui.components.models.network_list import show_networks


def show(model: BackgroundModel | None = None) -> None:
    """The whole page; `model` is by default the model in use."""
    model = model or model_in_use()
    with st.container(key="kd-about"):
        _show(model)


def _show(model: BackgroundModel) -> None:
    st.title("About this model")
    show_state(model)
    if model.loaded is None:
        _show_places(model, None)
        return
    manifest = model.loaded.tagger.manifest
    if manifest:
        _show_training(manifest, model.folder)
    with library_in_use() as library:
        if not knows_somebody(model, library):
            st.html(teach_html())
    st.header("How it works")
    st.html(facts.facts_html(_workings(model.loaded)))
    _show_networks(manifest)
    _show_places(model, model.loaded)


def _show_training(manifest: dict, folder: Path | None) -> None:
    people, left_out = facts.people_rows(manifest), facts.left_out_rows(manifest)
    st.header("How well it does")
    for sentence in facts.measured_text(manifest):
        st.write(sentence)
    if folder is not None:
        with st.expander("Accuracy card", expanded=True, icon=":material/query_stats:"):
            if not show_card(folder, "about"):
                st.caption("This model has no accuracy card: it was made without one.")
    st.header(f"Whom it knows ({len(people)})")
    st.dataframe(people, hide_index=True, width="stretch")
    if left_out:
        with st.expander(f"Files left out of learning ({len(left_out)})"):
            st.dataframe(left_out, hide_index=True, width="stretch")


def _workings(loaded: Loaded) -> facts.Rows:
    # Only now: these import TensorFlow, which the model's thread has done by now.
    from model.zoo.catalogue import CATALOGUE, RANKED_BY, choose

    manifest = loaded.tagger.manifest
    chosen = {task: choose(task) for task in RANKED_BY}
    defaults = {"thresholds": {"detection_score": chosen["detector"].min_score}}
    return [
        ("Device", loaded.device),
        *facts.network_rows(manifest, CATALOGUE, [network.name for network in chosen.values()]),
        *facts.threshold_rows(manifest or defaults),
    ]


def _show_networks(manifest: dict) -> None:
    from model.zoo.catalogue import CATALOGUE, RANKED_BY, choose

    used = {network.get("name") for network in manifest.get("networks", {}).values()}
    show_networks(CATALOGUE, used or {choose(task).name for task in RANKED_BY})


def _show_places(model: BackgroundModel, loaded: Loaded | None) -> None:
    with library_in_use() as library:
        counts = library.counts()
    st.header("Your library")
    st.html(facts.facts_html(facts.library_rows(counts)))
    st.header("Where the files are")
    rows = [("Kindred's folder", str(home()))]
    if model.folder is not None:
        rows.append(("Model in use", str(model.folder)))
    if loaded and loaded.tagger.manifest:
        rows.append(("Trained", facts.created_text(loaded.tagger.manifest)))
    st.html(facts.facts_html(rows))
