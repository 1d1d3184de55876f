"""The record of one face region, as the rest of Kindred sees it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from data.names import clean_name


@dataclass(frozen=True)
class Region:
    """One face of a photo, as its metadata have it or shall have it.

    Attributes:
        name: The person's name in normal form (`data.names.clean_name`), or `None` for a face
            without one; a blank name is `None`.
        box: Left, top, right, bottom, as fractions (0..1) of the displayed, upright photo. What
            lies beyond the edge is clipped.
        kind: Always "face"; pets, focus points and bar codes are not read.
        source: Where it was read: "sidecar/mwg-rs", "embedded/mp", "picasa", ...; "" if it is
            to be written. An "iptc" box may hold the whole person, not only the face.
        ours: Whether Kindred wrote it, and nobody has touched it since.

    Raises:
        ValueError: The box is not four finite numbers, or nothing of it is inside the photo.
    """

    name: str | None
    box: tuple[float, float, float, float]
    kind: str = "face"
    source: str = ""
    ours: bool = False

    def __post_init__(self):
        box = tuple(float(edge) for edge in self.box)
        if len(box) != 4 or not all(map(math.isfinite, box)):
            raise ValueError(f"`box` must be four finite numbers. Received: {self.box!r}")
        box = tuple(min(max(edge, 0.0), 1.0) for edge in box)
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ValueError(
                f"`box` must be left, top, right, bottom and overlap the photo (0..1). "
                f"Received: {self.box!r}"
            )
        object.__setattr__(self, "box", box)
        object.__setattr__(self, "name", clean_name(self.name or "") or None)

    @classmethod
    def from_pixels(cls, name: str | None, box: Sequence[float], width: int, height: int) -> Region:
        """The region of a pixel box (xyxy) in an upright photo of `width` x `height` pixels."""
        left, top, right, bottom = (float(edge) for edge in box)
        return cls(name, (left / width, top / height, right / width, bottom / height))

    def to_pixels(self, width: int, height: int) -> tuple[float, float, float, float]:
        """The box, xyxy, in pixels of the upright photo of `width` x `height` pixels."""
        left, top, right, bottom = self.box
        return left * width, top * height, right * width, bottom * height
