"""Arithmetic of boxes in NumPy: intersection over union."""

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
    a = np.asarray(boxes, getattr(boxes, "dtype", float)).reshape(-1, 1, 4)
    b = np.asarray(others, getattr(others, "dtype", float)).reshape(1, -1, 4)
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = sides.clip(0).prod(-1)
    areas = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    return shared / np.maximum(areas - shared, 1e-12)
