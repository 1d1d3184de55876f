"""A face in a box that somebody drew: landmarks, embedding and name, by a model's signatures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from data.boxes import iou
from data.tags import FaceTag
from model.inference.tagger import Tagger

# Where eyes, nose and corners of the mouth lie in a box of size 1: the medians of 154 faces found
# by the default detector. Guessed like this in boxes that are off by 7 % of the face, landmarks
# give an embedding whose cosine with the true one is 0.97 (median; for one in 20 below 0.91).
TEMPLATE = np.float32([(0.27, 0.39), (0.73, 0.39), (0.5, 0.58), (0.3, 0.755), (0.7, 0.755)])

ROOM = 0.75  # looked at around the box, in parts of its longer side
SIDE = 160  # pixels of the box's longer side, as it is looked at: detectors miss tiny faces
MIN_SCORE, MIN_IOU = 0.02, 0.3  # somebody has said that a face is there


def face_in_box(tagger: Tagger, image: np.ndarray, box: Sequence[float]) -> FaceTag:
    """The face in a box: where the detector agrees with its landmarks, else with guessed ones.

    Args:
        tagger: The model.
        image: Upright RGB uint8 [H, W, 3].
        box: xyxy pixels, with a width and a height; it is kept as it was drawn.
    """
    box = np.asarray(box, np.float32)
    with tagger.stepping():
        landmarks = _landmarks(tagger, image, box)
        if landmarks is None:
            landmarks = box[:2] + TEMPLATE * (box[2:] - box[:2])
        embeddings = tagger.functions["embed"](
            image=tf.constant(image), landmarks=tf.constant(landmarks[None], tf.float32)
        )["embeddings"]
        named = tagger.functions["name_photo"](embeddings=embeddings)
    name, confidence = named["names"].numpy()[0].decode(), float(named["confidences"].numpy()[0])
    return FaceTag(name or None, confidence, box, landmarks, 1.0, embeddings.numpy()[0])


def _landmarks(tagger: Tagger, image: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """Those of the face that the detector sees in the box and around it; `None` without one."""
    side = float((box[2:] - box[:2]).max())
    height, width = image.shape[:2]
    left, top = np.floor(np.clip(box[:2] - ROOM * side, 0, [width - 1, height - 1])).astype(int)
    right, bottom = np.ceil(np.clip(box[2:] + ROOM * side, 1, [width, height])).astype(int)
    crop = Image.fromarray(image[top : max(bottom, top + 1), left : max(right, left + 1)])
    scale = SIDE / side
    size = [max(1, round(length * scale)) for length in crop.size]
    pixels = np.asarray(crop.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))
    factor = np.float32([crop.width / size[0], crop.height / size[1]])
    found = tagger.functions["detect"](
        image=tf.constant(pixels), min_score=tf.constant(MIN_SCORE, tf.float32)
    )
    corner = np.float32([left, top])
    boxes = found["boxes"].numpy().reshape(-1, 2, 2) * factor + corner
    overlaps = iou(box, boxes.reshape(-1, 4))[0]
    if not len(overlaps) or overlaps.max() < MIN_IOU:
        return None
    return found["landmarks"].numpy()[overlaps.argmax()] * factor + corner
