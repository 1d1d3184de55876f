"""A photo large over the page, with its faces to be named and the photos beside it.

Which photo it is stands in the address, so that a reload, the browser's Back and a second tab show
it. Only the viewer runs anew when something is done in it; the page below follows when it closes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from data.tags import PhotoTags
from ui.actions.library.library_in_use import library_in_use, take_back_newest, what_is_said
from ui.components.photos.photo_view import FilmShown, Known, film_html, people_html, picture_html
from ui.components.shell.live import live, names_list
from ui.components.shell.templates import render
from ui.components.shell.toasts import toasts_html, undo_of_toast

PHOTO, AT = "photo", "at"  # of the address
_KEY = "kd.viewer"
_BESIDE = 7  # photos of the film strip on each side


@dataclass(frozen=True)
class Seen:
    """What the viewer shows of a photo.

    Attributes:
        tags: The photo's name, size and faces; its `error` says why there is no picture.
        preview: The photo as a JPEG.
        thumbnails: One JPEG a face.
        known: What is known of the faces.
        where: Where the file lies, or what else is to be said of it.
        film: Of a film, what the player needs.
        more: What else can be done with it: an act's `do`, and the words on its button.
    """

    tags: PhotoTags
    preview: bytes = b""
    thumbnails: Sequence[bytes] = field(default=(), repr=False)
    known: Known = field(default_factory=Known)
    where: str = ""
    film: FilmShown | None = None
    more: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Album:
    """The photos that can be looked at, in order; all of it outlives a run of the page.

    Attributes:
        photos: What tells each from the others, as it stands in the address.
        see: Opens one.
        decide: Carries out an act on one; returns whether that could be done.
        strip: A small JPEG of each of some, and who is on it.
        names: Gives the known names.
    """

    photos: tuple[str, ...]
    see: Callable[[str], Seen]
    decide: Callable[[str, dict], bool]
    strip: Callable[[Sequence[str]], Sequence[tuple[bytes | None, str]]]
    names: Callable[[], Sequence[str]]


def open_viewer(photo: str | int, at: str | float | None = None) -> bool:
    """Has the page show this photo large, when it runs; a film at these seconds."""
    st.query_params[PHOTO] = str(photo)
    st.query_params.pop(AT, None)
    if at is not None:
        st.query_params[AT] = str(at)
    return True


def close_viewer() -> bool:
    """Has the page show no photo large any more."""
    st.query_params.pop(PHOTO, None)
    st.query_params.pop(AT, None)
    return True


def opened_photo() -> str | None:
    """The photo that is open."""
    return st.query_params.get(PHOTO)


def opened_at() -> float | None:
    """The seconds at which a film was opened."""
    try:
        return max(0.0, float(st.query_params[AT]))
    except (KeyError, ValueError):
        return None


def show_viewer(album: Album) -> None:
    """Shows the photo that is open, if there is one; to be called last on a page."""
    if opened_photo() is not None:
        _show(album)


@st.fragment
def _show(album: Album) -> None:
    photo = opened_photo()
    if photo is None:
        st.rerun()
    seen, places = album.see(photo), {one: i for i, one in enumerate(album.photos)}
    at = places.get(photo)
    start = 0 if at is None else max(0, at - _BESIDE)
    beside = (photo,) if at is None else album.photos[start : at + _BESIDE + 1]
    picture = people = ""
    if not seen.tags.error:
        if seen.film is not None:
            picture = film_html(seen.tags, seen.film, seen.preview)
        else:
            picture = picture_html(seen.tags, seen.preview, seen.known)
        names = names_list(_KEY)
        people = people_html(seen.tags, seen.thumbnails, seen.known, names=names, film=seen.film)
    html = render(
        "viewer.html",
        photo=photo,
        title=seen.tags.photo,
        problem=seen.tags.error,
        where=seen.where,
        more=seen.more,
        place="" if at is None else f"{at + 1:,} of {len(album.photos):,}",
        before=album.photos[at - 1] if at else None,
        after=album.photos[at + 1] if at is not None and at + 1 < len(album.photos) else None,
        picture=picture,
        people=people,
        strip=[
            {"id": one, "number": start + i + 1, "picture": small, "said": said}
            for i, (one, (small, said)) in enumerate(zip(beside, album.strip(beside), strict=True))
        ],
        toasts=toasts_html(what_is_said()),
    )
    live(html, key=_KEY, on_act=partial(_act, album, photo), names=album.names())


def _act(album: Album, photo: str, act: dict) -> bool:
    if act.get("do") == "close":
        close_viewer()
    elif act.get("do") == "show":
        open_viewer(act["photo"])
    elif act.get("do") == "undo-newest":
        with library_in_use(compare_later=True) as library:
            take_back_newest(library)
    elif act.get("do") == "undo":
        return undo_of_toast(act)
    else:
        return album.decide(photo, act)
    return True
