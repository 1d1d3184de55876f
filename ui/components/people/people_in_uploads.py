"""The people in the photos that were dropped: faces of one person together, with a field to name.

As on the page People, Enter goes on to the next person, and what is typed stays with its faces.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from data.errors import KindredError
from data.library.decisions.review_queue import Kind, Question, no, yes
from data.library.views import LibraryViews
from data.words import count
from model.inference.background import BackgroundModel
from ui.actions.library.deciding import face_keys
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import carry_out, library_in_use
from ui.actions.uploads.dropped import DroppedAlbum, Key, slug
from ui.actions.uploads.likely_people import LikelyPerson, face_numbers, likely_people
from ui.actions.uploads.tagging import add_to_library
from ui.components.photos.viewer import open_viewer
from ui.components.shell.live import live, names_list
from ui.components.shell.templates import render

TOGETHER = 8  # people asked about at first, and more of each time
_FACES = 4  # pictures of each
_KEY, _SHOWN = "tag.people", "tag.people.shown"


def show_people(library: LibraryViews, model: BackgroundModel, album: DroppedAlbum) -> None:
    """Asks who the faces without a name are, as far as there are any."""
    photos = {key: album.shown[key] for key in album.uploads}
    people = likely_people(photos, model.loaded.tagger.network)
    shown = st.session_state.setdefault(_SHOWN, TOGETHER)
    groups = [_group(album, person, number) for number, person in enumerate(people[:shown], 1)]
    html = render("groups.html", names=names_list(_KEY), groups=groups) if groups else ""

    def act(what: dict) -> bool:
        return act_on_person(model, album, what)

    with st.container(key="kd-page-uploaded"):
        if people:
            st.header("Name the people in these photos", anchor=False)
        live(html, key=_KEY, on_act=act, names=known_names(library) if groups else ())
    if len(people) > shown and st.button(
        f"Show more ({len(people) - shown:,})", icon=":material/expand_more:", key="tag.people.more"
    ):
        st.session_state[_SHOWN] = shown + 3 * TOGETHER
        st.rerun()


def act_on_person(model: BackgroundModel, album: DroppedAlbum, act: dict) -> bool:
    """Names a person or leaves them out, as a tile asks; whether anything changed."""
    if act.get("do") == "photo":
        return open_viewer(act["photo"])
    person = LikelyPerson(_faces(album, str(act.get("group", ""))), act.get("likely") or None)

    def decided() -> str:
        def keep(key: Key) -> int:
            upload = album.uploads[key]
            return add_to_library(album.shown[key], upload.content, library, model).photo

        question = _question(library, person, album, keep)
        if not question.faces:
            raise KindredError("these faces have been named or left out meanwhile")
        if act.get("do") == "name":
            return yes(library, question, question.picked, str(act.get("value", "")))
        return no(library, question)

    with library_in_use(compare_later=True) as library:
        return carry_out(library, decided)


def _group(album: DroppedAlbum, person: LikelyPerson, number: int) -> dict:
    names = [_name(album, *face) for face in person.faces]
    return {
        "id": " ".join(names),
        "key": names[0],
        "number": number,
        "likely": person.name,
        "near": "" if person.name else _near(album, person),
        "no": f"Not {person.name}" if person.name else "Leave out",
        "photos": count(len(person.faces), "photo"),
        "more": len(person.faces) - _FACES,
        "faces": [
            {"photo": slug(key), "picture": album.shown[key].thumbnails[place]}
            for key, place in person.faces[:_FACES]
        ],
    }


def _near(album: DroppedAlbum, person: LikelyPerson) -> str:
    key, place = person.faces[0]
    return album.shown[key].near.get(place, "")


def _name(album: DroppedAlbum, key: Key, place: int) -> str:
    """What a face is called in HTML: as long as its box stays, whatever is added or left out."""
    return f"{slug(key)}/{face_keys(album.shown[key].tags.faces)[place]}"


def _faces(album: DroppedAlbum, names: str) -> tuple[tuple[Key, int], ...]:
    """The faces that are called so, and are still without a name."""
    found = []
    for name in names.split():
        photo, _, face = name.partition("/")
        key = album.key_of(photo)
        faces = album.shown[key].tags.faces if key in album.shown else ()
        keys = face_keys(faces)
        if face in keys and faces[keys.index(face)].name is None:
            found.append((key, keys.index(face)))
    return tuple(found)


def _question(
    library: LibraryViews, person: LikelyPerson, album: DroppedAlbum, keep: Callable[[Key], int]
) -> Question:
    """The same question as Review asks it, of faces that are in the library now."""
    faces = tuple(face_numbers(person, album.shown, library, keep))
    kind = Kind.SUGGESTED if person.name else Kind.GROUP
    return Question(kind, "uploaded", faces, faces, person.name)
