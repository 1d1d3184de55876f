"""Read OpenVINO's network files (IR v10/v11: an xml beside a bin) as a list of layers and arrays.

Standard library and NumPy only. The format: the xml lists layers and the edges between their
ports; a layer of type `Const` says where in the bin its values lie (offset and size in bytes),
their shape and their element type. Nothing is executed and nothing outside the two files is
opened: an xml that declares a document type or an entity is refused before its content is read.
"""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from xml.parsers import expat

import numpy as np

from data.errors import ModelError

ELEMENT_TYPES = {
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
    "i8": "<i1",
    "u8": "<u1",
    "i32": "<i4",
    "i64": "<i8",
}
LARGEST_XML = 32 * 2**20  # the networks read here have xml files of a few hundred kB
MOST_LAYERS = 20_000
HIGHEST_RANK = 8
REMEDY = "Fetch the network again from its publisher"


@dataclasses.dataclass(frozen=True)
class Layer:
    """One layer: what it does, where its inputs come from and, for a constant, its values.

    Attributes:
        name: The publisher's name of the layer; names are for messages only.
        kind: OpenVINO's layer type, such as "Convolution" or "Const".
        attributes: The attributes of its `data` element, as text.
        inputs: Positions in `read_ir`'s list of the layers that feed it, in port order; always
            smaller than the layer's own position.
        value: The array of a "Const" layer in its own element type, read-only; else None.
    """

    name: str
    kind: str
    attributes: dict[str, str]
    inputs: tuple[int, ...]
    value: np.ndarray | None = None


def read_ir(xml: str | Path, bin: str | Path) -> list[Layer]:
    """The layers of an IR in file order, which is an order of execution.

    Args:
        xml: The file that names layers and edges.
        bin: The file that holds the constants' values.

    Raises:
        ModelError: A file is missing, not an IR, or its sizes, types or edges do not add up.
    """
    xml, bin = Path(xml), Path(bin)
    layers, edges = _parse(xml)
    try:
        blob = bin.read_bytes()
    except OSError as error:
        raise ModelError(
            f"expected the weights of {xml.name}, received: {error.strerror}",
            file=bin,
            remedy=REMEDY,
        ) from error
    position = {layer["id"]: i for i, layer in enumerate(layers)}
    if len(position) != len(layers):
        raise _refuse(xml, "two layers have the same id")
    sources: list[dict[int, int]] = [{} for _ in layers]
    for edge in edges:
        try:
            start, end = position[edge["from-layer"]], position[edge["to-layer"]]
            port = int(edge["to-port"])
        except (KeyError, ValueError) as error:
            raise _refuse(xml, f"an edge is incomplete or leads nowhere: {edge}") from error
        if start >= end:
            raise _refuse(xml, f"layer {edge['to-layer']} comes before the layer that feeds it")
        if port in sources[end]:
            raise _refuse(xml, f"two edges lead to port {port} of layer {edge['to-layer']}")
        sources[end][port] = start
    return [
        Layer(
            layer["name"],
            layer["type"],
            layer["data"],
            tuple(sources[i][port] for port in sorted(sources[i])),
            _constant(xml, bin, layer, blob) if layer["type"] == "Const" else None,
        )
        for i, layer in enumerate(layers)
    ]


def _parse(xml: Path) -> tuple[list[dict], list[dict]]:
    """The raw layers and edges of the xml, by an event parser that stops at any declaration."""
    layers: list[dict] = []
    edges: list[dict] = []
    path: list[str] = []

    def refuse_declaration(*_):
        raise _refuse(xml, "expected plain layers, received a document type or entity declaration")

    def start(tag: str, attributes: dict[str, str]):
        path.append(tag)
        if len(path) == 1 and tag != "net":
            raise _refuse(xml, f'expected the root element "net", received "{tag[:40]}"')
        if path == ["net", "layers", "layer"]:
            if not {"id", "name", "type"} <= attributes.keys():
                raise _refuse(xml, "a layer lacks its id, name or type")
            if len(layers) == MOST_LAYERS:
                raise _refuse(xml, f"expected at most {MOST_LAYERS} layers")
            layers.append({**attributes, "data": {}})
        elif path == ["net", "layers", "layer", "data"]:
            layers[-1]["data"] = dict(attributes)
        elif path == ["net", "edges", "edge"]:
            edges.append(attributes)

    try:
        if xml.stat().st_size > LARGEST_XML:
            raise _refuse(xml, f"expected at most {LARGEST_XML} bytes of xml")
        text = xml.read_bytes()
    except OSError as error:
        raise ModelError(
            f"expected a network description, received: {error.strerror}", file=xml, remedy=REMEDY
        ) from error
    # A plain scan first; the handlers below catch what another text encoding hides from it.
    if re.search(rb"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        refuse_declaration()
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: path.pop()
    parser.StartDoctypeDeclHandler = refuse_declaration
    parser.EntityDeclHandler = refuse_declaration
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise _refuse(xml, f"expected well-formed xml, received: {error}") from error
    if not layers:
        raise _refuse(xml, "expected layers, received none")
    return layers, edges


def _constant(xml: Path, bin: Path, layer: dict, blob: bytes) -> np.ndarray:
    """The values of one constant, after its type, shape, offset and size were checked."""
    data, name = layer["data"], layer["name"][:80]
    element = data.get("element_type")
    if element not in ELEMENT_TYPES:
        known = ", ".join(ELEMENT_TYPES)
        raise _refuse(xml, f'constant "{name}": expected one of {known}, received {element!r}')
    dtype = np.dtype(ELEMENT_TYPES[element])
    shape = _whole_numbers(data.get("shape", "?"))
    place = _whole_numbers(f"{data.get('offset', '?')},{data.get('size', '?')}")
    if shape is None or len(shape) > HIGHEST_RANK or place is None or len(place) != 2:
        raise _refuse(xml, f'constant "{name}": expected shape, offset and size, received {data}')
    offset, size = place
    needed = math.prod(shape) * dtype.itemsize  # Python's whole numbers do not overflow
    if needed != size:
        raise _refuse(
            xml, f'constant "{name}": shape {shape} of {element} needs {needed} bytes, not {size}'
        )
    if offset + size > len(blob):
        raise _refuse(
            bin, f'constant "{name}" ends at byte {offset + size}, the file at byte {len(blob)}'
        )
    return np.frombuffer(blob, dtype, math.prod(shape), offset).reshape(shape)


def _whole_numbers(text: str) -> tuple[int, ...] | None:
    """The numbers in "64, 3, 3, 3"; () for "", the shape of a scalar; None if it is not that."""
    parts = [part.strip() for part in text.split(",")] if text.strip() else []
    if all(re.fullmatch(r"[0-9]{1,10}", part) for part in parts):
        return tuple(int(part) for part in parts)
    return None


def _refuse(file: Path, what: str) -> ModelError:
    return ModelError(what, file=file, remedy=REMEDY)
