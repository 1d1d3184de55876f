"""A small library with drawn photos and made-up faces, for the tests of pages; no TensorFlow."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import numpy as np

from data.library import Todo, content_of
from data.library.views import LibraryViews
from data.tags import FaceTag
from tests.pictures import encoded, exif

NETWORK, MODEL = "stub+stub:1", "model:stub"


def direction(person: int, number: int = 0) -> np.ndarray:
    """float32 [8], unit length: embeddings of one person lie close together."""
    vector = np.eye(8)[person] + 0.1 * np.random.default_rng(100 * person + number).normal(size=8)
    return np.float32(vector / np.linalg.norm(vector))


def face(
    name: str | None,
    left: float = 10,
    *,
    person: int = 0,
    number: int = 0,
    quality: float | None = None,
) -> FaceTag:
    """A face of 40 x 40 pixels."""
    box = np.float32([left, 10, left + 40, 50])
    confidence = 0.9 - 0.001 * number
    return FaceTag(
        name, confidence, box, np.zeros((5, 2)), 0.98, direction(person, number), quality
    )


def add_photo(
    library: LibraryViews, path: Path, faces: list[FaceTag], year: int | None = None
) -> int:
    """Draws a photo, 160 x 90, and puts it into the library; returns its number."""
    picture = np.full((90, 160, 3), (sum(os.fsencode(path.name)) % 200, 120, 90), np.uint8)
    taken = None if year is None else datetime(year, 7, 1, 12)
    stamp = taken and f"{taken:%Y:%m:%d %H:%M:%S}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(picture, "JPEG", exif=exif(taken=stamp, saved=path.name)))
    status = path.stat()
    return library.photos.record(
        Todo(str(path), status.st_size, status.st_mtime_ns),
        content_of(path.read_bytes()),
        width=160,
        height=90,
        taken=taken,
        network=NETWORK,
        faces=faces,
        model=MODEL,
    )


def small_library(home: Path) -> None:
    """Six photos of Anne (the last is not her), three of these with Bo, three of a stranger."""
    with LibraryViews(home) as library:
        for i in range(6):
            who = face("Anne", person=0 if i < 5 else 3, number=i)
            others = [face("Bo <b>", 60, person=1, number=i)] if i < 3 else []
            add_photo(library, home / "trip" / f"anne {i}.jpg", [who, *others], 2015 + i)
        for i in range(3):
            stranger = face(None, person=2, number=i)
            add_photo(library, home / "trip" / f"stranger {i}.jpg", [stranger])
        library.groups.update(NETWORK, max_distance=0.9)
