"""Faces of made-up people in a library, with vectors as of a real embedder; no pictures."""

from __future__ import annotations

import numpy as np

from data.library import Todo
from data.tags import FaceTag

NETWORK = "kindred+0095:test"
POINTS = np.zeros((5, 2), np.float32)
SIZE = 64


def look(person: int, seed: int, noise: float = 0.55) -> np.ndarray:
    """A vector as of the embedder 0095: cosines of .7 within a person and of 0 to others."""
    rng = np.random.default_rng((person, seed))
    vector = np.zeros(SIZE)
    vector[person] = 1
    vector += noise * rng.normal(size=SIZE) / np.sqrt(SIZE)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def add(library, people, *, network=NETWORK, seed=0, quality=0.9, noise=0.55) -> list[int]:
    """A photo with a face of each of these people; the faces' numbers, in order."""
    number = library.counter = getattr(library, "counter", 0) + 1
    faces = [
        FaceTag(
            None,
            0.9,
            np.array([100 * i, 0, 100 * i + 60, 60], np.float32),
            POINTS,
            0.99 - 0.01 * i,
            look(person, seed or number, noise),
            quality,
        )
        for i, person in enumerate(people)
    ]
    path = library.home / f"{number}.jpg"
    path.touch()
    photo = record(library, path, faces, number, network=network)
    return [face.id for face in library.faces.of(photo)]


def named(library) -> dict[int, tuple[str, bool]]:
    """The name that counts, and whether somebody confirmed it, by face."""
    found = {}
    for face, name, confirmed in library.db.execute(
        "SELECT n.face, p.name, n.confirmed FROM named_faces n JOIN people p ON p.id = n.person"
    ):
        found[face] = name, bool(confirmed)
    return found


def record(library, path, faces, number: int, *, network=NETWORK, width=1000) -> int:
    """A photo 100 pixels high that was looked at; its content is its number."""
    return library.photos.record(
        Todo(str(path), 0, path.stat().st_mtime_ns),
        number.to_bytes(32, "big"),
        width=width,
        height=100,
        taken=None,
        network=network,
        faces=faces,
        model="untrained",
    )
