"""The page "Tag": drop photos and films, see who is in them, save the result."""

from __future__ import annotations

import functools

import streamlit as st

from data.library.views import LibraryViews
from data.media.kinds import FILM_SUFFIXES, PHOTO_SUFFIXES
from data.words import count
from model.inference.background import BackgroundModel
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import do, library_in_use, undo_button
from ui.actions.models.model_in_use import knows_somebody, model_in_use, show_state
from ui.actions.uploads.dropped import DroppedAlbum, dropped_album, slug
from ui.actions.uploads.tag_words import all_photos_text, hero_html, teach_html
from ui.actions.uploads.tagging import add_to_library, csv_table, everything, json_lines, look_at
from ui.components.people.people_in_uploads import show_people
from ui.components.photos.dropped_films import show_films, take_films
from ui.components.photos.dropped_photos import (
    OPENED,
    named_by_library,
    show_card,
    show_dropped_viewer,
)
from ui.components.photos.upload_wall import uploads_html
from ui.components.photos.viewer import open_viewer
from ui.components.shell.live import live
from ui.components.shell.style import plain

AS_CARDS = 12  # photos that are shown large below each other; more are a wall first
_AT_A_TIME = 4  # photos after which the wall grows while they are looked at
_TIMES = "tag.times"  # key of the session's state: how often something was dropped


def show(model: BackgroundModel | None = None) -> None:
    """The whole page.

    Args:
        model: What tags; by default the model in use.
    """
    album, hero = dropped_album(), st.empty()
    _take_dropped(album)
    if album.uploads or album.films:
        hero.title("Who is in these photos?", anchor=False)
    else:
        hero.html(hero_html())
        live("", key="tag.paste")  # its script also takes pictures that are pasted
    model = model or model_in_use()  # not before: loading it would hold up the page
    show_state(model)
    with library_in_use(compare_later=True) as library:
        library.recognition.look_at_shown(*album.in_library())
        show_films(library)
        _show_photos(album, model, library)
        if model.loaded and not model.problem and not knows_somebody(model, library):
            st.html(teach_html())
        show_dropped_viewer(album, model, library)


def _take_dropped(album: DroppedAlbum) -> None:
    """Where photos are dropped; they go into the album, and the place is empty again."""
    times = st.session_state.setdefault(_TIMES, 0)
    with st.container(key="tag.uploads"):
        dropped = st.file_uploader(
            "Photos",
            type=sorted(PHOTO_SUFFIXES | FILM_SUFFIXES),
            accept_multiple_files=True,
            key=f"tag.dropped.{times}",
            label_visibility="collapsed",
        )
    if not dropped:
        return
    for upload in take_films(dropped):
        album.add(upload.name, upload.getvalue())
    st.session_state[_TIMES] = times + 1
    st.session_state.pop(OPENED, None)
    st.rerun()


def _show_photos(album: DroppedAlbum, model: BackgroundModel, library: LibraryViews) -> None:
    album.seen_by(model.key)
    keys = list(album.uploads)
    if not keys:
        return
    above, cards = st.container(), st.container(gap="medium")
    names, progress = known_names(library), above.empty()
    is_wall = len(keys) > AS_CARDS
    alone = album.key_of(st.session_state.get(OPENED, "")) if is_wall else None
    wall = cards.empty() if is_wall and alone is None else None
    if alone is not None:
        with cards:
            st.button("All photos", icon=":material/arrow_back:", on_click=_close)
    for number, key in enumerate(keys):
        finished = album.finished(key)
        if model.loaded and len(keys) > 1 and not finished:
            progress.progress(number / len(keys), f"Photo {number + 1} of {len(keys)}")
        if key == alone or not is_wall:
            with cards:
                show_card(album, key, model, library, names)
            continue
        if not finished:
            upload = album.uploads[key]
            album.shown[key] = look_at(upload.content, upload.name, model)
            if wall is not None and number % _AT_A_TIME == 0:
                wall.html(uploads_html({slug(key): album.shown.get(key) for key in keys}))
        named_by_library(album, key, model, library)
    if wall is not None:
        with wall.container():
            photos = {slug(key): album.shown[key] for key in keys}
            live(uploads_html(photos), key="tag.wall", on_act=_open)
    progress.empty()
    with above:
        _show_summary(album, model, library)
        if len(keys) > 1 and alone is None and all(map(album.finished, keys)):
            show_people(library, model, album)


def _open(act: dict) -> bool:
    return open_viewer(act["id"])


def _close() -> None:
    st.session_state.pop(OPENED, None)


def _show_summary(album: DroppedAlbum, model: BackgroundModel, library: LibraryViews) -> None:
    """What was found in all photos, and what can be done with all of them."""
    photos = {key: album.shown[key] for key in album.uploads if album.finished(key)}
    if len(photos) < len(album.uploads):
        return
    done = [photo.tags for photo in photos.values()]
    if len(photos) > 1:
        st.markdown(f"**{plain(all_photos_text(done))}**")
    with st.container(horizontal=True, vertical_alignment="center"):
        undo_button(library)
        if len(photos) < 2:
            return
        new = {key: p for key, p in photos.items() if p.photo is None and not p.tags.error}
        if new and st.button("Add all to library", icon=":material/library_add:", key="tag.add"):
            contents = [(photo, album.uploads[key].content) for key, photo in new.items()]
            do(library, functools.partial(_add, contents, library, model))
        with st.popover("Save all", icon=":material/download:"):
            _show_downloads(album, done)
        if st.button(
            "Clear",
            icon=":material/close:",
            key="tag.clear",
            help="Takes all photos off this page; what your library has of them stays there",
        ):
            album.clear()
            st.rerun()


def _show_downloads(album: DroppedAlbum, done: list) -> None:
    contents = [
        (upload.content, tags) for upload, tags in zip(album.uploads.values(), done, strict=True)
    ]
    for label, data, name, mime, icon in (
        (
            "Everything (zip)",
            functools.partial(everything, contents),
            "kindred.zip",
            "zip",
            "folder_zip",
        ),
        ("JSON of all photos", json_lines(done), "kindred.jsonl", "jsonl", "data_object"),
        ("CSV of all photos", csv_table(done), "kindred.csv", "csv", "table"),
    ):
        st.download_button(
            label,
            data,
            name,
            f"application/{mime}",
            key=f"tag.all.{name}",
            on_click="ignore",
            icon=f":material/{icon}:",
        )


def _add(photos: list, library: LibraryViews, model: BackgroundModel) -> str:
    for photo, content in photos:
        add_to_library(photo, content, library, model)
    return f"{count(len(photos), 'photo is', 'photos are')} in your library"
