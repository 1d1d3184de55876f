"""What a detector is: the one method that everything else asks it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import tensorflow as tf

if TYPE_CHECKING:
    from model.detector.second_look.refinement import SecondLook

# What a detector takes: a photo of any size, and the score from which a face is one.
IMAGE = tf.TensorSpec([None, None, 3], tf.uint8, name="image")
MIN_SCORE = tf.TensorSpec([], tf.float32, name="min_score")


class Detector(Protocol):
    """Finds faces in an upright photo.

    Attributes:
        second_look: What refines the landmarks, and says from which side a face stands upright;
            `None` for a detector that goes without.
    """

    second_look: SecondLook | None

    def detect(
        self, image: tf.Tensor, min_score: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Faces, best first.

        Args:
            image: uint8 [H, W, 3] RGB; a large one is shrunk as the detector must.
            min_score: float32 scalar, 0..1.

        Returns:
            boxes float32 [N, 4] and landmarks float32 [N, 5, 2] in pixels of `image`, scores
            float32 [N].
        """
