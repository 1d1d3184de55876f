"""A second look at found faces: networks vote on them, and O-Net places landmarks.

A cell of the sliding window knows the points of a large face only to a fraction of its stride; the
embedder's alignment wants them to a few hundredths of the distance of the eyes. O-Net (see
`model.detector.mtcnn`) is the last network of the cascade, and the templates of the chips were made
of its points. It knows upright faces; a tilted one is shown to it turned, by what the sliding
window's own landmarks say. What R-Net and O-Net take for a face is less certain than what the
sliding window does, but their mistakes are others: a tenth of their log odds, added, takes false
faces away. The verifier learned from the sliding window's own mistakes, and
has a veto on large faces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import tensorflow as tf

from data.tags import MIRRORED_LANDMARKS
from model.detector import box_ops as bx
from model.detector.mtcnn import ONET, RNET, load_stage
from model.detector.second_look.verifier import AROUND, SIDE, build_verifier
from model.detector.second_look.windows import cut_upright, in_photo, say, tilts_of, turned
from model.graph_function import plain
from model.traced_network import TracedNetwork
from model.zoo.weight_file import load_weights

SMALLEST = 14.0  # pixels of the shorter side; in a smaller face the five points are guesses
SMALLEST_JUDGED = 8.0  # pixels; what is smaller says nothing to the networks
LEAST_SCORE = 0.1  # what scores less is hardly ever a face, and not looked at
MOST_FACES = 500  # the best ones; a photo with more shows them too small anyway
VOTE, LARGEST_VOTE = 0.1, 0.5  # of a network's log odds, and at most; see the model card
# How much of the verifier's log odds against a face is taken away, and at most, from a face of the
# last side (pixels) and more; from one of the first side, nothing. Small faces it takes for none.
VETO, LARGEST_VETO, VETO_SIDES = 1.0, 2.5, (48.0, 80.0)


class SecondLook(tf.Module):
    """Finds the landmarks of faces whose boxes are known, and says how likely they are faces.

    Args:
        onet: The network of `model.detector.mtcnn.build_stage(ONET)`.
        rnet: One of `build_stage(RNET)`.
        verifier: One of `model.detector.second_look.verifier.build_verifier`, which has a veto on
            large faces, or None.
        votes: Whether they have a say in the scores, and not in the landmarks alone.
    """

    def __init__(
        self,
        onet: TracedNetwork,
        rnet: TracedNetwork,
        verifier: TracedNetwork | None = None,
        *,
        votes: bool = True,
    ):
        super().__init__(name="second_look")
        self.onet, self.rnet, self.verifier, self.votes = onet, rnet, verifier, votes

    @plain
    def landmarks_in(self, image: tf.Tensor, boxes: tf.Tensor):
        """The landmarks in boxes.

        Each box is looked at once more in the mirror, and both answers count the same.

        Args:
            image: uint8 or float32 [H, W, 3] RGB 0..255, upright.
            boxes: float32 [N, 4].

        Returns:
            landmarks float32 [N, 5, 2], and how sure O-Net is of a face in each box, float32 [N].
        """
        upright = tf.zeros(tf.shape(boxes)[:1])
        points, odds = self._points_in(image, bx.squared(boxes), upright)
        return points, tf.sigmoid(odds)

    def _points_in(self, image: tf.Tensor, squares: tf.Tensor, tilts: tf.Tensor):
        """`landmarks_in` of square boxes, turned by `tilts`; with log odds of a face."""
        (_, points, _), odds = _judge_twice(self.onet, image, squares, tilts, ONET.window)
        seen, reflected = tf.unstack(points)
        x, y = (
            tf.gather(part, MIRRORED_LANDMARKS, axis=1) for part in tf.split(reflected, 2, axis=1)
        )
        points = (seen + tf.concat([1.0 - x, y], axis=1)) / 2.0
        return turned(in_photo(points, squares), squares, tilts), odds

    def _veto(self, image, squares, tilts, sides) -> tf.Tensor:
        """How much the verifier speaks against faces in square boxes, log odds float32 [N], >= 0.

        Args:
            image: As in `landmarks_in`.
            squares: float32 [N, 4].
            tilts, sides: float32 [N], of the heads, and the shorter sides of their boxes.
        """
        none, all_of_it = VETO_SIDES
        share = tf.clip_by_value((sides - none) / (all_of_it - none), 0.0, 1.0)
        which = tf.where(share > 0.0)
        squares, tilts = (
            bx.enlarged(tf.gather_nd(squares, which), AROUND),
            tf.gather_nd(tilts, which),
        )
        windows = cut_upright(image, squares, tilts, SIDE)
        odds = say(self.verifier, tf.concat([windows, tf.reverse(windows, [2])], axis=0))
        odds = tf.reduce_mean(tf.stack(tf.split(odds[:, 0], 2)), axis=0)
        against = tf.clip_by_value(-VETO * odds, 0.0, LARGEST_VETO)
        return share * tf.scatter_nd(which, against, tf.shape(share, tf.int64))

    @plain
    def standing(self, image: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
        """How much boxes look like upright faces from each of the four sides.

        Args:
            image: uint8 or float32 [H, W, 3] RGB 0..255.
            boxes: float32 [N, 4].

        Returns:
            float32 [N, 4], the log odds of a face after 0 to 3 quarter turns counter-clockwise,
            as far as they are positive, R-Net's and O-Net's together.
        """
        count = tf.shape(boxes)[0]
        squares = tf.repeat(bx.squared(boxes), 4, axis=0)
        turns = tf.tile(tf.range(4.0) * (math.pi / 2.0), [count])
        odds = tf.zeros([4 * count])
        for network, side in ((self.rnet, RNET.window), (self.onet, ONET.window)):
            said = say(network, cut_upright(image, squares, turns, side))
            odds += tf.nn.relu(log_odds(said[-1][:, 1]))
        return tf.reshape(odds, [count, 4])

    @plain
    def refine(
        self, image, boxes, landmarks, scores, min_score, factors=(1.0, 1.0)
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Better landmarks and scores of the best faces that are large enough; the others' stay.

        Faces that no vote can lift to `min_score` are not looked at.

        Args:
            image: As in `landmarks_in`.
            boxes: float32 [N, 4], best first.
            landmarks: float32 [N, 5, 2].
            scores: float32 [N], of the detector.
            min_score: float32 scalar.
            factors: float32 [2], x and y, what makes pixels of the search of those of the image:
                how large a face is counts as the search saw it.

        Returns:
            landmarks float32 [N, 5, 2] and scores float32 [N], in the order of the boxes.
        """
        sides = bx.shorter_side(boxes * tf.tile(factors, [2]))
        least = tf.sigmoid(log_odds(min_score) - 2 * LARGEST_VOTE) if self.votes else min_score
        least = tf.maximum(least, LEAST_SCORE)
        chosen = tf.where((sides >= SMALLEST_JUDGED) & (scores >= least))[:MOST_FACES]
        squares = bx.squared(tf.gather_nd(boxes, chosen))
        tilts = tilts_of(tf.gather_nd(landmarks, chosen))
        points, onet_odds = self._points_in(image, squares, tilts)
        clear = tf.gather_nd(sides, chosen)[:, None, None] >= SMALLEST
        points = tf.where(clear, points, tf.gather_nd(landmarks, chosen))
        landmarks = tf.tensor_scatter_nd_update(landmarks, chosen, points)
        if self.votes:
            _, rnet_odds = _judge_twice(self.rnet, image, squares, tilts, RNET.window)
            votes = _vote(onet_odds) + _vote(rnet_odds)
            if self.verifier is not None:
                votes -= self._veto(image, squares, tilts, tf.gather_nd(sides, chosen))
            voted = tf.sigmoid(log_odds(tf.gather_nd(scores, chosen)) + votes)
            scores = tf.tensor_scatter_nd_update(scores, chosen, voted)
        return landmarks, scores


