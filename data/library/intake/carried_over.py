"""Carries decisions over to a photo that was turned or cropped, or changed in another way.

Who sets the orientation, or cuts an edge off, makes a new photo of the same faces. A face is the
same if its embedding says so and its place does: where it was, after one of the eight ways in
which Exif turns pictures, or anywhere at the same size, as after a crop. Names that find no face
are kept as names of the photo, which Review offers first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.boxes import iou
from data.library import Library
from data.library.photos.photo_faces import SAME_BOX, Face

SOURCE = "changed photo"
# Cosines of two looks at one picture of a face, turned, and at another scale or cut; other photos
# of a person are rarely so alike, but do occur: hence the places.
SAME_TURNED, SAME_CUT = 0.8, 0.9
MOST_RESIZED = 1.15


def carry_over(library: Library, former: int, photo: int) -> list[str]:
    """Repeats what was decided about the faces of a former photo for those of the present one.

    Args:
        former, photo: Ids of both photos, of one file before and after.

    Returns:
        The names for which no face was found.
    """
    before, now = library.faces.of(former), library.faces.of(photo)
    settled = library.records.settled(photo)
    pairs = {here: there for here, there in _pairs(library, before, now) if here not in settled}
    same = {there: here for here, there in pairs.items()}
    named = library.records.confirmed_in(former)
    with library.transaction():
        for face in before:
            if face.ignored and face.id in same:
                library.decisions.ignore(same[face.id], source=SOURCE)
        for face, name in library.records.rejected(former):
            if face in same:
                library.decisions.reject(same[face], name, source=SOURCE)
        for face, name in named:
            if face in same:
                library.decisions.confirm(same[face], name, source=SOURCE)
    there = {name for _, name in library.records.confirmed_in(photo)}
    return [name for _, name in named if name not in there]


def _pairs(library: Library, before: Sequence[Face], now: Sequence[Face]) -> list[tuple[int, int]]:
    """Ids of present and former faces that are the same, each once, the most alike first."""
    before = [face for face in before if len(face.embedding)]
    now = [face for face in now if len(face.embedding)]
    if not before or not now or before[0].network != now[0].network:
        return []
    alike = np.stack([face.embedding for face in now]) @ np.stack([f.embedding for f in before]).T
    old, new = (
        np.stack([face.box for face in faces]) / (library.records.size(faces[0].photo) * 2)
        for faces in (before, now)
    )
    turned = np.max([iou(new, way) for way in _turned(old)], axis=0) >= SAME_BOX
    sides = [np.sqrt(np.prod([f.box[2:] - f.box[:2] for f in faces], 1)) for faces in (now, before)]
    resized = np.maximum(sides[0][:, None] / sides[1], sides[1] / sides[0][:, None])
    cut = (resized <= MOST_RESIZED) & (alike >= SAME_CUT)
    alike = np.where((turned & (alike >= SAME_TURNED)) | cut, alike, 0.0)
    pairs = []
    while alike.size and alike.max() > 0:
        here, there = np.unravel_index(alike.argmax(), alike.shape)
        pairs.append((now[here].id, before[there].id))
        alike[here], alike[:, there] = 0.0, 0.0
    return pairs


def _turned(boxes: np.ndarray) -> list[np.ndarray]:
    """Boxes float [N, 4] in parts of a picture's sides, in the eight ways in which it may lie."""
    ways = []
    for swapped in (boxes, boxes[:, [1, 0, 3, 2]]):
        for x in (False, True):
            for y in (False, True):
                x0, y0, x1, y1 = swapped.T
                x0, x1 = (1 - x1, 1 - x0) if x else (x0, x1)
                y0, y1 = (1 - y1, 1 - y0) if y else (y0, y1)
                ways.append(np.stack([x0, y0, x1, y1], 1))
    return ways
