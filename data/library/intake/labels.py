"""Names that other programs wrote into photos become confirmed names in the library.

A label is a named region that Kindred did not write itself. It is adopted for a face that nobody
has decided anything about; what a person decided, or took back, is never touched. A region where no
face was found is added as a face with a name and a box only: guessed landmarks would give an
embedding that is nobody's, and groups and models would learn from it.
"""

from __future__ import annotations

import functools
import os
import zlib
from dataclasses import dataclass

from data.errors import KindredError
from data.library import Library
from data.media.kinds import is_photo_name
from data.regions import Region, read_regions
from data.regions.matching import Face, pair
from data.regions.people_notes import PeopleNote, note_paths, read_people_notes

SOURCE = "metadata"
_SIDECARS = (".xmp", ".XMP")
_PICASA = (".picasa.ini", "Picasa.ini", "contacts.xml")


@dataclass(frozen=True)
class Labels:
    """What other programs say of one photo.

    Attributes:
        regions: Named regions of others, in the order of trust.
        notes: Who they say is in the photo, without saying where.
        state: Tells this state of their files from any other; 0 if there are none.
        error: Why some of them cannot be read, for a person, or `None`; the others are here.
    """

    regions: tuple[Region, ...] = ()
    notes: tuple[PeopleNote, ...] = ()
    state: int = 0
    error: str | None = None


def read_labels(path: str | os.PathLike) -> Labels:
    """Reads the labels of a photo; never raises for what other programs wrote."""
    state = labels_state(path)  # before reading, so that a change meanwhile is seen next time
    photo = os.fspath(path)
    problems: list[KindredError] = []
    try:
        regions = read_regions(photo, problems.append)
    except KindredError as error:
        problems.append(error)
        regions = []
    notes = read_people_notes(photo, problems.append)
    named = tuple(region for region in regions if region.name and not region.ours)
    error = " ".join(map(str, problems)) or None
    return Labels(named, tuple(notes), state, error)


def labels_state(path: str | os.PathLike, listing: frozenset[str] | None = None) -> int:
    """The state of the files beside a photo that may hold labels; 0 if there are none.

    Args:
        path: The photo.
        listing: The names in its folder, if they are known: it saves looking for each file.
    """
    folder, name = os.path.split(os.fspath(path))
    stem = os.path.splitext(name)[0]
    found = []
    for beside in dict.fromkeys(base + suffix for base in (stem, name) for suffix in _SIDECARS):
        found.append(_status(folder, beside, listing))
    if any(_status(folder, ini, listing) for ini in _PICASA[:2]):
        found.extend(_status(folder, ini, listing) for ini in _PICASA)
    for note in note_paths(os.path.join(folder, name), listing):
        found.append(_status(folder, os.path.basename(note), listing))
    return zlib.crc32(repr(found).encode()) if any(found) else 0


def is_notes(path: str) -> bool:
    """Whether a file of this name may hold labels of photos beside it."""
    name = os.path.basename(path)
    return name in _PICASA or os.path.splitext(name)[1] in (*_SIDECARS, ".json")


def photos_of_notes(path: str) -> list[str]:
    """The photos in its folder that such a file may say something about."""
    folder, notes = os.path.split(path)
    stem = os.path.splitext(notes)[0]

    def is_about(name: str) -> bool:
        if notes.endswith(".json"):
            return bool(note_paths(name, (notes,)))
        return notes in _PICASA or stem in (name, os.path.splitext(name)[0])

    return [
        os.path.join(folder, name)
        for name in sorted(_names_in(folder))
        if is_photo_name(name) and is_about(name)
    ]


@functools.lru_cache(maxsize=4)
def folder_listing(folder: str) -> frozenset[str]:
    """The names in a folder; kept for a moment, for the photos of one folder follow each other."""
    return _names_in(folder)


def adopt_labels(library: Library, path: str | os.PathLike, labels: Labels) -> int:
    """Confirms the labels of a photo that is in the library; returns how many.

    Where some could not be read, all are looked at again the next time.
    """
    photo = library.photos.photo_of(path)
    if photo is None:
        return 0
    with library.transaction():
        adopted = _adopt(library, path, photo, labels.regions) if labels.regions else 0
        adopted += _adopt_notes(library, path, photo, labels.notes)
        if labels.error is None:
            library.records.set_labels(path, labels.state)
    return adopted


def _adopt_notes(library: Library, path, photo: int, notes: tuple[PeopleNote, ...]) -> int:
    """Who is said to be there: one name and one face belong together, others are for Review."""
    for note in notes:
        library.records.say(path, note.names, note.program)
    names, faces = library.records.said(photo), library.faces.of(photo)
    if len(names) != 1 or len(faces) != 1 or faces[0].id in library.records.settled(photo):
        return 0
    library.decisions.confirm(faces[0].id, names[0], source=SOURCE)
    return 1


def _adopt(library: Library, path, photo: int, regions: tuple[Region, ...]) -> int:
    tags = library.records.tags(path)
    settled, faces = library.records.settled(photo), library.faces.of(photo)
    size = (tags.width, tags.height) * 2
    boxes = [Face(None, tuple(face.box / size)) for face in faces]
    pairs = pair([Face(region.name, region.box) for region in regions], boxes)
    adopted = 0
    for index, region in enumerate(regions):
        if index in pairs:
            face = faces[pairs[index]].id
            if face in settled:
                continue
        elif region.source.endswith("/iptc"):
            continue  # it may be the whole person, and is no place for a face
        else:
            face = library.photos.add_region(photo, region.to_pixels(tags.width, tags.height))
        library.decisions.confirm(face, region.name, source=SOURCE)
        adopted += 1
    return adopted


def _names_in(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder or "."))
    except OSError:
        return frozenset()


def _status(folder: str, name: str, listing: frozenset[str] | None) -> tuple[int, int] | None:
    if listing is not None and name not in listing:
        return None
    try:
        status = os.stat(os.path.join(folder, name))
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
