"""The lower part of an embedder, which stays as it is: run once for every view of every face.

Pure Keras: it runs on every Keras backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from training.embedder.chip_views import views


@dataclass(frozen=True)
class Features:
    """What the frozen part makes of faces.

    Attributes:
        family: float16 [N, V, ...]; the first view is the face, the second its mirror image, or
            the face again for an embedder that looks at no mirror image.
        strangers: float16 [S, 2, ...], whose embeddings should stay what they are.
        validation: float16 [J, 2, ...], strangers that nothing is learned from.
    """

    family: np.ndarray
    strangers: np.ndarray
    validation: np.ndarray


def split_network(network: keras.Model, upper: Sequence[str]) -> tuple[keras.Model, keras.Model]:
    """The network as two: up to the layers whose names have one of the prefixes, and from there.

    Both share the layers, and so the weights, with the network.
    """
    names = [layer.name for layer in network.layers]
    own = [name.startswith(tuple(upper)) for name in names]
    if not any(own) or (not all(own[own.index(True) :]) and not _only_joins(network, own)):
        raise ValueError(
            f"Expected prefixes of the last layers of {network.name}. Received: {list(upper)}"
        )
    border = network.layers[own.index(True)].input
    return keras.Model(network.input, border), keras.Model(border, network.output)


def _only_joins(network: keras.Model, own: list[bool]) -> bool:
    after = zip(network.layers[own.index(True) :], own[own.index(True) :], strict=True)
    return all(mine or not layer.weights for layer, mine in after)


def extract(
    lower: keras.Model,
    family: Sequence[np.ndarray],
    strangers: Sequence[np.ndarray],
    validation: Sequence[np.ndarray],
    count: int,
    *,
    mirror: bool = True,
    seed: int = 0,
) -> Features:
    """Runs the frozen part over `count` views of the family's chips, and over
    strangers' chips."""
    rng = np.random.default_rng(seed)
    lower.compile(jit_compile=False)

    def run(chips: Sequence[np.ndarray], each: int) -> np.ndarray:
        shape = (len(chips), each, *lower.output_shape[1:])
        found = np.zeros(shape, np.float16)
        for start in range(0, len(chips), 8):
            some = np.stack([views(chip, each, rng) for chip in chips[start : start + 8]])
            if not mirror:
                some[:, 1] = some[:, 0]
            some = some.reshape(-1, *some.shape[2:])
            out = ops.convert_to_numpy(lower.predict_on_batch(some.astype(np.float32)))
            found[start : start + 8] = out.reshape(-1, each, *shape[2:])
        return found

    return Features(run(family, count), run(strangers, 2), run(validation, 2))
