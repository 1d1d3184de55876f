"""The files of a job: read whole or not at all, and a lock that tells who is alive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from data.jobs.job import OUTCOME


def read(file: Path) -> dict:
    """A JSON file's object; empty if there is none."""
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def stop_request_in(folder: Path) -> str:
    """What somebody asked the worker of a job for; "" for nothing."""
    with suppress(OSError):
        stop_request = (folder / "stop").read_text("utf-8").strip()
        return stop_request if stop_request in OUTCOME else ""
    return ""


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Holds a lock."""
    # A reader that just looks whether the lock is held has it for a moment.
    with FileLock(lock).acquire(timeout=20):
        yield


def is_held(lock: Path) -> bool:
    """Whether a living process holds a lock."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock).acquire(timeout=0):
            return False
    except (Timeout, OSError):
        return True
