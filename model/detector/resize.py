"""Makes large images small inside the graph."""

from __future__ import annotations

import tensorflow as tf


def shrink(image: tf.Tensor, max_pixels: int | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Area-averages an image down to at most `max_pixels`; smaller ones keep their size.

    Args:
        image: uint8 [H, W, 3].
        max_pixels: A number, or a float32 scalar.

    Returns:
        uint8 [h, w, 3], and the factors (x, y) by which it shrank, float32 [2].
    """
    size = tf.shape(image)[:2]
    area = tf.cast(size[0], tf.float32) * tf.cast(size[1], tf.float32)
    factor = tf.minimum(1.0, tf.sqrt(max_pixels / area))
    small = tf.maximum(tf.cast(tf.round(tf.cast(size, tf.float32) * factor), tf.int32), 1)
    if tf.reduce_any(small != size):
        averaged = tf.image.resize(image[None], small, method="area")[0]
        image = tf.cast(tf.round(averaged), tf.uint8)
    image = tf.ensure_shape(image, [None, None, 3])
    return image, tf.cast(small, tf.float32)[::-1] / tf.cast(size, tf.float32)[::-1]
