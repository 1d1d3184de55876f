"""Cuts upright face chips out of a photo by a similarity transform of the five landmarks."""

from __future__ import annotations

import tensorflow as tf

from data.media.chips import MOST_SAMPLES


class Aligner(tf.Module):
    """Photo and landmarks to face chips.

    The transform is the similarity (rotation, scale, shift; no mirroring) that brings the landmarks
    closest to the template in the least-squares sense (Umeyama 1991, in closed form by complex
    numbers). What lies outside the photo is black.

    Args:
        size: Side of the square chip, pixels.
        template: Five (x, y) points of the chip, in the order of the landmarks.
    """

    def __init__(self, size: int, template: tuple[tuple[float, float], ...]):
        super().__init__(name="aligner")
        self.size = size
        self._template = tf.constant(template, tf.float32)

    def chips(self, image: tf.Tensor, landmarks: tf.Tensor) -> tf.Tensor:
        """Chips of one photo.

        Args:
            image: uint8 [H, W, 3].
            landmarks: float32 [N, 5, 2] xy.

        Returns:
            float32 [N, size, size, 3], 0..255.
        """
        a, b, x, y = tf.unstack(self.places(landmarks), axis=1)
        return tf.map_fn(
            lambda face: self._chip(image, *face),
            (a, b, x, y),
            fn_output_signature=tf.TensorSpec([self.size, self.size, 3], tf.float32),
        )

    def places(self, landmarks: tf.Tensor) -> tf.Tensor:
        """Where in the photo the chips are, for whoever cuts them (`data.media.chips`).

        Args:
            landmarks: float32 [N, 5, 2] xy.

        Returns:
            float32 [N, 4]: a, b, shift x and shift y. The chip's pixel (x, y) shows the photo at
            (a x - b y + shift x, b x + a y + shift y).
        """
        source_mean = tf.reduce_mean(landmarks, axis=1)
        target_mean = tf.reduce_mean(self._template, axis=0)
        source, target = landmarks - source_mean[:, None], self._template - target_mean
        # Photo to chip is q = m p with a complex m = sum(conj(p) q) / sum(|p|^2); we want 1 / m.
        real = tf.reduce_sum(source * target, axis=[1, 2])
        imaginary = tf.reduce_sum(
            source[..., 0] * target[..., 1] - source[..., 1] * target[..., 0], axis=1
        )
        power = tf.reduce_sum(source**2, axis=[1, 2])
        norm = tf.maximum(real**2 + imaginary**2, 1e-12)
        a, b = real * power / norm, -imaginary * power / norm
        shift_x = source_mean[:, 0] - (a * target_mean[0] - b * target_mean[1])
        shift_y = source_mean[:, 1] - (b * target_mean[0] + a * target_mean[1])
        return tf.stack([a, b, shift_x, shift_y], axis=1)

    def _chip(self, image, a, b, shift_x, shift_y) -> tf.Tensor:
        scale = tf.sqrt(a**2 + b**2)
        samples = tf.clip_by_value(tf.cast(tf.math.ceil(scale - 0.25), tf.int32), 1, MOST_SAMPLES)
        k = tf.cast(samples, tf.float32)
        first = (1.0 / k - 1.0) / 2.0  # chip coordinate of the first sample of the first pixel
        shift_x += (a - b) * first
        shift_y += (a + b) * first
        a, b = a / k, b / k
        side = self.size * samples
        # Only what the chip shows, and a pixel more, becomes floating point; whole grey levels
        # would be rounded down.
        far = tf.cast(side - 1, tf.float32)
        height, width = tf.shape(image)[0], tf.shape(image)[1]
        left, right = _span(shift_x + far * tf.stack([0.0, a, -b, a - b]), width)
        top, bottom = _span(shift_y + far * tf.stack([0.0, b, a, a + b]), height)
        part = tf.cast(image[top:bottom, left:right], tf.float32)
        shift_x -= tf.cast(left, tf.float32)
        shift_y -= tf.cast(top, tf.float32)
        transform = tf.stack([a, -b, shift_x, b, a, shift_y, 0.0, 0.0])
        samples = tf.raw_ops.ImageProjectiveTransformV3(
            images=part[None],
            transforms=transform[None],
            output_shape=tf.stack([side, side]),
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )
        chip = tf.image.resize(samples, [self.size, self.size], method="area")[0]
        return tf.ensure_shape(chip, [self.size, self.size, 3])


def _span(where, length):
    """First and past the last of the pixels of a side that these coordinates lie among, int32.

    One pixel at least, wherever that is.
    """
    last = tf.cast(length - 1, tf.float32)
    where = tf.where(tf.math.is_finite(where), where, 0.0)
    start = tf.clip_by_value(tf.floor(tf.reduce_min(where)) - 1.0, 0.0, last)
    end = tf.clip_by_value(tf.math.ceil(tf.reduce_max(where)) + 1.0, start, last)
    return tf.cast(start, tf.int32), tf.cast(end, tf.int32) + 1
