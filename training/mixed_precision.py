"""Training in float16 on a GPU: layers that compute in it, and a loss that is scaled for it."""

from __future__ import annotations

import keras


def copied(network: keras.Model, mixed: bool) -> keras.Model:
    """A copy with weights of its own in float32, which computes in float16 or in float32."""
    policy = "mixed_float16" if mixed else "float32"

    def again(layer: keras.layers.Layer) -> keras.layers.Layer:
        return layer.__class__.from_config({**layer.get_config(), "dtype": policy})

    copy = keras.models.clone_model(network, clone_function=again)
    copy.set_weights(network.get_weights())
    return copy


def loss_scaled(optimizer: keras.optimizers.Optimizer, mixed: bool) -> keras.optimizers.Optimizer:
    """The optimizer, whose gradients do not vanish in float16 if `mixed`."""
    return keras.optimizers.LossScaleOptimizer(optimizer) if mixed else optimizer
