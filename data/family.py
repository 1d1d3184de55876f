"""A family to learn: one folder a person, or photos in which somebody has named the faces."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.errors import FamilyError, PhotoError
from data.library import Library
from data.library.intake.named_faces import Places, find_places, read_confirmed, read_named
from data.media.folders import LeftOut, find_photos
from data.media.kinds import is_photo_name
from data.names import clean_name, means_nobody

_LOOSE = "it is not in a person's folder"


@dataclass(frozen=True)
class Family:
    """Who is to be learned, and from which photos.

    Attributes:
        folder: Where the photos are; for the library's, its folder.
        photos: Paths of every person's photos, by name; people without a photo are missing.
        left_out: (path, reason) of what is in the folder and cannot be used.
        places: Where in the photos the people are; `None` if nobody has looked
            (`data.library.intake.named_faces.find_places`).
        in_library: (name, path) of the photos that the library's names alone are learned from.
    """

    folder: Path
    photos: dict[str, tuple[str, ...]]
    left_out: tuple[tuple[str, str], ...] = ()
    places: Places | None = None
    in_library: frozenset[tuple[str, str]] = frozenset()


def join_families(families: Sequence[Family]) -> Family:
    """Everybody in these families; the folder is the first one's."""
    photos: dict[str, tuple[str, ...]] = {}
    for family in families:
        for name, paths in family.photos.items():
            photos[name] = tuple(dict.fromkeys((*photos.get(name, ()), *paths)))
    places: Places = {}
    for family in families:
        found = find_places(family.photos) if family.places is None else family.places
        places = found | places
    folders = [family for family in families if not family.in_library]
    outside = {
        (name, path)
        for family in folders
        for name, paths in family.photos.items()
        for path in paths
    }
    return Family(
        families[0].folder,
        photos,
        tuple(left_out for family in families for left_out in family.left_out),
        places,
        frozenset(pair for family in families for pair in family.in_library) - outside,
    )


def read_family(folder: str | os.PathLike) -> Family:
    """Looks through FOLDER/<name>/; photos in folders further down belong to the same person.

    Where there are no such folders, the people are those whom the metadata of the photos in FOLDER
    name.

    Raises:
        FamilyError: If there is no such folder, or nobody in it.
    """
    folder = Path(folder)
    how = "Make one folder for each person, named after the person, and put photos into it"
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise FamilyError(
            f"the family folder cannot be read ({error.strerror})", file=folder, remedy=how
        ) from error
    photos: dict[str, tuple[str, ...]] = {}
    left_out = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            left_out.append((os.fspath(entry), _LOOSE))
            continue
        name = clean_name(os.fsencode(entry.name).decode("utf-8", "replace"))
        if means_nobody(name):
            left_out.append((os.fspath(entry), "its name is nobody's"))
            continue
        walked = LeftOut()
        walk = find_photos(
            [entry], on_error=lambda e: left_out.append((e.file, e.what)), left_out=walked
        )
        found = tuple(walk)
        left_out.extend((os.fspath(entry), sentence) for sentence in walked.sentences())
        if found:
            photos[name] = photos.get(name, ()) + found
        elif not walked.sentences():
            left_out.append((os.fspath(entry), "there is no photo in it"))
    if photos:
        return Family(folder, photos, tuple(left_out))
    loose = [os.fspath(e) for e in entries if is_photo_name(e.name) and e.is_file()]
    photos, places, unreadable = read_named(loose)
    if not photos:
        of_folders = [(path, why) for path, why in left_out if why != _LOOSE][:3]
        seen = "".join(f". {os.path.basename(path)}: {why}" for path, why in of_folders)
        raise FamilyError(f"there is nobody in this folder{seen}", file=folder, remedy=how)
    return Family(folder, photos, tuple(unreadable), places)


def library_family(home: str | os.PathLike) -> Family:
    """The people whose faces somebody has confirmed in the library, here or in another program.

    Raises:
        FamilyError: There are none.
        LibraryError: The library cannot be read.
    """
    with Library(home) as library:
        photos, places = read_confirmed(library)
    if not photos:
        raise FamilyError(
            "no name is confirmed in the library",
            file=home,
            remedy="Confirm some faces, or name a folder with one folder for each person",
        )
    pairs = frozenset((name, path) for name, paths in photos.items() for path in paths)
    return Family(Path(home), photos, places=places, in_library=pairs)


def read_strangers(folder: str | os.PathLike) -> tuple[str, ...]:
    """Paths of the photos of people who are not in the family, at any depth.

    Raises:
        FamilyError: If the folder cannot be read, or has no photo in it.
    """
    how = "Name a folder with photos of people who are not in the family"
    if not os.path.isdir(folder):
        raise FamilyError("there is no such folder of strangers", file=folder, remedy=how)
    unreadable: list[PhotoError] = []
    photos = tuple(find_photos([folder], on_error=unreadable.append))
    if not photos and unreadable:
        raise FamilyError(
            f"the folder of strangers cannot be read ({unreadable[0].what})",
            file=folder,
            remedy=unreadable[0].remedy,
        )
    if not photos:
        raise FamilyError("there is no photo in the folder of strangers", file=folder, remedy=how)
    return photos
