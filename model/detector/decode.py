"""Faces from the maps of a single-shot detector, in the TensorFlow graph."""

from __future__ import annotations

import tensorflow as tf

from model.detector import box_ops as bx
from model.detector.second_look.refinement import log_odds
from model.detector.single_shot import split_map
from model.graph_function import plain

MOST_FACES = 5000  # that suppression looks at
MOST_FOUND = 1000  # that stay
MAX_IOU = 0.45
CAUTIOUS_SIDE = 48.0  # pixels of the searched picture, of a face that needs no higher score
USUAL_AGREEMENT = 5.0  # cells, of which a score is what the network says
FAINT = 0.1  # a cell that scores less has no say; what begins so hardly ever ends as a face
USUAL_SIDE = 32.0  # pixels, of a face whose score is what the network says
# How much less sure, in log odds, a face is for every time that the photo was enlarged by two to
# find it, if it has at most this side in pixels of the photo; nothing from twice that side on.
DOUBT, DOUBTED_SIDE = 0.6, 10.0
LARGEST_LOG_SIZE = 12.0  # an infinite box would upset the order of suppression


@plain
def decode(maps, strides, min_score, corners=None):
    """Every cell that scores at least `min_score`, before suppression.

    Args:
        maps: "map<s>" -> float32 [K, h, w, 16] for each stride s, see `single_shot.split_map`.
        strides: Pixels between neighbouring cells of each map.
        min_score: float32 scalar.
        corners: int64 [K, 2], where x and y of each of the K pictures begin, multiples of the last
            stride; by default all at 0.

    Returns:
        boxes float32 [M, 4] xyxy, landmarks float32 [M, 5, 2], scores float32 [M], not clipped, in
        pixels of the network's input from its corner at 0, best first, at most 5000.
    """
    scores, cells, values = [], [], []
    for stride in strides:
        output = maps[f"map{stride}"]
        _, height, width, _ = tf.unstack(tf.shape(output, tf.int64))
        flat = tf.reshape(output, [-1, output.shape[-1]])
        both = tf.sigmoid(flat[:, :2])
        score = tf.sqrt(both[:, 0] * both[:, 1])
        found = tf.where(score >= min_score)[:, 0]
        row, column = found // width % height, found % width
        if corners is not None:
            start = tf.gather(corners, found // (width * height)) // stride
            row, column = row + start[:, 1], column + start[:, 0]
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


@plain
def leaned(boxes, scores, lean: float):
    """Scores float32 [M] to whose logits twice the size of the boxes [M, 4] adds `lean`."""
    if not lean:
        return scores
    return tf.sigmoid(log_odds(scores) + lean * bx.octaves(boxes, USUAL_SIDE))


@plain
def asked(boxes, min_score, caution: float):
    """The scores float32 [M] from which boxes [M, 4] are faces, where `min_score` is asked of small
    ones: from 48 to 96 pixels of the shorter side the log odds rise by `caution`."""
    octaves = bx.octaves(boxes, CAUTIOUS_SIDE)
    more = tf.sigmoid(log_odds(min_score) + caution * tf.clip_by_value(octaves, 0.0, 1.0))
    return tf.where(octaves > 0.0, more, min_score)


@plain
def doubted(boxes, scores, enlarged):
    """Scores float32 [M] of faces that were found in an enlarged photo, small ones less sure.

    Some of what only an enlarged photo shows is no face.

    Args:
        boxes: float32 [M, 4] xyxy in pixels of the enlarged photo.
        scores: float32 [M].
        enlarged: How many times as long its sides are, float32 scalar.
    """
    share = tf.clip_by_value(1.0 - bx.octaves(boxes / enlarged, DOUBTED_SIDE), 0.0, 1.0)
    return tf.sigmoid(log_odds(scores) - DOUBT * bx.log2(enlarged) * share)


@plain
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


@plain
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
