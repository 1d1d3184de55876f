"""`kindred.py write`: names into sidecars or photos, and back."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from data.errors import LibraryError
from data.words import count, photos_and_films
from ui.terminal.opened import working_library
from ui.terminal.output import DONE, SOME_UNREADABLE, say, warn

if TYPE_CHECKING:
    from data.library.name_writer import Written

_UNDONE = "put back"


def add(commands) -> None:
    write = commands.add_parser(
        "write",
        help="write names where other photo software reads them",
        description="Writes the names of faces, confirmed and suggested, into sidecars beside the "
        "photos and films (photo.jpg.xmp). What other programs wrote is kept. Exit status 3: some "
        "could not be written.",
    )
    write.add_argument(
        "paths", nargs="*", metavar="PATH", help="only these photos and folders of the library"
    )
    write.add_argument("--embed", action="store_true", help="write into JPEG files themselves")
    write.add_argument("--confirmed", action="store_true", help="leave out what a model suggests")
    what = write.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="only say what would be done")
    what.add_argument("--undo", action="store_true", help="take the last writing back, exactly")
    write.set_defaults(run=_write, wrong=write.error)


def _write(options: argparse.Namespace) -> int:
    if options.undo and (options.paths or options.embed or options.confirmed):
        options.wrong("--undo takes back the last writing as a whole")
    from tqdm import tqdm

    from data.library.name_writer import undo_writes, write_names

    with working_library("writing names") as library:
        if options.undo:
            return _report(undo_writes(library), _UNDONE)
        unknown = [path for path in options.paths if not library.records.paths([path])]
        if options.paths and len(unknown) == len(options.paths):
            raise LibraryError(
                "none of these photos is in the library", remedy="Tag them first: kindred.py tag"
            )
        for path in unknown:
            warn(f"{path}: it is not in the library. Tag it first: kindred.py tag.")
        photos = library.records.paths(options.paths)
        written = write_names(
            library,
            tqdm(photos, desc="writing", unit=" photos", disable=None),
            embed=options.embed,
            dry_run=options.dry_run,
            confirmed_only=options.confirmed,
        )
        return _report(written, "would change" if options.dry_run else "changed", len(unknown))


def _report(written: Iterable[Written], verb: str, failed: int = 0) -> int:
    from data.media.kinds import is_film_name

    changed = films = 0
    for photo in written:
        if photo.error:
            failed += 1
            warn(photo.error)
        elif photo.change:
            changed += 1
            films += is_film_name(photo.photo)
            if verb != _UNDONE:
                say(f"{photo.photo}: {'; '.join(photo.change.notes) or verb}")
            for edit in photo.change.edits:
                say(f"{'' if verb == _UNDONE else '    '}{verb} {edit.path}")
    say(f"{verb} {photos_and_films(changed - films, films)}")
    if failed:
        warn(f"{count(failed, 'path')} could not be handled")
    return SOME_UNREADABLE if failed else DONE
