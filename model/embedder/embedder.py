"""Turns the faces of a photo into embeddings: align, network, mirror, normalise, age out.

Some networks say besides how much an embedding is worth (`model.embedder.quality_output`).
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from data.recognition.age import AgeCorrection
from model.embedder.age_correction import WithoutAge
from model.embedder.aligner import Aligner
from model.graph_function import GraphFunction
from model.traced_network import TracedNetwork

BATCH = 32  # faces that go through the network together; bounds memory in a crowd


class Embedder(tf.Module):
    """Photo and landmarks to unit vectors.

    The embedding is the direction of the mean over the chip and its mirror image, which cancels
    what the network makes of lighting and of a turned head; or that of the chip alone. Then age is
    taken out.

    Args:
        aligner: Cuts the chips that the network was trained on.
        network: Keras model from chips float32 [N, S, S, 3], 0..255, to float32 [N, D], or to that
            and the quality float32 [N, 1], 0..1.
        age: What this network makes of age; by default it is left in.
        mirror: Whether the mirror image is looked at, too, which takes twice the time.
    """

    def __init__(
        self,
        aligner: Aligner,
        network: keras.Model,
        age: AgeCorrection | None = None,
        *,
        mirror: bool = True,
    ):
        super().__init__(name="embedder")
        self.aligner, self.mirror = aligner, mirror
        self._traced = TracedNetwork(network)
        self.without_age = None if age is None else WithoutAge(age, name="without_age")
        vectors, *self._quality = network.outputs
        self.dimension = int(vectors.shape[-1])
        if self.without_age is not None:
            # Now: two threads may be the first to call it.
            self.without_age.build((None, self.dimension))
        self.chip_shape = (aligner.size, aligner.size, 3)
        # Chips to embeddings as a function of its own: traced once, whoever calls it. The quality
        # is one number more in each row.
        chips = tf.TensorSpec([None, *self.chip_shape], tf.float32)
        self.graph = GraphFunction(self._embed_batch, chips)

    @property
    def weights(self) -> list[tf.Variable]:
        """The variables of the network, in its order."""
        return self._traced.weights

    @property
    def network(self) -> keras.Model:
        """The Keras model, which may be trained: what embeds sees its weights."""
        return self._traced.network

    def embed(self, image: tf.Tensor, landmarks: tf.Tensor) -> tf.Tensor:
        """Embeddings of the faces of one photo.

        Args:
            image: uint8 [H, W, 3].
            landmarks: float32 [N, 5, 2].

        Returns:
            float32 [N, D], unit length.
        """
        found = self._in_batches(
            landmarks, lambda some: self.graph(self.aligner.chips(image, some))
        )
        return found[:, : self.dimension]

    def embed_chips(self, chips: tf.Tensor) -> tf.Tensor:
        """Embeddings float32 [N, D] of aligned chips float32 [N, S, S, 3], 0..255."""
        return self.describe_chips(chips)["embeddings"]

    def describe_chips(self, chips: tf.Tensor) -> dict[str, tf.Tensor]:
        """All that the network says of aligned chips float32 [N, S, S, 3], 0..255.

        Returns:
            "embeddings" float32 [N, D] and, if the network says it, "quality" float32 [N], 0..1.
        """
        found = self._in_batches(chips, self.graph)
        described = {"embeddings": found[:, : self.dimension]}
        return described | ({"quality": found[:, -1]} if self._quality else {})

    def _in_batches(self, faces: tf.Tensor, embed: Callable) -> tf.Tensor:
        count, numbers = tf.shape(faces)[0], self.dimension + len(self._quality)
        batches = (count + BATCH - 1) // BATCH
        found = tf.TensorArray(
            tf.float32, batches, infer_shape=False, element_shape=[None, numbers]
        )
        for batch in tf.range(batches):
            found = found.write(batch, embed(faces[batch * BATCH : (batch + 1) * BATCH]))
        if batches == 0:
            return tf.zeros([0, numbers])
        return tf.ensure_shape(found.concat(), [None, numbers])

    def _embed_batch(self, chips: tf.Tensor) -> tf.Tensor:
        if self.mirror:
            chips = tf.concat([chips, chips[:, :, ::-1]], axis=0)
        said = tf.nest.flatten(self._traced(chips))
        if self.mirror:
            said = [tf.add(*tf.split(both, 2)) / 2.0 for both in said]
        vectors = tf.math.l2_normalize(said[0], axis=1)
        vectors = vectors if self.without_age is None else self.without_age(vectors)
        return tf.concat([vectors, *said[1:]], axis=1)
