"""Learns what an embedder makes of age, from crops of faces in folders named by age class.

    python -m training.embedder age FOLDER --embedder resnet29 --out model/zoo/weights

Takes about a second for every 10 crops on two cores. Expected on the 41 people of an ageing set
with `resnet29`: DIR@FPIR1% of families of eight rises from .72 to .81 (`docs/experiments.md`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import FamilyError, PhotoError
from data.media.folders import find_photos
from data.media.photos import read_photo
from data.recognition.age import AGES, AgeCorrection, write_age_correction
from model.device import prepare_devices
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector, load_embedder
from model.zoo.specs import DetectorSpec, EmbedderSpec
from training.report.evaluate import middle_face

# Of what all faces have in common so much is taken off, and all of what those of one age have more.
SHARE = 0.7
RIDGE = 0.3  # penalty of the regression, in variances of a coordinate
BORDER = 0.5  # of a crop's longer side, repeated round it: the crops end at the chin


def learn_age(embeddings: np.ndarray, classes: np.ndarray) -> AgeCorrection:
    """The correction of an embedder; every class weighs the same, however many faces it has.

    Args:
        embeddings: float32 [N, D], unit length, as the network gives them.
        classes: int [N], places in `AGES`; each occurs.
    """
    vectors = embeddings.astype(np.float64)
    one_hot = np.eye(len(AGES))[classes]
    counts = one_hot.sum(0)
    if not counts.all():
        raise ValueError(f"Expected faces of every age in {AGES}. Received: {counts.astype(int)}")
    means = one_hot.T @ vectors / counts[:, None]
    weights = (1.0 / counts[classes] / len(AGES))[:, None]
    middle, targets = means.mean(0), one_hot - 1.0 / len(AGES)
    centred = vectors - middle
    spread = (weights * centred).T @ centred
    penalty = RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    regression = np.linalg.solve(spread + penalty, (weights * centred).T @ targets)
    intercept = 1.0 / len(AGES) - middle @ regression
    common = means - (1.0 - SHARE) * middle
    return AgeCorrection(*(x.astype(np.float32) for x in (regression, intercept, common)))


def read_crops(
    folder: Path, detector: DetectorSpec, embedder: EmbedderSpec
) -> Iterator[tuple[int, np.ndarray]]:
    """Class and embedding float32 [D], as the network alone gives it, of each crop with a face.

    Raises:
        FamilyError: If a class has no folder.
    """
    find, embed = load_detector(detector), load_embedder(embedder, correct_age=False)
    for number, age in enumerate(AGES):
        if not (folder / str(age)).is_dir():
            raise FamilyError(
                f"expected a folder for each age of {AGES}, and {age} is missing",
                file=folder,
                remedy="Name the folder that holds them",
            )
        for photo in find_photos([folder / str(age)]):
            try:
                crop = read_photo(photo)
            except PhotoError as error:
                print(f"left out: {error}", flush=True)
                continue
            border = int(BORDER * max(crop.shape[:2]))
            crop = np.pad(crop, ((border, border), (border, border), (0, 0)), mode="edge")
            boxes, landmarks, _ = find.detect(tf.constant(crop), tf.constant(detector.min_score))
            faces = list(zip(boxes.numpy(), landmarks.numpy(), strict=True))
            points = middle_face(faces, crop.shape[:2])
            if points is not None:
                yield number, embed.embed(tf.constant(crop), points[None]).numpy()[0]


def main(arguments: list[str]) -> None:
    """Learns the correction and writes it to DIR/age_NAME.npz."""
    parser = argparse.ArgumentParser(prog="python -m training.embedder age", description=__doc__)
    parser.add_argument("folder", type=Path, help=f"holds the folders {', '.join(map(str, AGES))}")
    parser.add_argument("--detector", help="finds the faces in the crops; default: the best one")
    parser.add_argument("--embedder", help="whose correction to learn; default: the best one")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    options = parser.parse_args(arguments)
    prepare_devices()
    embedder = choose("embedder", options.embedder)
    faces = list(read_crops(options.folder, choose("detector", options.detector), embedder))
    classes = np.array([number for number, _ in faces])
    correction = learn_age(np.stack([vector for _, vector in faces]), classes)
    path = options.out / f"age_{embedder.name}.npz"
    write_age_correction(path, correction)
    print(f"{len(faces)} faces, by age {np.bincount(classes).tolist()}; written: {path}")
