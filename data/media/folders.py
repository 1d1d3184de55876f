"""Finds the photos that files and folders mean, each once, in an order that people expect."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from data.errors import PhotoError
from data.media.photos import PHOTO_SUFFIXES

# Recycle bins and other people's thumbnails, beside everything that starts with a dot.
_SKIPPED_FOLDERS = frozenset({"@eadir", "@recycle", "#recycle", "$recycle.bin", "__macosx"})


def find_photos(
    paths: Iterable[str | os.PathLike], on_error: Callable[[PhotoError], object] | None = None
) -> Iterator[str]:
    """Finds the photos that are meant by files and folders.

    Args:
        paths: A file, or a path that does not exist, is yielded as given, whatever its suffix:
            somebody named it. A folder is walked, the files of each folder before its
            subfolders, `IMG_9` before `IMG_10`, without hidden files and recycle bins; links
            to folders are followed.
        on_error: Called with a `PhotoError` for a folder that cannot be read; the walk goes on.

    Yields:
        Paths, each file once, however often and through however many links it is reached.

    Raises:
        PhotoError: A folder cannot be read and there is no `on_error`.
    """
    if isinstance(paths, str | bytes | os.PathLike):
        raise TypeError(f"`paths` must be a list of paths. Received: {paths!r}")
    seen: set[str] = set()

    def first_visit(path: str) -> bool:
        real = os.path.realpath(path)
        if real in seen:
            return False
        seen.add(real)
        return True

    def report(error: OSError) -> None:
        unreadable = PhotoError(
            f"The folder cannot be read ({error.strerror})",
            file=error.filename,
            remedy="Check that you may open it and that its disk is connected",
        )
        if on_error is None:
            raise unreadable from error
        on_error(unreadable)

    for path in map(os.fspath, paths):
        if not os.path.isdir(path):
            if first_visit(path):
                yield path
            continue
        for folder, subfolders, names in os.walk(path, onerror=report, followlinks=True):
            if not first_visit(folder):
                subfolders.clear()
                continue
            subfolders[:] = sorted(filter(_is_wanted_folder, subfolders), key=_natural)
            for file in sorted(filter(is_photo_name, names), key=_natural):
                photo = os.path.join(folder, file)
                if first_visit(photo):
                    yield photo


def _natural(name: str) -> tuple:
    """Sorts IMG_9 before IMG_10; the name itself decides between IMG_1 and img_01."""
    parts = re.split(r"(\d+)", name.casefold())
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def _is_wanted_folder(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _SKIPPED_FOLDERS


def is_photo_name(name: str) -> bool:
    """Whether a file of this name, found in a folder, is taken for a photo."""
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in PHOTO_SUFFIXES


def is_walked(folder: str, top: str) -> bool:
    """Whether a walk from `top` comes to a folder below it: not to hidden ones and bins."""
    below = os.path.relpath(folder, top)
    return below == os.curdir or all(map(_is_wanted_folder, below.split(os.sep)))
