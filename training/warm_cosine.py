"""The learning rate of long trainings: a warm-up, then a cosine."""

from __future__ import annotations

import math

import keras


@keras.saving.register_keras_serializable("kindred")
class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):
    """From nothing to `rate` in `warm` steps, then along a cosine to nothing at `last`."""

    def __init__(self, rate: float, warm: int, last: int):
        self.rate, self.warm, self.last = rate, warm, last

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        share = keras.ops.clip((step - self.warm) / max(self.last - self.warm, 1), 0.0, 1.0)
        rise = keras.ops.minimum((step + 1.0) / max(self.warm, 1), 1.0)
        return self.rate * rise * (0.005 + 0.995 * 0.5 * (1.0 + keras.ops.cos(math.pi * share)))

    def get_config(self) -> dict:
        return {"rate": self.rate, "warm": self.warm, "last": self.last}
