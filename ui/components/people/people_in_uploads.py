"""The strip "Name the people in these photos": one question a person for all uploads together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import streamlit as st

from data.library.decisions.review_queue import Kind, Question, no, yes
from data.library.views import LibraryViews
from data.words import count
from model.inference.background import BackgroundModel
from ui.actions.library.library_in_use import do
from ui.actions.uploads.likely_people import Key, LikelyPerson, face_numbers, likely_people
from ui.actions.uploads.tagging import ShownPhoto, add_to_library
from ui.components.people.name_box import name_box
from ui.components.shell.style import plain
from ui.components.shell.templates import render

SHOWN = 6  # people asked about at once; the next one moves up
_FACES = 8  # pictures of each


def show_people(
    library: LibraryViews,
    model: BackgroundModel,
    photos: Mapping[Key, ShownPhoto],
    uploads: Mapping[Key, object],
) -> None:
    """Asks who the faces without a name are, as far as there are any.

    Args:
        uploads: What was dropped, by the photo's key.
    """
    people = likely_people(photos, model.loaded.tagger.network)
    if not people:
        return

    def keep(key: Key) -> int:
        return add_to_library(photos[key], uploads[key].getvalue(), library, model).photo

    with st.container(border=True, key="kd-uploaded-people"):
        st.subheader("Name the people in these photos")
        for person in people[:SHOWN]:
            _ask(library, person, photos, keep)
        if len(people) > SHOWN:
            more = count(len(people) - SHOWN, "more person follows", "more people follow")
            st.caption(f"{more}.")


def _ask(
    library: LibraryViews, person: LikelyPerson, photos: Mapping[Key, ShownPhoto], keep
) -> None:
    slug = hashlib.sha256(repr((person.faces, person.name)).encode()).hexdigest()[:16]
    number = len(person.faces)
    pictures = [photos[key].thumbnails[place] for key, place in person.faces[:_FACES]]
    where = count(number, "photo")
    title = f"Is this {person.name}? {where}" if person.name else f"Who is this? {where}"
    st.html(render("upload_person.html", title=title, pictures=pictures, more=number - _FACES))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = name_box(library, f"tag.person.{slug}", person.name)
        these = "This is" if number == 1 else f"These {number} are"
        if st.button(
            f"{these} {plain(name)}" if name else f"{these} ...",
            type="primary",
            icon=":material/check:",
            disabled=not name,
            key=f"tag.person.yes.{slug}",
        ):

            def named() -> str:
                question = _question(library, person, photos, keep)
                return yes(library, question, question.picked, name)

            do(library, named)
        label = f"Not {plain(person.name)}" if person.name else "Nobody to name"
        if st.button(label, icon=":material/close:", key=f"tag.person.no.{slug}"):
            do(library, lambda: no(library, _question(library, person, photos, keep)))


def _question(library, person: LikelyPerson, photos, keep) -> Question:
    """The same question as Review asks it, of faces that are in the library now."""
    faces = tuple(face_numbers(person, photos, library, keep))
    kind = Kind.SUGGESTED if person.name else Kind.GROUP
    return Question(kind, "uploaded", faces, faces, person.name)
