"""Makes large images small inside the graph."""

from __future__ import annotations

import tensorflow as tf

from model.graph_function import plain


@plain
def fitted(
    size: tf.Tensor, max_pixels: float | tf.Tensor, largest: float = 1.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """The size of an image with at most `max_pixels`; a smaller one keeps its own, or grows.

    Args:
        size: int32 [2], height and width.
        max_pixels: A number, or a float32 scalar.
        largest: The largest factor.

    Returns:
        int32 [2], and the factors (x, y) by which the image shrinks or grows, float32 [2].
    """
    sides = tf.cast(size, tf.float32)
    factor = tf.minimum(largest, tf.sqrt(max_pixels / tf.reduce_prod(sides)))
    wanted = tf.maximum(tf.cast(tf.round(sides * factor), tf.int32), 1)
    return wanted, (tf.cast(wanted, tf.float32) / sides)[::-1]


def shrink(image: tf.Tensor, max_pixels: float | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Area-averages an image down to at most `max_pixels`; smaller ones keep their size.

    Args:
        image: uint8 [H, W, 3].
        max_pixels: A number, or a float32 scalar.

    Returns:
        uint8 [h, w, 3], and the factors (x, y) by which it shrank, float32 [2].
    """
    size = tf.shape(image)[:2]
    small, factors = fitted(size, max_pixels)
    if tf.reduce_any(small != size):
        averaged = tf.image.resize(image[None], small, method="area")[0]
        image = tf.cast(tf.round(averaged), tf.uint8)
    return tf.ensure_shape(image, [None, None, 3]), factors
