"""Small JPEG copies of a photo and of the faces in it, for showing on a page."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

PREVIEW_SIDE = 1600  # pixels; sharp on a wide screen, and about 300 KB
FACE_SIDE = 112


def preview(image: np.ndarray, side: int = PREVIEW_SIDE) -> bytes:
    """The whole photo, uint8 [H, W, 3], with its longer side at most `side` pixels."""
    small = Image.fromarray(image)
    scale = side / max(small.size)
    if scale < 1:
        size = [max(1, round(length * scale)) for length in small.size]
        # A whole-number reduction first: ten times faster for large photos, no worse to look at.
        small = small.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return _jpeg(small)


def face_thumbnail(image: np.ndarray, box: np.ndarray, side: int = FACE_SIDE) -> bytes:
    """The square around a face, with some room; beyond the photo's edge it repeats the edge."""
    x0, y0, x1, y1 = (float(edge) for edge in box)
    half = max(x1 - x0, y1 - y0, 2.0) * 0.65
    count = min(max(2, round(2 * half)), 8 * side)  # no more pixels than one will ever see
    columns = np.linspace((x0 + x1) / 2 - half, (x0 + x1) / 2 + half, count)
    rows = np.linspace((y0 + y1) / 2 - half, (y0 + y1) / 2 + half, count)
    height, width = image.shape[:2]
    columns = columns.astype(int).clip(0, width - 1)
    rows = rows.astype(int).clip(0, height - 1)
    square = Image.fromarray(image[rows[:, None], columns[None, :]])
    return _jpeg(square.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0))


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()
