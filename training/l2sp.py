"""Holds a network close to the weights that it starts from (L2-SP).

X. Li et al., "Explicit Inductive Bias for Transfer Learning with Convolutional Networks", ICML
2018, equation 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("kindred")
class L2SP(keras.regularizers.Regularizer):
    """100 * strength * the mean squared distance of a weight from its start, in parts of its size.

    In parts of the weight's own mean square one strength fits layers of every scale.

    Args:
        start: float array, what the weight is held close to.
        strength: 0 or more.
    """

    def __init__(self, start: np.ndarray, strength: float):
        self.start, self.strength = np.asarray(start, np.float32), strength
        mean_square = max(float(np.square(self.start).mean()), 1e-4)
        self._scale = 100 * strength / mean_square / self.start.size

    def __call__(self, weight):
        return self._scale * ops.sum((weight - self.start) ** 2)

    def get_config(self) -> dict:
        return {"start": self.start.tolist(), "strength": self.strength}


def hold_close(
    model: keras.Model, strength: float, start: Sequence[np.ndarray] | None = None
) -> None:
    """Adds to the model's loss the distance of its trainable weights from a start.

    A regularizer belongs to a weight, and files of models do not keep it: who goes on from a file
    calls this once more, with the start.

    Args:
        start: One array for each trainable weight; by default what they are now.
    """
    weights = model.trainable_weights
    if start is None:
        start = [ops.convert_to_numpy(weight) for weight in weights]
    for weight, values in zip(weights, start, strict=True):
        weight.regularizer = L2SP(values, strength)
