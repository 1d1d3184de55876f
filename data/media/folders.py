"""Finds the photos that files and folders mean, each once, in an order that people expect."""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from data.errors import PhotoError
from data.media.kinds import is_photo_name, left_out_kind

# Recycle bins and other people's thumbnails, beside everything that starts with a dot.
_SKIPPED_FOLDERS = frozenset(
    {"@eadir", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "__macosx"}
    | {"system volume information", "files_trashbin", "files_versions"}
)
# Folders that are one document of a program: others must not write into them, and most photos are
# in them many times, as thumbnails and previews.
_PACKAGES = {
    "photoslibrary": "a library of Apple Photos",
    "photolibrary": "a library of iPhoto",
    "migratedphotolibrary": "a library of iPhoto",
    "aplibrary": "a library of Aperture",
    "migratedaplibrary": "a library of Aperture",
    "apvault": "a vault of Aperture",
    "photoboothlibrary": "a library of Photo Booth",
    "lrdata": "previews of Lightroom",
    "lrcat-data": "a catalogue of Lightroom",
    "lrlibrary": "a library of Lightroom",
    "cocatalog": "a catalogue of Capture One",
    "cosession": "a session of Capture One",
    "library": "a library of Eagle",
    "imovielibrary": "a library of iMovie",
    "fcpbundle": "a library of Final Cut",
    "theater": "a theatre of iMovie",
    "tvlibrary": "a library of Apple TV",
    "musiclibrary": "a library of Apple Music",
    "backupdb": "a backup of Time Machine",
    "sparsebundle": "a disk image",
    "app": "an application",
    "bundle": "an application",
    "xcassets": "an application",
    "rtfd": "a document",
    "pages": "a document",
    "key": "a document",
    "numbers": "a document",
    "scriv": "a document",
    "nosync": "it is marked .nosync",
    "noindex": "it is marked .noindex",
}
# Files that say of their folder, and all below it: not for you.
_MARKS = {
    ".nomedia": "it is marked .nomedia",
    ".nosync": "it is marked .nosync",
    "cachedir.tag": "a cache",
    ".ppstorage": "the storage of PhotoPrism",
}
_CACHES = (
    (re.compile(r"appdata_\w+"), "previews of Nextcloud"),
    (re.compile(r"captureone"), "previews of Capture One"),
)
_IMMICH_CACHES = frozenset({"thumbs", "encoded-video", "profile", "backups"})


