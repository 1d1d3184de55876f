"""Views of a face as bad photos would show it: what a student has to see through.

NumPy and Pillow only, so that they are the same on every Keras backend.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from training.embedder.chip_views import blurred, compressed, covered, grey, moved, relit

SMALLEST = 28  # pixels of a chip that is shrunk the most: a face of about 22


def student_views(
    chips: np.ndarray, margin: int, template: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One view of each of the chips uint8 [N, W, W, 3], uint8 [N, S, S, 3]."""
    return np.stack([student_view(chip, margin, template, rng) for chip in chips])


def inner(chips: np.ndarray, margin: int) -> np.ndarray:
    """Chips uint8 [N, W, W, 3] without the pixels round them, [N, W - 2 margin, ...]."""
    return chips[:, margin : chips.shape[1] - margin, margin : chips.shape[2] - margin]


def student_view(
    wide: np.ndarray, margin: int, template: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """One view of an aligned face.

    Always another alignment and light. Sometimes mirrored, covered, grey, faded, grainy, small,
    blurred or compressed, each by itself.

    Args:
        wide: uint8 [W, W, 3], a chip with `margin` pixels of photo round it.
        template: float [5, 2] xy, the places of the landmarks in the chip.

    Returns:
        uint8 [S, S, 3], S = W - 2 margin.
    """
    size = len(wide) - 2 * margin
    if rng.random() < 0.1:
        wide = veiled(wide, template + margin, rng)
    elif rng.random() < 0.1:
        wide = covered(wide, rng)
    if rng.random() < 0.5:
        wide = wide[:, ::-1]
    # Landmarks are off by a few pixels, more so in small faces.
    view = moved(wide, rng.normal(0, 4.0), rng.normal(0, 0.02, 2) * size, rng.normal(1, 0.04))
    view = view[margin : margin + size, margin : margin + size]
    view = relit(view, rng.normal(1, 0.15), rng.normal(1, 0.06, 3), rng.normal(1, 0.15))
    if rng.random() < 0.15:
        view = grey(view)
    if rng.random() < 0.1:
        view = faded(view, rng)
    if rng.random() < 0.15:
        view = grainy(view, rng.uniform(3, 14), rng)
    if rng.random() < 0.45:
        view = small(view, round(SMALLEST * (size / SMALLEST) ** rng.random()), rng)
    elif rng.random() < 0.2:
        view = blurred(view, rng.uniform(0.5, 2.5) * size / 128)
    if rng.random() < 0.2:
        view = compressed(view, int(rng.integers(20, 70)))
    return view


def small(chip: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """As it looks when the whole chip had `side` pixels in the photo, often soft or compressed."""
    picture = Image.fromarray(np.ascontiguousarray(chip))
    picture = np.asarray(picture.resize((side, side), Image.Resampling.BOX))
    if rng.random() < 0.5:
        picture = blurred(picture, rng.uniform(0.3, 1.0))
    if rng.random() < 0.3:
        picture = compressed(picture, int(rng.integers(40, 90)))
    large = Image.fromarray(picture).resize(chip.shape[1::-1], Image.Resampling.BILINEAR)
    return np.asarray(large)


def faded(chip: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As an old print: black is no longer black, white is yellow."""
    floor = rng.uniform(10, 70, 3)
    ceiling = np.array([255.0, 245.0, 220.0]) - rng.uniform(0, 40, 3)
    return (floor + chip / 255.0 * (ceiling - floor)).clip(0, 255).astype(np.uint8)


def grainy(chip: np.ndarray, strength: float, rng: np.random.Generator) -> np.ndarray:
    """With noise of that standard deviation, in grey levels."""
    noise = rng.normal(0, strength, chip.shape)
    return (chip + noise).clip(0, 255).astype(np.uint8)


def veiled(chip: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With sunglasses, or with a mask over nose and mouth, drawn at the landmarks [5, 2] xy."""
    picture = Image.fromarray(np.ascontiguousarray(chip))
    draw, eyes = ImageDraw.Draw(picture), points[:2]
    apart = float(np.linalg.norm(eyes[1] - eyes[0]))
    colour = tuple(int(x) for x in rng.integers(0, 60, 3))
    if rng.random() < 0.5:
        wide, high = apart * rng.uniform(0.3, 0.42), apart * rng.uniform(0.2, 0.34)
        for x, y in eyes:
            draw.ellipse((x - wide, y - high, x + wide, y + high), fill=colour)
        draw.line([tuple(eye) for eye in eyes], fill=colour, width=max(1, round(apart / 12)))
        return np.asarray(picture)
    x, y = points[2]
    top, side = y - apart * rng.uniform(0.0, 0.2), apart * rng.uniform(0.75, 0.95)
    light = tuple(int(v) for v in rng.integers(0, 256, 3))
    low = y + 1.3 * apart
    outline = [(x - side, top), (x + side, top), (x + side * 0.7, low), (x - side * 0.7, low)]
    draw.polygon(outline, fill=light)
    return np.asarray(picture)
