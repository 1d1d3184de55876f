"""The faces that the model in use learned from folders: they count beside those confirmed here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from data.errors import ModelError
from data.home import current_model_dir
from data.library.people.person_names import ensure, find_meant
from data.library.photos.photo_faces import stacked
from data.library.storage.database import Connection
from data.recognition.taught_faces import TaughtFace, TaughtFaces, read_taught_faces

SAME_FACE = 0.9999  # cosine from which two vectors are of one face in one photo
_AT_A_TIME = 500  # faces compared with the decided ones at once


class ModelFaces:
    """What a library takes from the model in use; where that is damaged or gone, nothing."""

    def __init__(self, db: Connection):
        self._db = db
        self._home = Path(db.file).parent

    def read(self) -> TaughtFaces:
        """All faces of the model in use."""
        try:
            model = current_model_dir(self._home)
            if model is None:
                return TaughtFaces()
            files = (model / "manifest.json", model / "assets" / "exemplars.npz")
            return _read(model, tuple(file.stat().st_mtime_ns for file in files))
        except (ModelError, OSError, LookupError, TypeError, ValueError) as error:
            logging.getLogger(__name__).debug("no faces of the model in use: %r", error)
            return TaughtFaces()

    def add_people(self) -> None:
        """Everybody of whom there are faces has a number from now on; that is no decision."""
        for name in {face.person for face in self._learned(self.read())}:
            ensure(self._db, name)

    def references(self, network: str) -> Iterator[tuple[int, TaughtFace]]:
        """The faces that this network embedded, each with the number of its person.

        Where the library decided about the same face of the same photo, its word counts: a face
        that somebody confirmed is not among them, nor one that was said not to be this person.
        """
        taught = self.read()
        if taught.network != network:
            return
        faces = self._learned(taught)
        people = {name: find_meant(self._db, name) for name in {face.person for face in faces}}
        decided = self._decided(network)
        for start in range(0, len(faces), _AT_A_TIME):
            part = faces[start : start + _AT_A_TIME]
            vectors = np.stack([face.embedding for face in part])
            settled = [
                (whose, (vectors @ others.T).max(1) >= SAME_FACE)
                for whose, others in decided.items()
                if others.shape[1] == vectors.shape[1]
            ]
            for row, face in enumerate(part):
                person = people[face.person]
                if person is None or any(
                    same[row] for whose, same in settled if whose in (None, person)
                ):
                    continue
                yield person, face

    def _learned(self, taught: TaughtFaces) -> list[TaughtFace]:
        """From folders, of people who were not forgotten since."""
        faces = [face for face in taught.faces if not face.in_library]
        rows = self._db.execute("SELECT digest FROM untaught WHERE model = ?", (taught.model,))
        gone = {digest for (digest,) in rows}
        return [face for face in faces if face.digest not in gone] if gone else faces

    def _decided(self, network: str) -> dict[int | None, np.ndarray]:
        """Embeddings of confirmed faces (`None`), and of those said not to be a person."""
        rows = self._db.execute(
            "SELECT NULL, f.embedding FROM faces f WHERE f.person IS NOT NULL"
            " AND f.network = ?1 AND f.embedding IS NOT NULL"
            " UNION ALL SELECT COALESCE(p.merged_into, p.id), f.embedding FROM rejections r"
            " JOIN people p ON p.id = r.person JOIN faces f ON f.id = r.face"
            " WHERE f.network = ?1 AND f.embedding IS NOT NULL",
            (network,),
        )
        found: dict[int | None, list[bytes]] = {}
        for whose, blob in rows:
            found.setdefault(whose, []).append(blob)
        return {whose: stacked((0, blob) for blob in blobs)[1] for whose, blobs in found.items()}


@lru_cache(maxsize=4)
def _read(model: Path, _changed: tuple[int, ...]) -> TaughtFaces:
    return read_taught_faces(model)
