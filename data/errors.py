"""The errors a person can act on: each names the file and says what to do next."""

from __future__ import annotations

import errno
import os
from typing import Self

_NO_ROOM = {
    errno.ENOSPC: "the disk is full",
    getattr(errno, "EDQUOT", errno.ENOSPC): "the quota of the disk is used up",
}
_MAKE_ROOM = "Make room and try again"


def no_room(error: BaseException) -> str:
    """What is full, in words, if that is why something could not be written; "" if not."""
    for number, words in _NO_ROOM.items():
        # Libraries written in C++ raise errors of their own, which have the system's words.
        if getattr(error, "errno", None) == number or os.strerror(number) in str(error):
            return words
    return ""


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

    @classmethod
    def unwritable(
        cls,
        what: str,
        error: Exception,
        *,
        file: str | os.PathLike | None = None,
        remedy: str = "",
    ) -> Self:
        """The error for something that could not be written; a full disk is called that.

        Args:
            what: What could not be written, without the reason.
            error: Why.
            file: The file or folder concerned.
            remedy: What helps if the disk is not full.
        """
        full = no_room(error)
        reason = full or getattr(error, "strerror", None) or error
        return cls(f"{what} ({reason})", file=file, remedy=_MAKE_ROOM if full else remedy)

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
