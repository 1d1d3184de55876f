"""The 29-layer face-recognition ResNet (input 150 px, 128 numbers out) as a Keras model.

Source: the network described in D. King, "High Quality Face Recognition with Deep Metric
Learning" (blog.dlib.net, 2017): He et al., "Deep Residual Learning for Image Recognition" (2015)
with half the filters and a few blocks removed. Batch normalisations are folded into affine layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from data.errors import ModelError
from model.zoo.readers.dlib_dat import Block, read_dat


@dataclass(frozen=True)
class ResNetConfig:
    """Architecture of a residual embedder.

    Attributes:
        input_size: Side of the square chip, pixels.
        levels: (filters, blocks) of every residual level; all but the first halve the size in
            their first block.
        embedding: Numbers in the embedding.
        mean: RGB mean which is subtracted from pixels of 0..255, before division by `scale`.
    """

    input_size: int = 150
    levels: tuple[tuple[int, int], ...] = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
    embedding: int = 128
    mean: tuple[float, float, float] = (122.782, 117.001, 104.298)
    scale: float = 256.0


@keras.saving.register_keras_serializable("kindred")
class Affine(layers.Layer):
    """`gamma * x + beta` for every channel: a folded batch normalisation."""

    def build(self, input_shape):
        channels = (input_shape[-1],)
        self.gamma = self.add_weight(shape=channels, initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=channels, initializer="zeros", name="beta")

    def call(self, x):
        return x * self.gamma + self.beta


@keras.saving.register_keras_serializable("kindred")
class PadTo(layers.Layer):
    """Zero-pads `x` at the bottom, the right and in the channels to the shape of `like`."""

    def call(self, x, like):
        missing = [b - a for a, b in zip(x.shape[1:], like.shape[1:], strict=True)]
        return ops.pad(x, [[0, 0]] + [[0, max(0, n)] for n in missing])


def build_resnet(config: ResNetConfig = ResNetConfig()) -> keras.Model:
    """Chips to embeddings.

    Returns:
        A model from float32 [N, S, S, 3] RGB, 0..255, to float32 [N, embedding], not normalised.
        Layers are named `level<l>_block<b>_...`, so that upper levels can be unfrozen by name.
    """
    chip = keras.Input((config.input_size, config.input_size, 3), name="chip")
    x = layers.Rescaling(
        1 / config.scale, offset=[-m / config.scale for m in config.mean], name="normalise"
    )(chip)
    x = layers.Conv2D(config.levels[0][0], 7, strides=2, name="stem_conv")(x)
    x = Affine(name="stem_affine")(x)
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)
    for level, (filters, blocks) in enumerate(config.levels, start=1):
        for block in range(1, blocks + 1):
            halve = level > 1 and block == 1
            x = _residual(x, filters, halve, f"level{level}_block{block}")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dense(config.embedding, use_bias=False, name="embedding")(x)
    return keras.Model(chip, x, name="resnet29")


def _residual(x, filters: int, halve: bool, name: str):
    y = layers.Conv2D(
        filters,
        3,
        strides=2 if halve else 1,
        padding="valid" if halve else "same",
        name=f"{name}_conv1",
    )(x)
    y = Affine(name=f"{name}_affine1")(y)
    y = layers.ReLU(name=f"{name}_relu1")(y)
    y = layers.Conv2D(filters, 3, padding="same", name=f"{name}_conv2")(y)
    y = Affine(name=f"{name}_affine2")(y)
    if halve:
        x = layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)
        # A valid 3x3/2 convolution can come out one pixel smaller than a 2x2/2 pool.
        x, y = PadTo(name=f"{name}_pad_x")(x, y), PadTo(name=f"{name}_pad_y")(y, x)
    y = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_relu2")(y)


def load_resnet(files: Mapping[str, Path]) -> keras.Model:
    """The network with the weights of dlib's one `.dat` file."""
    model = build_resnet()
    assign_resnet(model, read_dat(next(iter(files.values()))))
    return model


def assign_resnet(model: keras.Model, blocks: list[Block]) -> None:
    """Puts the parameters of a dlib file into `build_resnet`'s layers.

    Raises:
        ModelError: If the file holds another network.
    """
    kinds = {layers.Conv2D: "con_4", Affine: "affine_", layers.Dense: "fc_2"}
    targets = [(kinds[type(layer)], layer) for layer in model.layers if type(layer) in kinds]
    if [kind for kind, _ in targets] != [block.kind for block in blocks]:
        raise ModelError(f"expected {len(targets)} layers of a ResNet-29, received {len(blocks)}")
    for (kind, layer), block in zip(targets, blocks, strict=True):
        expected = sum(int(np.prod(weight.shape)) for weight in layer.weights)
        if block.values.size != expected:
            raise ModelError(
                f"layer {layer.name} has {expected} parameters, received {block.values.size}"
            )
        layer.set_weights(_as_keras(kind, block.values, layer))


def _as_keras(kind: str, values: np.ndarray, layer: layers.Layer) -> list[np.ndarray]:
    if kind == "con_4":
        height, width, inputs, outputs = layer.kernel.shape
        filters, bias = values[:-outputs], values[-outputs:]
        return [filters.reshape(outputs, inputs, height, width).transpose(2, 3, 1, 0), bias]
    if kind == "affine_":
        return list(values.reshape(2, -1))
    return [values.reshape(layer.kernel.shape)]
