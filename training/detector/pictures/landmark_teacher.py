"""Landmarks for faces of which only the box is known: what O-Net sees there.

A published way: landmarks of another detector, kept where that one is sure of the face.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.arrays import read_arrays, write_arrays
from data.media.photos import read_photo
from model.detector.second_look.refinement import SMALLEST, SecondLook
from training.detector.pictures.samples import Sample

SURE = 0.7


def with_landmarks(
    samples: Iterable[Sample],
    teacher: SecondLook,
    cache: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Sample]:
    """The same photos, with landmarks for every face of which O-Net is sure.

    Args:
        cache: Where the answers are kept from one run to the next.
    """
    samples = list(samples)
    stored = read_arrays(cache) if cache is not None and cache.is_file() else {}
    ask = tf.function(
        teacher.landmarks_in,
        input_signature=[
            tf.TensorSpec([None, None, 3], tf.uint8),
            tf.TensorSpec([None, 4], tf.float32),
        ],
    )
    taught, new = [], False
    for done, sample in enumerate(samples, 1):
        faces = sample.faces
        key = f"{sample.path.name}/{len(faces)}"
        if key not in stored and len(faces):
            points, sure = ask(read_photo(sample.path), faces.boxes)
            stored[key], new = (
                np.concatenate([points.numpy(), sure.numpy()[:, None, None].repeat(2, 2)], axis=1),
                True,
            )
        answer = stored.get(key, np.zeros((0, 6, 2), np.float32))
        known = faces.known | ((answer[:, 5, 0] >= SURE) & (faces.sides >= SMALLEST))
        points = np.where(faces.known[:, None, None], faces.landmarks, answer[:, :5])
        faces = dataclasses.replace(faces, landmarks=points, known=known)
        taught.append(dataclasses.replace(sample, faces=faces))
        progress(done)
    if cache is not None and new:
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(cache, stored)
    return taught
