"""Keeps what the networks found in a photo, by the photo's content, so that it is found once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

import numpy as np

from data.arrays import read_arrays, write_arrays
from data.home import home
from data.recognition.identity import CODE

# Raise it when the code of `training.dataset.face_finder` measures something else; `CODE` is about
# the networks.
_MEASURES = 4
_FIELDS = {  # dtype and rank of what is kept of N faces
    "boxes": (np.float32, 2),
    "embeddings": (np.float32, 2),
    "quality": (np.float32, 2),
    "chips": (np.uint8, 4),
    "looks": (np.uint64, 0),
    "size": (np.int64, 1),
}


class FaceCache:
    """Arrays by content, under `home()/cache`; the folder may be deleted at any time.

    An entry that cannot be read, or does not hold what is expected, counts as missing. Writing is
    a convenience: where it fails (a full disk, a folder without permission) nothing is kept.

    Args:
        networks: What makes the networks different from others, such as names and hashes.
        folder: Where to keep it; by default under `KINDRED_HOME`.
    """

    def __init__(self, *networks: object, folder: Path | None = None):
        key = hashlib.sha256(repr((CODE, _MEASURES, networks)).encode()).hexdigest()[:16]
        self._folder = (folder or home() / "cache") / key

    def get(self, content: str) -> dict[str, np.ndarray] | None:
        """What is known of a photo with this SHA-256, or `None`."""
        path = self._path(content)
        try:
            found = read_arrays(path)
        except (OSError, ValueError):
            return None
        return found if _is_sound(found) else None

    def put(self, content: str, found: dict[str, np.ndarray]) -> None:
        """Keeps what was found in a photo."""
        if not _is_sound(found):
            raise ValueError(f"Expected {list(_FIELDS)}. Received: {list(found)}")
        with contextlib.suppress(OSError):
            write_arrays(self._path(content), found)

    def _path(self, content: str) -> Path:
        return self._folder / content[:2] / f"{content}.npz"


def _is_sound(found: dict[str, np.ndarray]) -> bool:
    if set(found) != set(_FIELDS):
        return False
    if any(
        found[n].dtype != dtype or found[n].ndim != rank for n, (dtype, rank) in _FIELDS.items()
    ):
        return False
    count = len(found["boxes"])
    same = all(len(found[name]) == count for name in ("embeddings", "quality", "chips"))
    return same and bool(np.isfinite(found["embeddings"]).all())


def content_of(path: str | os.PathLike) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
