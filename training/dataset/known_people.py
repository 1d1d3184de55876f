"""Whom a training learns: a folder's people and everybody who is known already, or some alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from data.errors import FamilyError
from data.family import Family, join_families, library_family, read_family
from data.home import home, replace_file
from data.library import Library
from data.recognition.identity import model_id
from model.manifest import manifest_in_use, read_manifest


def family_to_learn(
    folder: str | os.PathLike | None, replace: bool
) -> tuple[Family, list[str], int]:
    """The family of a training, the folders that it comes from, and the library's state.

    The folders are absolute; the state is another number after every decision
    (`Recognition.version`).

    The people of FOLDER are added to those whom the model in use learned from folders and to those
    whom the library knows, under their names of today.

    Args:
        folder: The family folder; without one, what is known is learned again.
        replace: Only FOLDER, or without one only the library; everybody else is forgotten.

    Raises:
        FamilyError: There is nobody to learn, or a folder that the model in use learned is gone.
    """
    asked = [os.path.abspath(folder)] if folder is not None else []
    folders = [*asked, *(() if replace else _former_folders())]
    folders = list(dict.fromkeys(folders))
    families = [read_family(one) if one in asked else _read_former(one) for one in folders]
    with Library(home()) as library:  # made only now: not for a folder that teaches nobody
        decisions = library.recognition.version
    if not (replace and asked):
        try:
            families.append(library_family(home()))
        except FamilyError:  # nobody is named there
            if not families:
                raise
    family = families[0] if len(families) == 1 else join_families(_renamed(families))
    return family, folders, decisions


def forgotten(family: Family) -> list[str]:
    """Whom the model in use knows, and one that learns this family will not."""
    with Library(home()) as library:
        return library.people.missing(manifest_in_use().get("people", ()), family.photos)


def names_of_today(names: Iterable[str]) -> dict[str, str]:
    """What people are called today whom folders and models call by these names."""
    with Library(home()) as library:
        return {name: library.people.name_today(name) for name in names}


def _read_former(folder: str) -> Family:
    try:
        return read_family(folder)
    except FamilyError as error:
        people = {
            row["person"]
            for row in manifest_in_use().get("exemplars", ())
            if not row.get("library")
        }
        raise FamilyError(
            "the photos are gone that the model in use learned "
            f"{len(people)} {'person' if len(people) == 1 else 'people'} from",
            file=folder,
            remedy="Connect the disk that they are on, or forget these people with --replace",
        ) from error


def _renamed(families: list[Family]) -> list[Family]:
    """Under the names of today, so that a person of two families is one."""
    with Library(home()) as library:
        return [_under(family, library.people.name_today) for family in families]


def _under(family: Family, today) -> Family:
    photos: dict[str, tuple[str, ...]] = {}
    for name, paths in family.photos.items():
        photos[today(name)] = photos.get(today(name), ()) + paths
    places = family.places and {
        (today(name), path): region for (name, path), region in family.places.items()
    }
    pairs = frozenset((today(name), path) for name, path in family.in_library)
    return Family(family.folder, photos, family.left_out, places, pairs)


def remember_folders(model: Path, folders: Iterable[str]) -> None:
    """Notes from which folders a model learned: not in the model, which may be given away."""
    known = _all_folders() | {model_id(read_manifest(model)): list(folders)}
    replace_file(_file(), json.dumps(known, indent=2).encode())


def _former_folders() -> list[str]:
    manifest = manifest_in_use()
    return _all_folders().get(model_id(manifest), []) if manifest else []


def _all_folders() -> dict[str, list[str]]:
    try:
        return json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _file() -> Path:
    return home() / "models" / "folders.json"
