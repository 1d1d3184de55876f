"""A tiny network and faces that it tells apart, for the tests of fine-tuning the embedder."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
from keras import layers

from data.recognition.config import HeadConfig
from training.embedder.finetune import DEFAULTS

HEAD = HeadConfig(
    0.1, 0.5, 10.0, genuine=(0.8, 0.1), impostor=(0.3, 0.1), same_person_threshold=0.4
)
FAST = dataclasses.replace(DEFAULTS, epochs=2, rate=3e-3, views=3, l2sp=0.0)
PREFIXES = ("top_", "embedding")


def tiny_network() -> keras.Model:
    """Chips uint8 [N, 24, 24, 3] to vectors [N, 12]; the same weights every time."""
    keras.utils.set_random_seed(0)
    chip = keras.Input((24, 24, 3))
    x = layers.Rescaling(1 / 255, name="scale")(chip)
    x = layers.Conv2D(6, 3, strides=2, activation="relu", name="low_conv")(x)
    skip = x
    x = layers.Conv2D(6, 3, padding="same", name="top_conv")(x)
    x = layers.Add(name="join")([x, skip])
    x = layers.AveragePooling2D(3, name="shrink")(x)
    x = layers.Flatten(name="flat")(x)
    return keras.Model(chip, layers.Dense(12, use_bias=False, name="embedding")(x))


def faces(people: int = 4, each: int = 8, seed: int = 0):
    """Chips of the people: a pattern each, with noise."""
    rng = np.random.default_rng(seed)
    patterns = rng.integers(40, 216, (people, 4, 4, 3)).repeat(6, 1).repeat(6, 2)
    owners = np.repeat(np.arange(people), each)
    chips = patterns[owners] + rng.normal(0, 30, (len(owners), 24, 24, 3))
    return list(chips.clip(0, 255).astype(np.uint8)), owners
