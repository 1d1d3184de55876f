"""From an uploaded file to what the page shows of it, and to the files one can save."""

from __future__ import annotations

import csv
import io
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from data.errors import PhotoError
from data.library import content_of
from data.library.intake.keeping import keep_photo
from data.library.views import LibraryViews
from data.media.drawing import annotated_file
from data.media.photos import read_photo
from data.media.thumbnails import WALL_SIDE, face_thumbnail, preview
from data.media.uploads import safe_name
from data.recognition.nearest import words
from data.regions import Region, write_regions
from data.tables import CSV_COLUMNS, csv_rows, json_line
from data.tags import PhotoTags
from model.inference.background import BackgroundModel


@dataclass(frozen=True)
class ShownPhoto:
    """What a page keeps of a photo.

    Attributes:
        tags: The result; its `error` says why there is no picture.
        found: What the model alone says, where the library's names are in `tags` as well.
        preview: The photo as a JPEG for the screen.
        small: The same for a wall of photos.
        thumbnails: One JPEG a face.
        looked_at: Whether the model has seen it yet.
        photo: Its number in the library, `None` if it is not there.
        confirmed: Places, in the record, of the faces whose names somebody confirmed.
        questions: Who a face without a name may be, by its place in the record.
        near: Who comes nearest to a face without a name, in words, by its place.
    """

    tags: PhotoTags
    found: PhotoTags | None = None
    preview: bytes = b""
    small: bytes = b""
    thumbnails: tuple[bytes, ...] = ()
    looked_at: bool = True
    photo: int | None = None
    confirmed: frozenset[int] = frozenset()
    questions: Mapping[int, str] = field(default_factory=dict)
    near: Mapping[int, str] = field(default_factory=dict)


def look_at(
    content: bytes,
    name: str,
    model: BackgroundModel,
    on_open: Callable[[ShownPhoto], object] = lambda _: None,
) -> ShownPhoto:
    """Opens a photo and, once the model is loaded, tags it; never raises for a bad photo.

    Args:
        content: The bytes of the uploaded file.
        name: Its name.
        model: The model in use.
        on_open: Called with the photo as soon as it can be shown, before the model sees it.
    """
    try:
        image = read_photo(content, name=name)
    except PhotoError as error:
        return ShownPhoto(PhotoTags(name, error=str(error)))
    height, width = image.shape[:2]
    opened = ShownPhoto(
        PhotoTags(name, width, height),
        preview=preview(image),
        small=preview(image, WALL_SIDE),
        looked_at=False,
    )
    on_open(opened)
    if model.loaded is None:
        return opened
    try:
        tags = model.tag(image, name)
    except Exception as error:  # the runtime of a network raises anything; other photos go on
        logging.getLogger(__name__).exception("tagging %r failed", name)
        return ShownPhoto(PhotoTags(name, error=f"{name}: the model failed on it ({error})."))
    thumbnails = tuple(face_thumbnail(image, face.box) for face in tags.faces)
    return replace(opened, tags=tags, thumbnails=thumbnails, looked_at=True)


def from_library(
    photo: ShownPhoto,
    content: bytes,
    library: LibraryViews,
    network: str = "",
    digest: bytes | None = None,
) -> ShownPhoto:
    """The photo with the names that the library has for it, or for faces that look alike.

    Args:
        network: Id of what found the faces of a photo that is not in the library.
        digest: `content_of` the content, if it is known.
    """
    number = photo.photo or library.photo_with(digest or content_of(content))
    if number is not None and photo.photo is None:  # whoever shows it knew nothing of it
        library.recognition.look_at_shown(number)
    shown = library.shown(number) if number is not None else None
    if shown is None:
        return _recognised(replace(photo, photo=None, confirmed=frozenset()), library, network)
    tags = replace(shown.tags, photo=photo.tags.photo)
    confirmed = frozenset(i for i, face in enumerate(shown.faces) if face in shown.confirmed)
    thumbnails = photo.thumbnails
    if _boxes(tags) != _boxes(photo.tags):
        image = read_photo(content, name=tags.photo)
        thumbnails = tuple(face_thumbnail(image, face.box) for face in tags.faces)
    return replace(
        photo,
        tags=tags,
        thumbnails=thumbnails,
        photo=number,
        confirmed=confirmed,
        questions=shown.questions,
        near=_by_place(shown.faces, library.near(shown.unknown)),
        looked_at=True,
    )


