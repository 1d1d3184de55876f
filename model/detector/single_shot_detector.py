"""Finds faces with a single-shot network: pixels in, boxes out, in the TensorFlow graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import keras
import tensorflow as tf

from model.detector import box_ops as bx
from model.detector.closer_look import (
    LARGER,
    CloserLook,
    build_closer_look,
    cut,
    seen_closer,
    without_margin,
)
from model.detector.decode import FAINT, agreed, asked, decode, doubted, leaned, suppress
from model.detector.protocol import IMAGE, MIN_SCORE
from model.detector.resize import fitted, shrink
from model.detector.second_look.refinement import SecondLook, load_second_look
from model.detector.single_shot import (
    KINDRED_CONFIG,
    YUNET_CONFIG,
    SingleShotConfig,
    build_single_shot,
    load_yunet,
)
from model.graph_function import GraphFunction
from model.traced_network import TracedNetwork
from model.zoo.weight_file import load_weights

LEAN, AGREEMENT = 0.1, 0.5  # chosen on photos of the training part, see the model card
# A large face is hardly ever seen dimly, a hand or an ear often: so much surer, in log odds, must
# the detector be of a face of twice this side, in pixels of the searched picture. Chosen on
# close-ups and on photos of the training part that were kept aside; see the model card.
CAUTION = 0.4
# A photo of more than the first is searched at the second.
WHOLE_PIXELS, SMALL_PIXELS = 450_000, 300_000
MOST_ENLARGED = 2.0  # sides of a photo that is searched closer, in sides of its own
MOST_LARGER = 4.0  # times `max_pixels`, what a JPEG that was decoded for the search has at most
LEAST_SIDE = 48.0  # pixels, of a face that counts in an octave after the first


class SingleShotDetector(tf.Module):
    """Finds faces in one image of any size.

    Attributes:
        model: The network, which may be trained.

    Args:
        model: A network of `build_single_shot`.
        config: What it was built from; only `strides` is used.
        max_pixels: A larger image, or what is searched of it, is area-averaged as if to this many
            pixels in all; boxes and landmarks are always those of the image that was given.
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
        closer_look: What says where a photo that is searched in small deserves a closer look, at
            `max_pixels` or enlarged by two; without it a photo is searched whole at its own size,
            or at `max_pixels`.
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
        closer_look: CloserLook | None = None,
    ):
        super().__init__(name="single_shot_detector")
        if max_pixels < 1:
            raise ValueError(f"`max_pixels` must be at least 1. Received: max_pixels={max_pixels}")
        if octaves < 1:
            raise ValueError(f"`octaves` must be at least 1. Received: octaves={octaves}")
        self.strides = tuple(config.strides)
        self.max_pixels, self.octaves = max_pixels, octaves
        self.lean, self.agreement, self.caution = lean, agreement, caution
        self.second_look, self.closer_look = second_look, closer_look
        object.__setattr__(self, "model", model)  # not tracked, as in `TracedNetwork`
        # With a closer look the network says also what that reads.
        self.network = TracedNetwork(model) if closer_look is None else closer_look.search
        self.graph = GraphFunction(self._detect, IMAGE, MIN_SCORE)

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
        return self.graph(image, min_score)

    def _detect(self, image, min_score):
        image, factors = shrink(image, self._most_pixels(tf.shape(image)[:2]))
        size, scale = fitted(tf.shape(image)[:2], self.max_pixels)
        votes = self.second_look is not None and self.second_look.votes
        rescored = bool(self.agreement) or bool(self.caution) or votes
        least = tf.minimum(min_score, FAINT) if rescored else min_score
        if self.closer_look is None:
            cells, sharp, _ = self._search(image, least)
        else:
            cells, sharp = self._search_closer(image, size, scale, least)
        boxes, landmarks, scores = (tf.boolean_mask(x, sharp) for x in cells)
        scores = leaned(boxes, scores, self.lean)
        kept = suppress(boxes, scores)
        boxes, landmarks, scores = (tf.gather(x, kept) for x in (boxes, landmarks, scores))
        if self.agreement:
            scores = agreed(boxes, scores, cells, self.agreement)
        if self.second_look is not None:
            landmarks, scores = self.second_look.refine(
                image, boxes / tf.tile(scale, [2]), landmarks / scale, scores, min_score, scale
            )
            landmarks *= scale
        if rescored:
            order = tf.argsort(scores, direction="DESCENDING", stable=True)
            enough = scores >= asked(boxes, min_score, self.caution)
            order = tf.boolean_mask(order, tf.gather(enough, order))
            boxes, landmarks, scores = (tf.gather(x, order) for x in (boxes, landmarks, scores))
        boxes = bx.clipped(boxes, *tf.unstack(tf.cast(size, tf.float32)))
        inside = tf.reduce_all(boxes[:, 2:] > boxes[:, :2], axis=1)
        boxes, landmarks, scores = (tf.boolean_mask(x, inside) for x in (boxes, landmarks, scores))
        factors *= scale
        return boxes / tf.tile(factors, [2]), landmarks / factors, scores

    def _most_pixels(self, size):
        """To how many pixels an image of this size is shrunk, float32 scalar.

        With a closer look few parts of it are searched at all, and only these are shrunk, unless
        the second look would find too little of so large an image in the pixels that it takes.
        """
        most = tf.cast(self.max_pixels, tf.float32)
        if self.closer_look is not None:
            area = tf.reduce_prod(tf.cast(size, tf.float32))
            most = tf.where(area > MOST_LARGER * most, most, area)
        return most

    def _search(self, image, min_score):
        """The cells of every octave.

        Args:
            image: uint8 [H, W, 3].

        Returns:
            boxes, landmarks and scores as `decode` gives them, in pixels of `image`; bool [M],
            false for what is small in its octave and was seen better in the one before; and the
            features that the closer look reads, if there is one.
        """
        found, features = [], []
        pixels = tf.cast(image, tf.float32)[None]
        for octave in range(self.octaves):
            if octave:
                # Both sides are even; an average pooling of three channels takes 8 times as long.
                half = tf.shape(pixels)[1:3] // 2
                pixels = tf.image.resize(pixels, half, method="area")
            pixels = self._padded(pixels)
            maps, *read = self._maps(pixels)
            features = features or read
            boxes, landmarks, scores = decode(maps, self.strides, min_score)
            sides = bx.shorter_side(boxes)
            sharp = sides >= LEAST_SIDE if octave else tf.fill(tf.shape(sides), True)
            found.append((boxes * 2.0**octave, landmarks * 2.0**octave, scores, sharp))
        *cells, sharp = (tf.concat(parts, axis=0) for parts in zip(*found, strict=True))
        return cells, sharp, features

    def _search_closer(self, image, size, factors, min_score):
        """The cells of every octave of a small picture, and those of a closer look.

        Args:
            image: uint8 [H, W, 3].
            size, factors: Of what is searched, as `fitted` gives them for `image`.

        Returns:
            boxes, landmarks, scores in pixels of what is searched; and bool [M], false for what was
            seen better in the other picture.
        """
        large = tf.reduce_prod(size) > WHOLE_PIXELS
        small, scale = shrink(image, tf.where(large, float(SMALL_PIXELS), float(WHOLE_PIXELS)))
        (boxes, landmarks, scores), sharp, features = self._search(small, min_score)
        size, enlarged = fitted(size, self.max_pixels, MOST_ENLARGED)
        factors *= enlarged
        times = tf.reduce_min(enlarged)
        scale /= factors
        boxes, landmarks = boxes / tf.tile(scale, [2]), landmarks / scale
        corners, sides = self.closer_look.parts(features, scale, size, times)
        if tf.shape(corners)[0] > 0:
            sharp &= ~seen_closer(boxes, corners, sides)
            maps, *_ = self._maps(cut(image, factors, corners, sides))
            maps = without_margin(maps, self.strides)
            more = decode(maps, self.strides, min_score, corners)
            sharp = tf.concat([sharp, bx.shorter_side(more[0]) < LARGER], axis=0)
            boxes = tf.concat([boxes, more[0]], axis=0)
            landmarks = tf.concat([landmarks, more[1]], axis=0)
            scores = tf.concat([scores, doubted(more[0], more[2], times)], axis=0)
        return (boxes / tf.tile(enlarged, [2]), landmarks / enlarged, scores), sharp

    def _maps(self, pixels):
        """The network's maps, and the features that the closer look reads, if there is one."""
        said = self.network(pixels)
        return [said] if self.closer_look is None else said

    def _padded(self, pixels):
        """Black at the bottom and on the right, up to whole cells of the last stride."""
        height, width = tf.shape(pixels)[1], tf.shape(pixels)[2]
        last = self.strides[-1]
        return tf.pad(pixels, [[0, 0], [0, -height % last], [0, -width % last], [0, 0]])


