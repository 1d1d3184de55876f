"""What every cell of the detector should say about a picture whose faces are known.

Source: S. Zhang et al., "Bridging the Gap Between Anchor-based and Anchor-free Detection via
Adaptive Training Sample Selection", CVPR 2020, algorithm 1, with one square of four strides a cell
as the anchor.
"""

from __future__ import annotations

import numpy as np

from data.boxes import iou
from training.detector.pictures.ground_truth import Faces

CANDIDATES = 9
ANCHOR = 4.0  # sides of the square round a cell, in strides
STATE, BOX, LANDMARKS, KNOWN = slice(0, 1), slice(1, 5), slice(5, 15), slice(15, 16)
WIDTH = 16


def cells(side: int, strides: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Points float32 [C, 2] in pixels and strides float32 [C] of a square picture's cells, in the
    order in which the network's maps are put together: fine to coarse, row by row."""
    points, own = [], []
    for stride in strides:
        axis = np.arange(side // stride, dtype=np.float32) * stride
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        points.append(grid)
        own.append(np.full(len(grid), stride, np.float32))
    return np.concatenate(points), np.concatenate(own)


def targets(faces: Faces, side: int, strides: tuple[int, ...]) -> np.ndarray:
    """What a square picture's cells should say.

    Returns:
        float32 [C, 16]: state (1 a face, 0 none, -1 not asked), the face's box xyxy and landmarks
        seen from the cell in units of its stride, and 1 where the landmarks are known.
    """
    points, own = cells(side, strides)
    result = np.zeros((len(points), WIDTH), np.float32)
    for box in faces.boxes[~faces.counts]:
        inside = ((points >= box[:2]) & (points <= box[2:])).all(axis=1)
        result[inside, 0] = -1.0
    faces = faces.chosen(faces.counts)
    if not len(faces):
        return result
    boxes = faces.boxes
    half = own[:, None] * ANCHOR / 2
    overlap = iou(boxes, np.concatenate([points - half, points + half], axis=1))
    chosen = _chosen(boxes, overlap, points, own, strides)
    best = np.where(chosen, overlap, -1.0).argmax(axis=0)
    at = chosen.any(axis=0).nonzero()[0]
    face, stride = best[at], own[at, None]
    result[at, STATE] = 1.0
    result[at, BOX] = (boxes[face] - np.tile(points[at], 2)) / stride
    seen = (faces.landmarks[face] - points[at, None]) / stride[:, None]
    result[at, LANDMARKS] = seen.reshape(-1, 10)
    result[at, KNOWN] = faces.known[face, None]
    return result


def _chosen(boxes, overlap, points, own, strides) -> np.ndarray:
    """bool [N, C], the cells that each face is to be found by; one at least."""
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    away = np.abs(points - centre[:, None]).max(axis=2)
    candidate = np.zeros(overlap.shape, bool)
    for stride in strides:
        level = np.flatnonzero(own == stride)
        nearest = np.argpartition(away[:, level], min(CANDIDATES, len(level)) - 1, axis=1)
        np.put_along_axis(candidate, level[nearest[:, :CANDIDATES]], True, axis=1)
    values = np.where(candidate, overlap, np.nan)
    least = np.nanmean(values, axis=1) + np.nanstd(values, axis=1)
    inside = ((points >= boxes[:, None, :2]) & (points <= boxes[:, None, 2:])).all(axis=2)
    chosen = candidate & (overlap >= least[:, None]) & inside
    # A face between the cells, or cut by the border, still has one.
    first = np.where(candidate, overlap - 1e-3 * away / own, -np.inf).argmax(axis=1)
    chosen[np.arange(len(boxes)), first] |= ~chosen.any(axis=1)
    return chosen
