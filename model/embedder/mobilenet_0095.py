"""The face embedder face-reidentification-retail-0095 as a Keras model, fine-tunable by block.

A MobileNetV2-like network with squeeze and excitation and PReLU, published by the Open Model Zoo
(Apache-2.0) as an OpenVINO IR of float16 values. Its own description:
https://docs.openvino.ai/2023.0/omz_models_model_face_reidentification_retail_0095.html; the blocks
follow MobileFaceNets (Chen et al. 2018, https://arxiv.org/abs/1804.07573). Only Keras layers, so
that the model runs, trains and saves on any Keras backend.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from data.errors import ModelError
from model.zoo.readers.openvino_ir import Layer, read_ir


@dataclasses.dataclass(frozen=True)
class Embedder0095Config:
    """Everything that `build_0095` needs; the defaults are the published network.

    Attributes:
        input_size: Side of the square face chip in pixels, a multiple of the total stride.
        stem_channels: Filters of the first convolution (stride 2) and of its depthwise partner.
        stages: For each stage: channels inside the blocks, channels between them, number of
            blocks, stride of the first block (1 or 2).
        squeeze: By how much squeeze and excitation narrows a block's channels.
        head_channels: Channels of the last feature map, which the head sums up by one depthwise
            kernel as large as the map.
        embedding_size: Length of the vector.
        scale, offset: Per-channel `x * scale + offset` on RGB 0..255, the first operation; the
            published float16 values.
    """

    input_size: int = 128
    stem_channels: int = 64
    stages: tuple[tuple[int, int, int, int], ...] = (
        (128, 64, 5, 2),
        (256, 128, 1, 2),
        (256, 128, 6, 1),
        (512, 128, 1, 2),
        (256, 128, 2, 1),
    )
    squeeze: int = 8
    head_channels: int = 512
    embedding_size: int = 256
    scale: tuple[float, float, float] = (0.018646240234375, 0.0213623046875, 0.014373779296875)
    offset: tuple[float, float, float] = (-1.5302734375, -1.4453125, -0.92626953125)


def build_0095(config: Embedder0095Config | None = None) -> keras.Model:
    """The network with fresh weights.

    Input: float32 [N, S, S, 3], S = `config.input_size`, RGB 0..255 (the published file takes
    BGR; `assign_0095` turns its first filters round) and N at least 1 (for an empty batch
    TensorFlow's oneDNN convolutions give a wrong shape). Output: float32 [N, E], E =
    `config.embedding_size`, not of unit length; compare by cosine.

    Layers are named "<block>_<part>", the blocks as `block_names` lists them, first to last.
    The default has 1,106,808 parameters. Compile for training on a CPU with `jit_compile=False`:
    XLA runs depthwise convolutions many times slower there.

    Raises:
        ValueError: The input size is not a multiple of the total stride.
    """
    config = config or Embedder0095Config()
    stride = 2 * int(np.prod([stage[3] for stage in config.stages]))
    if config.input_size % stride:
        raise ValueError(
            f"`input_size` must be a multiple of the total stride {stride}. "
            f"Received: input_size={config.input_size}"
        )
    side = config.input_size
    image = keras.Input((side, side, 3), name="image")
    x = layers.Rescaling(list(config.scale), list(config.offset), name="normalise")(image)
    x = _half_pad(x, "stem")
    x = layers.Conv2D(config.stem_channels, 3, strides=2, name="stem_conv")(x)
    x = _prelu(x, "stem_conv")
    x = layers.DepthwiseConv2D(3, padding="same", name="stem_depthwise")(x)
    x = _prelu(x, "stem_depthwise")
    for number, (inner, outer, blocks, first_stride) in enumerate(config.stages, 1):
        for block in range(1, blocks + 1):
            stride = first_stride if block == 1 else 1
            x = _block(x, inner, outer, stride, config.squeeze, f"stage{number}_block{block}")
    x = layers.Conv2D(config.head_channels, 1, name="head_conv")(x)
    x = _prelu(x, "head_conv")
    x = layers.DepthwiseConv2D(x.shape[1], name="head_depthwise")(x)
    x = layers.Conv2D(config.embedding_size, 1, use_bias=False, name="head_embedding")(x)
    return keras.Model(image, layers.Flatten(name="head_vector")(x), name="embedder_0095")


def block_names(config: Embedder0095Config | None = None) -> list[str]:
    """ "stem", "stage1_block1", ... "head": what may be frozen or unfrozen as one, in order."""
    stages = enumerate((config or Embedder0095Config()).stages, 1)
    middle = [f"stage{n}_block{b}" for n, stage in stages for b in range(1, stage[2] + 1)]
    return ["stem", *middle, "head"]


def load_0095(
    xml: str | Path, bin: str | Path, config: Embedder0095Config | None = None
) -> keras.Model:
    """`build_0095` with the weights of the published files.

    Raises:
        ModelError: The files cannot be read or hold another network.
    """
    model = build_0095(config)
    assign_0095(model, read_ir(xml, bin), file=xml)
    return model


@keras.saving.register_keras_serializable("kindred")
class FixedPReLU(layers.Layer):
    """A leaky ReLU of any slope; Keras' own refuses slopes below 0, which this network has."""

    def __init__(self, slope: float, **kwargs):
        super().__init__(**kwargs)
        self.slope = slope

    def call(self, inputs):
        return ops.leaky_relu(inputs, negative_slope=self.slope)

    def get_config(self):
        return {**super().get_config(), "slope": self.slope}


def with_fixed_slopes(model: keras.Model) -> keras.Model:
    """The same function for inference, nearly twice as fast in a TensorFlow graph on a CPU.

    A PReLU is several passes over memory. With its slope as a constant it is a leaky ReLU, which
    TensorFlow computes inside the convolution before it. Layer names stay; the slopes cannot be
    trained any more, everything else can. Weights are copied, not shared.
    """

    def clone(layer: layers.Layer) -> layers.Layer:
        if isinstance(layer, layers.PReLU):
            slope = ops.convert_to_numpy(layer.alpha)
            if slope.size != 1:
                raise ValueError(f"Expected one slope in {layer.name}. Received: {slope.shape}")
            return FixedPReLU(slope.item(), name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    fixed = keras.models.clone_model(model, clone_function=clone)
    for layer in fixed.layers:
        if layer.weights:
            layer.set_weights(model.get_layer(layer.name).get_weights())
    return fixed


def assign_0095(model: keras.Model, ir: list[Layer], *, file: str | Path = "") -> None:
    """Copies the weights of an IR into `model`, after every operation and shape was compared.

    Names in the file are not used. The network is one chain with bypasses, which leaves one
    possible order of execution, so the two lists of operations must agree one for one.

    Raises:
        ModelError: They do not; the model is then unchanged.
    """
    expected = [step for layer in model.layers for step in _steps(layer)]
    received = [(op.kind, *_operand(ir, op)) for op in ir if op.kind not in _NOT_STEPS]
    kinds = [kind for kind, _, _ in expected], [kind for kind, _, _ in received]
    if kinds[0] != kinds[1]:
        at = next((i for i, (a, b) in enumerate(zip(*kinds, strict=False)) if a != b), -1)
        raise _other_network(
            f"{len(kinds[0])} operations, {kinds[0][at]} at place {at}",
            f"{len(kinds[1])} operations, {kinds[1][at] if kinds[1] else None}",
            file,
        )
    values = []
    for (kind, target, strides), (_, source, found) in zip(expected, received, strict=True):
        if (target is None) != (source is None) or strides != found:
            raise _other_network(f"{kind} of stride {strides}", f"stride {found}", file)
        if target is None:
            continue
        value = _as_keras(kind, source)
        if isinstance(target, np.ndarray):  # the normalisation: part of the config
            if value.size != 3 or not np.allclose(value.ravel()[::-1], target, rtol=1e-5):
                raise _other_network(f"normalisation {target}", f"{value.ravel()} (BGR)", file)
            continue
        if target.path.startswith("stem_conv/kernel"):
            value = value[:, :, ::-1]  # the file's network was trained on BGR
        if value.size != np.prod(target.shape) or not _same_but_ones(value.shape, target.shape):
            raise _other_network(f"{target.path} {tuple(target.shape)}", f"{source.shape}", file)
        if not np.isfinite(value).all():
            raise _other_network(f"finite numbers for {target.path}", "infinity or NaN", file)
        values.append((target, value.reshape(target.shape)))
    for target, value in values:
        target.assign(value)


_NOT_STEPS = {"Const", "Convert", "Parameter", "Result"}


def _steps(layer: layers.Layer) -> Iterator[tuple[str, object, tuple[int, int] | None]]:
    """The IR operations that one Keras layer stands for: kind, what it is fed with, strides."""
    match layer:
        case layers.Rescaling():
            yield "Multiply", np.asarray(layer.scale), None
            yield "Add", np.asarray(layer.offset), None
        case layers.DepthwiseConv2D() | layers.Conv2D():
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            kind = "GroupConvolution" if depthwise else "Convolution"
            yield kind, layer.kernel, tuple(layer.strides)
            if layer.use_bias:
                yield "Add", layer.bias, None
        case layers.PReLU():
            yield "PReLU", layer.alpha, None
        case layers.GlobalAveragePooling2D():
            yield "AvgPool", None, None
        case layers.Activation():
            yield "Sigmoid", None, None
        case layers.Multiply():
            yield "Multiply", None, None
        case layers.Add():
            yield "Add", None, None


def _operand(ir: list[Layer], op: Layer) -> tuple[np.ndarray | None, tuple[int, ...] | None]:
    """The constant that an operation of the IR is fed with, and a convolution's strides."""
    value = None
    for position in op.inputs[1:]:
        source = ir[position]
        while source.kind == "Convert" and source.inputs:
            source = ir[source.inputs[0]]
        value = source.value
    strides = op.attributes.get("strides") if op.kind.endswith("Convolution") else None
    return value, strides and tuple(int(s) for s in strides.split(",") if s.strip().isdigit())


def _as_keras(kind: str, value: np.ndarray) -> np.ndarray:
    """[out, in, h, w] and [channels, 1, 1, h, w] -> [h, w, in, out] and [h, w, channels, 1]."""
    value = value.astype(np.float32)
    if kind == "Convolution" and value.ndim == 4:
        return value.transpose(2, 3, 1, 0)
    if kind == "GroupConvolution" and value.ndim == 5:
        return value.transpose(3, 4, 0, 1, 2)[..., 0]
    return value


def _same_but_ones(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return [size for size in a if size != 1] == [size for size in b if size != 1]


def _other_network(expected: str, received: str, file: str | Path) -> ModelError:
    return ModelError(
        f"expected face-reidentification-retail-0095 ({expected}), received {received}",
        file=file or None,
        remedy="Fetch the network again from its publisher",
    )


def _prelu(x, name: str):
    # One slope for all channels, as published; slopes below 0 and above 1 occur.
    return layers.PReLU(shared_axes=[1, 2, 3], name=f"{name}_prelu")(x)


def _half_pad(x, name: str):
    """Padding for a 3x3 kernel of stride 2 on even sides; "same" would put it bottom and right."""
    return layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_pad")(x)


def _block(x, inner: int, outer: int, stride: int, squeeze: int, name: str):
    """Widen, filter each channel, narrow, weigh the channels; bypassed where shapes allow."""
    entry = x
    x = layers.Conv2D(inner, 1, name=f"{name}_expand")(x)
    x = _prelu(x, f"{name}_expand")
    if stride == 2:
        x = _half_pad(x, name)
    padding = "valid" if stride == 2 else "same"
    x = layers.DepthwiseConv2D(3, strides=stride, padding=padding, name=f"{name}_depthwise")(x)
    x = _prelu(x, f"{name}_depthwise")
    x = layers.Conv2D(outer, 1, name=f"{name}_project")(x)
    weight = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    weight = layers.Conv2D(outer // squeeze, 1, name=f"{name}_squeeze")(weight)
    weight = _prelu(weight, f"{name}_squeeze")
    weight = layers.Conv2D(outer, 1, name=f"{name}_excite")(weight)
    weight = layers.Activation("sigmoid", name=f"{name}_weight")(weight)
    x = layers.Multiply(name=f"{name}_weighted")([x, weight])
    if stride == 1 and entry.shape[-1] == outer:
        x = layers.Add(name=f"{name}_add")([entry, x])
    return x
