"""Films on the page "Tag": dropped ones are kept, watched in the background, shown as strips.

Their bytes go to disk by `ui.actions.server.film_routes` as they come; `live.js` sends them there.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import streamlit as st

from data.errors import KindredError
from data.films.clock import clock, clock_spans
from data.home import home, replace_file
from data.library.intake.keeping import dropped_dir, place_of
from data.library.views import LibraryViews
from data.media.kinds import is_film_name
from data.media.thumbnails import Thumbnails, Wanted
from ui.actions.uploads.dropped import dropped_album
from ui.components.jobs.job_view import jobs, show_running
from ui.components.photos.photo_view import summary
from ui.components.photos.viewer import open_viewer
from ui.components.shell.live import live
from ui.components.shell.style import plain
from ui.components.shell.templates import render

TRIED = "tag.films.tried"  # key of the session's state
_WAITING = "Waiting to be watched"


def take_films(uploads: Sequence) -> list:
    """Keeps the films that came through the file chooser itself; returns the other uploads."""
    others = []
    for upload in uploads:
        if not is_film_name(upload.name):
            others.append(upload)
            continue
        path = place_of(home(), upload.getbuffer(), upload.name)
        try:
            if not path.exists():
                replace_file(path, upload.getbuffer())
        except OSError as error:
            refused = KindredError.unwritable("it cannot be kept", error, file=upload.name)
            st.error(plain(str(refused)))
        else:
            _note(os.fspath(path))
    return others


def show_films(library: LibraryViews) -> None:
    """The films that were dropped in this tab, with the people in them."""
    films = dropped_album().films
    live(_films_html(library, films), key="tag.films", on_act=act_on_films)
    waiting = [film for film in films if _waits(library, film)]
    if waiting and not show_running():
        st.session_state[TRIED] = [*st.session_state.get(TRIED, ()), *waiting]
        try:
            jobs().start("tag", {"paths": waiting})
        except KindredError as error:
            st.error(str(error))
        else:
            st.rerun()


def _films_html(library: LibraryViews, films: Sequence[str]) -> str:
    failures = {os.fspath(path): why for path, why in library.photos.failures()}
    strips = [_strip(library, film, failures.get(film, "")) for film in films]
    return render("film_cards.html", films=strips)


def _strip(library: LibraryViews, film: str, error: str) -> str:
    photo, shown = library.photos.photo_of(film), None
    if photo is not None:
        library.recognition.look_at_shown(photo)
        shown = library.shown(photo)
    name = os.path.basename(film)
    if shown is None or shown.duration is None:
        return render("film_strip.html", name=name, error=error, photo=None, note=_WAITING)
    rows = sorted(zip(shown.tags.faces, shown.times, strict=True), key=lambda row: row[1][1])
    wanted = [Wanted(film, face.box, shown.tags.width, 112, time) for face, (time, _) in rows]
    thumbnails = Thumbnails(home()).many(wanted) if wanted else []
    return render(
        "film_strip.html",
        name=name,
        error="",
        photo=photo,
        summary=summary(shown.tags.faces).replace("No face was found.", "Nobody was seen."),
        length=clock(shown.duration),
        width=shown.tags.width,
        height=shown.tags.height,
        people=[
            {
                "name": face.name or "unknown",
                "spans": clock_spans(spans),
                "start": spans[0][0],
                "thumbnail": thumbnail,
            }
            for (face, (_, spans)), thumbnail in zip(rows, thumbnails, strict=True)
        ],
    )


def _waits(library: LibraryViews, film: str) -> bool:
    tried = st.session_state.get(TRIED, ())
    return library.photos.photo_of(film) is None and film not in tried


def act_on_films(act: dict) -> bool:
    """Notes a film that was dropped, or opens the viewer; whether the page is drawn again."""
    if act.get("do") == "film":
        path = os.path.realpath(str(act.get("path", "")))
        kept = os.path.realpath(dropped_dir(home()))
        if os.path.commonpath([path, kept]) != kept or not os.path.isfile(path):
            return False
        _note(str(act["path"]))
        return True
    return open_viewer(act["photo"], act.get("at"))


def _note(path: str) -> None:
    films = dropped_album().films
    if path not in films:
        films.append(path)
