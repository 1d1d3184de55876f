"""The page "Tag": drop photos and films, see who is in them, save the result."""

from __future__ import annotations

import functools
import hashlib

import streamlit as st

from data.library.views import LibraryViews
from data.media.fonts import can_draw
from data.media.kinds import FILM_SUFFIXES, PHOTO_SUFFIXES
from data.media.photos import read_photo
from model.inference.background import BackgroundModel
from ui.actions.library.deciding import decide, known_names, look_with
from ui.actions.library.library_in_use import carry_out, do, library_in_use, undo_button
from ui.actions.models.model_in_use import knows_somebody, model_in_use, show_state
from ui.actions.uploads.tag_words import all_photos_text, hero_html, teach_html
from ui.actions.uploads.tagging import (
    ShownPhoto,
    add_to_library,
    annotated_picture,
    csv_table,
    everything,
    from_library,
    json_lines,
    look_at,
    saved_as,
    sidecar,
)
from ui.components.people.people_in_uploads import show_people
from ui.components.photos.dropped_films import FILMS, show_films, take_uploads
from ui.components.photos.photo_view import Editing, people_html, photo_html, picture_html
from ui.components.photos.upload_wall import uploads_html
from ui.components.shell.live import live, names_list
from ui.components.shell.style import plain

# Keys of the session's state.
SHOWN, MODEL, DIGESTS, OPENED = "tag.shown", "tag.model", "tag.digests", "tag.opened"

AS_CARDS = 12  # photos that are shown large below each other; more are a wall first
_AT_A_TIME = 4  # photos after which the wall grows while they are looked at

Key = tuple[str, str]  # of a photo: digest of its content, its name


def show(model: BackgroundModel | None = None) -> None:
    """The whole page.

    Args:
        model: What tags; by default the model in use.
    """
    hero = st.empty()
    uploads = st.file_uploader(
        "Photos",
        type=sorted(PHOTO_SUFFIXES | FILM_SUFFIXES),
        accept_multiple_files=True,
        key="tag.uploads",
        label_visibility="collapsed",
    )
    uploads = take_uploads(uploads or ())
    if not uploads and not st.session_state.get(FILMS):
        hero.html(hero_html())
        live("", key="tag.paste")  # its script also takes pictures that are pasted
    else:
        hero.title("Who is in these photos?", anchor=False)
    model = model or model_in_use()  # not before: loading it would hold up the page
    show_state(model)
    with library_in_use() as library:
        show_films(library)
        _show_photos(uploads, model, library)
        if model.loaded and not model.problem and not knows_somebody(model, library):
            st.html(teach_html())


def _show_photos(uploads: list, model: BackgroundModel, library: LibraryViews) -> None:
    kept = _kept(model)
    keyed = {_key(upload): upload for upload in uploads}  # the same photo twice is shown once
    for key in kept.keys() - keyed.keys():  # taken off the list
        del kept[key]
    if not uploads:
        return
    above, cards = st.container(), st.container(gap="medium")
    names, progress = known_names(library), above.empty()
    is_wall = len(keyed) > AS_CARDS
    opened = {st.session_state.get(OPENED)} if is_wall else {_slug(key) for key in keyed}
    wall = cards.empty() if is_wall else None
    for number, (key, upload) in enumerate(keyed.items()):
        if model.loaded and len(keyed) > 1 and not _finished(kept.get(key)):
            progress.progress(number / len(keyed), f"Photo {number + 1} of {len(keyed)}")
        if _slug(key) in opened:
            with cards:
                if is_wall:
                    st.button("All photos", icon=":material/arrow_back:", on_click=_close)
                _show_photo(key, upload, kept, model, library, names)
            continue
        if not _finished(kept.get(key)):
            kept[key] = look_at(upload.getvalue(), upload.name, model)
            if wall is not None and number % _AT_A_TIME == 0:
                wall.html(uploads_html({_slug(key): kept.get(key) for key in keyed}))
        kept[key] = _named_by_library(key, upload, kept[key], model, library)
    if wall is not None and not opened & {_slug(key) for key in keyed}:
        with wall.container():
            photos = {_slug(key): kept[key] for key in keyed}
            live(uploads_html(photos), key="tag.wall", on_act=_open)
    progress.empty()
    with above:
        _show_summary({key: (upload, kept[key]) for key, upload in keyed.items()}, model, library)
        if len(keyed) > 1 and all(_finished(kept[key]) for key in keyed):
            show_people(library, model, {key: kept[key] for key in keyed}, keyed)


def _open(act: dict) -> bool:
    """Shows a photo of the wall alone."""
    st.session_state[OPENED] = act["id"]
    return True


