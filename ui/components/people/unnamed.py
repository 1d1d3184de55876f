"""The unknown people on the page "People": groups of faces, each with a field for the name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st

from data.errors import KindredError
from data.home import home
from data.library.comparing import compared
from data.library.views import LibraryViews
from data.media.thumbnails import Thumbnails
from data.recognition.nearest import NOBODY
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import carry_out, library_in_use
from ui.components.photos.viewer import open_viewer
from ui.components.photos.wall import face_wanted, run_again_soon
from ui.components.shell.live import live, names_list
from ui.components.shell.templates import render

TOGETHER = 24  # groups that are shown at first, and more of each time
_FACES = 4  # of each group
_KEY, _SHOWN = "people.unnamed", "people.unnamed.shown"
_SECONDS = 1.0  # for making thumbnails


@dataclass(frozen=True)
class _Group:
    """A group as it is shown: its best faces, the photos, who comes near, how many more faces."""

    id: int
    faces: tuple[int, ...]
    photos: int
    likely: str | None
    near: str
    more: int


def show_unnamed(library: LibraryViews) -> list[int]:
    """Shows the groups, the largest first; returns the photos of the faces that are shown."""
    count = st.session_state.setdefault(_SHOWN, TOGETHER)
    waiting = _compared(library, count)
    if not waiting:
        return []
    st.header("Who is this?", anchor=False)
    st.html(
        render(
            "lead.html",
            text=f"{len(waiting):,} {'person' if len(waiting) == 1 else 'people'} whom Kindred has "
            "seen more than once and cannot name. Type a name and press Enter.",
        )
    )
    shown = waiting[:count]
    places = library.places(face for group in shown for face in group.faces)
    seen = [[places[face] for face in group.faces if face in places] for group in shown]
    wanted = [face_wanted(place) for faces in seen for place in faces]
    made = Thumbnails(home()).many(wanted, _SECONDS)
    pictures = iter(made)
    html = render(
        "groups.html",
        names=names_list(_KEY),
        groups=[
            {
                "id": group.id,
                "key": group.id,
                "no": "Leave out",
                "more": group.more,
                "number": number,
                "likely": group.likely,
                "near": group.near,
                "photos": f"{group.photos:,} {'photo' if group.photos == 1 else 'photos'}",
                "faces": [{"photo": p.photo, "picture": next(pictures)} for p in faces],
            }
            for number, (group, faces) in enumerate(zip(shown, seen, strict=True), start=1)
        ],
    )
    live(html, key=_KEY, on_act=act_on_group, names=known_names(library))
    if None in made:
        run_again_soon()
    if len(waiting) > count and st.button(
        f"Show more ({len(waiting) - count:,})", icon=":material/expand_more:", key="people.more"
    ):
        st.session_state[_SHOWN] = count + TOGETHER
        st.rerun()
    return [place.photo for faces in seen for place in faces]


def _compared(library: LibraryViews, count: int) -> list[_Group]:
    """The groups; the faces that are shown of the first ones are compared with the names given.

    How many more faces a group has, and so the order, may be by what was known a second ago.
    """

    def changed(waiting: list[_Group]) -> Iterator[int]:
        """All faces of groups of which a shown one changed: likely all are somebody by now."""
        for group in waiting[:count]:
            faces = library.groups.faces(group.id)
            if group.faces != tuple(faces[:_FACES]):
                yield from faces

    return compared(
        library,
        lambda: _waiting(library.stamp(), library),
        lambda waiting: (face for group in waiting[:count] for face in group.faces),
        changed,
    )


@st.cache_resource(max_entries=2, show_spinner=False)
def _waiting(stamp: tuple, _library: LibraryViews) -> list[_Group]:
    """The groups, kept until the library changes."""
    groups = _library.groups.list()
    likely = _library.recognition.resemblances({group.id: group.faces for group in groups})
    counts = _library.photos_of_groups()
    near = NOBODY if _library.recognition.known() else ""
    return [
        _Group(
            group.id,
            group.faces[:_FACES],
            counts.get(group.id, 0),
            likely.get(group.id),
            "" if group.id in likely else near,
            len(group.faces) - _FACES,
        )
        for group in groups
    ]


def act_on_group(act: dict) -> bool:
    """Names a group or leaves it out, as a tile of the wall asks; whether anything changed."""
    if act.get("do") == "photo":
        return open_viewer(act["photo"])

    def decided() -> str:
        group = int(act["group"])
        # Faces that a name given a moment ago fits do not get this one, shown or not.
        library.recognition.look_at_shown_faces(library.groups.faces(group))
        faces = library.groups.faces(group)
        if not faces:
            raise KindredError("these faces have been named or left out meanwhile")
        count = f"{len(faces):,} {'face' if len(faces) == 1 else 'faces'}"
        if act["do"] == "hide":
            library.decisions.ignore(faces)
            return f"{count} left out"
        library.decisions.confirm(faces, str(act.get("value", "")))
        name = library.suggestions.name(faces[0]).name
        return f"{count} named {name}"

    with library_in_use(compare_later=True) as library:
        return carry_out(library, decided)
