"""The errors a person can act on: each names the file and says what to do next."""

from __future__ import annotations

import os


class KindredError(Exception):
    """Base of every error that is meant for a person; `str()` is one readable line.

    Args:
        what: What was expected and what came, without a full stop.
        file: The file or folder concerned, if there is one.
        remedy: What the person can do about it, without a full stop.
    """

    def __init__(self, what: str, *, file: str | os.PathLike | None = None, remedy: str = ""):
        super().__init__(what, file, remedy)
        self.what = what
        self.file = None if file is None else os.fspath(file)
        self.remedy = remedy

    def __str__(self) -> str:
        where = f"{self.file}: " if self.file else ""
        after = f". {self.remedy}" if self.remedy else ""
        return f"{where}{self.what}{after}."


class PhotoError(KindredError):
    """A photo cannot be read; the others are not affected."""


class FamilyError(KindredError):
    """A family folder cannot be learned from."""


class ModelError(KindredError):
    """A model folder or a weight file is missing, damaged or of another version."""


class LibraryError(KindredError):
    """The photo library cannot do what was asked; what it holds is unchanged."""
