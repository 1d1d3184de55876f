"""The 0095 embedder: shapes, weights from tiny IRs written here, parity on the published files."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from data.errors import ModelError
from model.embedder.mobilenet_0095 import (
    Embedder0095Config,
    assign_0095,
    block_names,
    build_0095,
    load_0095,
    with_fixed_slopes,
)
from model.zoo.readers.openvino_ir import read_ir
from tests.model.zoo.test_openvino_ir import IrWriter
from tests.vectors import unit

PUBLISHED = Path(__file__).parents[4] / "shared" / "weights"
XML = PUBLISHED / "face-reidentification-retail-0095.xml"
TINY = Embedder0095Config(
    input_size=16,
    stem_channels=8,
    stages=((16, 8, 2, 2), (16, 16, 2, 1)),
    squeeze=4,
    head_channels=24,
    embedding_size=6,
)


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    """A small network with every weight random, biases and slopes too."""
    model = build_0095(TINY)
    random = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(random.normal(0, 0.3, weight.shape))
    return model


def ir_of(model: keras.Model, change=lambda kind, value: value) -> IrWriter:
    """Writes a network as a publisher would: [out, in, h, w], BGR, float32 constants.

    `change` may replace what is written for an operation's kind and constant.
    """
    ir = IrWriter()
    at = ir.add("Parameter")

    def step(kind, value=None, **data):
        nonlocal at
        inputs = [at] if value is None else [at, ir.constant(change(kind, np.array(value, "<f4")))]
        at = ir.add(kind, *inputs, data=data)

    for layer in model.layers:
        match layer:
            case keras.layers.Rescaling():
                step("Multiply", np.reshape(layer.scale[::-1], (1, 3, 1, 1)))
                step("Add", np.reshape(layer.offset[::-1], (1, 3, 1, 1)))
            case keras.layers.DepthwiseConv2D():
                kernel = layer.kernel.numpy().transpose(2, 3, 0, 1)[:, :, None]
                step("GroupConvolution", kernel, strides=", ".join(map(str, layer.strides)))
                step("Add", layer.bias.numpy().reshape(1, -1, 1, 1))
            case keras.layers.Conv2D():
                kernel = layer.kernel.numpy().transpose(3, 2, 0, 1)
                kernel = kernel[:, ::-1] if layer.name == "stem_conv" else kernel
                step("Convolution", kernel, strides=", ".join(map(str, layer.strides)))
                if layer.use_bias:
                    step("Add", layer.bias.numpy().reshape(1, -1, 1, 1))
            case keras.layers.PReLU():
                step("PReLU", layer.alpha.numpy().reshape(1))
            case keras.layers.GlobalAveragePooling2D():
                step("AvgPool")
            case keras.layers.Activation():
                step("Sigmoid")
            case keras.layers.Multiply():
                step("Multiply")
            case keras.layers.Add():
                step("Add")
    ir.add("Result", at)
    return ir


def faces(count: int, size: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (count, size, size, 3)).astype("f4")


def test_the_published_architecture():
    model = build_0095()
    assert model.count_params() == 1_106_808
    assert model.input_shape == (None, 128, 128, 3) and model.output_shape == (None, 256)
    names = block_names()
    assert names[:3] == ["stem", "stage1_block1", "stage1_block2"]
    assert len(names) == 17 and names[-1] == "head"
    parts = [layer for layer in model.layers if layer.weights]
    assert {layer.name.rsplit("_", 1)[0] for layer in parts} >= {"stem", "head"}
    assert all(any(layer.name.startswith(f"{n}_") for n in names) for layer in parts)


def test_config_survives_json():
    fields = json.loads(json.dumps(dataclasses.asdict(TINY)))
    again = build_0095(Embedder0095Config(**fields))
    assert [w.path for w in again.weights] == [w.path for w in build_0095(TINY).weights]


def test_refuses_a_size_that_is_no_multiple_of_the_stride():
    with pytest.raises(ValueError, match=r"total stride 16\. Received: input_size=100"):
        build_0095(Embedder0095Config(input_size=100))


def test_weights_arrive_where_they_belong(tiny, tmp_path):
    other = build_0095(TINY)
    assign_0095(other, read_ir(*ir_of(tiny).write(tmp_path)))
    for mine, theirs in zip(other.weights, tiny.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy(), err_msg=mine.path)
    x = faces(3, 16)
    np.testing.assert_array_equal(other(x), tiny(x))


def lengthen(kind, value):
    return np.concatenate([value, value], axis=0) if kind == "GroupConvolution" else value


def not_a_number(kind, value):
    return value * np.nan if kind == "PReLU" else value


def other_mean(kind, value):
    return value + 0.1 if kind == "Add" and value.shape == (1, 3, 1, 1) else value


def turned(kind, value):
    return value.swapaxes(0, 1) if kind == "Convolution" else value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lengthen, "stem_depthwise/kernel"),
        (not_a_number, "finite numbers"),
        (other_mean, "normalisation"),
        (turned, "stem_conv/kernel"),
    ],
)
def test_refuses_other_weights_and_stays_as_it_was(tiny, tmp_path, change, said):
    xml, bin = ir_of(tiny, change).write(tmp_path)
    other = build_0095(TINY)
    before = [weight.numpy() for weight in other.weights]
    with pytest.raises(ModelError, match=said) as refusal:
        assign_0095(other, read_ir(xml, bin), file=xml)
    assert str(refusal.value).startswith(str(xml))
    for weight, value in zip(other.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.parametrize(
    "stages",
    [((16, 8, 2, 2),), ((16, 8, 2, 2), (16, 16, 3, 1)), ((16, 8, 2, 1), (16, 16, 2, 2))],
)
def test_refuses_another_structure(tiny, tmp_path, stages):
    layers = read_ir(*ir_of(tiny).write(tmp_path))
    with pytest.raises(ModelError, match=r"operations|stride"):
        assign_0095(build_0095(dataclasses.replace(TINY, stages=stages)), layers)
    with pytest.raises(ModelError, match="operations"):
        assign_0095(build_0095(TINY), [])


def test_one_face_is_a_batch_of_one_and_eager_is_traced(tiny):
    x = faces(3, 16)
    expected = tiny(x)
    np.testing.assert_allclose(expected[1:2], tiny(x[1:2]), atol=1e-5)
    traced = tf.function(tiny, input_signature=[tf.TensorSpec([None, 16, 16, 3])])
    np.testing.assert_allclose(expected, traced(x), atol=1e-5)


def test_upper_blocks_can_be_tuned_alone(tiny):
    model = keras.models.clone_model(tiny)
    model.set_weights(tiny.get_weights())
    for layer in model.layers:
        layer.trainable = layer.name.startswith(tuple(f"{n}_" for n in block_names(TINY)[-2:]))
    model.compile(keras.optimizers.SGD(0.01), "mse", jit_compile=False)
    model.fit(faces(4, 16), np.ones((4, 6)), verbose=0)
    changed = {
        after.path.split("/")[0]
        for before, after in zip(tiny.weights, model.weights, strict=True)
        if not np.array_equal(before.numpy(), after.numpy())
    }
    assert changed and all(name.startswith(("stage2_block2_", "head_")) for name in changed)


def test_fixed_slopes_keep_the_function(tiny, tmp_path):
    slopes = [float(w.numpy().item()) for w in tiny.weights if w.path.endswith("alpha")]
    assert min(slopes) < 0 < max(slopes)  # both signs are compared
    fixed = with_fixed_slopes(tiny)
    assert fixed.count_params() == tiny.count_params() - len(slopes)
    traced = tf.function(lambda x: fixed(x, training=False))
    x = faces(3, 16)
    np.testing.assert_allclose(traced(x), tiny(x), rtol=1e-4, atol=1e-4)
    fixed.save(tmp_path / "net.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "net.keras")(x), fixed(x))


def test_saved_and_loaded_again(tiny, tmp_path):
    tiny.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    x = faces(2, 16)
    np.testing.assert_array_equal(again(x), tiny(x))
    assert again.get_layer("stage1_block1_squeeze")


def test_parity_with_openvino():
    if not XML.exists():
        pytest.skip(f"the published network is not in {PUBLISHED}")
    openvino = pytest.importorskip("openvino", reason="openvino is only needed to compare with")
    core = openvino.Core()
    theirs = core.compile_model(str(XML), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    model = load_0095(XML, XML.with_suffix(".bin"))
    fixed = with_fixed_slopes(model)
    graph = tf.function(lambda x: fixed(x, training=False))
    # Noise, and a smooth picture with strong colours, on which a BGR mix-up would show.
    x = faces(4, 128)
    ramp = np.linspace(0, 255, 128, dtype="f4")
    x[0] = np.stack(np.broadcast_arrays(ramp, ramp[:, None], 30.0), axis=-1)
    bgr = x[..., ::-1].transpose(0, 3, 1, 2).copy()
    expected = np.stack([theirs(image[None])[0].ravel() for image in bgr])
    for got in (graph(x).numpy(), model(x).numpy()):
        difference = unit(got) - unit(expected)
        assert np.abs(difference).max() < 1e-5  # 3e-7 measured