def _close() -> None:
    st.session_state.pop(OPENED, None)


def _show_photo(
    key: Key, upload, kept: dict, model: BackgroundModel, library: LibraryViews, names: list[str]
) -> None:
    # The style sheet pairs the outlines and the rows within what has such a key.
    with st.container(border=True, key=f"kd-card-{_slug(key)}"):
        whole = st.empty()

        def show_opened(photo: ShownPhoto) -> None:
            note = "" if model.done and not model.loaded else "Waiting for the networks"
            note = "Looking for faces" if model.loaded else note
            picture = picture_html(photo.tags, photo.preview)
            whole.html(photo_html(picture, people_html(photo.tags, note=note)))

        photo = kept.get(key)
        if not _finished(photo):
            photo = kept[key] = look_at(upload.getvalue(), upload.name, model, show_opened)
        if photo.tags.error:
            whole.error(plain(photo.tags.error), icon=":material/broken_image:")
        elif photo.looked_at:
            photo = kept[key] = _named_by_library(key, upload, photo, model, library)
            with whole.container():
                _show_faces(key, upload, photo, model, library, names)
                _show_downloads(key, upload, photo, model, library)


def _named_by_library(
    key: Key, upload, photo: ShownPhoto, model, library: LibraryViews
) -> ShownPhoto:
    if photo.tags.error or not photo.looked_at:
        return photo
    network, digest = model.loaded.tagger.network, bytes.fromhex(key[0])
    return from_library(photo, upload.getvalue(), library, network, digest)


def _show_faces(key: Key, upload, photo: ShownPhoto, model, library: LibraryViews, names) -> None:
    trained = knows_somebody(model, library)
    mine = f"tag.photo.{_slug(key)}"
    editing = Editing(names_list(mine), photo.confirmed, photo.questions)
    picture = picture_html(photo.tags, photo.preview, trained=trained, confirmed=photo.confirmed)
    people = people_html(photo.tags, photo.thumbnails, trained=trained, editing=editing)

    def act(what: dict) -> bool:
        with library_in_use() as library:

            def decided() -> str:
                now = add_to_library(photo, upload.getvalue(), library, model)
                look = look_with(
                    lambda: model, lambda: read_photo(upload.getvalue(), name=upload.name)
                )
                return decide(library, now.photo, library.shown(now.photo), what, look)

            return carry_out(library, decided)

    live(photo_html(picture, people), key=mine, on_act=act, names=names)


def _show_downloads(key: Key, upload, photo: ShownPhoto, model, library: LibraryViews) -> None:
    slug, content = _slug(key), upload.getvalue()

    def download(label: str, data, suffix: str, mime: str, icon: str, **options) -> None:
        st.download_button(
            label,
            data,
            saved_as(photo.tags, suffix),
            mime,
            key=f"tag.{label}.{slug}",
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
    with st.container(horizontal=True, gap="small", key=f"kd-tools-{slug}"):
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
        if photo.photo is not None:
            st.badge("In your library", icon=":material/check:", color="green")
        elif st.button(
            "Add to library",
            key=f"tag.add.{slug}",
            icon=":material/library_add:",
            help="Keeps a copy in Kindred's folder, so that you find it again by name. "
            "Naming a face does the same.",
        ):
            do(library, functools.partial(_add, [(photo, content)], library, model))


def _show_summary(photos: dict, model: BackgroundModel, library: LibraryViews) -> None:
    """What was found in all photos, and what can be done with all of them."""
    done = [photo.tags for _, photo in photos.values() if _finished(photo)]
    if len(done) < len(photos):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        undo_button(library)
        if len(photos) < 2:
            return
        st.markdown(f"**{plain(all_photos_text(done))}**")
        contents = [(upload.getvalue(), photo.tags) for upload, photo in photos.values()]
        for label, data, name, mime, icon in (
            ("Everything (zip)", functools.partial(everything, contents), "kindred.zip", "zip", ""),
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
                icon=f":material/{icon or 'folder_zip'}:",
            )
        new = [
            (photo, upload.getvalue())
            for upload, photo in photos.values()
            if photo.photo is None and not photo.tags.error
        ]
        if new and st.button("Add all to library", icon=":material/library_add:", key="tag.add"):
            do(library, functools.partial(_add, new, library, model))


def _add(photos: list, library: LibraryViews, model: BackgroundModel) -> str:
    for photo, content in photos:
        add_to_library(photo, content, library, model)
    return f"{len(photos)} photos are in your library" if len(photos) > 1 else "In your library"


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
