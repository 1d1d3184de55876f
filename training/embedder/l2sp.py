"""Holds a network close to the weights it starts from (L2-SP).

X. Li et al., "Explicit Inductive Bias for Transfer Learning with Convolutional Networks", ICML
2018, equation 3.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops


def hold(model: keras.Model, strength: float) -> None:
    """Adds to the model's loss the distance of its trainable weights from what they are now."""
    for weight in model.trainable_weights:
        start = ops.convert_to_numpy(weight)
        # In parts of the weights' own size: one strength fits layers of every scale.
        scale = strength / max(float(np.square(start).mean()), 1e-4) / start.size * 100

        def pull(now, start=start, scale=scale):
            return scale * ops.sum((now - start) ** 2)

        weight.regularizer = pull
