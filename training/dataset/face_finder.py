"""Finds, measures and embeds every face in a family's photos."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import tensorflow as tf
from PIL import Image

from data.errors import PhotoError
from data.family import Family
from data.media.photos import captured_at, read_photo
from data.media.quality import face_quality, sharpness
from model.embedder.embedder import Embedder
from training.dataset.face_cache import FaceCache

Progress = Callable[[int, int, str], None]

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
        self._detector, self._embedder, self._min_score = detector, embedder, min_score
        self._cache = cache
        self._looked_at = 0
        # Detector, aligner and embedder are functions of their own, not one graph: where a detector
        # looks is then decided in Python.
        image, points = (
            tf.TensorSpec([None, None, 3], tf.uint8),
            tf.TensorSpec([None, 5, 2], tf.float32),
        )
        self._cut = tf.function(embedder.aligner.chips, input_signature=[image, points])

    def look(self, family: Family, progress: Progress = lambda *_: None) -> Iterator[Sighting]:
        """Every photo of the family, in its order."""
        todo = [(name, path) for name, paths in family.photos.items() for path in paths]
        return self.look_at(todo, progress)

    def look_at(
        self, photos: Iterable[tuple[str, str]], progress: Progress = lambda *_: None
    ) -> Iterator[Sighting]:
        """Photos given as (person, path), read and decoded ahead of the networks."""
        todo = list(photos)
        with ThreadPoolExecutor(2) as pool:
            ahead = []
            for done, (person, path) in enumerate(todo, start=1):
                while len(ahead) < 4 and (at := done - 1 + len(ahead)) < len(todo):
                    ahead.append(pool.submit(self._read, todo[at][1]))
                yield self._sighting(person, path, ahead.pop(0))
                progress(done, len(todo), path)

    def _read(self, path: str):
        """Content, time, and what is known of the faces, or else the photo itself."""
        if not os.path.isfile(path):
            read_photo(path)  # says what is wrong
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            read_photo(path)  # says what is wrong
            raise
        content = hashlib.sha256(data).hexdigest()
        found = self._cache.get(content) if self._cache else None
        if found and found["embeddings"].shape[1] != self._embedder.dimension:
            found = None
        image = None if found else read_photo(data, name=path)
        return content, captured_at(data), found, image

    def _sighting(self, person: str, path: str, reading) -> Sighting:
        try:
            content, taken, found, image = reading.result()
        except PhotoError as error:
            return Sighting(person, path, "", error=error.what)
        if found is None:
            found = self._measured(tf.constant(image))
            found["looks"] = np.array(difference_hash(image), np.uint64)
            found["size"] = np.array(image.shape[:2], np.int64)
            if self._cache:
                self._cache.put(content, found)
        names = ("boxes", "embeddings", "quality", "chips")
        faces = tuple(Face(*row) for row in zip(*(found[name] for name in names), strict=True))
        size = tuple(map(int, found["size"]))
        look = int(found["looks"])
        return Sighting(person, path, content, faces, taken=taken, look=look, size=size)

    def _measured(self, image: tf.Tensor) -> dict[str, np.ndarray]:
        self._looked_at += 1
        with _step_by_step(self._looked_at <= STEP_BY_STEP):
            faces = self._detector.detect(image, tf.constant(self._min_score))
            boxes, landmarks, scores = (x.numpy() for x in faces)
            chips = self._cut(image, landmarks)
            embeddings, chips = self._embedder.embed_chips(chips).numpy(), chips.numpy()
        quality = face_quality(boxes, landmarks, scores, self._min_score, sharpness(chips))
        rounded = np.clip(np.round(chips), 0.0, 255.0).astype(np.uint8)
        return {"boxes": boxes, "embeddings": embeddings, "quality": quality, "chips": rounded}


@contextlib.contextmanager
def _step_by_step(yes: bool) -> Iterator[None]:
    """Runs TensorFlow's functions as Python, without tracing them, or as they are."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(yes or before)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def difference_hash(image: np.ndarray) -> int:
    """64 bits of an image uint8 [H, W, 3]: whether each of 8 x 8 places is brighter than the next.

    Source: N. Krawetz, "Kind of like that" (hackerfactor.com, 2013).
    """
    small = Image.fromarray(image).convert("L").resize((9, 8), Image.Resampling.BOX)
    grey = np.asarray(small, int)
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)
