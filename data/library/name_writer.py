"""Writes the library's names into the photos' metadata, with a journal by which it is undone.

What is written are the names that count: confirmed ones and, unless it is asked for these only,
those that the model is sure enough to suggest. Ignored people and faces are left out, and rejected
names are taken away where Kindred had written them. Each change is in the journal before it is on
disk (`KINDRED_HOME/writes/<time>.jsonl`, one change a line), so that a killed run can be undone,
too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.errors import KindredError, LibraryError, PhotoError
from data.library import Library
from data.media.folders import program_that_owns
from data.regions import Change, ChangedSince, Region, apply, undo, write_regions
from data.regions.embedded import read_embedded
from data.regions.film_sidecar import Appearance, write_appearances

_UNDONE = ".undone"


@dataclass(frozen=True)
class Written:
    """What was done, or would be done, to one photo.

    Attributes:
        photo: Its path.
        change: The change; empty if there was nothing to do. `None` if it failed.
        error: Why it failed, for a person.
    """

    photo: str
    change: Change | None = None
    error: str | None = None


def write_names(
    library: Library,
    photos: Iterable[str],
    *,
    embed: bool = False,
    dry_run: bool = False,
    confirmed_only: bool = False,
) -> Iterator[Written]:
    """Writes the names in these photos of the library, one after the other.

    Args:
        library: Open, and locked by the caller for the time of writing.
        photos: Paths of photos in the library; copies each get the names.
        embed: Into JPEG files themselves; other formats get a sidecar all the same.
        dry_run: Change nothing.
        confirmed_only: Leave out what a model suggests.

    Raises:
        KindredError: The journal cannot be written; the photos done so far are in it.
    """
    journal = _Journal(library.home)
    try:
        for photo in photos:
            try:
                change = _change(library, photo, embed, confirmed_only)
                if change and not dry_run:
                    journal.note(change)
                    change = apply(change)
                    _tell(library, change)
            except PhotoError as error:
                yield Written(photo, error=str(error))
                continue
            yield Written(photo, change)
    finally:
        journal.close()


def undo_writes(library: Library) -> Iterator[Written]:
    """Takes back the last run of `write_names` that changed anything, the last photo first.

    A photo that cannot be put back is reported, and the others are not affected. The run then
    counts as not taken back, and undoing tries it again. One of which nothing is left but what
    somebody else has changed since does not stand in the way of the runs before it.

    Raises:
        LibraryError: There is nothing to undo, or a journal cannot be read.
    """
    folder = _folder(library.home)
    journals = sorted(folder.glob("*.jsonl"), reverse=True)
    if not journals:
        raise LibraryError("there is no writing that could be taken back", file=folder)
    for journal in journals:
        put_back = changed_since = failed = False
        for line in reversed(_lines(journal)):
            change = Change.from_json(line)
            try:
                done = undo(change)
            except PhotoError as error:
                changed_since |= isinstance(error, ChangedSince)
                failed |= not isinstance(error, ChangedSince)
                yield Written(change.photo, error=str(error))
                continue
            put_back |= done
            _tell(library, change, undone=True)
            yield Written(change.photo, change if done else Change(change.photo))
        if not failed and not changed_since:
            journal.rename(journal.with_name(journal.name + _UNDONE))
        if failed or put_back:
            break


def _change(library: Library, photo: str, embed: bool, confirmed_only: bool) -> Change:
    """What writing the names of one photo or film would change."""
    if program := program_that_owns(photo):
        raise PhotoError(
            f"It lies in {program}, and nothing is written there",
            file=photo,
            remedy="Export it from that program first",
        )
    if (film := _people_of_film(library, photo, confirmed_only)) is not None:
        _require_current(library, photo)
        return write_appearances(photo, film, dry_run=True)
    wanted, rejected = _regions(library, photo, confirmed_only)
    if not wanted and not rejected:
        return Change(photo)
    into = embed and read_embedded(os.path.abspath(photo)).is_jpeg
    _require_current(library, photo)
    return write_regions(photo, wanted, rejected=rejected, embed=into, dry_run=True)


def _people_of_film(library: Library, path: str, confirmed_only: bool) -> list[Appearance] | None:
    """Who is in a film, and when; `None` for a photo."""
    id = library.photos.photo_of(path)
    if id is None or library.films.duration(id) is None:
        return None
    ignored, times = library.people.ignored(), library.films.times(id)
    spans: dict[str, list[tuple[float, float]]] = {}
    for face, name in library.suggestions.names(id).items():
        if name.person not in ignored and (name.confirmed or not confirmed_only):
            spans.setdefault(name.name, []).extend(times[face].spans)
    return [Appearance(name, tuple(sorted(found))) for name, found in spans.items()]


def _regions(
    library: Library, photo: str, confirmed_only: bool
) -> tuple[list[Region], list[Region]]:
    """The regions to write, and those whose names are rejected."""
    id, tags = library.photos.photo_of(photo), library.records.tags(photo)
    if id is None:
        return [], []
    boxes = {face.id: face.box for face in library.faces.of(id)}
    ignored = library.people.ignored()

    def region(face: int, name: str) -> Region | None:
        try:
            return Region.from_pixels(name, boxes[face], tags.width, tags.height)
        except ValueError:  # a box without extent
            return None

    named = library.suggestions.names(id)
    wanted = [
        region(face, name.name)
        for face, name in named.items()
        if name.person not in ignored and (name.confirmed or not confirmed_only)
    ]
    rejected = [region(face, name) for face, name in library.records.rejected(id)]
    return list(filter(None, wanted)), list(filter(None, rejected))


def _require_current(library: Library, photo: str) -> None:
    """Another picture may be at this path by now, and its faces are not those of the library."""
    with suppress(OSError):  # it is gone, and reading it says so in words
        if not library.records.is_current(photo):
            raise PhotoError(
                "The photo has changed since it was tagged",
                file=photo,
                remedy="Tag it again: kindred.py tag",
            )


def _tell(library: Library, change: Change, *, undone: bool = False) -> None:
    """The library must know a photo whose own bytes changed, or it would be tagged again."""
    for edit in change.edits:
        if edit.path == change.photo:
            content = bytes.fromhex(edit.before_hash if undone else edit.after_hash)
            with suppress(OSError):  # gone already; wherever it comes up, it is known
                library.photos.rewritten(change.photo, content)


class _Journal:
    """The file that one run's changes are noted in; made when the first one is."""

    def __init__(self, home: Path):
        self._path = _folder(home) / f"{datetime.now():%Y-%m-%d_%H%M%S_%f}.jsonl"
        self._file = None

    def note(self, change: Change) -> None:
        """Keeps a change, safely on disk before this returns."""
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("a", encoding="ascii")
            self._file.write(json.dumps(change.to_json()) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise KindredError.unwritable(
                "nothing more is changed, because the journal cannot be written",
                error,
                file=self._path,
                remedy="Check the folder's permissions",
            ) from error

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def _folder(home: Path) -> Path:
    return home / "writes"


def _lines(journal: Path) -> list[dict]:
    """The changes in a journal; a last line that was cut short was never carried out."""
    try:
        lines = journal.read_text(encoding="ascii").split("\n")
        return [json.loads(line) for line in lines[:-1]]
    except (OSError, ValueError) as error:
        raise LibraryError(
            f"the journal of the last writing cannot be read ({error})", file=journal
        ) from error
