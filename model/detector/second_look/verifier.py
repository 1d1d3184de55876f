"""A network of our own that says whether a window shows a face.

It sees what the sliding window found once more, upright and with something of what is round it. It
learned from what the sliding window took for faces by mistake: animals, letters, hands, foliage.
"""

from __future__ import annotations

import keras
from keras import layers

SIDE = 48  # pixels of a window
AROUND = 1.36  # sides of the face that a window shows
# Channels and strides of the convolutions.
UNITS = ((16, 2), (32, 2), (32, 1), (64, 2), (64, 1), (128, 2), (128, 1))


def build_verifier(*, batch_norm: bool = False) -> keras.Model:
    """The network with fresh weights.

    Input: windows float32 [N, 48, 48, 3], RGB -1..1 (`windows.normalised`). Output: float32
    [N, 1], the log odds of a face.

    Args:
        batch_norm: Normalise in every unit, for training; `model.batch_norm.fold` makes the same
            network without.
    """
    pixels = keras.Input((SIDE, SIDE, 3), name="pixels")
    x = pixels
    for number, (width, stride) in enumerate(UNITS):
        name = f"unit{number}"
        x = layers.Conv2D(width, 3, strides=stride, padding="same", name=f"{name}_conv")(x)
        if batch_norm:
            x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
        x = layers.ReLU(name=f"{name}_relu")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    if batch_norm:
        x = layers.Dropout(0.3, name="dropout")(x)
    return keras.Model(pixels, layers.Dense(1, name="odds")(x), name="verifier")
