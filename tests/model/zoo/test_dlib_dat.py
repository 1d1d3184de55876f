"""The reader of dlib's weight files, on small files that the tests write."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ModelError
from model.zoo.readers.dlib_dat import read_dat


def integer(value: int) -> bytes:
    """As dlib writes it: a byte of sign and length, then the value, little endian."""
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def tensor(values: np.ndarray, sides: tuple[int, int, int, int], version: int = 2) -> bytes:
    header = b"".join(integer(x) for x in (version, *sides))
    return header + np.asarray(values, "<f4").tobytes()


def block(kind: str, values, *, sides=None) -> bytes:
    """A layer of that kind with its parameters flat."""
    values = np.ravel(values)
    before = integer(2) + integer(3) if kind == "fc_2" else b""
    return kind.encode() + before + tensor(values, sides or (len(values), 1, 1, 1))


NETWORK = (
    b"\x01\x05 whatever stands before"
    + block("con_4", np.arange(300), sides=(2, 3, 5, 10))  # 300 needs two bytes of length
    + b"\x00stride and padding\x01\x07"
    + block("affine_", [0.5, -0.5, 1.0, 2.0])
    + b"tag10"
    + block("fc_2", [1, 2, 3, 4, 5, 6])
    + b"the end"
)


def test_reads_the_layers_in_the_order_of_the_file(tmp_path):
    path = tmp_path / "network.dat"
    path.write_bytes(NETWORK)
    blocks = read_dat(path)
    assert [b.kind for b in blocks] == ["con_4", "affine_", "fc_2"]
    np.testing.assert_array_equal(blocks[0].values, np.arange(300, dtype=np.float32))
    np.testing.assert_array_equal(blocks[1].values, np.float32([0.5, -0.5, 1, 2]))
    np.testing.assert_array_equal(blocks[2].values, np.float32([1, 2, 3, 4, 5, 6]))
    assert all(b.values.dtype == np.float32 for b in blocks)


def test_a_marker_among_the_values_is_not_a_layer(tmp_path):
    values = np.frombuffer(b"con_affine_4con_", "<f4")
    path = tmp_path / "network.dat"
    path.write_bytes(block("con_4", values) + block("affine_", [1.0, 2.0]))
    assert [len(b.values) for b in read_dat(path)] == [4, 2]


def test_a_file_cut_anywhere_inside_a_layer_is_refused(tmp_path):
    whole = block("fc_2", np.arange(20), sides=(1, 1, 4, 5))
    path = tmp_path / "short.dat"
    for length in range(len("fc_2"), len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelError, match="not a complete dlib network") as caught:
            read_dat(path)
        assert str(path) in str(caught.value) and "Install" in caught.value.remedy
    path.write_bytes(whole)
    assert len(read_dat(path)[0].values) == 20


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (integer(3) + integer(1) * 4, "version 3"),
        (integer(2) + integer(-1) + integer(1) * 3, "does not fit"),
        (integer(2) + integer(-2) * 2 + integer(1) * 2, "does not fit"),
        (integer(2) + integer(2**62) + integer(2**62) * 3, "does not fit"),
        (b"\x00", "integer of 0 bytes"),
        (b"\x0f" * 20, "integer of 15 bytes"),
    ],
)
def test_headers_without_sense_are_refused(tmp_path, header, reason):
    path = tmp_path / "strange.dat"
    path.write_bytes(b"con_4" + header + struct.pack("<4f", 1, 2, 3, 4))
    with pytest.raises(ModelError, match=reason):
        read_dat(path)


def test_no_layers_in_a_file_of_something_else(tmp_path):
    path = tmp_path / "text.dat"
    for content in (b"", b"not a network at all"):
        path.write_bytes(content)
        assert read_dat(path) == []


@given(st.lists(st.sampled_from([b"con_4", b"affine_", b"fc_2", NETWORK]) | st.binary(max_size=30)))
def test_garbage_is_read_or_refused_and_nothing_else(tmp_path_factory, parts):
    path = tmp_path_factory.getbasetemp() / "garbage.dat"
    path.write_bytes(b"".join(parts))
    try:
        blocks = read_dat(path)
    except ModelError:
        return
    assert all(b.kind in ("con_4", "affine_", "fc_2") for b in blocks)
