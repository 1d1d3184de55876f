"""Films drawn by code, for tests: pictures that move, leave and come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

SIZE = (320, 240)
RATE = 20.0


def write_film(
    path: Path, frames: Iterable[np.ndarray], *, codec: str = "mp4v", rate: float = RATE
) -> Path:
    """Writes upright RGB frames uint8 [H, W, 3] as a film, in the container of the suffix."""
    writer = None
    for frame in frames:
        if writer is None:
            size = frame.shape[1], frame.shape[0]
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), rate, size)
            assert writer.isOpened(), path
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def drawn(seconds: float, paint: Callable[[np.ndarray, float], object], size=SIZE, rate=RATE):
    """Frames of plain green, each changed by `paint(frame, time)`."""
    for number in range(round(seconds * rate)):
        frame = np.full((size[1], size[0], 3), (60, 120, 60), np.uint8)
        paint(frame, number / rate)
        yield frame


def paste(frame: np.ndarray, picture: np.ndarray, x: float, y: float) -> None:
    """Puts a picture into a frame, cut off at its edges; (x, y) is its upper left corner."""
    x, y = round(x), round(y)
    x0, y0 = max(x, 0), max(y, 0)
    x1 = min(x + picture.shape[1], frame.shape[1])
    y1 = min(y + picture.shape[0], frame.shape[0])
    if x0 < x1 and y0 < y1:
        frame[y0:y1, x0:x1] = picture[y0 - y : y1 - y, x0 - x : x1 - x]


def turned(path: Path, degrees: int) -> None:
    """Makes an MP4 say that it is to be shown turned clockwise, as phones do: in `tkhd`."""
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd")
    version = content[at + 4]
    matrix = at + 4 + (52 if version == 1 else 40)
    one = 1 << 16
    a, b = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees]
    values = (a, b, 0, -b, a, 0, 0, 0, 1 << 30)
    for i, value in enumerate(values):
        content[matrix + 4 * i : matrix + 4 * i + 4] = value.to_bytes(4, "big", signed=True)
    path.write_bytes(content)
