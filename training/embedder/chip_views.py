"""Views of a face chip, as another photo of the same moment might have shown it.

NumPy and Pillow only, so that it is the same on every Keras backend.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageFilter


def views(chip: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """The chip, its mirror image, and random views.

    Args:
        chip: uint8 [S, S, 3], an aligned face.
        count: How many, at least 2.

    Returns:
        uint8 [count, S, S, 3]; the first is the chip, the second its mirror image.
    """
    others = [random_view(chip, rng) for _ in range(count - 2)]
    return np.stack([chip, chip[:, ::-1], *others])


def random_view(chip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One view, uint8 [S, S, 3], of a chip of that shape.

    Always another alignment and light; sometimes mirrored, grey, blurred, compressed or partly
    covered, each by itself, so that several of them seldom come together.
    """
    size = len(chip)
    if rng.random() < 0.5:
        chip = chip[:, ::-1]
    view = moved(chip, rng.normal(0, 3.0), rng.normal(0, 0.02, 2) * size, rng.normal(1, 0.03))
    view = relit(view, rng.normal(1, 0.15), rng.normal(1, 0.05, 3), rng.normal(1, 0.15))
    if rng.random() < 0.15:
        view = grey(view)
    if rng.random() < 0.2:
        view = blurred(view, rng.uniform(0.5, 2.0) * size / 128)
    if rng.random() < 0.2:
        view = compressed(view, int(rng.integers(15, 70)))
    if rng.random() < 0.15:
        view = covered(view, rng)
    return view


def moved(chip: np.ndarray, degrees: float, shift: np.ndarray, scale: float) -> np.ndarray:
    """Turned about the middle, enlarged by `scale` and shifted by (x, y) pixels; black outside."""
    middle = len(chip) / 2  # Pillow counts from the edge of the first pixel
    turn = np.deg2rad(degrees)
    a, b = np.cos(turn) / scale, np.sin(turn) / scale
    # From the view back to the chip, as Pillow wants it, about the middle.
    x, y = middle + np.asarray(shift)
    matrix = (a, b, middle - a * x - b * y, -b, a, middle + b * x - a * y)
    picture = Image.fromarray(np.ascontiguousarray(chip))
    return np.asarray(
        picture.transform(picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    )


def relit(chip: np.ndarray, light: float, colour: np.ndarray, contrast: float) -> np.ndarray:
    """Brighter by the factor `light`, each channel by `colour`, contrast about the mean."""
    pixels = chip.astype(np.float32)
    mean = pixels.mean()
    pixels = ((pixels - mean) * max(contrast, 0.3) + mean) * max(light, 0.3) * colour
    return pixels.clip(0, 255).astype(np.uint8)


def grey(chip: np.ndarray) -> np.ndarray:
    """Without colour."""
    return np.asarray(Image.fromarray(chip).convert("L").convert("RGB"))


def blurred(chip: np.ndarray, radius: float) -> np.ndarray:
    """Out of focus, by a Gaussian of so many pixels."""
    return np.asarray(Image.fromarray(chip).filter(ImageFilter.GaussianBlur(radius)))


def compressed(chip: np.ndarray, quality: int) -> np.ndarray:
    """As a JPEG of that quality shows it."""
    stream = io.BytesIO()
    Image.fromarray(chip).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def covered(chip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With an even patch over up to a sixth of it, as a hand or a hat would cover it."""
    size = len(chip)
    height, width = (rng.uniform(0.15, 0.4, 2) * size).astype(int)
    y, x = (int(rng.integers(0, size - length + 1)) for length in (height, width))
    result = chip.copy()
    result[y : y + height, x : x + width] = rng.integers(0, 256, 3)
    return result
