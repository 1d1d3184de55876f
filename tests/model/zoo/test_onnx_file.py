"""The ONNX reader on tiny files written here, and its refusals."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from data.errors import ModelError
from model.zoo.readers.onnx_file import read_onnx

KINDS = {"f2": 10, "f4": 1, "f8": 11, "i4": 6, "i8": 7}


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    head = b""
    while number > 0x7F:
        head, number = head + bytes([number & 0x7F | 0x80]), number >> 7
    return head + bytes([number])


def field(number: int, value: int | float | bytes | str) -> bytes:
    """One field of a protocol-buffer message."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tensor(name: str, array: np.ndarray) -> bytes:
    dims = b"".join(field(1, size) for size in array.shape)
    return dims + field(2, KINDS[array.dtype.str[1:]]) + field(8, name) + field(9, array.tobytes())


def node(op: str, inputs: list[str], output: str, **attributes: list[int] | int | float) -> bytes:
    raw = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, op)
    for name, value in attributes.items():
        if isinstance(value, list):
            body, kind = b"".join(field(8, number) for number in value), 7
        else:
            body, kind = (field(2, value), 1) if isinstance(value, float) else (field(3, value), 2)
        raw += field(5, field(1, name) + body + field(20, kind))
    return raw


def model(nodes: list[bytes], tensors: list[bytes]) -> bytes:
    graph = b"".join(field(1, raw) for raw in nodes) + field(2, "tiny")
    graph += b"".join(field(5, raw) for raw in tensors)
    return field(1, 6) + field(7, graph) + field(8, field(1, "") + field(2, 11))


KERNEL = np.arange(8, dtype="<f4").reshape(2, 1, 2, 2)
TINY = model(
    [
        node("Conv", ["x", "kernel", "bias"], "y", strides=[2, 2], group=1),
        node("LeakyRelu", ["y"], "z", alpha=0.25),
    ],
    [tensor("kernel", KERNEL), tensor("bias", np.array([-1, 3], "<f4"))],
)


def write(folder: Path, raw: bytes) -> Path:
    path = folder / "net.onnx"
    path.write_bytes(raw)
    return path


def test_reads_nodes_and_arrays(tmp_path):
    graph = read_onnx(write(tmp_path, TINY))
    conv, relu = graph.nodes
    assert (conv.op_type, conv.inputs, conv.outputs) == ("Conv", ("x", "kernel", "bias"), ("y",))
    assert conv.attributes == {"strides": [2, 2], "group": 1}
    assert relu.attributes == {"alpha": 0.25}
    assert list(graph.initializers) == ["kernel", "bias"]
    np.testing.assert_array_equal(graph.initializers["kernel"], KERNEL)
    assert graph.initializers["bias"].tolist() == [-1, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_element_types(tmp_path, kind):
    array = np.array([[1, -2, 3]], "<" + kind)
    got = read_onnx(write(tmp_path, model([], [tensor("t", array)]))).initializers["t"]
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("packed", [True, False])
def test_values_outside_raw_data(tmp_path, packed):
    """`float_data` and `int64_data`, written as one list or number by number."""
    dims, floats, whole = field(1, 2) + field(8, "t"), [0.5, -4.0], [-3, 2**40]
    if packed:
        float_data = field(4, struct.pack("<2f", *floats))
        int64_data = field(7, b"".join(varint(number) for number in whole))
    else:
        float_data = b"".join(field(4, number) for number in floats)
        int64_data = b"".join(field(7, number) for number in whole)
    for body, expected in ((field(2, 1) + float_data, floats), (field(2, 7) + int64_data, whole)):
        graph = read_onnx(write(tmp_path, model([], [dims + body])))
        assert graph.initializers["t"].tolist() == expected


def test_agrees_with_the_onnx_package(tmp_path):
    onnx = pytest.importorskip("onnx", reason="onnx is only needed to compare with")
    theirs = onnx.load_model_from_string(TINY)  # what is written here is ONNX
    assert [entry.op_type for entry in theirs.graph.node] == ["Conv", "LeakyRelu"]
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(theirs.graph.initializer[0]), KERNEL)
    make = onnx.helper
    shape = make.make_tensor("shape", onnx.TensorProto.INT64, [3], [1, -1, 4])
    half = make.make_tensor("half", onnx.TensorProto.FLOAT, [2], [0.5, -0.5])
    nodes = [
        make.make_node("Conv", ["x", "half"], ["y"], pads=[0, 1, 0, 1], auto_pad="NOTSET"),
        make.make_node("Elu", ["y"], ["z"], alpha=0.0),
    ]
    graph = make.make_graph(nodes, "theirs", [], [], [shape, half])
    got = read_onnx(write(tmp_path, make.make_model(graph).SerializeToString()))
    assert got.initializers["shape"].tolist() == [1, -1, 4]
    assert got.initializers["half"].tolist() == [0.5, -0.5]
    assert got.nodes[0].attributes == {"pads": [0, 1, 0, 1], "auto_pad": b"NOTSET"}
    assert got.nodes[1].attributes == {"alpha": 0.0}


