"""Finds the photos and films that files and folders mean, each once, in an order people expect."""

from __future__ import annotations

import fnmatch
import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from data.errors import PhotoError
from data.films.header import read_header
from data.media.kinds import OPTIONAL, is_film_name, is_photo_name, left_out_kind, suffix_of

# Recycle bins and other people's thumbnails, beside everything that starts with a dot.
_SKIPPED_FOLDERS = frozenset(
    {"@eadir", "@recycle", "#recycle", "#snapshot", "$recycle.bin", "recycler", "__macosx"}
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
    "imovieproj": "a project of iMovie",
    "theater": "a theatre of iMovie",
    "dvdproj": "a project of iDVD",
    "dtbase2": "a database of DEVONthink",
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
}
_MARKED = {"nosync": "it is marked .nosync", "noindex": "it is marked .noindex"}
# Old libraries of iPhoto are folders of any name; these lie in them.
_CATALOGUES = {
    "Library6.iPhoto": "a library of iPhoto",
    "Library.iPhoto": "a library of iPhoto",
    "iPhotoMain.db": "a library of iPhoto",
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
# The film of a live photo lasts three seconds, where it is kept steady a little longer.
LIVE_SECONDS = 6.0
_LIVE_SUFFIXES = frozenset({".mov", ".mp4"})
_IMMICH_CACHES = frozenset({"thumbs", "encoded-video", "profile", "backups"})


@dataclass
class LeftOut:
    """What a walk did not take.

    Attributes:
        kinds: How many pictures and films are of a kind that is not read, by kind ("NEF").
        live: How many films are one thing with a photo beside them.
        folders: Folders that were left alone, and why.
    """

    kinds: Counter[str] = field(default_factory=Counter)
    live: int = 0
    folders: dict[str, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """What a person should know of it, a sentence each; none if nothing was left out."""
        said = []
        packages = {kind: OPTIONAL.get(f".{kind.lower()}") for kind in self.kinds}
        if installable := sorted(set(filter(None, packages.values()))):
            listed = _listed({k: n for k, n in self.kinds.items() if packages[k]})
            said.append(f"{listed} were not looked at: pip install {' '.join(installable)}")
        if others := {k: n for k, n in self.kinds.items() if not packages[k]}:
            listed = _listed(others)
            said.append(f"not looked at, because of kinds that are not read: {listed}")
        if self.live:
            films = "film is" if self.live == 1 else "films are"
            said.append(f"{self.live:,} {films} one thing with the photo beside (live photos)")
        by_reason: dict[str, list[str]] = {}
        for folder, why in self.folders.items():
            by_reason.setdefault(why, []).append(folder)
        for why, folders in by_reason.items():
            more = f" and {len(folders) - 1:,} more" if len(folders) > 1 else ""
            said.append(f"left alone: {folders[0]}{more} ({why})")
        return said


def _listed(kinds: dict[str, int]) -> str:
    """Kinds, the most frequent first: "5 NEF and 4 JXL"."""
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{number:,} {kind}" for kind, number in ordered]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def find_photos(
    paths: Iterable[str | os.PathLike],
    on_error: Callable[[PhotoError], object] | None = None,
    *,
    exclude: Sequence[str] = (),
    left_out: LeftOut | None = None,
    films: bool = False,
) -> Iterator[str]:
    """Finds the photos that are meant by files and folders.

    Args:
        paths: A file, or a path that does not exist, is yielded as given, whatever its suffix:
            somebody named it. A folder is walked, the files of each folder before its
            subfolders, `IMG_9` before `IMG_10`, without hidden files, recycle bins, and what other
            programs keep for themselves; links to folders are followed.
        on_error: Called with a `PhotoError` for a folder that cannot be read; the walk goes on.
        exclude: Patterns of files and folders in the folders that are left out (`is_excluded`).
        left_out: Called with what was not taken.
        films: Films are meant, too, but for those that are one thing with a photo: live photos.

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
        if why := _package(os.path.basename(os.path.abspath(path))) or _catalogue(path):
            left_out.folders[path] = why
            continue
        for folder, subfolders, names in os.walk(path, onerror=report, followlinks=True):
            if not first_visit(folder):
                subfolders.clear()
                continue
            why = None if folder == path else _mark(folder, names) or _catalogue(folder, names)
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
            photo_stems = stems_of_photos(names) if films else ()
            for name in sorted(names, key=_natural):
                whole = os.path.join(folder, name)
                if exclude and is_excluded(whole, path, exclude):
                    continue
                if is_film_name(name) and films:
                    if is_live_film(whole, photo_stems):
                        left_out.live += first_visit(whole)
                    elif first_visit(whole):
                        yield whole
                elif is_photo_name(name):
                    if first_visit(whole):
                        yield whole
                elif (kind := left_out_kind(name)) and first_visit(whole):
                    left_out.kinds[kind] += 1


def is_live_film(film: str, photo_stems: Collection[str]) -> bool:
    """Whether a film is one thing with a photo beside it, as the live photos of phones.

    It has the photo's name but for the suffix, and says that it belongs to a photo, or is as short.

    Args:
        film: Its path.
        photo_stems: Of the photos in its folder, from `stems_of_photos`.
    """
    if suffix_of(film) not in _LIVE_SUFFIXES or _stem(os.path.basename(film)) not in photo_stems:
        return False
    header = read_header(film)
    return header.is_paired or 0 < header.duration <= LIVE_SECONDS


def stems_of_photos(names: Iterable[str]) -> frozenset[str]:
    """The names of photos without their suffixes, as `is_live_film` compares them."""
    return frozenset(map(_stem, filter(is_photo_name, names)))


def _stem(name: str) -> str:
    return os.path.splitext(name)[0].casefold()


def is_walked(folder: str, top: str, exclude: Sequence[str] = ()) -> bool:
    """Whether a walk from `top` comes to a folder below it: see `find_photos`."""
    below = os.path.relpath(folder, top)
    if below == os.curdir:
        return True
    here = top
    for name in below.split(os.sep):
        here = os.path.join(here, name)
        if not _is_wanted_folder(name) or is_excluded(here, top, exclude):
            return False
        if _package(name) or _catalogue(here):
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
    """What the package is in which a file lies, as "a library of iPhoto"; `None` for none.

    Nothing is written there, even where somebody named the file.
    """
    folder = os.path.dirname(os.path.abspath(os.fsdecode(path)))
    while True:
        what = _package(os.path.basename(folder)) or _catalogue(folder)
        if what and what not in _MARKED.values():
            return what
        if folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)


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
    if stem and (what := _PACKAGES.get(suffix) or _MARKED.get(suffix)):
        return what
    return next((what for pattern, what in _CACHES if pattern.fullmatch(lower)), None)


def _catalogue(folder: str, names: Collection[str] | None = None) -> str | None:
    """What a folder is by the files in it, if it is another program's."""
    for file, what in _CATALOGUES.items():
        if file in names if names is not None else os.path.lexists(os.path.join(folder, file)):
            return what
    return None


def _mark(folder: str, names: Iterable[str]) -> str | None:
    """Why a folder with these files is to be left alone, if it is."""
    lower = {name.lower() for name in names if name.startswith(".") or name == "CACHEDIR.TAG"}
    if ".immich" in lower and os.path.basename(folder).lower() in _IMMICH_CACHES:
        return "previews of Immich"
    return next((why for mark, why in _MARKS.items() if mark in lower), None)
