"""Small libraries made by code, and what the other library tests compare them with."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from data.library import Library, content_of
from data.library.decisions.decision_journal import JOURNALED
from data.tags import FaceTag

NETWORK = "net-1"


def vector(seed: int, size: int = 16) -> np.ndarray:
    """A unit vector that belongs to a number."""
    values = np.random.default_rng(seed).normal(size=size).astype(np.float32)
    return values / np.linalg.norm(values)


def face(seed: int = 0, name: str | None = None, *, at: float = 0, score: float = 0.9) -> FaceTag:
    """A face whose box starts at x = `at` and whose embedding belongs to `seed`."""
    box = np.array([at, 10, at + 50, 70], np.float32)
    landmarks = np.arange(10, dtype=np.float32).reshape(5, 2) + at
    return FaceTag(name, 0.8 if name else 0.0, box, landmarks, score, vector(seed))


def row_of_faces(*faces: tuple[int, str | None]) -> list[FaceTag]:
    """Faces side by side, from (seed, suggested name)."""
    return [face(seed, name, at=100 * place) for place, (seed, name) in enumerate(faces)]


def add_photo(library: Library, path: Path, faces=(), *, data=None, network=NETWORK, **more) -> int:
    """Writes a file and records it as the pipeline would; returns the photo's id."""
    data = path.name.encode("utf-8", "surrogateescape") if data is None else data
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
    (todo,) = library.photos.todo([path], network)
    more = {"width": 640, "height": 480, "taken": None, "model": "model-1", **more}
    return library.photos.record(todo, content_of(data), network=network, faces=faces, **more)


def family(home: Path) -> Library:
    """Four photos: Anne and Bob; Anne alone; Cindy and a stranger; nobody."""
    library, folder = Library(home / "home"), home / "photos"
    folder.mkdir()
    photos = {
        "ab.jpg": (row_of_faces((1, "Anne"), (2, "Bob")), datetime(2018, 5, 1, 12)),
        "a.jpg": (row_of_faces((1, "Anne")), datetime(2019, 7, 31, 18, 5)),
        "cx.jpg": (row_of_faces((3, "Cindy"), (9, None)), datetime(2020, 1, 1)),
        "none.jpg": ([], None),
    }
    for name, (faces, taken) in photos.items():
        add_photo(library, folder / name, faces, taken=taken)
    return library


def state(library: Library) -> dict[str, list[tuple]]:
    """Everything that decisions can change, row by row."""
    return {
        table: sorted(library.db.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for table in JOURNALED
    }
