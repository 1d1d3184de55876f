"""Labelled pictures, and the smallest network, for the tests of the detector's training."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from model.detector.single_shot import SingleShotConfig
from training.detector.pictures import augment
from training.detector.pictures.ground_truth import Faces

STRIDES = (8, 16, 32)
TINY = SingleShotConfig(
    stem_channels=4,
    stages=((), (8,), (8,), (8,), (8,)),
    neck_channels=8,
    separable=False,
    batch_norm=True,
)


def face(x0, y0, x1, y1):
    return np.array([[x0, y0, x1, y1]], np.float32)


def points_of(box):
    """Five landmarks that differ from each other."""
    x0, y0, x1, y1 = box
    at = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    return np.array([[x0 + u * (x1 - x0), y0 + v * (y1 - y0)] for u, v in at], np.float32)


def faces_in(boxes, counts=True):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    marks = np.array([points_of(b) for b in boxes], np.float32).reshape(-1, 5, 2)
    return Faces(boxes, np.full(len(boxes), counts), marks, np.ones(len(boxes), bool))


def picture(boxes, size=(64, 96)):
    """Noise with faces in it."""
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    return augment.Picture(noise, faces_in(boxes))


def folder_of(tmp_path, entries, photos=None):
    """Labels, and the photos that they name or others, as `read_samples` takes them."""
    (tmp_path / "images").mkdir(exist_ok=True)
    for name in entries if photos is None else photos:
        noise = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "images" / name)
    (tmp_path / "boxes.json").write_text(json.dumps(entries))
    return tmp_path
