"""Hard negatives: what a detector takes for a face where the labels have none.

Training cuts more pictures round them than chance would. Published as bootstrapping: K.-K. Sung and
T. Poggio, "Example-based Learning for View-based Human Face Detection", PAMI 1998.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from data.arrays import read_arrays, write_arrays
from data.media.photos import read_photo
from training.detector.average_precision import iou
from training.detector.pictures.samples import Sample

LEAST_SCORE = 0.2
MOST_OVERLAP = 0.2  # IoU with a labelled face; what overlaps more is one, found badly


def with_mistakes(
    samples: Iterable[Sample], detect: Callable, cache: Path | None = None
) -> list[Sample]:
    """The same photos, with what the detector found outside all labelled boxes.

    Args:
        detect: `detect(image, min_score) -> boxes, landmarks, scores`.
        cache: Where the answers are kept from one run to the next.
    """
    stored = read_arrays(cache) if cache is not None and cache.is_file() else {}
    searched, new = [], False
    for sample in samples:
        key = f"{sample.path.parent.parent.name}/{sample.path.name}"
        if key not in stored:
            boxes = np.asarray(detect(read_photo(sample.path), np.float32(LEAST_SCORE))[0])
            far = [iou(box, sample.faces.boxes).max(initial=0.0) < MOST_OVERLAP for box in boxes]
            stored[key], new = boxes[np.array(far, bool)].astype(np.float32), True
        searched.append(dataclasses.replace(sample, mistakes=stored[key]))
    if cache is not None and new:
        cache.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(cache, stored)
    return searched
