"""The folders in the library on the page "Folder": looked at again, or removed, with one click."""

from __future__ import annotations

import os

import streamlit as st

from data.errors import KindredError
from data.library.intake.keeping import dropped_dir
from data.library.photos.library_folders import Folder
from data.library.views import LibraryViews
from ui.actions.library.known_folders import KnownFolder, known_folders
from ui.actions.library.library_in_use import library_in_use, say
from ui.components.jobs.job_view import jobs, start
from ui.components.shell.live import live
from ui.components.shell.style import plain
from ui.components.shell.templates import render


def show_folders(library: LibraryViews, *, busy: bool) -> list[KnownFolder]:
    """Shows the folders with what can be done to them, unless work is going on; returns them."""
    tagged = jobs().list("tag")
    folders = known_folders(_folders(library.stamp(), library), tagged, dropped_dir(library.home))
    if not folders:
        return []
    st.header("In your library", anchor=False)
    html = render("known_folders.html", folders=folders, busy=busy)
    act = live(html, key="folder.known").act
    if act and not busy:
        if act["do"] == "again":
            start("tag", {"paths": [act["path"]]})
        _confirm_removal(act["path"])
    return folders


@st.cache_resource(max_entries=2, show_spinner=False)
def _folders(stamp: tuple, _library: LibraryViews) -> list[Folder]:
    """Those in which files lie, kept until the library changes."""
    return _library.folders.list()


@st.dialog("Remove from the library")
def _confirm_removal(folder: str) -> None:
    with library_in_use() as library:
        try:
            leaving = library.folders.leaving([folder])
        except KindredError as error:
            st.error(plain(str(error)))
            return
        named = f" {leaving.confirmed:,} named faces among them." if leaving.confirmed else ""
        st.write(
            f"**{plain(folder)}**: {leaving.files:,} files leave the library.{named} The files "
            "stay where they are. Names that you gave wait, and are back when the folder is tagged "
            "again."
        )
        if st.button("Remove", type="primary", key="folder.remove"):
            library.remove([folder])
            say(f"Removed from the library: {os.path.basename(folder) or folder}")
            st.rerun()
