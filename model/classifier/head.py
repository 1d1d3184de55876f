"""The open-set classifier: embeddings to a person or unknown, with a calibrated probability."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from data.recognition.scoring import MOST_SURE, HeadState
from model.classifier.assignment import compete


class Head(tf.Module):
    """Names embeddings; `data.recognition.scoring` is the same in NumPy.

    What the faces of the family's photos have in common is taken off every face. A person's
    likeness is a weighted mean of the cosine with the person's prototype and of the
    highest cosine with one of the person's photos, less the person's offset. The score is the
    likeness less a part of the runner-up's: who looks like two people is certain to be neither, and
    strangers often are such faces. The probabilities of all people and of "unknown" are the
    softmax over slope * (score - centre), with 0 for unknown: two people who score alike share the
    probability, so that twins are never named with confidence.
    """

    def __init__(self, state: HeadState):
        super().__init__(name="head")
        self.state = state
        # All that was learned is in variables of any length, so that the graph of one family is
        # the graph of every family, and only its variables change (`training.reuse_graph`).
        self.names = _kept([*state.people, ""], tf.string)
        self.prototypes = _kept(state.prototypes)
        self.exemplars = _kept(state.exemplars)
        self.owners = _kept(state.owners, tf.int32)
        size = self.prototypes.shape[1]
        self.common = _kept(np.broadcast_to(np.float32(state.common), size))
        self.offsets = _kept(np.broadcast_to(state.offsets, len(state.people)))
        self.nearest_weight = _kept(state.nearest_weight)
        self.runner_up_weight = _kept(state.runner_up_weight)
        self.default_runner_up = _kept(state.default_runner_up)
        self.threshold = _kept(state.threshold)
        self.slope, self.centre = _kept(state.slope), _kept(state.centre)

    def learned(self) -> dict[str, tf.Variable]:
        """Everything that makes this classifier another one than that of another family."""
        return {k: value for k, value in vars(self).items() if isinstance(value, tf.Variable)}

    def likeness(self, embeddings: tf.Tensor) -> tf.Tensor:
        """float32 [N, D] to float32 [N, K], -1..1; K >= 1."""
        embeddings, exemplars = (
            self._without_common(embeddings),
            self._without_common(self.exemplars),
        )
        to_prototypes = tf.matmul(embeddings, self.prototypes, transpose_b=True)
        to_exemplars = tf.matmul(exemplars, embeddings, transpose_b=True)
        nearest = tf.transpose(tf.math.segment_max(to_exemplars, self.owners))
        weight = self.nearest_weight
        return (1.0 - weight) * to_prototypes + weight * nearest - self.offsets

    def _without_common(self, embeddings: tf.Tensor) -> tf.Tensor:
        return tf.math.l2_normalize(embeddings - self.common, axis=-1)

    def scores(self, embeddings: tf.Tensor) -> tf.Tensor:
        """float32 [N, D] to float32 [N, K]; K >= 1."""
        likeness = self.likeness(embeddings)
        # One column more, so that a single person has a runner-up, which then counts for nothing.
        padded = tf.pad(likeness, [[0, 0], [0, 1]], constant_values=-np.inf)
        two, best = tf.math.top_k(padded, 2)
        is_best = tf.one_hot(best[:, 0], tf.shape(likeness)[1], True, False, dtype=tf.bool)
        rival = tf.where(is_best, two[:, 1:], two[:, :1])
        excess = tf.where(tf.math.is_inf(two[:, 1:]), 0.0, rival - self.default_runner_up)
        return likeness - self.runner_up_weight * excess

    def classify(
        self, embeddings: tf.Tensor, *, one_photo: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Names faces.

        Args:
            embeddings: float32 [N, D], unit length; N may be 0.
            one_photo: Whether the faces are those of one photo, where a person is rarely seen
                twice: see `model.classifier.assignment`.

        Returns:
            names string [N], "" for unknown; confidences float32 [N]: the probability of that
            person, or of unknown.
        """
        count = tf.shape(embeddings)[0]
        if not self.state.people:
            return tf.fill([count], ""), tf.ones([count])
        logits = self.slope * (self.scores(embeddings) - self.centre)
        if one_photo:
            logits = compete(logits, self.threshold)
        probability = tf.nn.softmax(tf.pad(logits, [[0, 0], [0, 1]]))
        people, unknown = probability[:, :-1], probability[:, -1]
        best = tf.argmax(people, axis=1, output_type=tf.int32)
        confidence = tf.reduce_max(people, axis=1)
        named = confidence >= self.threshold
        names = tf.gather(self.names, tf.where(named, best, tf.shape(people)[1]))
        return names, tf.where(named, tf.minimum(confidence, MOST_SURE), unknown)


def _kept(values, dtype: tf.DType = tf.float32) -> tf.Variable:
    """A variable whose first axis may have any length."""
    start = tf.constant(values, dtype)
    shape = [None, *start.shape[1:]] if start.shape.rank else []
    return tf.Variable(start, trainable=False, shape=tf.TensorShape(shape))
