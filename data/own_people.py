"""Kindred's own family folder: a person's folder is renamed, joined with another, or left out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from data.errors import FamilyError
from data.media.folders import find_photos
from data.media.uploads import safe_name
from data.names import clean_name, means_nobody

LEFT_OUT = ".left out"  # beside the people's folders; nobody is learned from what is in it


def left_out(people: Path) -> dict[str, int]:
    """Who is left out, with the number of photos.

    Args:
        people: The family folder.
    """
    try:
        folders = sorted(entry for entry in (people / LEFT_OUT).iterdir() if entry.is_dir())
    except OSError:
        return {}
    return {folder.name: sum(1 for _ in find_photos([folder])) for folder in folders}


def rename(people: Path, name: str, new: str) -> str:
    """Gives a person another name; if somebody has it, the two are one person from then on.

    Returns:
        The name as it is now.

    Raises:
        FamilyError: It is no name, the person is not there, or nothing can be written.
    """
    wanted = clean_name(new)
    if means_nobody(wanted):
        raise FamilyError(f"{new!r} is not a person's name")
    _move(people / name, people / safe_name(wanted))
    return safe_name(wanted)


def leave_out(people: Path, name: str) -> None:
    """Puts a person's photos where nobody is learned from them.

    Raises:
        FamilyError: The person is not there, or nothing can be written.
    """
    _move(people / name, people / LEFT_OUT / name)


def bring_back(people: Path, name: str) -> None:
    """Takes that back.

    Raises:
        FamilyError: The person is not there, or nothing can be written.
    """
    _move(people / LEFT_OUT / name, people / name)


def _move(source: Path, target: Path) -> None:
    """Moves a folder; if the other one is there, the files go into it, under free names."""
    if not source.is_dir():
        raise FamilyError("this person is not there any more", file=source)
    try:
        target.parent.mkdir(exist_ok=True)
        if not target.exists() or target.samefile(source):  # another case of the same letters
            os.rename(source, target)
            return
        for file in sorted(path for path in source.rglob("*") if path.is_file()):
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, _free(place))
        shutil.rmtree(source)
    except OSError as error:
        raise FamilyError.unwritable(
            "the photos cannot be moved",
            error,
            file=source,
            remedy="Check the folder's permissions",
        ) from error


def _free(place: Path) -> Path:
    stem, number = place.stem, 1
    while place.exists():
        number += 1
        place = place.with_name(f"{stem} ({number}){place.suffix}")
    return place
