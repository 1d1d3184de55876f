"""The stored and the displayed frame of a photo, and a box's way from one to the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Where the centre of a stored box is displayed, for each value of Exif's Orientation.
_TO_DISPLAYED = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (1 - y, x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (y, 1 - x),
}
_INVERSE = {6: 8, 8: 6}  # the other six undo themselves

# Less than a pixel of any photo; a box below it would vanish in rounding.
_SMALLEST = 1e-6

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Frame:
    """How a photo is stored.

    Attributes:
        width, height: Pixels as stored, before the orientation is applied.
        orientation: Exif's Orientation, 1 to 8.
    """

    width: int
    height: int
    orientation: int = 1

    def displayed(self, box: Sequence[float]) -> Box:
        """Stored corners (xyxy, 0..1) to displayed corners."""
        return corners(displayed_from_stored(centred(box), self.orientation))

    def stored(self, box: Sequence[float]) -> Box:
        """Displayed corners (xyxy, 0..1) to stored corners."""
        return corners(stored_from_displayed(centred(box), self.orientation))


def displayed_from_stored(box: Sequence[float], orientation: int) -> Box:
    """Turns a centre box (x, y, w, h; 0..1) of the stored frame into the displayed frame."""
    x, y, w, h = box
    x, y = _TO_DISPLAYED[orientation](x, y)
    return (x, y, h, w) if orientation >= 5 else (x, y, w, h)


def stored_from_displayed(box: Sequence[float], orientation: int) -> Box:
    """Turns a centre box (x, y, w, h; 0..1) of the displayed frame into the stored frame."""
    return displayed_from_stored(box, _INVERSE.get(orientation, orientation))


def corners(box: Sequence[float]) -> Box:
    """Centre box (x, y, w, h) to corners (left, top, right, bottom)."""
    x, y, w, h = box
    return x - w / 2, y - h / 2, x + w / 2, y + h / 2


def centred(box: Sequence[float]) -> Box:
    """Corners (left, top, right, bottom) to centre box (x, y, w, h)."""
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2, right - left, bottom - top


def usable(box: Sequence[float | None]) -> Box | None:
    """A centre box as its corners, clipped to the photo; `None` if readers must ignore it.

    That is a box with a missing or infinite number, without extent, or with its centre outside
    the photo.
    """
    if any(number is None or not math.isfinite(number) for number in box):
        return None
    x, y, w, h = box
    if not (0 <= x <= 1 and 0 <= y <= 1 and w > 0 and h > 0):
        return None
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in corners(box))
    tall_and_wide = right - left >= _SMALLEST and bottom - top >= _SMALLEST
    return (left, top, right, bottom) if tall_and_wide else None
