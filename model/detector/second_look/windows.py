"""Square windows of a photo, which the cascade's last networks look at, turned upright if need be.

They know upright faces, heads that lean by a few degrees among them.
"""

from __future__ import annotations

import math

import tensorflow as tf

from model.graph_function import plain
from model.traced_network import TracedNetwork

MID_GREY = 127.5


def classify_windows(
    network: TracedNetwork, image: tf.Tensor, boxes: tf.Tensor, side: int
) -> list[tf.Tensor]:
    """What a network of the cascade says of square windows; see `cut_windows`."""
    return say(network, cut_windows(image, boxes, side))


def say(network: TracedNetwork, pixels: tf.Tensor):
    """The outputs of a network for windows float32 [N, side, side, 3], 0..255; N may be 0."""
    # Convolutions refuse an empty batch on some devices: one window more, whose result is dropped.
    # Not by `tf.pad`: TensorFlow's optimiser takes it for the padding of the convolution after it.
    pixels = tf.concat([normalised(pixels), tf.zeros([1, *pixels.shape[1:]])], axis=0)
    return tf.nest.map_structure(lambda output: output[:-1], network(pixels))


def in_photo(points: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """O-Net's points float32 [N, 10], in sides of square boxes [N, 4], as landmarks [N, 5, 2]."""
    side = (boxes[:, 2:] - boxes[:, :2] + 1.0)[:, None, :]
    points = tf.stack([points[:, :5], points[:, 5:]], axis=2)
    return boxes[:, None, :2] - 1.0 + points * side


def normalised(pixels: tf.Tensor) -> tf.Tensor:
    """Pixels as all three networks of the cascade take them."""
    return (pixels - MID_GREY) / 128.0


def cut_windows(image: tf.Tensor, boxes: tf.Tensor, side: int) -> tf.Tensor:
    """Square boxes of a photo, float32 [N, side, side, 3]; outside the photo they are mid grey.

    Args:
        image: uint8 or float32 [H, W, 3] RGB 0..255.
        boxes: float32 [N, 4].
        side: Of the windows, pixels.
    """
    size = tf.cast(tf.shape(image)[:2], tf.float32)
    relative = tf.gather(boxes, [1, 0, 3, 2], axis=1) / tf.tile(size, [2])
    which = tf.zeros(tf.shape(boxes)[:1], tf.int32)
    return tf.image.crop_and_resize(
        image[None], relative, which, [side, side], extrapolation_value=MID_GREY
    )


def cut_upright(image: tf.Tensor, squares: tf.Tensor, tilts: tf.Tensor, side: int) -> tf.Tensor:
    """Windows of a photo, turned counter-clockwise by `tilts`; outside the photo they are mid grey.

    Args:
        image: uint8 or float32 [H, W, 3].
        squares: float32 [N, 4].
        tilts: float32 [N], radians.
        side: Of the windows, pixels.

    Returns:
        float32 [N, side, side, 3]. What is not turned has the same pixels as of `cut_windows`.
    """
    # First so much more all round that no corner is empty after the turn, in the same pixels.
    more = math.ceil(side * (math.sqrt(2.0) - 1.0) / 2.0)
    middle, half = (squares[:, :2] + squares[:, 2:]) / 2.0, (squares[:, 2:] - squares[:, :2]) / 2.0
    half *= 1.0 + 2.0 * more / (side - 1)
    wide = cut_windows(image, tf.concat([middle - half, middle + half], axis=1), side + 2 * more)
    cosine, sine, nothing = tf.cos(tilts), tf.sin(tilts), tf.zeros_like(tilts)
    here = (side - 1) / 2.0
    there = here + more
    across = [cosine, -sine, there - here * (cosine - sine)]
    down = [sine, cosine, there - here * (sine + cosine)]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=wide,
        transforms=tf.stack([*across, *down, nothing, nothing], axis=1),
        output_shape=[side, side],
        fill_value=MID_GREY,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )


@plain
def tilts_of(landmarks: tf.Tensor) -> tf.Tensor:
    """How far heads lean to their left, clockwise for who looks at them, radians float32 [N].

    Args:
        landmarks: float32 [N, 5, 2]. The line through the eyes, the one through the corners of the
            mouth, and the one between their middles count as much as they are long.
    """
    left_eye, right_eye, _, left_mouth, right_mouth = tf.unstack(landmarks, axis=1)
    across = right_eye + right_mouth - left_eye - left_mouth
    down = left_mouth + right_mouth - left_eye - right_eye
    return tf.atan2(across[:, 1] - down[:, 0], across[:, 0] + down[:, 1])


def turned(points: tf.Tensor, boxes: tf.Tensor, tilts: tf.Tensor) -> tf.Tensor:
    """Points [N, 5, 2] turned clockwise round the middles of boxes [N, 4]."""
    middle = ((boxes[:, :2] + boxes[:, 2:] - 1.0) / 2.0)[:, None]
    x, y = tf.unstack(points - middle, axis=2)
    cosine, sine = tf.cos(tilts)[:, None], tf.sin(tilts)[:, None]
    return tf.stack([cosine * x - sine * y, sine * x + cosine * y], axis=2) + middle
