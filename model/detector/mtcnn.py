"""The three networks of the MTCNN cascade as Keras models.

Source: Zhang et al., "Joint Face Detection and Alignment using Multitask Cascaded Convolutional
Networks" (IEEE SPL 2016). P-Net slides over the image (fully convolutional, window 12 px, stride
2); R-Net (24 px) and O-Net (48 px) check and refine its candidates. All take RGB scaled to
(x - 127.5) / 128.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from data.errors import ModelError
from model.zoo.readers.joblib_lists import read_arrays


@dataclass(frozen=True)
class StageConfig:
    """Architecture of one network of the cascade.

    Attributes:
        name: Name of the model.
        window: Side of the square it looks at, pixels.
        convs: (filters, kernel size, pooling) of every convolution; pooling is `None` or
            (size, padding), always with stride 2. A PReLU follows every convolution.
        dense: Units of the dense layer, or `None` for a fully convolutional network.
        outputs: Numbers of the linear outputs, in order; the face probability comes last.
    """

    name: str
    window: int
    convs: tuple[tuple[int, int, tuple[int, str] | None], ...]
    dense: int | None
    outputs: tuple[tuple[str, int], ...]


PNET = StageConfig(
    "pnet",
    12,
    ((10, 3, (2, "same")), (16, 3, None), (32, 3, None)),
    None,
    (("offsets", 4),),
)
RNET = StageConfig(
    "rnet",
    24,
    ((28, 3, (3, "same")), (48, 3, (3, "valid")), (64, 2, None)),
    128,
    (("offsets", 4),),
)
ONET = StageConfig(
    "onet",
    48,
    ((32, 3, (3, "same")), (64, 3, (3, "valid")), (64, 3, (2, "same")), (128, 2, None)),
    256,
    (("offsets", 4), ("landmarks", 10)),
)


def build_stage(config: StageConfig) -> keras.Model:
    """Window pixels to box offsets, landmarks and face probability.

    Returns:
        A model from float32 [N, window, window, 3] (any size for P-Net) to a list of float32
        tensors, the config's outputs and then the softmax of (no face, face). Offsets are
        x0, y0, x1, y1 in sides of the box; landmarks are five x and then five y, in sides.
    """
    side = config.window if config.dense else None
    x = window = keras.Input((side, side, 3), name="window")
    for i, (filters, kernel, pool) in enumerate(config.convs, start=1):
        x = layers.Conv2D(filters, kernel, name=f"conv{i}")(x)
        x = layers.PReLU(shared_axes=[1, 2], name=f"prelu{i}")(x)
        if pool:
            x = layers.MaxPooling2D(pool[0], strides=2, padding=pool[1], name=f"pool{i}")(x)
    if config.dense:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(config.dense, name="dense")(x)
        x = layers.PReLU(name="prelu_dense")(x)

    def head(name: str, numbers: int, **options):
        if config.dense:
            return layers.Dense(numbers, name=name, **options)(x)
        return layers.Conv2D(numbers, 1, name=name, **options)(x)

    outputs = [head(name, numbers) for name, numbers in config.outputs]
    outputs.append(head("face", 2, activation="softmax"))
    return keras.Model(window, outputs, name=config.name)


def assign_stage(model: keras.Model, arrays: list[np.ndarray]) -> None:
    """Puts the arrays of the `mtcnn` package into `build_stage`'s layers.

    The package flattens feature maps column by column (width before height), Keras row by row; the
    rows of the dense kernel are put into our order once, here.

    Raises:
        ModelError: If number or shape of the arrays differ.
    """
    expected = [tuple(weight.shape) for weight in model.weights]
    received = [array.shape for array in arrays]
    if expected != received:
        raise ModelError(f"{model.name} expects weights of {expected}, received {received}")
    flatten = next((layer for layer in model.layers if isinstance(layer, layers.Flatten)), None)
    if flatten is not None:
        height, width, channels = flatten.input.shape[1:]
        at = next(i for i, weight in enumerate(model.weights) if weight.path.startswith("dense/"))
        kernel = arrays[at].reshape(width, height, channels, -1).transpose(1, 0, 2, 3)
        arrays = [*arrays[:at], kernel.reshape(arrays[at].shape), *arrays[at + 1 :]]
    model.set_weights(arrays)


@keras.saving.register_keras_serializable("kindred")
class PooledPReLU(layers.Layer):
    """A PReLU that comes after the max pooling which it stood before.

    Where the slope is positive the two commute. Where it is negative the PReLU is the larger of x
    and slope * x, and both must have been pooled.

    Args:
        slopes: C numbers. The input is [N, H, W, C + negative ones]: x, then slope * x for the
            channels with a negative slope.
    """

    def __init__(self, slopes, **options):
        super().__init__(**options)
        self.slopes = np.asarray(slopes, np.float32)
        count, falls = len(self.slopes), np.flatnonzero(self.slopes < 0)
        self._scaled = np.arange(count)
        self._scaled[falls] = count + np.arange(len(falls))

    def call(self, pooled):
        plain, rest = ops.split(pooled, [len(self.slopes)], axis=-1)
        scaled = ops.concatenate([plain * self.slopes, rest], axis=-1)
        scaled = ops.take(scaled, self._scaled, axis=-1)
        larger = ops.maximum(plain, scaled)
        if self.slopes.max() <= 1.0:
            return larger
        return ops.where(self.slopes > 1.0, ops.minimum(plain, scaled), larger)

    def get_config(self):
        return {**super().get_config(), "slopes": self.slopes.tolist()}


@keras.saving.register_keras_serializable("kindred")
class LargerPReLU(layers.Layer):
    """A PReLU of slopes up to 1: the larger of x and slope * x, in two passes instead of five."""

    def __init__(self, slopes, **options):
        super().__init__(**options)
        self.slopes = np.asarray(slopes, np.float32)

    def call(self, x):
        return ops.maximum(x, x * self.slopes)

    def get_config(self):
        return {**super().get_config(), "slopes": self.slopes.tolist()}


def for_inference(model: keras.Model) -> keras.Model:
    """The same function in half the time: on a CPU most of it goes into the PReLUs.

    The first one sees the most pixels; it can wait until the max pooling has left a quarter of
    them, if the convolution computes what it needs (`PooledPReLU`).
    """
    x = model.input
    waiting = None  # slopes of the first PReLU, until the pooling is done
    known = {}
    for layer in model.layers[1:]:
        x = known.get(id(layer.input), x)
        if layer.name == "conv1":
            slopes = keras.ops.convert_to_numpy(model.get_layer("prelu1").alpha).reshape(-1)
            kernel, bias = layer.get_weights()
            falls = slopes < 0
            kernel = np.concatenate([kernel, (kernel * slopes)[..., falls]], axis=-1)
            bias = np.concatenate([bias, (bias * slopes)[falls]])
            wider = layers.Conv2D(len(bias), layer.kernel_size, name=layer.name)
            x = wider(x)
            wider.set_weights([kernel, bias])
        elif layer.name == "prelu1":
            waiting = slopes
        elif waiting is not None:
            x = PooledPReLU(waiting, name="prelu1")(layer(x))
            waiting = None
        elif isinstance(layer, layers.PReLU):
            slopes = keras.ops.convert_to_numpy(layer.alpha).reshape(-1)
            if slopes.max() > 1.0:
                raise ModelError(f"{model.name}: {layer.name} has a slope above 1")
            x = LargerPReLU(slopes, name=layer.name)(x)
        else:
            x = layer(x)
        known[id(layer.output)] = x
    return keras.Model(
        model.input, [known[id(output)] for output in model.outputs], name=model.name
    )


def load_stage(config: StageConfig, files: Mapping[str, Path]) -> keras.Model:
    """One network, ready to run, from its file "<name>.lz4"."""
    stage = build_stage(config)
    assign_stage(stage, read_arrays(files[f"{config.name}.lz4"]))
    return for_inference(stage)
