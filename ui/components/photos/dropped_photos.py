"""The photos that were dropped on the page "Tag": large on the page, and in the viewer."""

from __future__ import annotations

import functools

import streamlit as st

from data.library.views import LibraryViews
from data.media.fonts import can_draw
from data.media.photos import read_photo
from data.tags import PhotoTags
from model.inference.background import BackgroundModel
from ui.actions.library.deciding import decide, look_with
from ui.actions.library.library_in_use import carry_out, do, library_in_use
from ui.actions.models.model_in_use import knows_somebody
from ui.actions.uploads.dropped import DroppedAlbum, Key, slug
from ui.actions.uploads.tagging import (
    ShownPhoto,
    add_to_library,
    annotated_picture,
    from_library,
    json_lines,
    look_at,
    saved_as,
    sidecar,
)
from ui.components.photos.photo_view import (
    Known,
    people_html,
    photo_html,
    picture_html,
    summary,
)
from ui.components.photos.viewer import Album, Seen, close_viewer, open_viewer, show_viewer
from ui.components.shell.live import live, names_list
from ui.components.shell.style import plain
from ui.pages.photo import names_in_library, see_photo, strip_of

OPENED = "tag.opened"  # key of the session's state: the photo that stands alone on the page
_ADDED = "In your library"
_MORE = (("save", "Save this photo"), ("take-off", "Take it off this page"))


def named_by_library(
    album: DroppedAlbum, key: Key, model: BackgroundModel, library: LibraryViews
) -> ShownPhoto:
    """A photo with the names that the library has for its faces now."""
    photo = album.shown[key]
    if not photo.tags.error and photo.looked_at:
        content, network = album.uploads[key].content, model.loaded.tagger.network
        photo = from_library(photo, content, library, network, bytes.fromhex(key[0]))
        album.shown[key] = photo
    return photo


def show_card(
    album: DroppedAlbum, key: Key, model: BackgroundModel, library: LibraryViews, names: list[str]
) -> None:
    """A photo large on the page, with its faces to be named and what can be saved of it."""
    upload = album.uploads[key]
    # The style sheet pairs the outlines and the rows within what has such a key.
    with st.container(border=True, key=f"kd-card-{slug(key)}"):
        whole = st.empty()

        def show_opened(photo: ShownPhoto) -> None:
            note = "" if model.done and not model.loaded else "Waiting for the networks"
            note = "Looking for faces" if model.loaded else note
            picture = picture_html(photo.tags, photo.preview)
            whole.html(photo_html(picture, people_html(photo.tags, note=note)))

        if not album.finished(key):
            album.shown[key] = look_at(upload.content, upload.name, model, show_opened)
        photo = album.shown[key]
        if photo.tags.error:
            whole.error(plain(photo.tags.error), icon=":material/broken_image:")
        elif photo.looked_at:
            named_by_library(album, key, model, library)
            with whole.container():
                _show_faces(album, key, model, library, names)
                _show_tools(album, key, model, library)


def show_dropped_viewer(album: DroppedAlbum, model: BackgroundModel, library: LibraryViews) -> None:
    """Shows the dropped photo or film that is open, and a way to the others."""
    films = [library.photos.photo_of(film) for film in album.films]
    photos = [slug(key) for key in album.uploads if album.finished(key)]
    photos += [str(film) for film in films if film is not None]

    def strip(wanted) -> list[tuple[bytes | None, str]]:
        others = dict(zip(wanted, strip_of(wanted), strict=True))
        return [_small(album, photo) or others[photo] for photo in wanted]

    see = functools.partial(_see, album, model)
    decide = functools.partial(act_on_photo, album, model)
    show_viewer(Album(tuple(photos), see, decide, strip, names_in_library))


def act_on_photo(album: DroppedAlbum, model: BackgroundModel, photo: str, act: dict) -> bool:
    """Carries out what was done to a dropped photo; returns whether that could be done.

    Args:
        photo: Its `slug`.
    """
    key = album.key_of(photo)
    if key is None or key not in album.shown:
        return False
    if act.get("do") == "photo":
        return open_viewer(photo)
    if act.get("do") == "take-off":
        album.remove([key])
        return close_viewer()
    if act.get("do") == "save":
        st.session_state[OPENED] = photo
        return close_viewer()
    upload = album.uploads[key]

    def decided() -> str:
        shown = album.shown[key]
        number = add_to_library(shown, upload.content, library, model).photo
        look = look_with(lambda: model, lambda: read_photo(upload.content, name=upload.name))
        return decide(library, number, library.shown(number), act, look)

    with library_in_use(compare_later=True) as library:
        return carry_out(library, decided)


