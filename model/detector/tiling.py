"""Where a detector looks: at the whole photo, at parts of a panorama, and turned if in vain.

Every detector has the same limits, so they stand here and not in each of them.
"""

from __future__ import annotations

import tensorflow as tf

from data.media.photos import PANORAMA, PART
from model.detector import boxes as bx
from model.detector.resize import shrink

SHARED = 0.5  # what neighbouring parts share, in short sides
MAX_IOU = 0.45
TURNED_PIXELS = 300_000  # a photo on its side is looked at in small: its faces are not tiny
TURNED_SCORE = 0.1  # so much surer must the detector be of a face that does not stand upright
# A texture looks like a small face from one of four sides easily: one large face must be there, as
# a share of the photo's short side, or several.
TURNED_SHARE, TURNED_FACES = 0.1, 3


class Search(tf.Module):
    """A detector that also looks closely at panorama's parts and at photos that lie on their side.

    Args:
        detector: Object with `detect(image, min_score)`, which shrinks large images as it must.
    """

    def __init__(self, detector):
        super().__init__(name="search")
        self.detector = detector
        # One function for all five places that call it, kept apart from the graph round it:
        # otherwise each becomes a copy that is optimised anew.
        self._look = tf.function(
            detector.detect,
            input_signature=[
                tf.TensorSpec([None, None, 3], tf.uint8),
                tf.TensorSpec([], tf.float32),
            ],
            experimental_attributes={"_noinline": True},
        )

    def detect(self, image, min_score):
        """Faces of an upright photo.

        A photo longer than three times its short side is searched as a whole and in parts, one
        after the other, so that memory stays bounded. One without a face is searched turned by
        90, 180 and 270 degrees; the turn with the highest sum of scores is taken.

        Args:
            image: uint8 [H, W, 3] RGB.
            min_score: float32 scalar, 0..1.

        Returns:
            boxes float32 [N, 4], landmarks float32 [N, 5, 2] in the photo's own pixels, scores
            float32 [N]; best first. Left and right of the landmarks are those of the turned face.
        """
        image = tf.ensure_shape(image, [None, None, 3])
        faces = self._look(image, min_score)
        size = tf.cast(tf.shape(image)[:2], tf.float32)
        if tf.reduce_max(size) > PANORAMA * tf.reduce_min(size):
            faces = self._parts(image, faces, min_score)
        if tf.shape(faces[0])[0] == 0:
            faces = self._turned(image, min_score)
        return faces

    def _parts(self, image, faces, min_score):
        size = tf.shape(image)[:2]
        short = tf.cast(tf.reduce_min(size), tf.float32)
        wide = tf.cast(size[1] >= size[0], tf.int32)
        length = tf.cast(tf.round(short * PART), tf.int32)
        spare = tf.reduce_max(size) - length
        steps = tf.math.ceil(tf.cast(spare, tf.float32) / (short * (PART - SHARED)))
        count = tf.cast(steps, tf.int32) + 1
        boxes, landmarks, scores = faces
        for part in tf.range(count):
            tf.autograph.experimental.set_loop_options(
                parallel_iterations=1,
                shape_invariants=[
                    (boxes, tf.TensorShape([None, 4])),
                    (landmarks, tf.TensorShape([None, 5, 2])),
                    (scores, tf.TensorShape([None])),
                ],
            )
            start = tf.cast(spare, tf.float32) * tf.cast(part, tf.float32)
            start = tf.cast(start / tf.cast(tf.maximum(count - 1, 1), tf.float32), tf.int32)
            corner = tf.stack([start * wide, start * (1 - wide)])
            end = tf.minimum(corner + length, size[::-1])
            tile = image[corner[1] : end[1], corner[0] : end[0]]
            more = self._look(tile, min_score)
            move = tf.cast(corner, tf.float32)
            boxes = tf.concat([boxes, more[0] + tf.tile(move, [2])], axis=0)
            landmarks = tf.concat([landmarks, more[1] + move], axis=0)
            scores = tf.concat([scores, more[2]], axis=0)
        # Over the smaller box: half a face at the edge of a part lies within the whole one.
        kept = bx.suppress(boxes, scores, MAX_IOU, over="smaller")
        return tf.gather(boxes, kept), tf.gather(landmarks, kept), tf.gather(scores, kept)

    def _turned(self, image, min_score):
        small, factors = shrink(image, TURNED_PIXELS)
        size = tf.cast(tf.shape(small)[:2], tf.float32)
        least = tf.minimum(min_score + TURNED_SCORE, 1.0)
        best = (tf.zeros([0, 4]), tf.zeros([0, 5, 2]), tf.zeros([0]))
        for turns in (1, 2, 3):
            boxes, landmarks, scores = self._look(tf.image.rot90(small, turns), least)
            corners = turned_back(tf.reshape(boxes, [-1, 2, 2]), turns, size)
            boxes = tf.concat([tf.reduce_min(corners, 1), tf.reduce_max(corners, 1)], axis=1)
            landmarks = turned_back(landmarks, turns, size)
            sides = bx.shorter_side(boxes)
            large = tf.reduce_any(sides >= TURNED_SHARE * tf.reduce_min(size))
            better = tf.reduce_sum(scores) > tf.reduce_sum(best[2])
            better &= large | (tf.shape(scores)[0] >= TURNED_FACES)
            best = tf.cond(better, lambda new=(boxes, landmarks, scores): new, lambda old=best: old)
        return best[0] / tf.tile(factors, [2]), best[1] / factors, best[2]


def turned_back(points, turns: int, size):
    """Points of a picture turned counter-clockwise, in the picture before that.

    Args:
        points: float32 [..., 2] xy in the turned picture.
        turns: Quarter turns, 1 to 3.
        size: float32 [2], height and width before turning.
    """
    x, y = points[..., 0], points[..., 1]
    if turns == 1:
        x, y = size[1] - y, x
    elif turns == 2:
        x, y = size[1] - x, size[0] - y
    elif turns == 3:
        x, y = y, size[0] - x
    return tf.stack([x, y], axis=-1)
