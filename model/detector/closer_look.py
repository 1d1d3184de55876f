"""Where a photo that was searched small deserves a closer look: a small network says.

A small picture does not show every face that is small in it, but it shows where people are. This
network reads the features that the detector has made of the small picture, and says of every cell
whether a face may be there that the detector misses. Only there the photo is searched at full size,
a photo of few pixels enlarged.
"""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers

from model.detector import box_ops as bx
from model.detector.single_shot import KINDRED_CONFIG
from model.graph_function import plain
from model.traced_network import TracedNetwork

FEATURES = ("neck8_relu", "neck16_relu")  # layers of the detector's network that it reads
STRIDE = 16  # pixels of the small picture between its cells
# Log odds from which a cell deserves a closer look, and how many more it takes for every time that
# the photo is enlarged by two for it, which shows less that is new; see the model card.
LEAST_ODDS, ENLARGED_ODDS = -2.0, 1.5
TILE, MARGIN = 160, 32  # pixels: of the photo, and more all round it; multiples of 32
# Sides of faces, in pixels of the photo: smaller ones count as the closer look sees them. What
# seems larger there was seen whole in the small picture; here the margin may cut it.
SMALLER, LARGER = 48.0, 2.0 * MARGIN


def build_closer_look(channels: int = KINDRED_CONFIG.neck_channels) -> keras.Model:
    """The network with fresh weights.

    Input: the detector's features of strides 8 and 16, float32 [N, 2h, 2w, channels] and
    [N, h, w, channels]. Output: float32 [N, h, w, 1], the log odds that the middle of a face lies
    in the cell which the detector misses.
    """
    near = keras.Input((None, None, channels), name="near")
    far = keras.Input((None, None, channels), name="far")
    # Padded so that cell c looks at the middle of cell 2c, as in the detector's own network.
    x = layers.ZeroPadding2D(((1, 0), (1, 0)), name="near_pad")(near)
    x = layers.Conv2D(32, 3, strides=2, name="near_conv")(x)
    x = layers.Add(name="add")([x, layers.Conv2D(32, 1, name="far_conv")(far)])
    x = layers.ReLU(name="add_relu")(x)
    x = layers.Conv2D(32, 3, padding="same", activation="relu", name="both_conv")(x)
    x = layers.Conv2D(1, 3, padding="same", name="odds_conv")(x)
    return keras.Model([near, far], x, name="closer_look")


class CloserLook(tf.Module):
    """Says which parts of a photo are to be searched at full size.

    Args:
        network: One of `build_closer_look`.
        detector: The network whose features it reads.
    """

    def __init__(self, network: TracedNetwork, detector: keras.Model):
        super().__init__(name="closer_look")
        self.network = network
        features = [detector.get_layer(name).output for name in FEATURES]
        whole = keras.Model(detector.input, [detector.output, *features], name=detector.name)
        self.search = TracedNetwork(whole)

    def parts(self, features, factors, size, enlarged):
        """Parts of the photo, as few pixels as tiles or one rectangle can hold.

        Args:
            features: Of the small picture, a list of float32 [1, h, w, C], by `search`.
            factors: float32 [2], by which the photo shrank, x and y.
            size: int32 [2], the photo's height and width.
            enlarged: float32 scalar, how many times as long the photo's sides are as its own were.

        Returns:
            corners int64 [K, 2], x and y, multiples of 32, and int64 [2], the height and width that
            all parts have. K may be 0.
        """
        odds = self.network(*features)[0, :, :, 0]
        cells = tf.where(odds >= LEAST_ODDS + ENLARGED_ODDS * bx.log2(enlarged))[:, ::-1]
        last = tf.cast(size[::-1], tf.int64) - 1
        start = tf.cast(tf.cast(cells * STRIDE, tf.float32) / factors, tf.int64)
        end = tf.cast(tf.cast((cells + 1) * STRIDE, tf.float32) / factors, tf.int64)
        start, end = tf.minimum(start, last), tf.minimum(end, last)
        corners = _tiles(start, end)
        sides = tf.constant([TILE, TILE], tf.int64)
        if tf.shape(corners)[0] > 1:
            corner = tf.reduce_min(start, axis=0) // MARGIN * MARGIN
            far = tf.reduce_max(end, axis=0) // MARGIN * MARGIN + MARGIN
            tiles = tf.shape(corners, tf.int64)[0] * (TILE + 2 * MARGIN) ** 2
            if tf.reduce_prod(far - corner + 2 * MARGIN) <= tiles:
                corners, sides = corner[None], (far - corner)[::-1]
        return corners, sides


@plain
def _tiles(start, end):
    """Corners int64 [K, 2] of the tiles that rectangles from `start` to `end` [N, 2] touch.

    None of the rectangles is larger than a tile.
    """
    low, high = start // TILE, end // TILE
    touched = tf.concat(
        [low, high, tf.stack([low[:, 0], high[:, 1]], 1), tf.stack([high[:, 0], low[:, 1]], 1)], 0
    )
    apart = tf.constant(1 << 32, tf.int64)
    which, _ = tf.unique(touched[:, 1] * apart + touched[:, 0])
    return tf.stack([which % apart, which // apart], axis=1) * TILE


def cut(image, factors, corners, sides):
    """Parts of a photo with `MARGIN` more all round, black outside the photo.

    Args:
        image: uint8 [H, W, 3], the photo, perhaps of another size than the search takes it to be.
        factors: float32 [2], x and y, what makes pixels of the search of its pixels.
        corners, sides: As `CloserLook.parts` gives them, in pixels of the search.

    Returns:
        float32 [K, height + 2 margins, width + 2 margins, 3].
    """
    size, wanted = tf.shape(image)[:2], tf.cast(sides + 2 * MARGIN, tf.int32)
    scale = 1.0 / factors[::-1]
    starts = tf.cast(corners[:, ::-1] - MARGIN, tf.float32) * scale
    starts = tf.cast(tf.round(starts), tf.int32)
    extent = tf.cast(tf.round(tf.cast(wanted, tf.float32) * scale), tf.int32)

    def part(start):
        first, last = tf.maximum(start, 0), tf.minimum(start + extent, size)
        inside = image[first[0] : last[0], first[1] : last[1]]
        beyond = tf.stack([first - start, start + extent - last], axis=1)
        return tf.pad(inside, tf.concat([beyond, [[0, 0]]], axis=0))

    parts = tf.map_fn(part, starts, fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8))
    if tf.reduce_any(extent > wanted):
        pixels = tf.image.resize(parts, wanted, method="area")
    elif tf.reduce_any(extent < wanted):
        pixels = tf.image.resize(parts, wanted)
    else:
        pixels = tf.cast(parts, tf.float32)
    return pixels


@plain
def without_margin(maps, strides):
    """The cells of parts that were `cut` which lie inside the margin."""
    inside = {}
    for stride in strides:
        rim = MARGIN // stride
        inside[f"map{stride}"] = maps[f"map{stride}"][:, rim:-rim, rim:-rim]
    return inside


@plain
def seen_closer(boxes, corners, sides):
    """Whether boxes float32 [M, 4] are so small that the parts show them better, bool [M]."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2.0
    start = tf.cast(corners, tf.float32)
    end = start + tf.cast(sides[::-1], tf.float32)
    inside = (middle[:, None] >= start) & (middle[:, None] < end)
    return (bx.shorter_side(boxes) < SMALLER) & tf.reduce_any(tf.reduce_all(inside, axis=2), axis=1)