def _see(album: DroppedAlbum, model: BackgroundModel, photo: str) -> Seen:
    if photo.isdecimal():  # a film, which is in the library
        return see_photo(photo)
    key = album.key_of(photo)
    if key is None or not album.finished(key):
        return Seen(PhotoTags("Photo", error="This photo is not on this page any more."))
    with library_in_use(compare_later=True) as library:
        library.recognition.look_at_shown(*album.in_library())
        shown = named_by_library(album, key, model, library)
        known = _known(shown, model, library)
    where = _ADDED if shown.photo is not None else "Not in your library yet"
    return Seen(shown.tags, shown.preview, shown.thumbnails, known, where, more=_MORE)


def _known(photo: ShownPhoto, model: BackgroundModel, library: LibraryViews) -> Known:
    trained = knows_somebody(model, library)
    return Known(photo.confirmed, photo.questions, photo.near, trained)


def _small(album: DroppedAlbum, photo: str) -> tuple[bytes | None, str] | None:
    key = album.key_of(photo)
    shown = album.shown.get(key) if key else None
    return None if shown is None else (shown.small or None, summary(shown.tags.faces))


def _show_faces(album: DroppedAlbum, key: Key, model, library: LibraryViews, names) -> None:
    photo, mine = album.shown[key], f"tag.photo.{slug(key)}"
    known = _known(photo, model, library)
    picture = picture_html(photo.tags, photo.preview, known, opens=slug(key))
    people = people_html(photo.tags, photo.thumbnails, known, names=names_list(mine))
    act = functools.partial(act_on_photo, album, model, slug(key))
    live(photo_html(picture, people), key=mine, on_act=act, names=names)


def _show_tools(album: DroppedAlbum, key: Key, model, library: LibraryViews) -> None:
    name, content, photo = slug(key), album.uploads[key].content, album.shown[key]

    def download(label: str, data, suffix: str, mime: str, icon: str, **options) -> None:
        st.download_button(
            label,
            data,
            saved_as(photo.tags, suffix),
            mime,
            key=f"tag.{label}.{name}",
            on_click="ignore",
            icon=f":material/{icon}:",
            **options,
        )

    if unreadable := [
        face.name for face in photo.tags.faces if face.name and not can_draw(face.name)
    ]:
        st.caption(
            f":material/font_download_off: No font on this computer has all letters of "
            f"{plain(', '.join(unreadable))}: boxes stand for them in the saved picture. Here, in "
            "JSON and in XMP the name is complete."
        )
    with st.container(horizontal=True, gap="small", key=f"kd-tools-{name}"):
        # Drawn when it is asked for: in full size that takes a second.
        picture = functools.partial(annotated_picture, content, photo.tags)
        faces = bool(photo.tags.faces)
        download(
            "Picture with names", picture, "-named.jpg", "image/jpeg", "image", disabled=not faces
        )
        record = json_lines([photo.tags])
        download("JSON", record, ".json", "application/json", "data_object")
        xmp = functools.partial(sidecar, content, photo.tags)
        named = any(face.name for face in photo.tags.faces)
        download("XMP", xmp, ".xmp", "application/rdf+xml", "sell", disabled=not named)
        if st.button(
            "Take off",
            key=f"tag.off.{name}",
            icon=":material/close:",
            help="Takes the photo off this page; what your library has of it stays there",
        ):
            album.remove([key])
            st.rerun()
        if photo.photo is not None:
            st.badge("In your library", icon=":material/check:", color="green")
        elif st.button(
            "Add to library",
            key=f"tag.add.{name}",
            icon=":material/library_add:",
            help="Keeps a copy in Kindred's folder, so that you find it again by name. "
            "Naming a face does the same.",
        ):
            do(library, lambda: add_to_library(photo, content, library, model) and _ADDED)