def _vote(odds: tf.Tensor) -> tf.Tensor:
    """What a network's log odds add to those of the detector."""
    return tf.clip_by_value(VOTE * odds, -LARGEST_VOTE, LARGEST_VOTE)


@plain
def log_odds(probability: tf.Tensor) -> tf.Tensor:
    """Of probabilities 0..1, float32 of any shape; finite."""
    probability = tf.clip_by_value(probability, 1e-6, 1.0 - 1e-6)
    return tf.math.log(probability) - tf.math.log1p(-probability)


def _judge_twice(network: TracedNetwork, image, squares, tilts, side: int):
    """What a network says of turned square boxes [N, 4] and of their mirror images.

    Returns:
        its outputs, each [2, N, ...], and the mean log odds of a face, float32 [N].
    """
    windows = cut_upright(image, squares, tilts, side)
    outputs = say(network, tf.concat([windows, tf.reverse(windows, [2])], axis=0))
    outputs = [tf.stack(tf.split(output, 2)) for output in outputs]
    return outputs, tf.reduce_mean(log_odds(outputs[-1][..., 1]), axis=0)


def load_second_look(files: Mapping[str, Path], *, votes: bool = True) -> SecondLook:
    """R-Net, O-Net and the verifier.

    Args:
        files: `rnet.lz4`, `onet.lz4`, and `verifier.npz`, which is only read with `votes`.
        votes: Whether they have a say in the scores.
    """
    stages = [TracedNetwork(load_stage(config, files)) for config in (ONET, RNET)]
    if not votes:
        return SecondLook(*stages, votes=False)
    return SecondLook(*stages, TracedNetwork(load_weights(files["verifier.npz"], build_verifier())))
