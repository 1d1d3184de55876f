"""The face-recognition ResNet: architecture, weights from dlib's file, parity with dlib itself."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from data.errors import ModelError
from model.embedder.resnet29 import (
    Affine,
    PadTo,
    ResNetConfig,
    assign_resnet,
    build_resnet,
    load_resnet,
)
from model.zoo.catalogue import RESNET29
from model.zoo.networks import find_files
from model.zoo.readers.dlib_dat import Block, read_dat
from tests.checks import check_model
from tests.faces import mirrored
from tests.model.zoo.test_dlib_dat import block

TINY = ResNetConfig(input_size=33, levels=((2, 1), (4, 2)), embedding=3)


def test_agrees_with_dlib_on_the_same_chip(astronaut, embedder, face):
    dlib = pytest.importorskip("dlib")
    (path,) = find_files(RESNET29).values()
    original = dlib.face_recognition_model_v1(str(path))
    chip = embedder.aligner.chips(tf.constant(astronaut), tf.constant(face.landmarks[None]))
    chip = np.rint(chip.numpy()[0]).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, chip.shape, np.uint8)
    chips = [chip, mirrored(chip), noise, np.zeros_like(chip)]
    ours = embedder.network(np.stack(chips).astype(np.float32), training=False).numpy()
    theirs = np.array([original.compute_face_descriptor(c) for c in chips])
    assert np.abs(ours - theirs).max() < 1e-5
    assert np.abs(theirs).max() > 0.1  # numbers that differ by more if anything differs


def test_has_the_layers_and_parameters_of_the_file(embedder):
    (path,) = find_files(RESNET29).values()
    blocks = read_dat(path)
    kinds = [b.kind for b in blocks]
    # A stem and 14 blocks of two convolutions, each with its affine layer, then the dense layer.
    assert [kinds.count(kind) for kind in ("con_4", "affine_", "fc_2")] == [29, 29, 1]
    network = embedder.network
    assert sum(isinstance(layer, layers.Conv2D) for layer in network.layers) == 29
    assert network.count_params() == sum(b.values.size for b in blocks) == 5_614_592
    assert network.input_shape == (None, 150, 150, 3) and network.output_shape == (None, 128)


def test_levels_can_be_found_by_name(embedder):
    names = {layer.name for layer in embedder.network.layers}
    for level, blocks in enumerate((3, 4, 3, 3, 1), start=1):
        for number in range(1, blocks + 1):
            assert f"level{level}_block{number}_conv2" in names
        assert f"level{level}_block{blocks + 1}_conv2" not in names


def test_a_tiny_one_is_a_sound_keras_model(tmp_path):
    check_model(build_resnet(TINY), (33, 33, 3), [(3,)], tmp_path)


def tiny_parameters() -> list[tuple[str, np.ndarray]]:
    """Random parameters in the order and the layout of the file: filters [out, in, h, w]."""
    random = np.random.default_rng(3)
    convs = [(2, 3, 7, 7), (2, 2, 3, 3), (2, 2, 3, 3), (4, 2, 3, 3), *[(4, 4, 3, 3)] * 3]
    parameters = []
    for shape in convs:
        parameters.append(("con_4", [random.normal(size=shape), random.normal(size=shape[0])]))
        parameters.append(("affine_", random.normal(size=(2, shape[0]))))
    parameters.append(("fc_2", random.normal(size=(4, 3))))
    return [
        (kind, np.concatenate([np.ravel(x) for x in values]) if kind == "con_4" else values.ravel())
        for kind, values in parameters
    ]


def test_reads_a_file_into_the_right_places(tmp_path):
    path = tmp_path / "tiny.dat"
    parameters = tiny_parameters()
    path.write_bytes(b"".join(block(kind, values) for kind, values in parameters))
    model = build_resnet(TINY)
    assign_resnet(model, read_dat(path))
    stem = parameters[0][1].astype(np.float32)
    kernel, bias = model.get_layer("stem_conv").get_weights()
    for out, source, row, column in ((0, 0, 0, 0), (1, 2, 3, 6), (0, 1, 6, 2)):
        at = ((out * 3 + source) * 7 + row) * 7 + column
        assert kernel[row, column, source, out] == stem[at]
    np.testing.assert_array_equal(bias, stem[-2:])
    gamma, beta = model.get_layer("level2_block2_affine2").get_weights()
    np.testing.assert_array_equal(np.concatenate([gamma, beta]), np.float32(parameters[-2][1]))
    dense = model.get_layer("embedding").get_weights()[0]
    np.testing.assert_array_equal(dense, np.float32(parameters[-1][1]).reshape(4, 3))


def test_another_network_is_refused(tmp_path):
    blocks = [Block(kind, np.float32(values)) for kind, values in tiny_parameters()]
    model = build_resnet(TINY)
    assign_resnet(model, blocks)
    with pytest.raises(ModelError, match="expected 15 layers of a ResNet-29, received 14"):
        assign_resnet(model, blocks[:-1])
    swapped = [blocks[1], blocks[0], *blocks[2:]]
    with pytest.raises(ModelError, match="layers of a ResNet-29"):
        assign_resnet(model, swapped)
    long = [Block("con_4", np.zeros(9, np.float32)), *blocks[1:]]
    with pytest.raises(ModelError, match="stem_conv has 296 parameters, received 9"):
        assign_resnet(model, long)
    path = tmp_path / "something.dat"
    path.write_bytes(b"something else")
    with pytest.raises(ModelError, match="received 0"):
        load_resnet({"something.dat": path})


def test_affine_by_hand():
    layer = Affine()
    layer.build((None, 2))
    layer.set_weights([np.float32([2, -1]), np.float32([0.5, 3])])
    np.testing.assert_array_equal(layer(np.float32([[1, 1], [0, 4]])), [[2.5, 2], [0.5, -1]])


def test_padding_goes_to_the_bottom_the_right_and_new_channels():
    x, like = np.ones((1, 2, 1, 1), np.float32), np.zeros((1, 3, 2, 2), np.float32)
    padded = np.asarray(PadTo()(x, like))
    expected = np.zeros((1, 3, 2, 2))
    expected[0, :2, 0, 0] = 1
    np.testing.assert_array_equal(padded, expected)
    np.testing.assert_array_equal(PadTo()(like, x), like)  # never cuts
