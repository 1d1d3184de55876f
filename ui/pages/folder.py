"""The page "Folder": tag what is in a folder, look through it, write the names into files."""

from __future__ import annotations

import os

import streamlit as st

from data.jobs import DONE, Job
from data.library.intake.keeping import dropped_dir
from data.library.views import Entry, LibraryViews
from data.words import count, photos_and_films
from ui.actions.library.known_folders import DROPPED, below
from ui.actions.library.library_in_use import library_in_use
from ui.components.jobs.job_view import jobs, show_ended, show_running, start
from ui.components.library.folder_list import show_folders
from ui.components.library.folder_picker import pick_folder
from ui.components.library.writing import show_writing
from ui.components.photos.wall import empty_html, show_photos
from ui.components.shell.style import plain
from ui.components.shell.templates import render
from ui.pages.find import all_entries
from ui.pages.photo import show_library_viewer

FILTERS = ("All", "Named", "With unknown faces", "Nobody", "Unreadable")


def show() -> None:
    """The whole page."""
    with st.container(key="kd-page-folder"), library_in_use() as library:
        st.title("Tag a folder")
        st.html(
            render(
                "lead.html",
                text="Every photo and film in it, and in the folders below it, goes into your "
                "library with its faces. They stay where they are and are not changed.",
            )
        )
        running = show_running()
        if not running:
            _ask()
            last = jobs().latest("tag", "renew", "write", "unwrite")
            if last is not None:
                show_ended(last)
                _show_result(last)
        folders = show_folders(library, busy=running)
        _show_gallery(library, running, [os.fspath(folder.path) for folder in folders])


def fits(entry: Entry, which: str) -> bool:
    """Whether a photo belongs to one of `FILTERS`."""
    return {
        "All": True,
        "Named": bool(entry.names),
        "With unknown faces": entry.unknown > 0,
        "Nobody": not entry.names and not entry.unknown and not entry.error,
        "Unreadable": entry.error is not None,
    }[which]


def result_text(job: Job) -> str:
    """What a job that is done has brought, in words; "" for other jobs."""
    got = job.result
    if job.status != DONE or not got:
        return ""
    if job.kind in ("tag", "renew"):
        looked = photos_and_films(got["photos"], got.get("films", 0))
        parts = [f"{looked}, {got['fresh']:,} of them new"]
        if got.get("renamed"):
            parts.append(f"{got['renamed']:,} named by the new model")
        if got["unknown"]:
            parts.append(count(got["unknown"], "unknown face"))
        if got["unreadable"]:
            parts.append(f"{got['unreadable']:,} could not be read")
        return "Done: " + ", ".join(parts)
    what = "written" if job.kind == "write" else "put back"
    failed = f", {got['failed']:,} could not be" if got["failed"] else ""
    changed = photos_and_films(got["changed"] - got.get("films", 0), got.get("films", 0))
    return f"Done: {changed} {what}{failed}"


def _ask() -> None:
    folder = pick_folder("folder", "Folder on this computer")
    if st.button(
        "Tag this folder",
        type="primary",
        icon=":material/play_arrow:",
        disabled=folder is None,
        key="folder.start",
    ):
        start("tag", {"paths": [os.fspath(folder.absolute())]})


def _show_result(job: Job) -> None:
    if text := result_text(job):
        st.success(plain(text), icon=":material/check_circle:")
    for error in (*job.result.get("left_out", ()), *job.result.get("errors", ())):
        st.caption(plain(error))


def _show_gallery(library: LibraryViews, running: bool, known: list[str]) -> None:
    # While photos are tagged the library changes all the time: keeping it would not pay.
    entries = library.entries() if running else [*all_entries(library.stamp(), library).values()]
    if not entries:
        if not running:
            st.html(
                empty_html(
                    "No photos in your library yet",
                    "Choose a folder above. You can pause at any time and go on later; what is "
                    "done once is not done again.",
                )
            )
        return
    kept = os.fspath(dropped_dir(library.home))  # what was dropped lies there in many folders
    folders = sorted(
        {
            *known,
            *(os.path.dirname(entry.path) for entry in entries if not below(entry.path, kept)),
        }
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        under = st.selectbox(
            "Show",
            ["All folders", *folders],
            format_func=lambda path: DROPPED if path == kept else path,
            key="under",
            bind="query-params",
            width=420,
        )
        which = st.segmented_control(
            "Which",
            FILTERS,
            default="All",
            key="show",
            bind="query-params",
            label_visibility="collapsed",
        )
    if under == "All folders":
        under, inside = None, entries
    else:
        inside = [entry for entry in entries if below(entry.path, under)]
    shown = [entry for entry in inside if fits(entry, which or "All")]
    st.html(render("facts_line.html", facts=[f"{len(shown):,} of {count(len(entries), 'photo')}"]))
    if not running:
        show_writing(library, inside, under)
    if shown:
        show_photos(shown, "folder.wall")
    show_library_viewer([entry.photo for entry in shown])
