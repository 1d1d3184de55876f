"""The faces that a model learned from, as its folder keeps them: whose, and their embeddings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.arrays import read_arrays
from data.recognition.identity import model_id, network_of


@dataclass(frozen=True)
class TaughtFace:
    """A face that a model knows somebody by.

    Attributes:
        person: The name when it was learned.
        file: Name of the photo's file.
        moment: The same for faces of one person and one moment.
        side: The shorter side of its box, pixels.
        in_library: Whether the name is known from the library, and goes when it goes there.
        embedding: float32 [D], unit length.
    """

    person: str
    file: str
    moment: int
    side: float
    in_library: bool
    embedding: np.ndarray

    @property
    def digest(self) -> bytes:
        """SHA-256 of the embedding: tells the face from others, and nothing of it."""
        return hashlib.sha256(np.ascontiguousarray(self.embedding, "<f4").tobytes()).digest()


@dataclass(frozen=True)
class TaughtFaces:
    """The faces of one model, with its id and that of its networks (`data.recognition.identity`).

    Attributes:
        stamp: Another text when another model, or one of other people or faces, is meant; what is
            known from the library does not count.
    """

    model: str = ""
    network: str = ""
    faces: tuple[TaughtFace, ...] = ()
    stamp: str = ""


def read_taught_faces(model: Path) -> TaughtFaces:
    """Of a model folder; none where it knows nobody, or an earlier version wrote it.

    Raises:
        OSError, LookupError, TypeError, ValueError: It is damaged, or no model.
    """
    manifest = json.loads((model / "manifest.json").read_text("utf-8"))
    rows = manifest.get("exemplars", ())
    if not rows:
        return TaughtFaces()
    vectors = read_arrays(model / "assets" / "exemplars.npz")["embeddings"].astype(np.float32)
    faces = tuple(
        TaughtFace(
            row["person"],
            row["file"],
            row.get("moment", number),
            row.get("side", 100.0),
            bool(row.get("library")),
            vector,
        )
        for number, (row, vector) in enumerate(zip(rows, vectors, strict=True))
    )
    known, network = model_id(manifest), network_of(manifest)
    stamp = hashlib.sha256(f"{known}\n{network}".encode())
    for face in faces:
        if not face.in_library:
            stamp.update(face.person.encode(errors="surrogatepass") + b"\n" + face.digest)
    return TaughtFaces(known, network, faces, stamp.hexdigest()[:16])
