"""Finds, measures and embeds every face in a family's photos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from PIL import Image

from data.errors import PhotoError
from data.family import Family
from data.library.intake.prefetch import Reading, read_ahead
from data.library.intake.work import Work
from data.progress import Progress, silent
from model.detector.protocol import IMAGE
from model.embedder.aligner import Aligner
from model.embedder.embedder import Embedder
from model.graph import LANDMARKS
from model.graph_function import GraphFunction
from model.inference.engine import DETECTION_PIXELS, Engine, FoundFaces
from training.dataset.face_cache import FaceCache

# Photos that are looked at step by step before the networks are made into graphs, which takes as
# long as a dozen of them: one new photo among many known ones does not wait for that.
STEP_BY_STEP = 6


@dataclass(frozen=True)
class Face:
    """One face of a training photo.

    Attributes:
        box: float32 [4], pixels.
        embedding: float32 [D], unit length.
        quality: float32 [4], 0..1: the parts of `data.media.quality`.
        chip: uint8 [S, S, 3], the aligned face.
    """

    box: np.ndarray
    embedding: np.ndarray = field(repr=False)
    quality: np.ndarray
    chip: np.ndarray | None = field(default=None, repr=False)

    @property
    def side(self) -> float:
        """The shorter side of the box, pixels."""
        return float(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@dataclass(frozen=True)
class Sighting:
    """The faces of one photo in a person's folder; `error` says why there are none.

    Attributes:
        content: SHA-256 of the file.
        taken: When the photo was taken, by the camera's clock.
        size: Height and width, pixels.
        look: 64 bits that hardly differ between two versions of a picture (`difference_hash`).
    """

    person: str
    path: str
    content: str
    faces: tuple[Face, ...] = ()
    error: str | None = None
    taken: datetime | None = None
    look: int | None = None
    size: tuple[int, int] = (0, 0)


class FaceFinder:
    """Runs detector and embedder on training photos.

    Args:
        detector: Object with `detect(image, min_score)`.
        embedder: The embedder the classifier will see.
        min_score: The detector's operating score.
        cache: What is known of photos that were seen before; by default nothing is.
    """

    def __init__(
        self, detector, embedder: Embedder, min_score: float, cache: FaceCache | None = None
    ):
        self._cache, self._dimension = cache, embedder.dimension
        # Detector, aligner and embedder are functions of their own, not one graph: where a detector
        # looks is then decided in Python.
        cut = GraphFunction(embedder.aligner.chips, IMAGE, LANDMARKS)

        def detect(image, min_score):
            boxes, landmarks, scores = detector.detect(image, min_score)
            return {"boxes": boxes, "landmarks": landmarks, "scores": scores}

        functions = {
            "detect": detect,
            "align": lambda image, landmarks: {"chips": cut(image, landmarks)},
            "embed_chips": embedder.describe_chips,
        }
        if isinstance(embedder.aligner, Aligner):
            places = GraphFunction(embedder.aligner.places, LANDMARKS)
            functions["places"] = lambda landmarks: {"places": places(landmarks)}
        chip_size = embedder.chip_shape[0]
        self._engine = Engine(functions, chip_size, min_score, step_by_step=STEP_BY_STEP)

    def look(self, family: Family, progress: Progress = silent) -> Iterator[Sighting]:
        """Every photo of the family, in its order."""
        todo = [(name, path) for name, paths in family.photos.items() for path in paths]
        return self.look_at(todo, progress)

    def look_at(
        self,
        photos: Iterable[tuple[str, str]],
        progress: Progress = silent,
        phase: str = "finding faces",
    ) -> Iterator[Sighting]:
        """Photos given as (person, path), read and decoded ahead of the networks."""
        todo = list(photos)
        readings = read_ahead(
            (Work.at(path) for _, path in todo),
            least_pixels=DETECTION_PIXELS,
            recall=self._recall,
            extra=_hash_of,
        )
        with closing(readings):
            results = self._engine.run(readings)
            for done, ((person, path), found) in enumerate(zip(todo, results, strict=True), 1):
                yield self._sighting(person, path, found)
                progress(phase, done, len(todo))

    def _recall(self, content: bytes) -> dict[str, np.ndarray] | None:
        known = self._cache.get(content.hex()) if self._cache else None
        return known if known and known["embeddings"].shape[1] == self._dimension else None

    def _sighting(self, person: str, path: str, found: FoundFaces) -> Sighting:
        reading = found.reading
        if found.failure is not None:
            what = found.failure.what if isinstance(found.failure, PhotoError) else found.error
            return Sighting(person, path, "", error=what)
        content, known = reading.content.hex(), reading.recalled
        if known is None:
            known = _measured(found)
            if self._cache:
                self._cache.put(content, known)
        names = ("boxes", "embeddings", "quality", "chips")
        faces = tuple(Face(*row) for row in zip(*(known[name] for name in names), strict=True))
        size, look = tuple(map(int, known["size"])), int(known["looks"])
        return Sighting(person, path, content, faces, taken=reading.taken, look=look, size=size)


def _hash_of(reading: Reading) -> int | None:
    return None if reading.picture is None else difference_hash(reading.picture.image)


def _measured(found: FoundFaces) -> dict[str, np.ndarray]:
    """What `training.dataset.face_cache` keeps of a photo."""
    return {
        "boxes": found.boxes,
        "embeddings": found.embeddings,
        "quality": found.quality,
        "chips": np.clip(np.round(found.chips), 0.0, 255.0).astype(np.uint8),
        "looks": np.array(found.reading.extra, np.uint64),
        "size": np.array([found.height, found.width], np.int64),
    }


def difference_hash(image: np.ndarray) -> int:
    """64 bits of an image uint8 [H, W, 3]: whether each of 8 x 8 places is brighter than the next.

    Source: N. Krawetz, "Kind of like that" (hackerfactor.com, 2013).
    """
    small = Image.fromarray(image).convert("L").resize((9, 8), Image.Resampling.BOX)
    grey = np.asarray(small, int)
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)
