"""Where people stand in a picture of who is with whom: friends close, nobody over anybody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.library.people.family_map import FamilyMap

SMALLEST, LARGEST = 48, 80  # pixels, diameter of a portrait
LABEL = 22  # pixels below a portrait, for the name
ASPECT = 1.3  # width / height
MOST = 40  # people in the picture: those on most photos
_A_PERSON = 4  # lines that begin at everybody, to those whom they are seen with most
_A_SIDE = 150.0  # pixels of width that each person adds, times the root of their number
_STEPS, _APART = 250, 600


@dataclass(frozen=True)
class Node:
    """A person.

    Attributes:
        place: In `FamilyMap.people`.
        x, y: Centre of the portrait, pixels.
        size: Its diameter, pixels.
    """

    place: int
    x: float
    y: float
    size: float


@dataclass(frozen=True)
class Graph:
    """The picture.

    Attributes:
        width, height: Pixels; drawn larger, nobody comes closer to anybody.
        nodes: The people on most photos.
        lines: Places of two nodes, and on how many photos both are.
    """

    width: float
    height: float
    nodes: tuple[Node, ...]
    lines: tuple[tuple[int, int, int], ...]


def graph_of(family: FamilyMap) -> Graph:
    """The picture of a family; the same family gives the same picture."""
    people = family.people[:MOST]
    place = {person.id: i for i, person in enumerate(people)}
    most = max((person.photos for person in people), default=1)
    sizes = np.array(
        [SMALLEST + (LARGEST - SMALLEST) * (person.photos / most) ** 0.5 for person in people]
    )
    pairs = [
        (place[one], place[other], photos)
        for one, other, photos in family.pairs
        if one in place and other in place
    ]
    lines = strongest(pairs)
    width = max(330.0, _A_SIDE * (len(people) * ASPECT) ** 0.5)
    height = width / ASPECT
    at = arrange(sizes, lines, width, height)
    nodes = (Node(i, *map(float, at[i]), float(sizes[i])) for i in range(len(people)))
    return Graph(width, height, tuple(nodes), lines)


def strongest(pairs: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    """The pairs, given with the most photos first, that are among the first of either one."""
    drawn: dict[int, int] = {}
    kept = []
    for one, other, photos in pairs:
        if min(drawn.get(one, 0), drawn.get(other, 0)) < _A_PERSON:
            kept.append((one, other, photos))
            for person in (one, other):
                drawn[person] = drawn.get(person, 0) + 1
    return tuple(kept)


def arrange(
    sizes: np.ndarray, lines: Sequence[tuple[int, int, int]], width: float, height: float
) -> np.ndarray:
    """Places for portraits, float64 [N, 2], pixels, by springs along the lines.

    Args:
        sizes: float [N], diameters, pixels.
        lines: Two rows of `sizes`, and a weight above 0.
        width, height: Of the picture, pixels.
    """
    count = len(sizes)
    centre = np.array([width, height]) / 2
    if count < 2:
        return np.tile(centre - [0, LABEL / 2], (count, 1))
    turn = np.arange(count) * np.pi * (3 - 5**0.5)  # the largest in the middle, as a sunflower
    spread = np.sqrt(np.arange(count) / count)[:, None] * centre * 0.8
    at = centre + spread * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    pull = np.zeros((count, count))
    top = max((weight for *_, weight in lines), default=1)
    for one, other, weight in lines:
        pull[one, other] = pull[other, one] = 0.3 + 0.7 * np.log1p(weight) / np.log1p(top)
    room = np.sqrt(width * height / count)
    for step in range(_STEPS):
        apart = at[:, None] - at[None]
        far = np.maximum(np.linalg.norm(apart, axis=2), 1.0)
        force = room**2 / far**2 - pull * far / room
        move = (apart * force[..., None]).sum(1) + 0.3 * (centre - at)
        length = np.maximum(np.linalg.norm(move, axis=1, keepdims=True), 1e-9)
        at += move / length * np.minimum(length, 0.12 * width * (1 - step / _STEPS) ** 1.5)
    return _apart(_fitted(at, sizes, width, height), sizes, width, height)


def _edges(sizes: np.ndarray, width: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest place of every centre, float64 [N, 2] each."""
    half = sizes[:, None] / 2 + 3
    side = np.maximum(half, 44)  # a name may be wider than its portrait
    least = np.concatenate([side, half], axis=1)
    most = np.concatenate([width - side, height - half - LABEL], axis=1)
    return least, np.maximum(least, most)


def _fitted(at: np.ndarray, sizes: np.ndarray, width: float, height: float) -> np.ndarray:
    least, most = _edges(sizes, width, height)
    low, high = at.min(0), at.max(0)
    shares = (at - low) / np.maximum(high - low, 1e-9)
    shares[:, high - low < 1e-6] = 0.5
    return least + shares * (most - least)


def _apart(at: np.ndarray, sizes: np.ndarray, width: float, height: float) -> np.ndarray:
    """Pushes those apart who stand over each other or over a name."""
    least, most = _edges(sizes, width, height)
    half_width = np.maximum(sizes / 2 + 4, 40)
    wide = half_width[:, None] + half_width[None]
    high = (sizes[:, None] + sizes[None]) / 2 + LABEL + 4
    jolt = np.random.default_rng(0)  # out of a jam; always the same
    for _ in range(_APART):
        between = at[:, None] - at[None]
        over = np.stack([wide, high], axis=2) - np.abs(between)
        meet = (over > 0).all(2)
        np.fill_diagonal(meet, False)
        if not meet.any():
            break
        # Along the axis that needs the shorter way.
        axis = over.argmin(2)
        way = np.where(between >= 0, 1.0, -1.0)
        way[(between == 0) & (np.arange(len(at))[:, None] < np.arange(len(at)))[..., None]] = -1.0
        for which in (0, 1):
            push = np.where(meet & (axis == which), over[..., which] * way[..., which], 0.0)
            at[:, which] += 0.3 * push.sum(1)
        at += meet.any(1)[:, None] * jolt.normal(0, 2, at.shape)
        at = np.clip(at, least, most)
    return at
