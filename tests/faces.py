"""Real faces that scikit-image carries: one sharp photo, and small portraits of many people."""

from __future__ import annotations

import numpy as np
import skimage.data
from PIL import Image


def astronaut() -> np.ndarray:
    """uint8 [512, 512, 3]: Eileen Collins (NASA, public domain), her face about 85 x 108 pixels."""
    return skimage.data.astronaut()


def portrait(number: int) -> np.ndarray:
    """uint8 [300, 300, 3]: one of a hundred faces of 25 pixels, enlarged, on a plain ground.

    Portraits 26 and 0 are like nobody else's; both are sharp enough to learn from.
    """
    face = Image.fromarray((skimage.data.lfw_subset()[number] * 255).clip(0, 255).astype(np.uint8))
    picture = np.full((300, 300, 3), int(np.mean(face)), np.uint8)
    picture[50:250, 50:250] = np.asarray(face.resize((200, 200), Image.LANCZOS))[..., None]
    return picture


def resized(picture: np.ndarray, factor: float) -> np.ndarray:
    """The picture with sides that are `factor` times as long."""
    size = [round(side * factor) for side in picture.shape[1::-1]]
    return np.asarray(Image.fromarray(picture).resize(size, Image.LANCZOS))


def turned(picture: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned counter-clockwise about its middle, in a frame of the same size."""
    return np.asarray(Image.fromarray(picture).rotate(degrees, Image.BICUBIC))


def mirrored(picture: np.ndarray) -> np.ndarray:
    """The picture as a mirror shows it."""
    return np.ascontiguousarray(picture[:, ::-1])


def darker(picture: np.ndarray, factor: float = 0.6) -> np.ndarray:
    """The picture with less light."""
    return (picture * factor).astype(np.uint8)


def on_black(height: int, width: int, *pictures: tuple[np.ndarray, int, int]) -> np.ndarray:
    """A black picture with others pasted in, each given with its left and top edge."""
    canvas = np.zeros((height, width, 3), np.uint8)
    for picture, left, top in pictures:
        canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return canvas
