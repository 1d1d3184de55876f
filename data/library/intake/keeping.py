"""Keeps photos that came through the browser: a copy in Kindred's folder, a place in the library.

The browser hands over bytes without a path, and the library is one of files. So a photo that is
to be remembered is copied to `KINDRED_HOME/photos/<content>/<name>`; one that the library knows
from elsewhere needs no copy.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from data.errors import LibraryError
from data.home import replace_file
from data.library import Todo, content_of
from data.library.photos.photo_index import content_of_file
from data.library.views import LibraryViews
from data.media.photos import captured_at
from data.media.uploads import safe_name
from data.tags import FaceTag, PhotoTags


def keep_photo(
    library: LibraryViews,
    content: bytes,
    tags: PhotoTags,
    *,
    network: str,
    model: str | None,
    faces: Sequence[FaceTag] | None = None,
) -> int:
    """Puts an uploaded photo with its faces into the library; returns its number.

    Args:
        library: The library.
        content: The bytes of the file.
        tags: What was found in it; `tags.photo` is the file's name.
        network, model: Ids of what found and of what named the faces.
        faces: Other faces than those of `tags`.

    Raises:
        LibraryError: The copy cannot be written.
    """
    digest = content_of(content)
    known = library.photo_with(digest)
    if known is not None and library.photos.paths(known):
        return known
    path = place_of(library.home, content, tags.photo)
    try:
        if not path.exists():
            replace_file(path, content)
        status = os.stat(path)
    except OSError as error:
        raise LibraryError.unwritable(
            "the photo cannot be kept", error, file=path, remedy="Check the folder's permissions"
        ) from error
    return library.photos.record(
        Todo(str(path), status.st_size, status.st_mtime_ns),
        digest,
        width=tags.width,
        height=tags.height,
        taken=captured_at(content, name=tags.photo),
        network=network,
        faces=tags.faces if faces is None else faces,
        model=model,
    )


def dropped_dir(home: Path) -> Path:
    """Where the copies of what was dropped on a page lie, each in a folder of its own."""
    return home / "photos"


def place_of(home: Path, content: bytes, name: str) -> Path:
    """Where the copy of an uploaded photo lies."""
    return _place(home, content_of(content), name)


def place_of_file(home: Path, file: str | os.PathLike, name: str) -> Path:
    """The same for one that is on disk already and called otherwise; raises `OSError`."""
    return _place(home, content_of_file(file), name)


def _place(home: Path, content: bytes, name: str) -> Path:
    return dropped_dir(home) / content.hex()[:12] / safe_name(Path(name).name)
