"""Read an ONNX file as named arrays and a list of nodes.

Standard library and NumPy only. An ONNX file is one protocol-buffer message: fields, each a key
(number and wire type) followed by a value. Of its schema (onnx.proto3) the few fields that a
feed-forward network needs are understood and the rest is skipped; weights kept in other files
are refused. Nothing is executed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data.errors import ModelError

LARGEST_FILE = 512 * 2**20
HIGHEST_RANK = 8
REMEDY = "Fetch the network again from its publisher"

# TensorProto.DataType -> NumPy type, and the field that holds the values if not `raw_data`.
ELEMENT_TYPES = {1: ("<f4", 4), 6: ("<i4", 5), 7: ("<i8", 7), 10: ("<f2", None), 11: ("<f8", 10)}

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclasses.dataclass(frozen=True)
class Node:
    """One operation: its type, the names it reads and writes, and its simple attributes.

    `attributes` holds int, float, bytes, lists of int or float, and arrays; an attribute of
    another type (a sub-graph, say) is refused when the file is read.
    """

    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, object]


@dataclasses.dataclass(frozen=True)
class OnnxGraph:
    """The nodes in file order, which is an order of execution, and the arrays by name."""

    nodes: tuple[Node, ...]
    initializers: dict[str, np.ndarray]


class _Damaged(Exception):
    """What is wrong with the bytes; `read_onnx` adds which file."""


def read_onnx(path: str | Path) -> OnnxGraph:
    """The graph of an ONNX file.

    Raises:
        ModelError: The file is missing, too large, truncated, holds an element type other than
            float16/32/64 and int32/64, or a tensor's dims do not add up to its data.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _Damaged(f"expected at most {LARGEST_FILE} bytes")
        model = _by_number(memoryview(path.read_bytes()))
        graphs = model.get(7, [])
        if len(graphs) != 1:
            raise _Damaged(f"expected an ONNX model with one graph, received {len(graphs)} graphs")
        return _graph(_by_number(_message(graphs[0])))
    except OSError as error:
        raise ModelError(
            f"expected an ONNX file, received: {error.strerror}", file=path, remedy=REMEDY
        ) from error
    except (_Damaged, OverflowError) as error:
        raise ModelError(str(error), file=path, remedy=REMEDY) from error


def _graph(graph: dict[int, list]) -> OnnxGraph:
    initializers = dict(_tensor(_message(raw)) for raw in graph.get(5, []))
    if len(initializers) != len(graph.get(5, [])):
        raise _Damaged("two tensors have the same name")
    return OnnxGraph(tuple(_node(_message(raw)) for raw in graph.get(1, [])), initializers)


def _node(raw: memoryview) -> Node:
    fields = _by_number(raw)
    return Node(
        "".join(_text(value) for value in fields.get(4, [])[-1:]),
        tuple(_text(value) for value in fields.get(1, [])),
        tuple(_text(value) for value in fields.get(2, [])),
        dict(_attribute(_message(value)) for value in fields.get(5, [])),
    )


def _attribute(raw: memoryview) -> tuple[str, object]:
    fields = _by_number(raw)
    name = _text(fields.get(1, [b""])[-1])
    kind = fields.get(20, [0])[-1]
    if kind == 1:  # a missing number means 0: proto3 does not write it
        return name, _numbers(fields.get(2, []), "<f4")[-1] if 2 in fields else 0.0
    if kind == 2:
        return name, _numbers(fields.get(3, []), "<i8")[-1] if 3 in fields else 0
    if kind == 3:
        return name, bytes(_message(fields.get(4, [b""])[-1]))
    if kind == 4 and 5 in fields:
        return name, _tensor(_message(fields[5][-1]))[1]
    if kind == 6:
        return name, _numbers(fields.get(7, []), "<f4")
    if kind == 7:
        return name, _numbers(fields.get(8, []), "<i8")
    raise _Damaged(f'attribute "{name[:80]}": expected a number, text or array, received {kind!r}')


