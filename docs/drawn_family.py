"""A family drawn by code, for the pictures in `docs/images`: people at places, as SVG.

What is drawn is in `drawn_family.svg`.

Nobody has to be asked, and nothing has to be found: where each face is, is known from the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.html import templates

WIDTH, HEIGHT = 1200, 800  # pixels of a scene
_SCENE = templates(Path(__file__).parent).get_template("drawn_family.svg")
_FACE = (0.98, 1.2)  # half of a face's box, in radii of the head


@dataclass(frozen=True)
class Looks:
    """How somebody is drawn; colours as in CSS.

    Attributes:
        size: Radius of the head in a scene, pixels.
        hair: "short", "long", "curls", "bun", "bald".
        beard, glasses: Whether there is one.
    """

    skin: str
    hair_colour: str
    clothes: str
    hair: str = "short"
    size: float = 74
    beard: bool = False
    glasses: bool = False


FAMILY = {
    "Anne": Looks("#f0c8a4", "#7a4a24", "#c8553d", "long", 72),
    "Jonas": Looks("#e9b98f", "#3a2b20", "#3c6e71", "short", 76, beard=True),
    "Mia": Looks("#f2cba8", "#c98b3c", "#f2b134", "bun", 60),
    "Noor": Looks("#b9825a", "#241b16", "#7a5ba6", "curls", 68),
    "Grandpa": Looks("#efc7a6", "#e4e2dc", "#5b7f55", "bald", 74, beard=True, glasses=True),
}
STRANGER = Looks("#d9a678", "#5b3a29", "#8a8d91", "short", 66, glasses=True)
PLACES = ("beach", "garden", "birthday", "snow")


def younger(looks: Looks, share: float) -> Looks:
    """The same person as a child: smaller; `share` 0..1 of the way to being grown up."""
    return replace(
        looks, size=looks.size * (0.66 + 0.34 * share), beard=share > 0.8 and looks.beard
    )


def scene(
    place: str, people: Sequence[Looks], seed: int
) -> tuple[str, list[tuple[float, float, float, float]]]:
    """A place with people in a row.

    Args:
        place: One of `PLACES`.
        people: From left to right.
        seed: Of how they stand.

    Returns:
        An SVG of 1200 x 800, and the box of each face, xyxy pixels.
    """
    rng = np.random.default_rng(seed)
    step = WIDTH / (len(people) + 1)
    zoom = min(1.75, 1.0 + 1.1 / len(people))
    drawn, boxes = [], []
    for i, looks in enumerate(people):
        radius = looks.size * zoom
        x = step * (i + 1) + rng.uniform(-0.09, 0.09) * step
        y = 400 + 0.9 * (74 * zoom - radius) + rng.uniform(-26, 26)
        lean = rng.uniform(-5, 5)
        drawn.append({"looks": looks, "x": x, "y": y, "radius": radius, "lean": lean})
        half = _FACE[0] * radius, _FACE[1] * radius
        boxes.append((x - half[0], y - half[1], x + half[0], y + half[1]))
    svg = _SCENE.render(place=place, people=drawn, width=WIDTH, height=HEIGHT)
    return svg, boxes
