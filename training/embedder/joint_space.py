"""The space that a student learns: its teachers' embeddings side by side, in fewer numbers."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from training.embedder.student_views import inner

BATCH = 64
RIDGE = 0.03  # penalty of the least squares, in variances of a feature


def weighed(vectors: np.ndarray, sizes: Sequence[int], weights: Sequence[float]) -> np.ndarray:
    """Teachers' vectors side by side, so that a cosine is the weighed mean of the teachers'.

    Args:
        vectors: float32 [N, T], all of the same weight.
        sizes: How many numbers each teacher has.
        weights: Of each teacher; their sum is 1.
    """
    factors = np.sqrt(np.asarray(weights, np.float32) * len(weights))
    return vectors * np.repeat(factors, sizes)


def joint_space(vectors: np.ndarray, size: int) -> np.ndarray:
    """The map float32 [T, size] that keeps the cosines of vectors float32 [N, T] best.

    The principal axes about nothing, not about the mean: cosines are taken from there.
    """
    spread = vectors.T.astype(np.float64) @ vectors
    _, axes = np.linalg.eigh(spread)
    return np.ascontiguousarray(axes[:, ::-1][:, :size]).astype(np.float32)


def targets_in(vectors: np.ndarray, space: np.ndarray) -> np.ndarray:
    """Teachers' vectors float32 [N, T] in the joint space, float32 [N, size], unit length."""
    targets = vectors @ space
    return targets / np.maximum(np.linalg.norm(targets, axis=1, keepdims=True), 1e-9)


def fit_last_layer(
    network: keras.Model, chips: np.ndarray, targets: np.ndarray, margin: int
) -> None:
    """Gives the last layers the weights that come closest to the targets, in closed form.

    The rest of the network is not changed. Without this, training would begin in a space of another
    meaning, and unlearn much on the way.

    Args:
        network: Of `build_0095`; "head_depthwise" has a bias, "head_embedding" none.
        chips: uint8 [N, W, W, 3], with `margin` pixels round each.
        targets: float32 [N, D].
    """
    depthwise, last = (network.get_layer(f"head_{part}") for part in ("depthwise", "embedding"))
    lower = keras.Model(network.input, depthwise.output)
    features = _run(lower, inner(chips, margin))
    middle, goal = features.mean(0), targets.mean(0)
    centred = features - middle
    spread = centred.T @ centred / len(centred)
    penalty = RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    kernel = np.linalg.solve(spread + penalty, centred.T @ (targets - goal) / len(centred))
    # There is no bias after the last layer: what is missing goes through it.
    shift = np.linalg.lstsq(kernel.T, goal - middle @ kernel, rcond=None)[0]
    weights, bias = depthwise.get_weights()
    depthwise.set_weights([weights, bias + shift.astype(np.float32)])
    last.set_weights([kernel.astype(np.float32)[None, None]])


def _run(lower: keras.Model, chips: np.ndarray) -> np.ndarray:
    """Features float64 [N, F] of chips uint8 [N, S, S, 3]."""
    some = (chips[first : first + BATCH] for first in range(0, len(chips), BATCH))
    found = [ops.convert_to_numpy(lower(x.astype(np.float32), training=False)) for x in some]
    return np.concatenate(found).reshape(len(chips), -1).astype(np.float64)
