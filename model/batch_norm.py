"""Puts normalisation into the convolutions before it, and takes it out again: the same function."""

from __future__ import annotations

from collections.abc import Iterable

import keras
import numpy as np
from keras import ops


def fold(model: keras.Model, folded: keras.Model) -> keras.Model:
    """Gives a network without normalisation the weights of one with it, and returns it.

    Args:
        model: As training left it; the normalisation after "<unit>_conv" or "<unit>_depthwise" is
            named "<unit>_norm".
        folded: The same network, built without normalisation.
    """
    names = {layer.name for layer in model.layers}
    for layer in folded.layers:
        weights = model.get_layer(layer.name).get_weights() if layer.weights else []
        norm = _norm_after(layer)
        if weights and norm in names:
            kernel, bias = weights
            norm = model.get_layer(norm)
            gamma, beta, mean, variance = norm.get_weights()
            factor = gamma / (variance + norm.epsilon) ** 0.5
            # A depthwise kernel is [h, w, channels, 1], another one [h, w, in, channels].
            kernel = kernel * (factor[:, None] if kernel.shape[-1] == 1 else factor)
            weights = [kernel, (bias - mean) * factor + beta]
        layer.set_weights(weights)
    return folded


def unfold(folded: keras.Model, model: keras.Model, pictures: Iterable[np.ndarray]) -> keras.Model:
    """Gives a network with normalisation the weights of one without, and returns it.

    What follows trains as if it had never been folded: weight decay, which normalisation makes up
    for, does not shrink what the network says.

    Args:
        folded, model: As of `fold`.
        pictures: Batches like those of training, float32 [N, H, W, 3], by which is normalised.
    """
    names = {layer.name for layer in model.layers}
    before = [layer for layer in folded.layers if _norm_after(layer) in names]
    probe = keras.Model(folded.input, [layer.output for layer in before])
    count, sums, squares = 0.0, [0.0] * len(before), [0.0] * len(before)
    for batch in pictures:
        count += len(batch)
        for place, found in enumerate(probe(batch, training=False)):
            values = ops.convert_to_numpy(found).astype(np.float64)
            sums[place] += values.mean((1, 2)).sum(0)
            squares[place] += (values**2).mean((1, 2)).sum(0)
    for layer in folded.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())
    for layer, total, square in zip(before, sums, squares, strict=True):
        norm = model.get_layer(_norm_after(layer))
        mean = total / count
        variance = np.maximum(square / count - mean**2, 0.0)
        norm.set_weights([np.sqrt(variance + norm.epsilon), mean, mean, variance])
    return model


def _norm_after(layer: keras.layers.Layer) -> str | None:
    """What the normalisation after a convolution would be called."""
    unit, _, kind = layer.name.rpartition("_")
    return f"{unit}_norm" if kind in ("conv", "depthwise") else None
