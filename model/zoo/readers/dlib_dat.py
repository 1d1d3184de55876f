"""Reads the weights of a dlib network from its serialised `.dat` file.

The file is a dump of C++ objects without an index. What we need stands behind short markers, in the
order of the layers from input to output: `con_4` (a convolution), `affine_` (a folded batch
normalisation) and `fc_2` (a dense layer). Behind each comes a tensor: a version, then num_samples,
k, nr, nc, then float32 values, little endian. Integers have a variable length: the low four bits of
the first byte say how many bytes follow, its top bit is the sign.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.errors import ModelError

_MARKER = re.compile(rb"con_4|affine_|fc_2")
_TENSOR_VERSION = 2


@dataclass(frozen=True)
class Block:
    """The parameters of one layer, flat, as the file has them.

    `con_4`: filters [out, in, h, w], then biases [out]. `affine_`: gamma, then beta. `fc_2`: the
    matrix [in, out]; the biases, if any, follow.
    """

    kind: str
    values: np.ndarray


def read_dat(path: Path) -> list[Block]:
    """All parameters of the network, input layer first.

    Raises:
        ModelError: If the file is cut short or its headers make no sense.
    """
    data = path.read_bytes()
    blocks, at = [], 0
    try:
        while marker := _MARKER.search(data, at):
            at = marker.end()
            kind = marker.group().decode()
            if kind == "fc_2":  # num_outputs and num_inputs come first
                _, at = _integer(data, at)
                _, at = _integer(data, at)
            values, at = _tensor(data, at)
            blocks.append(Block(kind, values))
    except (IndexError, ValueError) as error:
        raise ModelError(
            f"this is not a complete dlib network ({error})",
            file=path,
            remedy="Install the package that carries it again",
        ) from error
    return blocks


def _integer(data: bytes, at: int) -> tuple[int, int]:
    length, negative = data[at] & 0x0F, data[at] & 0x80
    if not 1 <= length <= 8:
        raise ValueError(f"an integer of {length} bytes at offset {at}")
    value = int.from_bytes(data[at + 1 : at + 1 + length], "little")
    return (-value if negative else value), at + 1 + length


def _tensor(data: bytes, at: int) -> tuple[np.ndarray, int]:
    version, at = _integer(data, at)
    if version != _TENSOR_VERSION:
        raise ValueError(f"a tensor of version {version} at offset {at}")
    sides = []
    for _ in range(4):
        side, at = _integer(data, at)
        sides.append(side)
    count = math.prod(sides)
    end = at + 4 * count
    if min(sides) < 0 or end > len(data):
        raise ValueError(f"a tensor of {sides} does not fit at offset {at} of {len(data)} bytes")
    return np.frombuffer(data, "<f4", count, at), end
