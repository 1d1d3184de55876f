"""The confirmed faces of a library as a training takes them: whose, from which photo, of when."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from data.library.people.person_names import name_of
from data.library.recognition.references import confirmed_vectors
from data.library.storage.database import Connection


@dataclass(frozen=True)
class ConfirmedFace:
    """A face that somebody named; a track of a film stands here once for each of its looks.

    Attributes:
        face: Its number.
        name: The person's name of today.
        path: A file of the photo or film, `""` if none is left.
        taken: Capture time by the camera's clock.
        side: The shorter side of its box, pixels.
        embedding: float32 [D], unit length.
    """

    face: int
    name: str
    path: str
    taken: datetime | None
    side: float
    embedding: np.ndarray


def read_confirmed_faces(db: Connection, network: str) -> list[ConfirmedFace]:
    """Everything that this network's embeddings say of named people, person by person."""
    found = []
    for person, face, blob in confirmed_vectors(db, network):
        taken, width, height, path = db.execute(
            "SELECT p.taken, f.x1 - f.x0, f.y1 - f.y0, (SELECT a.path FROM paths a"
            " WHERE a.photo = f.photo ORDER BY a.missing, a.path LIMIT 1)"
            " FROM faces f JOIN photos p ON p.id = f.photo WHERE f.id = ?",
            (face,),
        ).fetchone()
        found.append(
            ConfirmedFace(
                face,
                name_of(db, person),
                os.fsdecode(path or b""),
                taken and datetime.fromisoformat(taken),
                min(width, height),
                np.frombuffer(blob, "<f4"),
            )
        )
    return found
