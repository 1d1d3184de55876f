"""The photos and films that were dropped on the page "Tag": they stay while somebody is elsewhere.

The address names the album, so that a reload, the browser's Back and a second tab show it again;
it lives as long as the program.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

import streamlit as st

from ui.actions.uploads.tagging import ShownPhoto

ALBUM = "album"  # of the address
STATE = "tag.album"  # key of the session's state
_ALBUMS = 3  # that are kept, with their photos in memory

Key = tuple[str, str]  # of a photo: digest of its content, its name


@dataclass(frozen=True)
class Upload:
    """A dropped photo: the name of its file, and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass
class DroppedAlbum:
    """What was dropped, in that order, and what was made of it.

    Attributes:
        id: Names it in the address.
        uploads: The photos; the same one twice is there once.
        films: The paths of films.
        shown: What is shown of each photo, so that a rerun tags nothing twice.
        model: Key of the model that looked at them.
    """

    id: str
    uploads: dict[Key, Upload] = field(default_factory=dict)
    films: list[str] = field(default_factory=list)
    shown: dict[Key, ShownPhoto] = field(default_factory=dict)
    model: str | None = None

    def add(self, name: str, content: bytes) -> None:
        """Takes a photo in, after the others."""
        key = hashlib.sha256(content).hexdigest(), name
        self.uploads.setdefault(key, Upload(name, content))

    def remove(self, keys: Iterable[Key]) -> None:
        """Takes photos off the page; what the library has of them stays."""
        for key in list(keys):
            self.uploads.pop(key, None)
            self.shown.pop(key, None)

    def clear(self) -> None:
        """Takes everything off the page."""
        self.remove(self.uploads)
        self.films.clear()

    def seen_by(self, model: str) -> None:
        """Forgets what another model made of the photos."""
        if self.model != model:
            self.shown.clear()
            self.model = model

    def finished(self, key: Key) -> bool:
        """Whether a photo was looked at."""
        photo = self.shown.get(key)
        return photo is not None and photo.looked_at

    def in_library(self) -> list[int]:
        """The numbers of the photos that are known to be in the library."""
        return [photo.photo for photo in self.shown.values() if photo.photo is not None]

    def key_of(self, name: str) -> Key | None:
        """The photo that the address or an element calls so (`slug`)."""
        return next((key for key in list(self.uploads) if slug(key) == name), None)


def slug(key: Key) -> str:
    """What a photo is called in the address and in HTML; never a number, as in the library."""
    return "d" + hashlib.sha256("/".join(key).encode(errors="backslashreplace")).hexdigest()[:15]


def dropped_album() -> DroppedAlbum:
    """The album of this tab: the one in the address, or the one that it had before."""
    mine, asked = st.session_state.get(STATE), st.query_params.get(ALBUM)
    if mine is None or (asked and asked != mine.id):
        mine = st.session_state[STATE] = _album(asked or secrets.token_hex(6))
    if mine.uploads or mine.films:
        st.query_params[ALBUM] = mine.id
    elif asked:
        st.query_params.pop(ALBUM)
    return mine


@st.cache_resource(max_entries=_ALBUMS, show_spinner=False)
def _album(id: str) -> DroppedAlbum:
    return DroppedAlbum(id)