def _recognised(photo: ShownPhoto, library: LibraryViews, network: str) -> ShownPhoto:
    """The photo with names and questions by the faces that are confirmed in the library."""
    found = photo.found or photo.tags
    if not found.faces:
        return photo
    answers = library.recognition.suggest(network, [face.embedding for face in found.faces])
    faces, questions = list(found.faces), {}
    for place, (person, confidence, named) in enumerate(answers):
        if person is None or (faces[place].name and not named):
            continue
        name = library.people.get(person).name
        if named:
            faces[place] = replace(faces[place], name=name, confidence=confidence)
        else:
            questions[place] = name
    tags = replace(found, faces=tuple(faces))
    nearest = library.recognition.nearest(network, [face.embedding for face in faces])
    near = {
        place: words(one)
        for place, (face, one) in enumerate(zip(faces, nearest, strict=True))
        if one and not face.name
    }
    return replace(photo, tags=tags, found=found, questions=questions, near=near)


def _by_place(faces: Sequence[int], said: Mapping[int, str]) -> dict[int, str]:
    return {place: said[face] for place, face in enumerate(faces) if face in said}


def add_to_library(
    photo: ShownPhoto, content: bytes, library: LibraryViews, model: BackgroundModel
) -> ShownPhoto:
    """The photo, now in the library if it was not there before.

    Raises:
        LibraryError: The copy cannot be written.
    """
    if photo.photo is None:
        tagger = model.loaded.tagger
        keep_photo(
            library, content, photo.found or photo.tags, network=tagger.network, model=tagger.model
        )
    return from_library(photo, content, library, model.loaded.tagger.network)


def json_lines(photos: Iterable[PhotoTags]) -> bytes:
    """The records of `kindred.py tag --json`, one photo a line."""
    return "".join(json_line(tags) + "\n" for tags in photos).encode(errors="backslashreplace")


def csv_table(photos: Iterable[PhotoTags]) -> bytes:
    """The table of `kindred.py tag --csv`, one face a row."""
    stream = io.StringIO(newline="")
    table = csv.writer(stream)
    table.writerow(CSV_COLUMNS)
    for tags in photos:
        table.writerows(csv_rows(tags))
    return stream.getvalue().encode(errors="backslashreplace")


def sidecar(content: bytes, tags: PhotoTags) -> bytes:
    """The XMP file with the names of a photo, `b""` if there are none or it cannot be made."""
    regions = []
    for face in tags.faces:
        try:
            regions.append(Region.from_pixels(face.name, face.box, tags.width, tags.height))
        except ValueError:  # a box without extent
            continue
    with tempfile.TemporaryDirectory(prefix="kindred-") as folder:
        photo = Path(folder) / safe_name(tags.photo)
        photo.write_bytes(content)
        try:
            change = write_regions(photo, regions, dry_run=True)
        except PhotoError:
            return b""
    return change.edits[0].after if change.edits else b""


def everything(photos: Iterable[tuple[bytes, PhotoTags]]) -> bytes:
    """A zip of the photos with names drawn, their records and table, and their XMP sidecars.

    Args:
        photos: The bytes and the record of each; unreadable ones are in the records only.
    """
    photos = list(photos)
    records = [tags for _, tags in photos]
    stream, taken = io.BytesIO(), set()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("kindred.jsonl", json_lines(records))
        archive.writestr("kindred.csv", csv_table(records))
        for content, tags in photos:
            if tags.error:
                continue
            name = _free(safe_name(tags.photo), taken)
            drawn, suffix = annotated_file(read_photo(content, name=tags.photo), tags.faces)
            archive.writestr(f"pictures/{PurePath(name).stem}-named{suffix}", drawn)
            if xmp := sidecar(content, tags):
                archive.writestr(f"sidecars/{name}.xmp", xmp)
    return stream.getvalue()


def annotated_picture(content: bytes, tags: PhotoTags) -> bytes:
    """The uploaded photo with its faces drawn, in full size."""
    return annotated_file(read_photo(content, name=tags.photo), tags.faces)[0]


def saved_as(tags: PhotoTags, suffix: str) -> str:
    """A name for a file about this photo: "beach.heic" becomes "beach-named.jpg"."""
    return f"{PurePath(tags.photo).stem or 'photo'}{suffix}"


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number if it is taken: two cameras call their photos alike."""
    stem, suffix, number = PurePath(name).stem, PurePath(name).suffix, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem} ({number}){suffix}"
    taken.add(name.casefold())
    return name


def _boxes(tags: PhotoTags) -> list[tuple[float, ...]]:
    return [tuple(round(float(edge), 2) for edge in face.box) for face in tags.faces]
