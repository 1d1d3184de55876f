"""One photo of the library with its faces, to be named: opened from walls."""

from __future__ import annotations

from functools import partial
from os.path import basename

import streamlit as st

from data.errors import PhotoError
from data.home import home
from data.library.views import Shelf
from data.media.photos import read_photo, read_reduced
from data.media.thumbnails import PREVIEW_SIDE, Thumbnails, Wanted, face_thumbnail, preview
from data.tags import PhotoTags
from ui.actions.deciding import decide, known_names, look_with
from ui.actions.library_in_use import carry_out, library_in_use, undo_button
from ui.actions.model_in_use import model_in_use
from ui.components.live import live, names_list
from ui.components.photo_view import Editing, people_html, photo_html, picture_html
from ui.components.style import plain


def show_photo(library: Shelf, photo: int, back: str) -> None:
    """The photo, with a way back.

    Args:
        library: The library.
        photo: Its number.
        back: Key of the session's state in which the photo is noted; going back removes it.
    """
    with st.container(horizontal=True):
        if st.button("Back", icon=":material/arrow_back:", key=f"{back}.back", shortcut="Escape"):
            st.session_state.pop(back, None)
            st.rerun()
        undo_button(library)
    shown = library.shown(photo)
    if shown is None:
        st.warning("The file of this photo is gone.", icon=":material/broken_image:")
        return
    try:
        picture, thumbnails = pictures(shown.tags)
    except PhotoError as error:
        st.error(plain(str(error)), icon=":material/broken_image:")
        return
    key = f"{back}.photo.{photo}"
    confirmed = frozenset(i for i, face in enumerate(shown.faces) if face in shown.confirmed)
    tags = PhotoTags(
        basename(shown.tags.photo), shown.tags.width, shown.tags.height, shown.tags.faces
    )
    people = people_html(tags, thumbnails, editing=Editing(names_list(key), confirmed))
    with st.container(border=True, key=f"kd-card-{photo}"):
        html = photo_html(picture_html(tags, picture, confirmed=confirmed), people)
        live(html, key=key, on_act=partial(_act, photo), names=known_names(library))
    st.caption(plain(shown.tags.photo))


def _act(photo: int, act: dict) -> bool:
    """Carries out what was done to a photo of the library; returns whether that could be done."""
    with library_in_use() as library:

        def decided() -> str:
            shown = library.shown(photo)
            if shown is None:
                raise PhotoError("the file of this photo is gone")
            look = look_with(model_in_use, lambda: read_photo(shown.tags.photo))
            return decide(library, photo, shown, act, look)

        return carry_out(library, decided)


def pictures(tags: PhotoTags) -> tuple[bytes, tuple[bytes, ...]]:
    """A preview of a photo, and a thumbnail of each of its faces."""
    whole = Wanted(tags.photo, side=PREVIEW_SIDE)
    faces = [Wanted(tags.photo, face.box, tags.width, 112) for face in tags.faces]
    kept = [Thumbnails(home()).kept(wanted) for wanted in (whole, *faces)]
    if all(kept):
        return kept[0], tuple(kept[1:])
    read = read_reduced(tags.photo, PREVIEW_SIDE**2)
    scale = read.image.shape[1] / tags.width
    return preview(read.image), tuple(
        face_thumbnail(read.image, face.box * scale) for face in tags.faces
    )