def _tensor(raw: memoryview) -> tuple[str, np.ndarray]:
    fields = _by_number(raw)
    name = _text(fields.get(8, [b""])[-1])
    if fields.get(14, [0])[-1] or 13 in fields:
        raise _Damaged(f'tensor "{name[:80]}": expected its data inside the file')
    kind = fields.get(2, [0])[-1]
    if kind not in ELEMENT_TYPES:
        raise _Damaged(f'tensor "{name[:80]}": unknown element type {kind!r}')
    dtype, own_field = np.dtype(ELEMENT_TYPES[kind][0]), ELEMENT_TYPES[kind][1]
    dims = _numbers(fields.get(1, []), "<i8")
    if len(dims) > HIGHEST_RANK or not all(0 <= size <= LARGEST_FILE for size in dims):
        raise _Damaged(f'tensor "{name[:80]}": expected at most {HIGHEST_RANK} sizes of 0 or more')
    count = math.prod(dims)  # Python's whole numbers do not overflow
    if 9 in fields:
        data = _message(fields[9][-1])
    else:
        values = _numbers(fields.get(own_field, []), ELEMENT_TYPES[kind][0])
        data = np.asarray(values, dtype).tobytes()
    if len(data) != count * dtype.itemsize:
        raise _Damaged(
            f'tensor "{name[:80]}": dims {dims} need {count * dtype.itemsize} bytes, '
            f"received {len(data)}"
        )
    return name, np.frombuffer(data, dtype).reshape(dims)


def _numbers(values: list, dtype: str) -> list:
    """A repeated number, whether it was written packed (as bytes) or one by one."""
    numbers: list = []
    for value in values:
        if isinstance(value, int):  # a varint of its own
            if dtype[1] != "i":
                raise _Damaged("expected a floating-point number, received a whole one")
            numbers.append(value)
        elif dtype[1] == "i":  # packed varints
            offset = 0
            while offset < len(value):
                number, offset = _varint(value, offset)
                numbers.append(number)
        elif len(value) % int(dtype[2]):
            raise _Damaged("a list of numbers ends in the middle of one")
        else:
            numbers += np.frombuffer(value, dtype).tolist()
    if dtype[1] == "i":  # negative numbers are written as unsigned ones of 64 bits
        numbers = [number - 2**64 if number >= 2**63 else number for number in numbers]
    return numbers


def _text(value) -> str:
    try:
        return bytes(_message(value)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Damaged("a name in the file is not text") from error


def _message(value) -> memoryview:
    if isinstance(value, int):
        raise _Damaged("expected text, an array or a message, received a number")
    return memoryview(value)


def _by_number(raw: memoryview) -> dict[int, list]:
    """The fields of one message: number -> its values, in order."""
    fields: dict[int, list] = {}
    for number, value in _fields(raw):
        fields.setdefault(number, []).append(value)
    return fields


def _fields(raw: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Every field: a whole number for wire type 0, the bytes for types 1, 2 and 5."""
    offset = 0
    while offset < len(raw):
        key, offset = _varint(raw, offset)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, offset = _varint(raw, offset)
            yield number, value
            continue
        if wire == BYTES:
            length, offset = _varint(raw, offset)
        elif wire in (FIXED64, FIXED32):
            length = 8 if wire == FIXED64 else 4
        else:
            raise _Damaged(f"expected an ONNX file, received a field of wire type {wire}")
        if number == 0 or length > len(raw) - offset:
            raise _Damaged("the file is truncated or not an ONNX file")
        yield number, raw[offset : offset + length]
        offset += length


def _varint(raw: memoryview, offset: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if offset >= len(raw):
            raise _Damaged("the file is truncated or not an ONNX file")
        byte = raw[offset]
        offset += 1
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & (2**64 - 1), offset
    raise _Damaged("the file holds a number that is too long")
