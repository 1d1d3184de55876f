"""From an uploaded file to what the page shows of it, and to the files one can save."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from data.drawing import annotated_file
from data.errors import PhotoError
from data.photos import read_photo
from data.tags import PhotoTags
from data.thumbnails import face_thumbnail, preview
from model.background import BackgroundModel


@dataclass(frozen=True)
class ShownPhoto:
    """What a page keeps of a photo.

    Attributes:
        tags: The result; its `error` says why there is no picture.
        preview: The photo as a JPEG for the screen.
        thumbnails: One JPEG a face.
        looked_at: Whether the model has seen it yet.
    """

    tags: PhotoTags
    preview: bytes = b""
    thumbnails: tuple[bytes, ...] = ()
    looked_at: bool = True


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
    opened = ShownPhoto(PhotoTags(name, width, height), preview(image), looked_at=False)
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


def json_lines(photos: Iterable[PhotoTags]) -> bytes:
    """The records of `kindred.py tag --json`, one photo a line."""
    return "".join(json.dumps(tags.to_json(), ensure_ascii=False) + "\n" for tags in photos).encode(
        errors="backslashreplace"
    )


def annotated_picture(content: bytes, tags: PhotoTags) -> bytes:
    """The uploaded photo with its faces drawn, in full size."""
    return annotated_file(read_photo(content, name=tags.photo), tags.faces)[0]


def saved_as(tags: PhotoTags, suffix: str) -> str:
    """A name for a file about this photo: "beach.heic" becomes "beach-named.jpg"."""
    return f"{PurePath(tags.photo).stem or 'photo'}{suffix}"
