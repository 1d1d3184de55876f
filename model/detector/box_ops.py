"""Box arithmetic in the TensorFlow graph: overlap, suppression, squares, clipping.

Boxes are float32 [N, 4], xyxy in pixels.
"""

from __future__ import annotations

import math

import tensorflow as tf

from model.graph_function import plain

_LEAST_APART = 0.25
_ROWS = 512  # rows of the overlap matrix held at a time: memory stays linear in the boxes


@plain
def overlap(boxes: tf.Tensor, others: tf.Tensor, *, over: str = "union") -> tf.Tensor:
    """Overlap of every box with every other.

    Args:
        boxes: float32 [N, 4].
        others: float32 [M, 4].
        over: What the intersection is divided by: "union" (IoU) or "smaller" (the smaller of the
            two areas, which also catches a box inside another).

    Returns:
        float32 [N, M], 0..1.
    """
    x0, y0, x1, y1 = tf.split(boxes, 4, axis=1)
    u0, v0, u1, v1 = tf.unstack(others, axis=1)
    width = tf.minimum(x1, u1) - tf.maximum(x0, u0)
    height = tf.minimum(y1, v1) - tf.maximum(y0, v0)
    intersection = tf.maximum(width, 0.0) * tf.maximum(height, 0.0)
    area, other_area = (x1 - x0) * (y1 - y0), (u1 - u0) * (v1 - v0)
    if over == "union":
        return tf.math.divide_no_nan(intersection, area + other_area - intersection)
    if over == "smaller":
        return tf.math.divide_no_nan(intersection, tf.minimum(area, other_area))
    raise ValueError(f"`over` must be 'union' or 'smaller'. Received: over={over!r}")


def suppress(
    boxes: tf.Tensor, scores: tf.Tensor, limit: float, *, over: str = "union"
) -> tf.Tensor:
    """Non-maximum suppression: a box goes when any better one overlaps it by more than `limit`.

    Stricter than the greedy rule, in which a box that went itself suppresses nobody.

    Returns:
        int32 [K], indices of the boxes that stay, best score first.
    """
    order = tf.argsort(scores, direction="DESCENDING", stable=True)
    boxes = tf.gather(boxes, order)
    count = tf.shape(boxes)[0]
    chunks = (count + _ROWS - 1) // _ROWS
    stays = tf.TensorArray(tf.bool, chunks, infer_shape=False, element_shape=[None])
    for chunk in tf.range(chunks):
        rows = tf.range(chunk * _ROWS, tf.minimum((chunk + 1) * _ROWS, count))
        better = tf.range(count)[None, :] < rows[:, None]
        beaten = (overlap(tf.gather(boxes, rows), boxes, over=over) > limit) & better
        stays = stays.write(chunk, ~tf.reduce_any(beaten, axis=1))
    if count == 0:
        return order
    return tf.boolean_mask(order, tf.ensure_shape(stays.concat(), [None]))


@plain
def not_outdone(boxes: tf.Tensor, odds: tf.Tensor, share: float, margin: float) -> tf.Tensor:
    """Which boxes no surer one overlaps by more than `share` of the smaller of the two.

    A part of a face, or a face with all that is round it, is found beside the face itself. Two
    heads cheek to cheek are as sure as each other, and both stay. The more two boxes share, the
    less likely they are two faces, and the less surer the other one has to be.

    Args:
        boxes: float32 [N, 4].
        odds: float32 [N], the log odds of their scores.
        margin: How much surer the other one must be, in log odds, times the part that is not
            shared; that part counts as a quarter at least, for a child before its father.

    Returns:
        int64 [K], indices in the order of the boxes.
    """
    shared = overlap(boxes, boxes, over="smaller")
    surer = odds[None, :] - odds[:, None] > margin * tf.maximum(1.0 - shared, _LEAST_APART)
    outdone = tf.reduce_any(surer & (shared > share), axis=1)
    return tf.where(~outdone)[:, 0]


@plain
def shorter_side(boxes: tf.Tensor) -> tf.Tensor:
    """Width or height of every box, whichever is less: float32 [N]."""
    return tf.reduce_min(boxes[:, 2:] - boxes[:, :2], axis=1)


@plain
def log2(number: tf.Tensor) -> tf.Tensor:
    """How often one is doubled to make a number, float32."""
    return tf.math.log(number) / math.log(2)


@plain
def octaves(boxes: tf.Tensor, side: float) -> tf.Tensor:
    """How many times twice as large as `side` the shorter side of every box is: float32 [N].

    Less than a pixel counts as one.
    """
    return log2(tf.maximum(shorter_side(boxes), 1.0) / side)


@plain
def squared(boxes: tf.Tensor) -> tf.Tensor:
    """Grows the shorter side of every box around its centre until it is a square."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2.0
    half = tf.reduce_max(boxes[:, 2:] - boxes[:, :2], axis=1, keepdims=True) / 2.0
    return tf.concat([centre - half, centre + half], axis=1)


def enlarged(boxes: tf.Tensor, factor: float) -> tf.Tensor:
    """Boxes with sides that are `factor` times as long, around the same centres."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2.0
    half = (boxes[:, 2:] - boxes[:, :2]) * (factor / 2.0)
    return tf.concat([centre - half, centre + half], axis=1)


@plain
def clipped(boxes: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Cuts boxes at the borders of an image of that size (float32 scalars)."""
    return tf.clip_by_value(boxes, 0.0, tf.stack([width, height, width, height]))
