"""Fits the people's prototypes: a cosine classifier held close to the mean of each person.

All folds are fitted at once, as one Keras model with a prototype for every fold and person.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

EPOCHS, STEPS = 10, 20  # gradient steps on all faces; most of the time would go between epochs
ABSENT = -1e9  # logit of a person who is not in a fold


@keras.saving.register_keras_serializable("kindred")
class FoldedCosine(layers.Layer):
    """Classifies the same faces in every call, by cosines with a prototype per fold and person.

    The faces are part of the layer and what it is called with does not matter, because every step
    takes all faces: fed as batches, they would be copied and carried over at every step.

    Args:
        embeddings: float32 [N, D].
        shares: float32 [N, F, K], one-hot times the weight of the face in the fold.
        means: float32 [F, K, D], where the prototypes start and what holds them.
        temperature, prototype_l2: See `data.recognition.config.HeadConfig`.
    """

    def __init__(
        self, embeddings, shares, means, temperature: float, prototype_l2: float, **options
    ):
        super().__init__(**options)
        self._faces, self._shares, self._means = embeddings, shares, means
        self._absent = np.where(shares.sum(0) > 0, 0.0, ABSENT).astype(np.float32)
        self._temperature, self._prototype_l2 = temperature, prototype_l2

    def build(self, input_shape):
        def keep(values, name, trainable=False):
            def start(shape, dtype=None):
                return ops.convert_to_tensor(values, dtype)

            return self.add_weight(
                shape=values.shape, initializer=start, trainable=trainable, name=name
            )

        self.faces, self.shares = keep(self._faces, "faces"), keep(self._shares, "shares")
        self.means = keep(self._means, "means")
        self.prototypes = keep(self._means, "prototypes", trainable=True)

    def call(self, step):
        """The loss, shape [1]; `step` is anything of shape [1, 1]."""
        directions = ops.normalize(self.prototypes, axis=-1)
        folds, people, size = self._means.shape
        # One plain matrix product: several times faster than an einsum over three axes.
        cosines = ops.matmul(self.faces, ops.transpose(ops.reshape(directions, (-1, size))))
        logits = ops.reshape(cosines, (-1, folds, people)) / self._temperature + self._absent
        entropy = -ops.sum(self.shares * ops.log_softmax(logits, axis=-1))
        away = ops.sum((self.prototypes - self.means) ** 2)
        return (
            ops.reshape(entropy + self._prototype_l2 / (2.0 * people) * away, (1,))
            + 0.0 * step[:, 0]
        )


def fit_prototypes(
    embeddings: np.ndarray,
    owners: np.ndarray,
    train: np.ndarray,
    *,
    temperature: float,
    prototype_l2: float,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> np.ndarray:
    """Prototypes that tell the people apart.

    Minimises, for each fold, the cross-entropy of the softmax over cosine / temperature, every
    person weighing the same, plus prototype_l2 / 2K times the squared distance from the means.

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
        shares = shares.transpose(1, 0, 2).astype(np.float32)
        means[~present] = np.eye(means.shape[2])[0]  # any direction: zero has none, nor a gradient
        layer = FoldedCosine(
            embeddings, shares, means.astype(np.float32), temperature, prototype_l2
        )
        inputs = keras.Input((1,))
        model = keras.Model(inputs, layer(inputs))
        model.compile(
            keras.optimizers.SGD(0.05, momentum=0.9),
            loss=lambda _, loss: loss,
            steps_per_execution=STEPS,
            jit_compile=False,  # compiling takes longer than the steps
        )
        nothing = np.zeros((STEPS, 1), np.float32)
        model.fit(
            nothing,
            nothing,
            batch_size=1,
            epochs=EPOCHS,
            verbose=0,
            callbacks=[keras.callbacks.TerminateOnNaN(), *callbacks],
        )
        means = _unit(ops.convert_to_numpy(layer.prototypes))
    return (means * present[:, :, None]).astype(np.float32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
