"""The page "Tag": drop photos, see who is in them, save the result."""

from __future__ import annotations

import functools
import hashlib

import streamlit as st

from data.photos import PHOTO_SUFFIXES
from model.background import BackgroundModel
from ui.model_in_use import model_in_use, show_state
from ui.photo_view import people_html, picture_html
from ui.style import plain
from ui.tag_words import all_photos_text, hero_html, teach_html
from ui.tagging import ShownPhoto, annotated_picture, json_lines, look_at, saved_as

# Keys of the session's state.
SHOWN, MODEL, DIGESTS, PAGE = "tag.shown", "tag.model", "tag.digests", "tag.page"

PHOTOS_A_PAGE = 12

Key = tuple[str, str]  # of a photo: digest of its content, its name


def show(model: BackgroundModel | None = None) -> None:
    """The whole page.

    Args:
        model: What tags; by default the model in use.
    """
    model = model or model_in_use()
    hero = st.empty()
    uploads = st.file_uploader(
        "Photos",
        type=sorted(PHOTO_SUFFIXES),
        accept_multiple_files=True,
        key="tag.uploads",
        label_visibility="collapsed",
    )
    if not uploads:
        hero.html(hero_html())
    show_state(model)
    _show_photos(uploads, model)
    if model.loaded and not model.loaded.tagger.people and not model.problem:
        st.html(teach_html())


def _show_photos(uploads: list, model: BackgroundModel) -> None:
    kept = _kept(model)
    keyed = {_key(upload): upload for upload in uploads}  # the same photo twice is shown once
    for key in kept.keys() - keyed.keys():  # taken off the list
        del kept[key]
    if not uploads:
        return
    above, cards = st.container(), st.container(gap="medium")
    pages = -(-len(keyed) // PHOTOS_A_PAGE)
    page = st.pagination(pages, key=PAGE) if pages > 1 else 1
    progress = above.empty()
    for number, (key, upload) in enumerate(keyed.items()):
        if model.loaded and len(keyed) > 1 and not _finished(kept.get(key)):
            progress.progress(number / len(keyed), f"Photo {number + 1} of {len(keyed)}")
        if number // PHOTOS_A_PAGE == page - 1:
            with cards:
                _show_photo(key, upload, kept, model)
        elif not _finished(kept.get(key)):
            kept[key] = look_at(upload.getvalue(), upload.name, model)
    progress.empty()
    with above:
        _show_summary([kept[key] for key in keyed])


def _show_photo(key: Key, upload, kept: dict, model: BackgroundModel) -> None:
    # The style sheet pairs the outlines and the rows within what has such a key.
    with st.container(border=True, key=f"kd-card-{_slug(key)}"):
        whole = st.empty()
        left, right = st.columns([5, 3], gap="medium")
        picture, people = left.empty(), right.empty()

        def show_opened(photo: ShownPhoto) -> None:
            picture.html(picture_html(photo.tags, photo.preview))
            note = "" if model.done and not model.loaded else "Waiting for the networks"
            people.html(people_html(photo.tags, note="Looking for faces" if model.loaded else note))

        if _finished(kept.get(key)):
            photo = kept[key]
        else:
            photo = kept[key] = look_at(upload.getvalue(), upload.name, model, show_opened)
        if photo.tags.error:
            whole.error(plain(photo.tags.error), icon=":material/broken_image:")
        elif photo.looked_at:
            trained = bool(model.loaded.tagger.people)
            picture.html(picture_html(photo.tags, photo.preview))
            people.html(people_html(photo.tags, photo.thumbnails, trained=trained))
            with right:
                _show_downloads(key, upload, photo)


def _show_downloads(key: Key, upload, photo: ShownPhoto) -> None:
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Picture with names",
            # Drawn when it is asked for: in full size that takes a second.
            functools.partial(annotated_picture, upload.getvalue(), photo.tags),
            saved_as(photo.tags, "-named.jpg"),
            "image/jpeg",
            key=f"tag.picture.{_slug(key)}",
            on_click="ignore",
            icon=":material/image:",
            disabled=not photo.tags.faces,
        )
        st.download_button(
            "JSON",
            json_lines([photo.tags]),
            saved_as(photo.tags, ".json"),
            "application/json",
            key=f"tag.json.{_slug(key)}",
            on_click="ignore",
            icon=":material/data_object:",
        )


def _show_summary(photos: list[ShownPhoto]) -> None:
    """What was found in all photos, and the records of all of them."""
    done = [photo.tags for photo in photos if _finished(photo)]
    if len(photos) < 2 or len(done) < len(photos):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(all_photos_text(done))}**")
        st.download_button(
            "JSON of all photos",
            json_lines(done),
            "kindred.jsonl",
            "application/jsonl",
            key="tag.json",
            on_click="ignore",
            icon=":material/data_object:",
        )


def _kept(model: BackgroundModel) -> dict[Key, ShownPhoto]:
    """This session's results, so that a rerun tags nothing twice; another model begins anew."""
    if st.session_state.get(MODEL) != model.key:
        st.session_state[MODEL], st.session_state[SHOWN] = model.key, {}
    return st.session_state[SHOWN]


def _key(upload) -> Key:
    digests = st.session_state.setdefault(DIGESTS, {})
    if upload.file_id not in digests:
        digests[upload.file_id] = hashlib.sha256(upload.getbuffer()).hexdigest()
    return digests[upload.file_id], upload.name


def _slug(key: Key) -> str:
    return hashlib.sha256("/".join(key).encode(errors="backslashreplace")).hexdigest()[:16]


def _finished(photo: ShownPhoto | None) -> bool:
    return photo is not None and photo.looked_at
