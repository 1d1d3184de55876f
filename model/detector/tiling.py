"""Where a detector looks: at the whole photo, at parts of a panorama, and turned if it lies.

Every detector has the same limits, so they stand here and not in each of them.
"""

from __future__ import annotations

import math

import tensorflow as tf

from data.media.photos import PANORAMA, PART
from model.detector import box_ops as bx
from model.detector.protocol import IMAGE, MIN_SCORE, Detector
from model.detector.resize import shrink
from model.detector.second_look.refinement import log_odds
from model.detector.second_look.windows import tilts_of
from model.graph_function import GraphFunction, plain

SHARED = 0.5  # what neighbouring parts share, in short sides
MAX_IOU = 0.45
# A box goes if a surer one has more than this share of the smaller of the two. Of 12,571 labelled
# faces of WIDER FACE 78 pairs share so much, 8 of them over 40 pixels.
OUTDONE_SHARE, OUTDONE_MARGIN = 0.4, 3.0
# A photo with a face of this score that does not lean further (radians) is upright, and nothing
# more is asked.
STANDS, MOST_LEAN = 0.95, math.pi / 4
ASKED_FACES = 6  # the best ones, of a photo in which no face is so sure
CLEAR = 5.0  # log odds, between the side that speaks most for itself and the next one
TURNED_PIXELS = 300_000  # a photo on its side is looked at in small: its faces are not tiny
TURNED_SCORE = 0.1  # so much surer must the detector be of a face that does not stand upright
# A texture, a wheel or a tower looks like a face from one of four sides easily: several faces must
# be there, or one of such a score.
TURNED_FACES, TURNED_SURE = 3, 0.85


class Search(tf.Module):
    """A detector that also looks closely at panorama's parts and at photos that lie on their side.

    Args:
        detector: Finds faces; without a second look every doubt about the side from which a photo
            stands upright costs three looks at it.
    """

    def __init__(self, detector: Detector):
        super().__init__(name="search")
        self.detector, self.second_look = detector, detector.second_look
        # One function for all five places that call it, kept apart from the graph round it:
        # otherwise each becomes a copy that is optimised anew.
        self._look = GraphFunction(detector.detect, IMAGE, MIN_SCORE, apart=True)

    def detect(self, image, min_score):
        """Faces of a photo, which may lie on its side.

        A photo longer than three times its short side is searched as a whole and in parts, one
        after the other, so that memory stays bounded. Of boxes that share much, the ones that are
        much less sure go. Where no face is surely upright, R-Net and O-Net say from which
        side those that were found look like faces; if that is not clear, the photo is looked at in
        small from the other sides. Then it is searched once more from the side from which its
        faces stand.

        Args:
            image: uint8 [H, W, 3] RGB.
            min_score: float32 scalar, 0..1.

        Returns:
            boxes float32 [N, 4], landmarks float32 [N, 5, 2] in the photo's own pixels, scores
            float32 [N]; best first. Left and right of the landmarks are those of the turned face.
        """
        image = tf.ensure_shape(image, [None, None, 3])
        faces = self._whole(image, min_score)
        leans = tf.abs(tilts_of(faces[1])) > MOST_LEAN
        if not tf.reduce_any((faces[2] >= STANDS) & ~leans):
            turns = self._turns(image, faces, min_score)
            if turns > 0:
                found = self._whole(tf.image.rot90(image, turns), min_score)
                faces = _turned_back(found, turns, tf.cast(tf.shape(image)[:2], tf.float32))
        return faces

    def _whole(self, image, min_score):
        """The faces of a photo as it is."""
        faces = self._look(image, min_score)
        size = tf.cast(tf.shape(image)[:2], tf.float32)
        if tf.reduce_max(size) > PANORAMA * tf.reduce_min(size):
            faces = self._parts(image, faces, min_score)
        kept = bx.not_outdone(faces[0], log_odds(faces[2]), OUTDONE_SHARE, OUTDONE_MARGIN)
        return tuple(tf.gather(part, kept) for part in faces)

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

    def _turns(self, image, faces, min_score):
        """By how many quarter turns counter-clockwise the photo's faces stand upright, int32.

        Args:
            faces: What was found in the photo as it is.
        """
        evidence = tf.zeros([4])
        if self.second_look is not None:
            odds = self.second_look.standing(image, faces[0][:ASKED_FACES])
            evidence = tf.reduce_sum(odds, axis=0)
        most, which = tf.math.top_k(evidence, 2)
        if most[0] - most[1] >= CLEAR:
            turns = which[0]
        else:
            turns = self._turns_in_small(image, faces, min_score)
        return turns

    def _turns_in_small(self, image, faces, min_score):
        """The same by three looks at the photo from its other sides."""
        small, _ = shrink(image, TURNED_PIXELS)
        least = tf.minimum(min_score + TURNED_SCORE, 1.0)
        best, most = tf.constant(0), _evidence(faces[2], min_score)
        for turns in (1, 2, 3):
            _, _, scores = self._look(tf.image.rot90(small, turns), least)
            trusted = tf.reduce_any(scores >= TURNED_SURE)
            trusted |= tf.shape(scores)[0] >= TURNED_FACES
            evidence = _evidence(scores, min_score)
            better = (evidence > most) & trusted
            best, most = tf.where(better, turns, best), tf.where(better, evidence, most)
        return best


@plain
def _evidence(scores, min_score):
    """How much these faces speak for the side from which they were found, float32 scalar."""
    return tf.reduce_sum(tf.nn.relu(log_odds(scores) - log_odds(min_score)))


@plain
def _turned_back(faces, turns, size):
    """Boxes, landmarks and scores of a turned picture, in the picture before that."""
    boxes, landmarks, scores = faces
    corners = turned_back(tf.reshape(boxes, [-1, 2, 2]), turns, size)
    boxes = tf.concat([tf.reduce_min(corners, 1), tf.reduce_max(corners, 1)], axis=1)
    return boxes, turned_back(landmarks, turns, size), scores


def turned_back(points, turns, size):
    """Points of a picture turned counter-clockwise, in the picture before that.

    Args:
        points: float32 [..., 2] xy in the turned picture.
        turns: Quarter turns, 1 to 3, a number or an int32 scalar.
        size: float32 [2], height and width before turning.
    """
    x, y = points[..., 0], points[..., 1]
    sides = [(size[1] - y, x), (size[1] - x, size[0] - y), (y, size[0] - x)]
    x, y = (tf.gather(tf.stack(each), turns - 1) for each in zip(*sides, strict=True))
    return tf.stack([x, y], axis=-1)
