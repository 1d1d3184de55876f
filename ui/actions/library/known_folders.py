"""The folders that were tagged: where they are, how much is in them, and when that was."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.jobs import Job
from data.library.photos.library_folders import Folder
from data.words import photos_and_films

DROPPED = "Photos and films that you dropped"


@dataclass(frozen=True)
class KnownFolder:
    """A folder that is in the library with all that lies below it.

    Attributes:
        path: Of the folder.
        photos, films, unreadable, missing: How many files of it and of the folders below.
        looked: When the pages last had it tagged, seconds since 1970; `None` if they did not.
        title: What it is called; by default its path.
    """

    path: Path
    photos: int
    films: int
    unreadable: int
    missing: int
    looked: float | None
    title: str = ""

    @property
    def facts(self) -> str:
        """What is in it and when it was looked at, in words."""
        parts = [photos_and_films(self.photos, self.films)]
        parts += [f"{self.unreadable:,} unreadable"] if self.unreadable else []
        parts += [f"{self.missing:,} missing"] if self.missing else []
        if self.looked is not None:
            parts.append(f"last looked at {datetime.fromtimestamp(self.looked):%d %B %Y, %H:%M}")
        return " · ".join(parts)


def known_folders(
    folders: Iterable[Folder], tagged: Iterable[Job], kept: Path | None = None
) -> list[KnownFolder]:
    """The folders that were tagged, by path; a folder that lies in another one is part of it.

    Args:
        folders: Of `Library.folders.list`: those in which files lie.
        tagged: The jobs that tagged something, newest first.
        kept: Where photos that were dropped on a page lie, each in a folder of its own.
    """
    folders = list(folders)
    looked: dict[Path, float] = {}
    for job in tagged:
        for path in job.arguments.get("paths", ()):
            looked.setdefault(Path(path), job.started)
    roots: list[Path] = [] if kept is None else [kept]
    for path in sorted({*(folder.path for folder in folders), *looked}, key=lambda p: p.parts):
        if not any(root == path or root in path.parents for root in roots):
            roots.append(path)
    found = []
    for root in roots:
        inside = [f for f in folders if f.path == root or root in f.path.parents]
        if not inside:
            continue  # somebody removed it, or it was a file
        counts = (
            sum(getattr(folder, what) for folder in inside)
            for what in ("photos", "films", "unreadable", "missing")
        )
        times = [at for path, at in looked.items() if path == root or root in path.parents]
        title = DROPPED if root == kept else ""
        found.append(KnownFolder(root, *counts, max(times, default=None), title))
    return sorted(found, key=lambda folder: folder.path == kept)  # what was dropped comes last


def below(path: str, folder: str | os.PathLike) -> bool:
    """Whether a file lies in a folder or below it."""
    return path.startswith(os.path.join(os.fspath(folder), ""))
