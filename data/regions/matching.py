"""Which boxes are the same face: overlap and name, each box used once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.boxes import iou
from data.names import clean_name
from data.regions.frames import Box, Frame

# Programs draw a face tightly or with the hair, so that the same face may overlap by less than
# half: then each box must hold the other's centre as well, which neighbours' boxes do not.
_SAME_PLACE = 0.5
_SAME_PLACE_CENTRED = 0.2
_SAME_PLACE_AND_NAME = 0.1
_CLEARLY_BETTER = 0.2  # mean overlap by which one way to turn a list fits better than the other


@dataclass(frozen=True, eq=False)
class Face:
    """A face as some metadata have it.

    Attributes:
        name: `None` if it has none.
        box: Corners (xyxy, 0..1) in the stored frame.
        vocabulary: "mwg-rs", "mp", "iptc", or "" if it comes from elsewhere.
        source: As in `Region`.
        node: The XML element that describes it, if there is one.
    """

    name: str | None
    box: Box
    vocabulary: str = ""
    source: str = ""
    node: object = None


def pair(some: Sequence[Face], others: Sequence[Face]) -> dict[int, int]:
    """Pairs the faces of two lists: equal names first, then the greatest overlap.

    Returns:
        Index in `some` -> index in `others`; each occurs at most once.
    """
    if not some or not others:
        return {}
    a, b = [face.box for face in some], [face.box for face in others]
    overlap = iou(a, b)
    named = _names(some)[:, None] == _names(others)[None]
    centred = _holds_centre(a, b) & _holds_centre(b, a).T
    fits = (overlap >= _SAME_PLACE) | (centred & (overlap >= _SAME_PLACE_CENTRED))
    fits |= named & (overlap >= _SAME_PLACE_AND_NAME)
    rows, columns = np.nonzero(fits)
    order = np.lexsort((-overlap[rows, columns], ~named[rows, columns]))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if row not in pairs and column not in taken:
            pairs[row] = column
            taken.add(column)
    return pairs


def in_one_frame(lists: Sequence[Sequence[Face]], frame: Frame) -> list[list[Face]]:
    """The same lists; one whose boxes are in the displayed frame is turned into the stored one.

    Which it is, only another list can tell: the faces of the first list of MWG regions, or else of
    the first list at all. Where both ways fit about as well, a list is taken for what it should be.
    """
    lists = [list(faces) for faces in lists]
    filled = [faces for faces in lists if faces]
    guides = [faces for faces in filled if faces[0].vocabulary == "mwg-rs"] or filled
    if frame.orientation == 1 or not guides:
        return lists
    guide = guides[0]

    def agreement(faces: Sequence[Face]) -> tuple[int, int, float]:
        pairs = [(faces[i], guide[j]) for i, j in pair(faces, guide).items()]
        names = [(one.name, other.name) for one, other in pairs]
        overlap = sum(float(iou([one.box], [other.box])[0, 0]) for one, other in pairs)
        return (
            sum(a == b is not None for a, b in names),
            sum(None in both for both in names),
            overlap / max(1, len(pairs)),
        )

    for index, faces in enumerate(lists):
        if not faces or faces is guide:
            continue
        turned = [replace(face, box=frame.stored(face.box)) for face in faces]
        *counts, overlap = agreement(faces)
        if agreement(turned) > (*counts, overlap + _CLEARLY_BETTER):
            lists[index] = turned
    return lists


def combine(lists: Iterable[Sequence[Face]]) -> list[list[Face]]:
    """Groups the faces of several lists; a list adds at most one face to a group.

    The first face of a group comes from the earliest list that has it.
    """
    groups: list[list[Face]] = []
    for faces in lists:
        pairs = pair(faces, [leader(group) for group in groups])
        for index, face in enumerate(faces):
            if index in pairs:
                groups[pairs[index]].append(face)
            else:
                groups.append([face])
    return groups


def leader(group: Sequence[Face]) -> Face:
    """The face that speaks for a group: the first with a name, or else the first."""
    return next((face for face in group if face.name is not None), group[0])


def _names(faces: Sequence[Face]) -> np.ndarray:
    """object [N]; a face without a name gets one that is equal to no other."""
    names = [object() if face.name is None else clean_name(face.name) for face in faces]
    return np.array(names, object)


def _holds_centre(boxes: Sequence[Box], others: Sequence[Box]) -> np.ndarray:
    """bool [N, M]: whether box n holds the centre of other m."""
    a = np.asarray(boxes, np.float64).reshape(-1, 1, 4)
    b = np.asarray(others, np.float64).reshape(1, -1, 4)
    centre = (b[..., :2] + b[..., 2:]) / 2
    return ((a[..., :2] < centre) & (centre < a[..., 2:])).all(-1)
