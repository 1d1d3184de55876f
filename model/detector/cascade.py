"""The MTCNN cascade as one graph: image pyramid, sliding window, two refinements, suppression.

Source: Zhang et al. 2016 (see `model.detector.mtcnn`). Constants are those of the authors'
implementation: pyramid factor .709, smallest face 20 px, suppression at IoU .5 within a scale, .7
across scales and after R-Net, and .7 of the smaller box after O-Net.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import tensorflow as tf

from model.detector import box_ops as bx
from model.detector.mtcnn import ONET, PNET, RNET, load_stage
from model.detector.resize import shrink
from model.detector.second_look.refinement import SecondLook
from model.detector.second_look.windows import classify_windows, in_photo, normalised
from model.traced_network import TracedNetwork

MIN_FACE = 20.0
WINDOW = 12.0
STRIDE = 2.0
PYRAMID_FACTOR = 0.709
PNET_SCORE = 0.6
# R-Net may be a little less sure than what is asked of O-Net: .7 at the usual .8, and .3 for a
# precision-recall curve, where everything is asked for.
RNET_MARGIN, RNET_LOWEST, RNET_HIGHEST = 0.1, 0.3, 0.7
MAX_PER_LEVEL = 4000  # the best windows of a level; only a crowd or a texture has more


class Cascade(tf.Module):
    """Finds faces with P-Net, R-Net and O-Net.

    Args:
        pnet, rnet, onet: Keras models of `model.detector.mtcnn.build_stage`.
        max_pixels: Larger images are shrunk to this area before the search; boxes and landmarks
            come back in the pixels of the image that was given.
    """

    def __init__(
        self,
        pnet: keras.Model,
        rnet: keras.Model,
        onet: keras.Model,
        *,
        max_pixels: int = 2_000_000,
    ):
        super().__init__(name="cascade")
        self.pnet, self.rnet, self.onet = map(TracedNetwork, (pnet, rnet, onet))
        self.second_look = SecondLook(self.onet, self.rnet)
        self.max_pixels = max_pixels

    def detect(self, image: tf.Tensor, min_score: tf.Tensor):
        """Faces of one image.

        Args:
            image: uint8 [H, W, 3] RGB, upright; any size.
            min_score: float32 scalar, 0..1.

        Returns:
            boxes float32 [N, 4], landmarks float32 [N, 5, 2], scores float32 [N]; best score first.
        """
        pixels, scale = shrink(image, self.max_pixels)
        boxes = self._propose(pixels)
        boxes = self._refine(pixels, boxes, min_score)
        boxes, landmarks, scores = self._finish(pixels, boxes, min_score)
        return boxes / tf.tile(scale, [2]), landmarks / scale, scores

    def _propose(self, pixels: tf.Tensor) -> tf.Tensor:
        size = tf.cast(tf.shape(pixels)[:2], tf.float32)
        smallest = tf.reduce_min(size) * (WINDOW / MIN_FACE)
        steps = tf.math.floor(tf.math.log(WINDOW / smallest) / tf.math.log(PYRAMID_FACTOR)) + 1.0
        steps = tf.cast(tf.maximum(steps, 0.0), tf.int32)
        found_boxes = tf.TensorArray(tf.float32, steps, infer_shape=False, element_shape=[None, 4])
        found_scores = tf.TensorArray(tf.float32, steps, infer_shape=False, element_shape=[None])
        for step in tf.range(steps):
            scale = (WINDOW / MIN_FACE) * PYRAMID_FACTOR ** tf.cast(step, tf.float32)
            boxes, scores = self._slide(pixels, size, scale)
            found_boxes = found_boxes.write(step, boxes)
            found_scores = found_scores.write(step, scores)
        if steps == 0:
            return tf.zeros([0, 4])
        boxes, scores = found_boxes.concat(), found_scores.concat()
        return bx.squared(tf.gather(boxes, bx.suppress(boxes, scores, 0.7)))

    def _slide(self, pixels: tf.Tensor, size: tf.Tensor, scale: tf.Tensor):
        """P-Net over one level of the pyramid: boxes in pixels of `pixels`, and scores."""
        level_size = tf.cast(tf.maximum(size * scale, WINDOW), tf.int32)
        level = tf.image.resize(pixels[None], level_size, method="area")
        offsets, face = self.pnet(normalised(level))
        score = face[0, :, :, 1]
        at = tf.where(score > PNET_SCORE)
        best = tf.math.top_k(tf.gather_nd(score, at), tf.minimum(MAX_PER_LEVEL, tf.shape(at)[0]))
        at, score = tf.gather(at, best.indices), best.values
        offsets = tf.gather_nd(offsets[0], at)
        corner = tf.cast(at[:, ::-1], tf.float32) * STRIDE
        window = tf.concat([corner + 1.0, corner + WINDOW], axis=1) + offsets * (WINDOW - 1.0)
        boxes = window / scale
        keep = bx.suppress(boxes, score, 0.5)
        return tf.gather(boxes, keep), tf.gather(score, keep)

    def _refine(self, pixels: tf.Tensor, boxes: tf.Tensor, min_score: tf.Tensor) -> tf.Tensor:
        offsets, face = classify_windows(self.rnet, pixels, boxes, RNET.window)
        least = tf.clip_by_value(min_score - RNET_MARGIN, RNET_LOWEST, RNET_HIGHEST)
        keep = face[:, 1] > least
        boxes = tf.boolean_mask(_moved(boxes, offsets), keep)
        scores = tf.boolean_mask(face[:, 1], keep)
        return bx.squared(tf.gather(boxes, bx.suppress(boxes, scores, 0.7)))

    def _finish(self, pixels: tf.Tensor, boxes: tf.Tensor, min_score: tf.Tensor):
        offsets, points, face = classify_windows(self.onet, pixels, boxes, ONET.window)
        boxes, landmarks, scores = _moved(boxes, offsets), in_photo(points, boxes), face[:, 1]
        kept = tf.where(scores >= min_score)[:, 0]
        boxes, landmarks, scores = (tf.gather(x, kept) for x in (boxes, landmarks, scores))
        order = bx.suppress(boxes, scores, 0.7, over="smaller")
        size = tf.cast(tf.shape(pixels), tf.float32)
        boxes = bx.clipped(tf.gather(boxes, order), size[0], size[1])
        return boxes, tf.gather(landmarks, order), tf.gather(scores, order)


def _moved(boxes: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    side = boxes[:, 2:] - boxes[:, :2] + 1.0
    return boxes + offsets * tf.tile(side, [1, 2])


def load_cascade(files: Mapping[str, Path]) -> Cascade:
    """The cascade with the weights of `pnet.lz4`, `rnet.lz4` and `onet.lz4`."""
    return Cascade(*(load_stage(config, files) for config in (PNET, RNET, ONET)))
