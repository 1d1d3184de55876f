"""Stand-ins for the networks: they find and embed faces by rules that a person can follow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from data.recognition.scoring import HeadState
from model.classifier.head import Head
from model.graph import FaceGraph
from tests.pictures import encoded


class CornerDetector(tf.Module):
    """Finds one face of score .9 in the upper left quarter of any picture of 20 px or more."""

    def detect(self, image, min_score):
        size = tf.cast(tf.shape(image)[:2], tf.float32)[::-1]
        found = tf.cast((tf.reduce_min(size) >= 20.0) & (min_score <= 0.9), tf.int32)
        points = tf.constant([[0.3, 0.3], [0.7, 0.3], [0.5, 0.5], [0.35, 0.7], [0.65, 0.7]])
        boxes = tf.concat([tf.zeros(2), size / 2.0], 0)[None]
        return boxes[:found], (points * size / 2.0)[None][:found], tf.constant([0.9])[:found]


# Faces without any texture would count as blurred; it takes nothing from a chip's mean colour.
TEXTURE = np.float32(np.indices((8, 8)).sum(0) % 2 * 4.0 - 2.0)[..., None]


class ColourAligner(tf.Module):
    """Its chips have the mean colour of the picture."""

    size = 8

    def chips(self, image, landmarks):
        colour = tf.reduce_mean(tf.cast(image, tf.float32), [0, 1])
        return tf.zeros([tf.shape(landmarks)[0], 8, 8, 3]) + colour + TEXTURE


class HalvesDetector(tf.Module):
    """Finds two faces in any picture: one of score .9 in the left half, .85 in the right."""

    def detect(self, image, min_score):
        height, width = (tf.cast(tf.shape(image)[axis], tf.float32) for axis in (0, 1))
        points = tf.constant([[0.3, 0.3], [0.7, 0.3], [0.5, 0.5], [0.35, 0.7], [0.65, 0.7]])
        left = points * [width / 2.0, height]
        boxes = tf.stack([[0.0, 0.0, width / 2.0, height], [width / 2.0, 0.0, width, height]])
        right = points * [width / 2.0, height] + [width / 2.0, 0.0]
        return boxes, tf.stack([left, right]), tf.constant([0.9, 0.85])


class NoseAligner(ColourAligner):
    """Its chips have the colour of the picture at the tip of the nose."""

    def chips(self, image, landmarks):
        noses = tf.gather_nd(image, tf.cast(landmarks[:, 2, ::-1], tf.int32))
        return tf.cast(noses, tf.float32)[:, None, None] + TEXTURE


class ColourEmbedder(tf.Module):
    """A face's embedding is the direction of its chip's mean colour: red is (1, 0, 0)."""

    dimension = 3
    chip_shape = (8, 8, 3)

    def __init__(self, aligner: ColourAligner | None = None):
        super().__init__(name="colours")
        self.aligner = aligner or ColourAligner()
        self.one = tf.Variable(1.0, trainable=False)  # a model without variables has no such files

    def embed(self, image, landmarks):
        return self.embed_chips(self.aligner.chips(image, landmarks))

    def embed_chips(self, chips):
        return self.describe_chips(chips)["embeddings"]

    def describe_chips(self, chips):
        directions = tf.math.l2_normalize(tf.reduce_mean(chips, [1, 2]) * self.one, axis=1)
        return {"embeddings": directions}


def colour_head(people: tuple[str, ...] = ("Red", "Grün", "蓝")) -> HeadState:
    """Up to three people, whose faces are red, green and blue."""
    directions = np.eye(3, dtype=np.float32)[: len(people)]
    return HeadState(
        people,
        directions,
        directions,
        np.arange(len(people), dtype=np.int32),
        nearest_weight=0.5,
        slope=20.0,
        centre=0.8,
        threshold=0.5,
    )


def colour_graph(people: tuple[str, ...] = ("Red", "Grün", "蓝")) -> FaceGraph:
    """The whole flow, made of the stand-ins."""
    return FaceGraph(CornerDetector(), ColourEmbedder(), Head(colour_head(people)), 0.8)


def couple_graph(people: tuple[str, ...] = ("Red", "Grün", "蓝")) -> FaceGraph:
    """The same with two faces in every photo, each of its own colour."""
    embedder = ColourEmbedder(NoseAligner())
    return FaceGraph(HalvesDetector(), embedder, Head(colour_head(people)), 0.8)


def plain(height: int, width: int, colour: tuple[int, int, int]) -> np.ndarray:
    """uint8 [height, width, 3] of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def put(path: Path, colour: tuple[int, int, int], side: int = 40) -> None:
    """Writes a photo of one colour, `side` pixels high and 60 wide; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(plain(side, 60, colour)))