@dataclass
class LeftOut:
    """What a walk did not take.

    Attributes:
        kinds: How many pictures and films are of a kind that is not read, by kind ("NEF").
        folders: Folders that were left alone, and why.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    folders: dict[str, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """What a person should know of it, a sentence each; none if nothing was left out."""
        said = []
        if self.kinds:
            kinds = sorted(self.kinds.items(), key=lambda item: (-item[1], item[0]))
            listed = ", ".join(f"{number:,} {kind}" for kind, number in kinds)
            said.append(f"not looked at, because of kinds that are not read: {listed}")
        by_reason: dict[str, list[str]] = {}
        for folder, why in self.folders.items():
            by_reason.setdefault(why, []).append(folder)
        for why, folders in by_reason.items():
            more = f" and {len(folders) - 1:,} more" if len(folders) > 1 else ""
            said.append(f"left alone: {folders[0]}{more} ({why})")
        return said


def find_photos(
    paths: Iterable[str | os.PathLike],
    on_error: Callable[[PhotoError], object] | None = None,
    *,
    exclude: Sequence[str] = (),
    left_out: LeftOut | None = None,
) -> Iterator[str]:
    """Finds the photos that are meant by files and folders.

    Args:
        paths: A file, or a path that does not exist, is yielded as given, whatever its suffix:
            somebody named it. A folder is walked, the files of each folder before its
            subfolders, `IMG_9` before `IMG_10`, without hidden files, recycle bins, and what other
            programs keep for themselves; links to folders are followed.
        on_error: Called with a `PhotoError` for a folder that cannot be read; the walk goes on.
        exclude: Patterns of files and folders in the folders that are left out (`is_excluded`).
        left_out: Is told what was not taken.

    Yields:
        Paths, each file once, however often and through however many links it is reached.

    Raises:
        PhotoError: A folder cannot be read and there is no `on_error`.
    """
    if isinstance(paths, str | bytes | os.PathLike):
        raise TypeError(f"`paths` must be a list of paths. Received: {paths!r}")
    left_out = LeftOut() if left_out is None else left_out
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
        if why := _package(os.path.basename(os.path.abspath(path))):
            left_out.folders[path] = why
            continue
        for folder, subfolders, names in os.walk(path, onerror=report, followlinks=True):
            if not first_visit(folder):
                subfolders.clear()
                continue
            why = None if folder == path else _mark(folder, names)
            if why:
                left_out.folders[folder] = why
                subfolders.clear()
                continue
            kept = []
            for name in sorted(filter(_is_wanted_folder, subfolders), key=_natural):
                whole = os.path.join(folder, name)
                if is_excluded(whole, path, exclude):
                    continue
                if why := _package(name):
                    left_out.folders[whole] = why
                else:
                    kept.append(name)
            subfolders[:] = kept
            for name in sorted(names, key=_natural):
                whole = os.path.join(folder, name)
                if exclude and is_excluded(whole, path, exclude):
                    continue
                if is_photo_name(name):
                    if first_visit(whole):
                        yield whole
                elif (kind := left_out_kind(name)) and first_visit(whole):
                    left_out.kinds[kind] += 1


def is_walked(folder: str, top: str, exclude: Sequence[str] = ()) -> bool:
    """Whether a walk from `top` comes to a folder below it: see `find_photos`."""
    below = os.path.relpath(folder, top)
    if below == os.curdir:
        return True
    here = top
    for name in below.split(os.sep):
        here = os.path.join(here, name)
        if not _is_wanted_folder(name) or _package(name) or is_excluded(here, top, exclude):
            return False
        if _mark(here, [mark for mark in (*_MARKS, "CACHEDIR.TAG", ".immich")
                        if os.path.lexists(os.path.join(here, mark))]):  # fmt: skip
            return False
    return True


def is_excluded(path: str, top: str, patterns: Sequence[str]) -> bool:
    """Whether a file or folder below `top` fits a pattern, as the shell has them (`*`, `?`, `[]`).

    A pattern fits its name; with a slash in it, the path from `top`, or the whole path.
    """
    below = os.path.relpath(path, top).replace(os.sep, "/")
    places = (below, os.path.abspath(path).replace(os.sep, "/"))
    for pattern in patterns:
        pattern = pattern.replace(os.sep, "/").rstrip("/")
        texts = places if "/" in pattern else (below.rsplit("/", 1)[-1],)
        if any(fnmatch.fnmatch(text, pattern.removeprefix("./")) for text in texts):
            return True
    return False


def program_that_owns(path: str | os.PathLike) -> str | None:
    """What the package is in which a file lies, as "a library of iPhoto"; `None` for none."""
    parts = os.path.abspath(os.fsdecode(path)).split(os.sep)[:-1]
    return next(filter(None, map(_package, parts)), None)


def _natural(name: str) -> tuple:
    """Sorts IMG_9 before IMG_10; the name itself decides between IMG_1 and img_01."""
    parts = re.split(r"(\d+)", name.casefold())
    parts[1::2] = map(int, parts[1::2])
    return parts, name


def _is_wanted_folder(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _SKIPPED_FOLDERS


def _package(name: str) -> str | None:
    """What a folder of this name is, if it is another program's."""
    lower = name.lower()
    stem, _, suffix = lower.rpartition(".")
    if stem and suffix in _PACKAGES:
        return _PACKAGES[suffix]
    return next((what for pattern, what in _CACHES if pattern.fullmatch(lower)), None)


def _mark(folder: str, names: Iterable[str]) -> str | None:
    """Why a folder with these files is to be left alone, if it is."""
    lower = {name.lower() for name in names if name.startswith(".") or name == "CACHEDIR.TAG"}
    if ".immich" in lower and os.path.basename(folder).lower() in _IMMICH_CACHES:
        return "previews of Immich"
    return next((why for mark, why in _MARKS.items() if mark in lower), None)
