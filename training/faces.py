"""Finds, measures and embeds every face in a family's photos."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from data.errors import PhotoError
from data.family import Family
from data.photos import read_photo
from model.embedder import Embedder

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Face:
    """One face of a training photo.

    Attributes:
        box: float32 [4], pixels.
        embedding: float32 [D], unit length.
        sharpness: Standard deviation of the Laplacian of the grey chip, 0..255 scale; a blurred
            or a tiny face has little.
    """

    box: np.ndarray
    embedding: np.ndarray = field(repr=False)
    sharpness: float

    @property
    def side(self) -> float:
        """The shorter side of the box, pixels."""
        return float(min(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@dataclass(frozen=True)
class Sighting:
    """The faces of one photo in a person's folder; `error` says why there are none."""

    person: str
    path: str
    content: str
    faces: tuple[Face, ...] = ()
    error: str | None = None


class FaceFinder:
    """Runs detector and embedder on training photos.

    Args:
        detector: Object with `detect(image, min_score)`.
        embedder: The embedder the classifier will see.
        min_score: The detector's operating score.
    """

    def __init__(self, detector, embedder: Embedder, min_score: float):
        self._detector, self._embedder, self._min_score = detector, embedder, min_score
        image = tf.TensorSpec([None, None, 3], tf.uint8)
        self._run = tf.function(self._faces, input_signature=[image])

    def look(self, family: Family, progress: Progress = lambda *_: None) -> Iterator[Sighting]:
        """Every photo of the family, decoded ahead of the networks."""
        todo = [(name, path) for name, paths in family.photos.items() for path in paths]
        with ThreadPoolExecutor(1) as pool:
            ahead = []
            for done, (person, path) in enumerate(todo, start=1):
                while len(ahead) < 3 and (at := done - 1 + len(ahead)) < len(todo):
                    ahead.append(pool.submit(_read, todo[at][1]))
                yield self._sighting(person, path, ahead.pop(0))
                progress(done, len(todo), path)

    def _sighting(self, person: str, path: str, reading) -> Sighting:
        try:
            image, content = reading.result()
        except PhotoError as error:
            return Sighting(person, path, "", error=error.what)
        found = zip(*(x.numpy() for x in self._run(tf.constant(image))), strict=True)
        faces = tuple(Face(box, embedding, float(sharp)) for box, embedding, sharp in found)
        return Sighting(person, path, content, faces)

    def _faces(self, image: tf.Tensor):
        boxes, landmarks, _ = self._detector.detect(image, tf.constant(self._min_score))
        embeddings = self._embedder.embed(image, landmarks)
        chips = self._embedder.aligner.chips(image, landmarks)
        return boxes, embeddings, sharpness(chips)


def sharpness(chips: tf.Tensor) -> tf.Tensor:
    """Standard deviation of the Laplacian in the middle of chips float32 [N, S, S, 3]: float32 [N].

    The middle, because where a photo ends its black surroundings make a sharp edge.

    Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy" (ICPR 2000).
    """
    grey = tf.image.rgb_to_grayscale(tf.image.central_crop(chips, 0.6))
    kernel = tf.constant([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])[:, :, None, None]
    # One chip more, whose result is dropped: convolutions refuse an empty batch on some devices.
    # (Not by tf.pad, which the graph optimiser folds into the convolution, batch and all.)
    grey = tf.concat([grey, tf.zeros([1, *grey.shape[1:]])], 0)
    return tf.math.reduce_std(tf.nn.conv2d(grey, kernel, 1, "VALID"), axis=[1, 2, 3])[:-1]


def _read(path: str) -> tuple[np.ndarray, str]:
    image = read_photo(path)
    with open(path, "rb") as file:
        return image, hashlib.file_digest(file, "sha256").hexdigest()
