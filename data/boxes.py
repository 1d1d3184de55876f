"""Arithmetic of boxes in NumPy: intersection over union, and over the smaller box."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def iou(boxes: ArrayLike, others: ArrayLike) -> np.ndarray:
    """Intersection over union of every box with every other.

    Args:
        boxes: Floats [N, 4], xyxy in any unit.
        others: Floats [M, 4], in the same unit.

    Returns:
        Floats [N, M], 0..1, of the dtype of what was given; 0 where both boxes are without extent.
    """
    shared, area, other_area = _shared(boxes, others)
    return shared / np.maximum(area + other_area - shared, 1e-12)


def over_smaller(boxes: ArrayLike, others: ArrayLike) -> np.ndarray:
    """Intersection over the area of the smaller box; arguments and result as of `iou`."""
    shared, area, other_area = _shared(boxes, others)
    return shared / np.maximum(np.minimum(area, other_area), 1e-12)


def _shared(boxes: ArrayLike, others: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Areas that pairs share, [N, M], and the areas of the boxes, [N, 1] and [1, M]."""
    a = np.asarray(boxes, getattr(boxes, "dtype", float)).reshape(-1, 1, 4)
    b = np.asarray(others, getattr(others, "dtype", float)).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    areas = [(box[..., 2:] - box[..., :2]).prod(-1) for box in (a, b)]
    return sides.clip(0).prod(-1), *areas
