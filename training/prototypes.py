"""Fits the people's prototypes: a cosine classifier held close to the mean of each person.

All folds are fitted at once, as one Keras model with a prototype for every fold and person.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

STEPS = 200
ABSENT = -1e9  # logit of a person who is not in a fold


@keras.saving.register_keras_serializable("kindred")
class FoldedCosine(layers.Layer):
    """Cosines with a prototype per fold and person, divided by a temperature.

    Args:
        means: float32 [F, K, D], where the prototypes start and what holds them.
        present: bool [F, K], who is in which fold.
        temperature, pull: See `model.head.HeadConfig`.
    """

    def __init__(self, means, present, temperature: float, pull: float, **options):
        super().__init__(**options)
        self._means, self._absent = means, np.where(present, 0.0, ABSENT).astype(np.float32)
        self._temperature, self._pull = temperature, pull

    def build(self, input_shape):
        self.prototypes = self.add_weight(
            shape=self._means.shape,
            initializer=lambda shape, dtype=None: ops.convert_to_tensor(self._means, dtype),
            regularizer=self._hold,
            name="prototypes",
        )

    def call(self, embeddings):
        directions = ops.normalize(self.prototypes, axis=-1)
        cosines = ops.einsum("nd,fkd->nfk", embeddings, directions)
        return cosines / self._temperature + self._absent

    def _hold(self, prototypes):
        return self._pull / (2.0 * self._means.shape[1]) * ops.sum((prototypes - self._means) ** 2)


def fit_prototypes(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    *,
    temperature: float,
    pull: float,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> np.ndarray:
    """Prototypes that tell the people apart.

    Minimises, for each fold, the cross-entropy of the softmax over cosine / temperature, every
    person weighing the same, plus pull / 2K times the squared distance from the means.

    Args:
        embeddings: float32 [N, D], unit length.
        owners: int [N], 0..K-1.
        train: bool [F, N], what each fold learns from.

    Returns:
        float32 [F, K, D], unit length; zeros for a person who is not in a fold.
    """
    one_hot = np.eye(owners.max() + 1, dtype=np.float32)[owners]
    members = train[:, :, None] * one_hot  # [F, N, K]
    counts = members.sum(1)
    present = counts > 0
    means = _unit(np.einsum("fnk,nd->fkd", members, embeddings))
    if present.shape[1] > 1:
        shares = members / np.maximum(counts, 1)[:, None] / present.sum(1)[:, None, None]
        layer = FoldedCosine(means, present, temperature, pull)
        inputs = keras.Input(embeddings.shape[1:])
        model = keras.Model(inputs, layer(inputs))
        # Keras takes the mean over the batch, which is the whole set: times N it is a sum.
        model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss=_weighted_cross_entropy)
        model.fit(
            embeddings,
            shares.transpose(1, 0, 2) * len(embeddings),
            batch_size=len(embeddings),
            epochs=STEPS,
            verbose=0,
            callbacks=[keras.callbacks.TerminateOnNaN(), *callbacks],
        )
        means = _unit(ops.convert_to_numpy(layer.prototypes))
    return (means * present[:, :, None]).astype(np.float32)


def _weighted_cross_entropy(shares, logits):
    """shares float32 [N, F, K]: one-hot times the example's weight in the fold."""
    return -ops.sum(shares * ops.log_softmax(logits, axis=-1), axis=(1, 2))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
