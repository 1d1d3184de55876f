"""An anchor-free single-shot face detector as a Keras model; YuNet is one configuration of it.

Source: W. Wu, H. Peng and S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine
Intelligence Research 2023; the network is that of libfacedetection.train
(github.com/ShiqiYu/libfacedetection.train, Apache-2.0 / BSD-3). Only Keras layers, so that the
model runs, trains and saves on any Keras backend; `model.detector.decode` turns its maps into
faces.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from data.errors import ModelError
from model.zoo.readers.onnx_file import OnnxGraph, read_onnx

MAP_CHANNELS = {"face": 1, "object": 1, "box": 4, "landmarks": 10}


@dataclasses.dataclass(frozen=True)
class SingleShotConfig:
    """Everything that `build_single_shot` needs.

    Attributes:
        stem_channels: Filters of the first convolution, 3x3 of stride 2.
        stages: For each of the strides 2, 4, 8, ... the channels of its units; a unit is a
            convolution, normalisation and ReLU.
        strides: Pixels between neighbouring cells of the output maps, each twice the one before;
            the last is the stride of the last stage.
        neck_channels: Channels of the feature pyramid; a stage of another width is brought to it
            by a 1x1 convolution.
        head_units: Units that the outputs of one level share.
        separable: Whether a unit is two cheap convolutions or one full 3x3, which has several
            times the weights and is no slower on a CPU: depthwise ones wait for memory.
        batch_norm: Normalise in every unit. On for training; `model.batch_norm.fold` makes the
            same network without.
    """

    stem_channels: int
    stages: tuple[tuple[int, ...], ...]
    strides: tuple[int, ...] = (8, 16, 32)
    neck_channels: int = 64
    head_units: int = 1
    separable: bool = True
    batch_norm: bool = False

    def __post_init__(self):
        last = 2 ** len(self.stages)
        levels = tuple(last // 2**i for i in reversed(range(len(self.strides))))
        if not self.strides or tuple(self.strides) != levels or self.strides[0] < 2:
            raise ValueError(
                f"`strides` must double and end at {last}, the stride of the last of "
                f"{len(self.stages)} stages. Received: strides={self.strides}"
            )


# As published; 75,856 parameters with `batch_norm`, 73,840 once it is folded.
YUNET_CONFIG = SingleShotConfig(
    stem_channels=16, stages=((16,), (16, 64, 64, 64), (64, 64), (64, 64), (64, 64))
)

# Ours: full convolutions, and the first of every stage moves by two pixels instead of pooling.
KINDRED_CONFIG = SingleShotConfig(
    stem_channels=16,
    stages=((), (32,), (64, 64, 64), (96, 96, 96), (128, 96)),
    separable=False,
)


def build_single_shot(config: SingleShotConfig = YUNET_CONFIG) -> keras.Model:
    """The network with fresh weights.

    Input: float32 [N, H, W, 3], RGB 0..255, H and W multiples of the last stride. Output: for each
    stride s, under the name "map<s>", float32 [N, H/s, W/s, 16], see `split_map`. Layers are named
    "stem_...", "stage<n>_unit<n>_...", "neck<stride>_..." and "head<stride>_...".
    """
    image = keras.Input((None, None, 3), name="image")
    x = _norm_relu(_halving(image, config.stem_channels, "stem"), "stem", config)
    features = []
    for number, widths in enumerate(config.stages, 1):
        if number > 1 and config.separable:
            x = layers.MaxPooling2D(2, name=f"stage{number}_pool")(x)
        for unit, width in enumerate(widths, 1):
            halves = number > 1 and unit == 1 and not config.separable
            x = _unit(x, width, f"stage{number}_unit{unit}", config, halves=halves)
        features.append(x)

    maps, coarser = {}, None
    for stride, x in zip(config.strides[::-1], features[::-1], strict=False):
        neck = f"neck{stride}"
        if x.shape[-1] != config.neck_channels:
            x = layers.Conv2D(config.neck_channels, 1, name=f"{neck}_width")(x)
        if coarser is not None:
            coarser = layers.UpSampling2D(2, name=f"{neck}_up")(coarser)
            x = layers.Add(name=f"{neck}_add")([x, coarser])
        x = coarser = _unit(x, config.neck_channels, neck, config)
        for unit in range(1, config.head_units + 1):
            x = _unit(x, config.neck_channels, f"head{stride}_unit{unit}", config)
        # One pair of convolutions for what the paper draws as four branches: the same numbers.
        last = _point_and_depth if config.separable else _full
        maps[f"map{stride}"] = last(x, sum(MAP_CHANNELS.values()), f"head{stride}_map")
    return keras.Model(image, dict(reversed(maps.items())), name="single_shot")


def split_map(output) -> dict:
    """One output map [..., 16] by meaning, for a cell in column c and row r of stride s.

    Returns:
        "face" [..., 1], "object" [..., 1]: logits; a face's score is the square root of the
        product of their sigmoids. "box" [..., 4]: (dx, dy, log w, log h), the centre being
        ((c + dx) s, (r + dy) s) and the sides exp(log w) s and exp(log h) s, in pixels.
        "landmarks" [..., 10]: five points (dx, dy), each ((c + dx) s, (r + dy) s).
    """
    ends = [1, 2, 6]
    return dict(zip(MAP_CHANNELS, ops.split(output, ends, axis=-1), strict=True))


def _point_and_depth(x, width: int, name: str):
    x = layers.Conv2D(width, 1, name=f"{name}_point")(x)
    return layers.DepthwiseConv2D(3, padding="same", name=f"{name}_depthwise")(x)


def _full(x, width: int, name: str):
    return layers.Conv2D(width, 3, padding="same", name=f"{name}_conv")(x)


def _halving(x, width: int, name: str):
    # Padded like the published network, so that cell c looks at pixel 2c; "same" would pad even
    # sides at the bottom and right.
    x = layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_pad")(x)
    return layers.Conv2D(width, 3, strides=2, name=f"{name}_conv")(x)


def _norm_relu(x, name: str, config: SingleShotConfig):
    if config.batch_norm:
        x = layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _unit(x, width: int, name: str, config: SingleShotConfig, *, halves: bool = False):
    step = _halving if halves else _point_and_depth if config.separable else _full
    return _norm_relu(step(x, width, name), name, config)


def load_yunet(path: str | Path) -> keras.Model:
    """`YUNET_CONFIG` with the weights of the published ONNX file.

    Raises:
        ModelError: The file cannot be read or holds another network.
    """
    model = build_single_shot(YUNET_CONFIG)
    assign_yunet(model, YUNET_CONFIG, read_onnx(path), file=path)
    return model


def assign_yunet(
    model: keras.Model, config: SingleShotConfig, graph: OnnxGraph, *, file: str | Path = ""
) -> None:
    """Copies the convolutions of an ONNX graph into `model`, after every shape was compared.

    Names in the file are not used, only the order of its convolutions: stem, stages, pyramid from
    the coarsest level down, shared units by level, and then for each of face, box, object and
    landmarks the levels' own pairs, which become slices of this model's one pair a level.

    Raises:
        ModelError: Another network; the model is then unchanged.
    """
    convs = iter([node for node in graph.nodes if node.op_type == "Conv"])
    weights: dict[str, list[np.ndarray]] = {}
    for name in _published_order(config):
        layer = model.get_layer(name)
        weights[name] = _convolution(next(convs, None), graph, layer, layer.kernel.shape, file)
    ends = np.cumsum([0, *MAP_CHANNELS.values()])
    places = {part: slice(ends[i], ends[i + 1]) for i, part in enumerate(MAP_CHANNELS)}
    for part in ("face", "box", "object", "landmarks"):
        for stride in config.strides:
            for kind in ("point", "depthwise"):
                layer = model.get_layer(f"head{stride}_map_{kind}")
                at = (
                    (..., places[part], slice(None)) if kind == "depthwise" else (..., places[part])
                )
                shape = np.empty(layer.kernel.shape, bool)[at].shape
                kernel, bias = _convolution(next(convs, None), graph, layer, shape, file)
                mine = weights.setdefault(layer.name, [np.empty(w.shape) for w in layer.weights])
                mine[0][at], mine[1][places[part]] = kernel, bias
    if (left := next(convs, None)) is not None:
        raise _other_network("no further convolution", f"one with output {left.outputs}", file)
    # The file's network was trained on BGR.
    weights["stem_conv"][0] = weights["stem_conv"][0][:, :, ::-1]
    for name, values in weights.items():
        model.get_layer(name).set_weights(values)


def _published_order(config: SingleShotConfig):
    """The layers with weights of their own, in the order of the file's convolutions."""
    yield "stem_conv"
    units = [f"stage{n}_unit{u + 1}" for n, s in enumerate(config.stages, 1) for u in range(len(s))]
    units += [f"neck{stride}" for stride in config.strides[::-1]]
    units += [f"head{s}_unit{u + 1}" for s in config.strides for u in range(config.head_units)]
    for unit in units:
        yield from (f"{unit}_point", f"{unit}_depthwise")


