"""Faces from the maps of a single-shot detector, in the TensorFlow graph: pixels in, boxes out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import keras
import tensorflow as tf

from model.detector import boxes as bx
from model.detector.refinement import SecondLook, load_second_look, log_odds
from model.detector.resize import shrink
from model.detector.single_shot import (
    KINDRED_CONFIG,
    YUNET_CONFIG,
    SingleShotConfig,
    build_single_shot,
    load_yunet,
    split_map,
)
from model.zoo.weight_file import load_weights

MOST_FACES = 5000  # that suppression looks at
MOST_FOUND = 1000  # that stay
MAX_IOU = 0.45
LEAN, AGREEMENT = 0.1, 0.5  # chosen on photos of the training part, see the model card
# A large face is hardly ever seen dimly, a hand or an ear often: so much surer, in log odds, must
# the detector be of a face of twice this side, in pixels of the searched picture. Chosen on
# close-ups and on photos of the training part that were kept aside; see the model card.
CAUTION, CAUTIOUS_SIDE = 0.4, 48.0
USUAL_AGREEMENT = 5.0  # cells, of which a score is what the network says
FAINT = 0.1  # a cell that scores less has no say; what begins so hardly ever ends as a face
LEAST_SIDE = 48.0  # pixels, of a face that counts in an octave after the first
USUAL_SIDE = 32.0  # pixels, of a face whose score is what the network says
LARGEST_LOG_SIZE = 12.0  # an infinite box would upset the order of suppression


class SingleShotDetector(tf.Module):
    """Finds faces in one image of any size.

    Args:
        model: A network of `build_single_shot`.
        config: What it was built from; only `strides` is used.
        max_pixels: A larger image is area-averaged down to this many pixels before it is searched;
            boxes and landmarks are always those of the image that was given.
        octaves: How often it is searched, each time at half the size of the time before: faces
            that fill the photo are larger than what the last cells see.
        lean: How much twice the size adds to the logit of a score. What fills a photo is rarely
            taken for a face by mistake, and matters most; a texture is, and small.
        agreement: How much the logarithm of the number of cells that see the same face, in
            whichever octave, adds to the logit. One cell errs more easily than many.
        caution: How much surer than asked, in log odds, the detector must be of a face of 96
            pixels and more in the searched picture.
        second_look: What finds the landmarks of the faces that are large enough for it, and has a
            vote on them, or None.
    """

    def __init__(
        self,
        model: keras.Model,
        config: SingleShotConfig = YUNET_CONFIG,
        *,
        max_pixels: int = 2_000_000,
        octaves: int = 1,
        lean: float = 0.0,
        agreement: float = 0.0,
        caution: float = 0.0,
        second_look: SecondLook | None = None,
    ):
        super().__init__(name="single_shot_detector")
        if max_pixels < 1:
            raise ValueError(f"`max_pixels` must be at least 1. Received: max_pixels={max_pixels}")
        if octaves < 1:
            raise ValueError(f"`octaves` must be at least 1. Received: octaves={octaves}")
        self.model = model
        self.strides = tuple(config.strides)
        self.max_pixels, self.octaves = max_pixels, octaves
        self.lean, self.agreement, self.caution = lean, agreement, caution
        self.second_look = second_look

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, 3], tf.uint8, name="image"),
            tf.TensorSpec([], tf.float32, name="min_score"),
        ]
    )
    def detect(self, image, min_score):
        """The faces of an image that score at least `min_score`, large ones more (`asked`).

        In one octave the same faces as OpenCV's FaceDetectorYN finds, with two differences: boxes
        are cut at the image's borders after suppression, and one that lies wholly outside is
        dropped. Landmarks are not cut, they may lie outside.

        Args:
            image: uint8 [H, W, 3], upright RGB.
            min_score: float32 scalar, 0..1.

        Returns:
            boxes float32 [N, 4] xyxy in pixels, landmarks float32 [N, 5, 2], scores float32 [N],
            best first; N is 0 to 1000.
        """
        pixels, factors = shrink(image, self.max_pixels)
        height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
        pixels = tf.cast(pixels, tf.float32)
        votes = self.second_look is not None and self.second_look.votes
        judged = bool(self.agreement) or bool(self.caution) or votes
        least = tf.minimum(min_score, FAINT) if judged else min_score
        cells, sharp = self._search(pixels[None], least)
        boxes, landmarks, scores = (tf.boolean_mask(x, sharp) for x in cells)
        scores = leaned(boxes, scores, self.lean)
        kept = suppress(boxes, scores)
        boxes, landmarks, scores = (tf.gather(x, kept) for x in (boxes, landmarks, scores))
        if self.agreement:
            scores = agreed(boxes, scores, cells, self.agreement)
        if self.second_look is not None:
            landmarks, scores = self.second_look.refine(pixels, boxes, landmarks, scores, min_score)
        if judged:
            order = tf.argsort(scores, direction="DESCENDING", stable=True)
            enough = scores >= asked(boxes, min_score, self.caution)
            order = tf.boolean_mask(order, tf.gather(enough, order))
            boxes, landmarks, scores = (tf.gather(x, order) for x in (boxes, landmarks, scores))
        boxes = bx.clipped(boxes, tf.cast(height, tf.float32), tf.cast(width, tf.float32))
        inside = tf.reduce_all(boxes[:, 2:] > boxes[:, :2], axis=1)
        boxes, landmarks, scores = (tf.boolean_mask(x, inside) for x in (boxes, landmarks, scores))
        return boxes / tf.tile(factors, [2]), landmarks / factors, scores

    def _search(self, pixels, min_score):
        """The cells of every octave.

        Args:
            pixels: float32 [1, H, W, 3].

        Returns:
            boxes, landmarks and scores as `decode` gives them, in pixels of `pixels`; and bool [M],
            false for what is small in its octave and was seen better in the one before.
        """
        found = []
        for octave in range(self.octaves):
            if octave:
                # Both sides are even; an average pooling of three channels takes 8 times as long.
                half = tf.shape(pixels)[1:3] // 2
                pixels = tf.image.resize(pixels, half, method="area")
            pixels = self._padded(pixels)
            maps = self.model(pixels, training=False)
            boxes, landmarks, scores = decode(maps, self.strides, min_score)
            sides = bx.shorter_side(boxes)
            sharp = sides >= LEAST_SIDE if octave else tf.fill(tf.shape(sides), True)
            found.append((boxes * 2.0**octave, landmarks * 2.0**octave, scores, sharp))
        *cells, sharp = (tf.concat(parts, axis=0) for parts in zip(*found, strict=True))
        return cells, sharp

    def _padded(self, pixels):
        """Black at the bottom and on the right, up to whole cells of the last stride."""
        height, width = tf.shape(pixels)[1], tf.shape(pixels)[2]
        last = self.strides[-1]
        return tf.pad(pixels, [[0, 0], [0, -height % last], [0, -width % last], [0, 0]])


def decode(maps, strides, min_score):
    """Every cell that scores at least `min_score`, before suppression.

    Args:
        maps: "map<s>" -> float32 [1, h, w, 16] for each stride s, see `single_shot.split_map`.
        strides: Pixels between neighbouring cells of each map.
        min_score: float32 scalar.

    Returns:
        boxes float32 [M, 4] xyxy, landmarks float32 [M, 5, 2], scores float32 [M], not clipped, in
        pixels of the network's input, best first, at most 5000.
    """
    scores, cells, values = [], [], []
    for stride in strides:
        output = maps[f"map{stride}"]
        width = tf.shape(output, tf.int64)[2]
        flat = tf.reshape(output, [-1, output.shape[-1]])
        both = tf.sigmoid(flat[:, :2])
        score = tf.sqrt(both[:, 0] * both[:, 1])
        found = tf.where(score >= min_score)[:, 0]
        row, column = found // width, found % width
        place = tf.stack([column, row, tf.fill(tf.shape(row), tf.cast(stride, row.dtype))], axis=1)
        scores.append(tf.gather(score, found))
        cells.append(tf.cast(place, tf.float32))
        values.append(tf.gather(flat, found))
    scores, cells, values = (tf.concat(x, axis=0) for x in (scores, cells, values))
    scores, best = tf.math.top_k(scores, tf.minimum(tf.shape(scores)[0], MOST_FACES))
    cells, values = tf.gather(cells, best), split_map(tf.gather(values, best))
    corner, stride = cells[:, :2], cells[:, 2:]
    centre = (corner + values["box"][:, :2]) * stride
    half = tf.exp(tf.minimum(values["box"][:, 2:], LARGEST_LOG_SIZE)) * stride / 2.0
    points = tf.reshape(values["landmarks"], [-1, 5, 2])
    landmarks = (corner[:, None] + points) * stride[:, None]
    return tf.concat([centre - half, centre + half], axis=1), landmarks, scores


def leaned(boxes, scores, lean: float):
    """Scores float32 [M] to whose logits twice the size of the boxes [M, 4] adds `lean`."""
    if not lean:
        return scores
    sides = tf.maximum(bx.shorter_side(boxes), 1.0)
    octaves = tf.math.log(sides / USUAL_SIDE) / math.log(2)
    return tf.sigmoid(log_odds(scores) + lean * octaves)


def asked(boxes, min_score, caution: float):
    """The scores float32 [M] from which boxes [M, 4] are faces, where `min_score` is asked of small
    ones: from 48 to 96 pixels of the shorter side the log odds rise by `caution`."""
    octaves = tf.math.log(tf.maximum(bx.shorter_side(boxes), 1.0) / CAUTIOUS_SIDE) / math.log(2)
    more = tf.sigmoid(log_odds(min_score) + caution * tf.clip_by_value(octaves, 0.0, 1.0))
    return tf.where(octaves > 0.0, more, min_score)


def agreed(boxes, scores, cells, weight: float):
    """Scores of faces after it was counted how many cells see each of them.

    A cell sees a face if its box overlaps it by more than half, and counts as much as it scores.

    Args:
        boxes: float32 [N, 4].
        scores: float32 [N].
        cells: boxes [M, 4], landmarks and scores [M] of all cells, as `decode` gives them.
        weight: What is added to the logit for e times as many cells.
    """
    said, _, sure = (tf.boolean_mask(x, cells[2] >= FAINT) for x in cells)
    count = tf.linalg.matvec(tf.cast(bx.overlap(boxes, said) > 0.5, tf.float32), sure)
    return tf.sigmoid(log_odds(scores) + weight * tf.math.log((0.5 + count) / USUAL_AGREEMENT))


def suppress(boxes, scores):
    """Greedy non-maximum suppression of boxes float32 [M, 4] by scores float32 [M].

    Overlap is that of the boxes in whole pixels, as OpenCV counts it: for the smallest faces the
    rounding decides which one stays.

    Returns:
        int32 [N], indices of the boxes that stay, best first.
    """
    corner, size = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    corner = tf.sign(corner) * tf.floor(tf.abs(corner))
    whole = tf.concat([corner, corner + tf.floor(size)], axis=1)
    return tf.image.non_max_suppression(whole, scores, MOST_FOUND, iou_threshold=MAX_IOU)


def load_kindred_detector(files: Mapping[str, Path]) -> SingleShotDetector:
    """Our own network from `detector.npz`, with R-Net and O-Net for the second look."""
    network = load_weights(files["detector.npz"], build_single_shot(KINDRED_CONFIG))
    return kindred_detector(network, second_look=load_second_look(files))


def kindred_detector(
    network: keras.Model,
    config: SingleShotConfig = KINDRED_CONFIG,
    second_look: SecondLook | None = None,
) -> SingleShotDetector:
    """How a network of our own searches a photo: in training's judgement as in use."""
    return SingleShotDetector(
        network,
        config,
        octaves=3,
        lean=LEAN,
        agreement=AGREEMENT,
        caution=CAUTION,
        second_look=second_look,
    )


def load_yunet_detector(files: Mapping[str, Path]) -> SingleShotDetector:
    """YuNet from its one published file, and O-Net for the landmarks.

    The search at smaller sizes is ours: it finds the faces that fill a photo.
    """
    network = load_yunet(files["yunet_n_640_640.onnx"])
    look = load_second_look(files, votes=False)
    return SingleShotDetector(network, octaves=3, second_look=look)
