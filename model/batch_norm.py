"""Puts normalisation into the convolutions before it: the same function, and fewer layers."""

from __future__ import annotations

import keras


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
        norm = layer.name.replace("_conv", "").replace("_depthwise", "") + "_norm"
        if weights and norm in names and not layer.name.endswith("_point"):
            kernel, bias = weights
            norm = model.get_layer(norm)
            gamma, beta, mean, variance = norm.get_weights()
            factor = gamma / (variance + norm.epsilon) ** 0.5
            # A depthwise kernel is [h, w, channels, 1], another one [h, w, in, channels].
            kernel = kernel * (factor[:, None] if kernel.shape[-1] == 1 else factor)
            weights = [kernel, (bias - mean) * factor + beta]
        layer.set_weights(weights)
    return folded