def _convolution(node, graph: OnnxGraph, layer, shape, file) -> list[np.ndarray]:
    """Kernel and bias of one ONNX convolution in Keras order, if they are of that shape."""
    depthwise = isinstance(layer, layers.DepthwiseConv2D)
    arrays = [graph.initializers.get(name) for name in node.inputs[1:]] if node else []
    if len(arrays) != 2 or any(a is None or a.dtype.kind != "f" for a in arrays):
        raise _other_network(f"kernel and bias of {layer.name}", "none", file)
    kernel, bias = arrays
    # [out, in, h, w], or [channels, 1, h, w] if depthwise
    order = (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
    facts = (
        tuple(kernel.shape[i] for i in order) if kernel.ndim == 4 else kernel.shape,
        bias.shape,
        tuple(node.attributes.get("strides", (1, 1))),
        node.attributes.get("group", 1),
    )
    groups = shape[2] if depthwise else 1
    needed = (tuple(shape), (shape[2 if depthwise else 3],), tuple(layer.strides), groups)
    if facts != needed:
        raise _other_network(f"{layer.name}: shapes, strides, groups {needed}", str(facts), file)
    if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
        raise _other_network(f"finite numbers for {layer.name}", "infinity or NaN", file)
    return [kernel.transpose(order).astype(np.float32), bias.astype(np.float32)]


def _other_network(expected: str, received: str, file: str | Path) -> ModelError:
    return ModelError(
        f"expected YuNet ({expected}), received {received}",
        file=file or None,
        remedy="Fetch the network again from its publisher",
    )
