"""`kindred.py library`: the folders that the library knows, and taking photos out of it."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from data.words import count, photos_and_films
from ui.terminal.opened import open_library, working_library
from ui.terminal.output import DONE, FAILED, agreed, say

if TYPE_CHECKING:
    from data.library.photos.library_folders import Folder


def add(commands) -> None:
    library = commands.add_parser(
        "library",
        help="list the folders in the library, remove photos or folders from it",
        description="Lists the folders in the library. To look at a photo again: tag PHOTO --again",
    )
    library.set_defaults(run=_list, folder=None)
    actions = library.add_subparsers(metavar="ACTION")
    folders = actions.add_parser("folders", help="what the library knows in which folder")
    folders.add_argument("folder", nargs="?", metavar="FOLDER", help="only in this one and below")
    folders.set_defaults(run=_list)
    remove = actions.add_parser(
        "remove",
        help="remove photos or folders from the library; the files stay",
        description="What was found in them goes; what you decided about faces in them stays, and "
        "counts again when they are tagged again by name: kindred.py tag PATH",
    )
    remove.add_argument("paths", nargs="+", metavar="PATH")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.set_defaults(run=_remove, wrong=remove.error)


def _list(options: argparse.Namespace) -> int:
    with open_library() as library:
        folders, removed = library.folders.list(options.folder), library.folders.removed()
    for folder in folders:
        say(f"{folder.path}: {_contents(folder)}")
    if not folders:
        say("the library knows no photo" + (" there" if options.folder else " yet"))
    for path in removed:
        say(f"{path}: removed; tag it by this name to bring it back")
    return DONE


def _contents(folder: Folder) -> str:
    parts = [photos_and_films(folder.photos, folder.films)]
    parts += [f"{folder.unreadable:,} unreadable"] if folder.unreadable else []
    if folder.missing:
        is_there = os.path.isdir(folder.path)
        parts.append(f"{folder.missing:,} gone" + ("" if is_there else " with the folder"))
    parts += [f"{count(folder.confirmed, 'confirmed face')}"] if folder.confirmed else []
    return ", ".join(parts)


def _remove(options: argparse.Namespace) -> int:
    with working_library("removing photos") as library:
        leaving = library.folders.leaving(options.paths)
        what = count(leaving.files, "file")
        if leaving.confirmed:
            what += f" with {count(leaving.confirmed, 'confirmed face')}"
        if not agreed(f"Remove {what} from the library?", options, "this needs a yes: say --yes"):
            return FAILED
        library.remove(options.paths)
    say(f"removed {what} from the library; the files stay as they are")
    if leaving.confirmed:
        say("What you decided is kept, and counts again when they are tagged again by name")
    return DONE
