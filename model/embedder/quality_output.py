"""A second output of an embedder: how near a vector is to that of the same face seen well.

A small network on what the embedder has of a face before its last layer. How it was trained, and
what it is worth: `training.embedder.quality` and `model/zoo/weights/embedder.md`.
"""

from __future__ import annotations

import keras
from keras import layers

FEATURES = "head_depthwise"  # the layer of `build_0095` whose output it looks at
HIDDEN = 64


def build_quality_output(features: int = 512) -> keras.Model:
    """The small network with fresh weights, from features float32 [N, F] to float32 [N, 1], 0..1.

    What it says is a part of a face's quality, as `data.media.quality` has them.
    """
    inputs = keras.Input((features,), name="features")
    x = layers.Dense(HIDDEN, activation="relu", name="quality_hidden")(inputs)
    x = layers.Dense(1, name="quality_linear")(x)
    x = layers.ReLU(max_value=1.0, name="quality_clipped")(x)
    return keras.Model(inputs, x, name="quality")


def with_quality(network: keras.Model, quality: keras.Model) -> keras.Model:
    """An embedder of `build_0095`'s layers with both outputs: vectors, and quality [N, 1].

    Layers, and so weights, are shared.
    """
    features = layers.Flatten(name="quality_features")(network.get_layer(FEATURES).output)
    return keras.Model(network.input, [network.output, quality(features)], name=network.name)
