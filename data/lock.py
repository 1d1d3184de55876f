"""One Kindred at a time works through photos with a library: the lock and who holds it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import LibraryError
from data.home import make_private


@contextmanager
def library_lock(home: str | os.PathLike, what: str, *, wait: float = 5.0) -> Iterator[None]:
    """Holds the lock of a library while a long command runs; a process that dies lets go of it.

    Looking, searching and deciding need no lock: the library itself lets writers take turns.

    Args:
        home: Kindred's home folder; made if it is not there.
        what: What is being done, for whoever has to wait.
        wait: Seconds to wait for another process; below 0, as long as it takes.

    Raises:
        LibraryError: Another process holds the lock for longer; it says which.
    """
    home = Path(home)
    owner = home / "library.lock.owner"
    try:
        make_private(home)
        lock = FileLock(home / "library.lock")
        lock.acquire(timeout=wait)
    except Timeout:
        raise LibraryError(
            f"another Kindred works with this library{_who(owner)}",
            file=home,
            remedy="Wait until it has finished, or stop it, and try again",
        ) from None
    except OSError as error:
        raise LibraryError.unwritable(
            "the folder cannot be written to", error, file=home, remedy="Check its permissions"
        ) from error
    try:
        with suppress(OSError):  # a full disk; the lock holds all the same
            since = datetime.now().strftime("%H:%M on %d %B")
            owner.write_text(
                f"{what}, process {os.getpid()} on {socket.gethostname()} since {since}",
                encoding="utf-8",
            )
        yield
    finally:
        with suppress(OSError):
            owner.unlink()
        lock.release()


def _who(owner: Path) -> str:
    try:
        text = owner.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
    return f" ({text})" if text else ""
