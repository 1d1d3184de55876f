"""How good a detector is on photos whose faces are known, in figures for people."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from data.media.photos import read_photo
from data.progress import Progress, silent
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector
from training.detector.average_precision import at_score, average_precision, find
from training.detector.conditions import CLOSE, SIZES, UPRIGHT, tallies
from training.detector.pictures.samples import read_samples

TIMED = 20  # photos, after all have been looked at once


def evaluate_detector(
    folder: str | Path, name: str | None = None, progress: Progress = silent
) -> dict:
    """How good a detector is on the photos of a folder whose faces are known.

    Args:
        folder: As `samples.read_samples` takes it.
        name: Of the detector in the catalogue; by default the one in use.
        progress: Called with what is done, how many photos are, and of how many.

    Returns:
        Figures for people: average precision, what is found at the operating score, the
        milliseconds a decoded photo takes there, and the same counts under each of
        `training.detector.conditions` and, of photos as they are and of close-ups, by face size.

    Raises:
        FamilyError, ModelError: The labels cannot be read, or there is no such detector.
    """
    samples, network = read_samples(folder), choose("detector", name)
    detect = load_detector(network).detect
    found = []
    for done, sample in enumerate(samples, 1):
        found += find(detect, [sample])
        progress("photos", done, len(samples))
    images = [read_photo(sample.path) for sample in samples[:TIMED]]
    start = time.perf_counter()
    for image in images:
        detect(image, np.float32(network.min_score))
    seconds = (time.perf_counter() - start) / len(images)
    right, wrong = at_score(samples, found, network.min_score)
    conditions = tallies(detect, samples, network.min_score, progress)
    sizes = sum(conditions[name].sizes for name in (UPRIGHT, CLOSE) if name in conditions)
    return {
        "protocol": "detector",
        "detector": network.name,
        "photos": len(samples),
        "faces": sum(int(sample.faces.counts.sum()) for sample in samples),
        "average_precision": round(average_precision(samples, found), 4),
        "score": network.min_score,
        "found": right,
        "false": wrong,
        "milliseconds": round(1000 * seconds),
        "conditions": {name: tally.counts() for name, tally in conditions.items()},
        "by_size": {
            f"{size} pixels and more": {"faces": int(faces), "found": int(hits)}
            for size, (faces, hits) in zip(SIZES, sizes, strict=True)
        },
    }
