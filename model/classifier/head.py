"""The open-set classifier: embeddings to a person or unknown, with a calibrated probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from model.classifier.assignment import compete


@dataclass(frozen=True)
class HeadConfig:
    """How faces are compared in one embedder's space; measured, see `docs/recognition.md`.

    Attributes:
        temperature: Of the softmax over cosines in training the prototypes.
        pull: Strength that holds a prototype to the mean of its person's embeddings.
        half: Photos a person at which the nearest one and the prototype weigh the same; with n
            photos the nearest has n / (n + half) and the prototype the rest.
        kin: (mean, standard deviation) of the score of a face with its own person.
        stranger: The same of a stranger's best score in a family of about eight.
        doubt: Cosine below which two photos are hardly of one person.
        margin: How much of the runner-up's score counts against the best person, times the
            prototype's weight: the more photos there are, the less the runner-up tells.
        nobody: What a stranger's second best score typically is: the runner-up of the only person.
        many: By how much a stranger's likeness rises when the photos become e times as many.
    """

    temperature: float
    pull: float
    half: float
    kin: tuple[float, float]
    stranger: tuple[float, float]
    doubt: float
    margin: float = 0.0
    nobody: float = 0.0
    many: float = 0.0


@dataclass(frozen=True)
class HeadState:
    """What was learned about a family: all that the classifier needs.

    Attributes:
        people: Names, K of them, in the order of the rows below.
        prototypes: float32 [K, D], unit length.
        exemplars: float32 [M, D], unit length: the photos' embeddings, person by person.
        owners: int32 [M], ascending: the row of each exemplar's person.
        nearest: Weight of the nearest photo in a person's likeness; the prototype has the rest.
        slope, centre: Calibration: the log odds of a person against unknown are
            slope * (score - centre).
        threshold: Least probability at which a name is given, 0..1.
        margin: How much of the runner-up's likeness counts against the best person.
        nobody: See `HeadConfig`.
        offsets: float32 [K] or one number: by how much each person has to score more than others,
            because strangers look like this person or find a like photo among many.
    """

    people: tuple[str, ...]
    prototypes: np.ndarray
    exemplars: np.ndarray
    owners: np.ndarray
    nearest: float
    slope: float
    centre: float
    threshold: float
    margin: float = 0.0
    nobody: float = 0.0
    offsets: np.ndarray | float = 0.0

    @classmethod
    def empty(cls, dimension: int) -> HeadState:
        """Nobody enrolled: every face is unknown."""
        none = np.zeros((0, dimension), np.float32)
        return cls((), none, none, np.zeros(0, np.int32), 0.0, 1.0, 0.0, 1.0)


class Head(tf.Module):
    """Names embeddings.

    A person's likeness is a weighted mean of the cosine with the person's prototype and of the
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
        self.offsets = _kept(np.broadcast_to(state.offsets, len(state.people)))
        self.nearest, self.margin = _kept(state.nearest), _kept(state.margin)
        self.nobody, self.threshold = _kept(state.nobody), _kept(state.threshold)
        self.slope, self.centre = _kept(state.slope), _kept(state.centre)

    def learned(self) -> dict[str, tf.Variable]:
        """Everything that makes this classifier another one than that of another family."""
        return {k: value for k, value in vars(self).items() if isinstance(value, tf.Variable)}

    def likeness(self, embeddings: tf.Tensor) -> tf.Tensor:
        """float32 [N, D] to float32 [N, K], -1..1; K >= 1."""
        to_prototypes = tf.matmul(embeddings, self.prototypes, transpose_b=True)
        to_exemplars = tf.matmul(self.exemplars, embeddings, transpose_b=True)
        nearest = tf.transpose(tf.math.segment_max(to_exemplars, self.owners))
        return (1.0 - self.nearest) * to_prototypes + self.nearest * nearest - self.offsets

    def scores(self, embeddings: tf.Tensor) -> tf.Tensor:
        """float32 [N, D] to float32 [N, K]; K >= 1."""
        likeness = self.likeness(embeddings)
        # One column more, so that a single person has a runner-up, which then counts for nothing.
        padded = tf.pad(likeness, [[0, 0], [0, 1]], constant_values=-np.inf)
        two, best = tf.math.top_k(padded, 2)
        is_best = tf.one_hot(best[:, 0], tf.shape(likeness)[1], True, False, dtype=tf.bool)
        rival = tf.where(is_best, two[:, 1:], two[:, :1])
        excess = tf.where(tf.math.is_inf(two[:, 1:]), 0.0, rival - self.nobody)
        return likeness - self.margin * excess

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
        return names, tf.where(named, confidence, unknown)


def _kept(values, dtype: tf.DType = tf.float32) -> tf.Variable:
    """A variable whose first axis may have any length."""
    start = tf.constant(values, dtype)
    shape = [None, *start.shape[1:]] if start.shape.rank else []
    return tf.Variable(start, trainable=False, shape=tf.TensorShape(shape))
