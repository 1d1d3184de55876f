"""The age correction as a layer: `data.recognition.age` in the graph."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from data.recognition.age import AgeCorrection


@keras.saving.register_keras_serializable("kindred")
class WithoutAge(layers.Layer):
    """Embeddings float32 [N, D], unit length, less what their age has in common; unit length.

    Args:
        correction: The numbers of the embedder.
    """

    def __init__(self, correction: AgeCorrection, **options):
        super().__init__(**{"trainable": False} | options)
        self.correction = correction

    def build(self, input_shape):
        def keep(name: str, values):
            return self.add_weight(
                shape=values.shape,
                initializer=lambda shape, dtype=None: ops.convert_to_tensor(values, dtype),
                trainable=False,
                name=name,
            )

        numbers = self.correction
        self.regression = keep("regression", numbers.regression)
        self.intercept = keep("intercept", numbers.intercept)
        self.common = keep("common", numbers.common)

    def call(self, embeddings):
        ages = ops.matmul(embeddings, self.regression) + self.intercept
        return ops.normalize(embeddings - ops.matmul(ages, self.common), axis=-1)

    def get_config(self) -> dict:
        numbers = {key: values.tolist() for key, values in vars(self.correction).items()}
        return {**super().get_config(), "correction": numbers}

    @classmethod
    def from_config(cls, config: dict) -> WithoutAge:
        numbers = config.pop("correction")
        arrays = {key: np.asarray(values, np.float32) for key, values in numbers.items()}
        return cls(AgeCorrection(**arrays), **config)