def bad_tensor(*parts: bytes) -> bytes:
    return model([], [field(8, "t") + b"".join(parts)])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "one graph"),
        (b"<html>not found</html>", "truncated or not an ONNX|wire type"),
        (field(7, b"") * 2, "2 graphs"),
        (field(7, 5), "received a number"),
        (varint(7 << 3 | 2) + varint(2**62), "truncated"),
        (varint(7 << 3 | 2) + b"\xff" * 11, "too long"),
        (varint(7 << 3 | 3), "wire type 3"),
        (bad_tensor(field(1, 3), field(2, 1), field(9, b"\0" * 8)), "need 12 bytes, received 8"),
        (bad_tensor(field(1, 2**40), field(2, 1), field(9, b"\0" * 8)), "sizes of 0 or more"),
        (bad_tensor(field(1, -1), field(2, 1), field(9, b"\0" * 4)), "sizes of 0 or more"),
        (bad_tensor(field(1, 1) * 9, field(2, 1), field(9, b"\0" * 4)), "at most 8 sizes"),
        (
            bad_tensor(field(1, 2**28) * 8, field(2, 1), field(9, b"\0" * 8)),
            "bytes, received 8",
        ),
        (bad_tensor(field(1, 1), field(2, 99), field(9, b"\0" * 8)), "unknown element type 99"),
        (bad_tensor(field(1, 1), field(9, b"\0" * 8)), "unknown element type 0"),
        (bad_tensor(field(1, 2), field(2, 1), field(4, b"\0" * 7)), "in the middle"),
        (bad_tensor(field(1, 1), field(2, 1), field(4, 7)), "floating-point"),
        (bad_tensor(field(1, 1), field(2, 6), field(5, 2**40)), "net.onnx"),
        (bad_tensor(field(2, 1), field(14, 1)), "inside the file"),
        (model([], [tensor("t", KERNEL)] * 2), "same name"),
        (model([field(4, b"\xff")], []), "not text"),
        (model([field(5, field(1, "body") + field(20, 5))], []), "number, text or array"),
    ],
)
def test_refuses_what_does_not_add_up(tmp_path, raw, said):
    path = write(tmp_path, raw)
    with pytest.raises(ModelError, match=said) as refusal:
        read_onnx(path)
    assert str(refusal.value).startswith(str(path)) and "Fetch" in str(refusal.value)


def test_refuses_every_truncation_and_survives_every_changed_byte(tmp_path):
    whole = read_onnx(write(tmp_path, TINY))
    for end in range(len(TINY) - 1):
        try:
            read = read_onnx(write(tmp_path, TINY[:end]))
        except ModelError:
            continue
        assert read.initializers.keys() == whole.initializers.keys()  # only the version was cut
    for place in range(len(TINY)):
        for value in (0, 0x7F, 0xFF):
            try:
                read_onnx(write(tmp_path, TINY[:place] + bytes([value]) + TINY[place + 1 :]))
            except ModelError:
                continue


def test_refuses_a_missing_file(tmp_path):
    with pytest.raises(ModelError, match="expected an ONNX file"):
        read_onnx(tmp_path / "absent.onnx")