def load_kindred_detector(files: Mapping[str, Path]) -> SingleShotDetector:
    """Our own network from `detector.npz`, with R-Net and O-Net for the second look."""
    network = load_weights(files["detector.npz"], build_single_shot(KINDRED_CONFIG))
    closer = load_weights(files["closer_look.npz"], build_closer_look())
    return kindred_detector(network, second_look=load_second_look(files), closer_look=closer)


def kindred_detector(
    network: keras.Model,
    config: SingleShotConfig = KINDRED_CONFIG,
    second_look: SecondLook | None = None,
    closer_look: keras.Model | None = None,
) -> SingleShotDetector:
    """How a network of our own searches a photo: in training's judgement as in use.

    Args:
        closer_look: A network of `build_closer_look`; without it photos are searched at full size.
    """
    closer = closer_look and CloserLook(TracedNetwork(closer_look), network)
    return SingleShotDetector(
        network,
        config,
        octaves=3,
        lean=LEAN,
        agreement=AGREEMENT,
        caution=CAUTION,
        second_look=second_look,
        closer_look=closer,
    )


def load_yunet_detector(files: Mapping[str, Path]) -> SingleShotDetector:
    """YuNet from its one published file, and O-Net for the landmarks.

    The search at smaller sizes is ours: it finds the faces that fill a photo.
    """
    network = load_yunet(files["yunet_n_640_640.onnx"])
    look = load_second_look(files, votes=False)
    return SingleShotDetector(network, octaves=3, second_look=look)
