"""A photo that was asked for, and what came of it: the two ends of tagging many photos."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime

from data.library import Todo
from data.library.intake.labels import Labels
from data.library.photos.film_tracks import FilmTracks
from data.tags import FaceTag


@dataclass(frozen=True)
class Work:
    """One photo that was asked for.

    Attributes:
        photo: Its path as it was given, or found under what was given.
        todo: What the library says is to be done; `None` if there is nothing to read.
        error: Why there is nothing to read; `None` for a photo that is done already.
    """

    photo: str
    todo: Todo | None
    error: str | None = None

    @classmethod
    def at(cls, path: str | os.PathLike) -> Work:
        """A photo to be read whatever the library knows; its state is found out by reading it."""
        path = os.fspath(path)
        return cls(path, Todo(path, -1, -1))


@dataclass
class TaggedPhoto:
    """What was found in one photo, with names.

    Attributes:
        work: What was asked for, with the state of the file that was read.
        content: The identity of its bytes; `None` if it was not read.
        width, height: Of the whole upright photo; `None` if it was not looked at.
        taken: Capture time, if known.
        faces: Best detector score first, in pixels of the whole photo.
        labels: What other programs say of it.
        film: For a film its length and tracks, of which `faces` are the key faces.
        error: Why there is no result.
        remark: What a person should know of the file, in a sentence; "" for nothing.
    """

    work: Work
    content: bytes | None = None
    width: int | None = None
    height: int | None = None
    taken: datetime | None = None
    faces: tuple[FaceTag, ...] = ()
    labels: Labels = field(default_factory=Labels)
    film: FilmTracks | None = None
    error: str | None = None
    remark: str = ""
