"""One person's faces through the years: where each is, and what is written below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.home import home
from data.library.people.family_map import YearFace
from data.library.people.people import PersonSummary
from data.library.views import LibraryViews, Place
from data.media.thumbnails import Thumbnails, Wanted
from ui.actions.library.ages import age_on

_ROOM = 2.6  # side of a square on the wall, in faces
_FACE_ROOM = 1.3  # what a thumbnail leaves around a box


@dataclass(frozen=True)
class Moment:
    """A face, and what is said of it.

    Attributes:
        photo: Number of its photo.
        place: Where it is.
        year, age: In words; "" if not known.
    """

    photo: int
    place: Place
    year: str
    age: str

    def said(self, name: str) -> str:
        """Who that is and when, for somebody who does not see it."""
        return ", ".join(filter(None, (name, self.year, self.age)))


def moments(library: LibraryViews, person: PersonSummary, most: int) -> list[Moment]:
    """Faces from as many years as there are, in order of time; see `Overview.faces_by_year`."""
    found = library.overview.faces_by_year(person.id, most)
    places = library.places(one.face for one in found)
    return [
        Moment(one.photo, places[one.face], str(one.year or ""), _age(person, one))
        for one in found
        if one.face in places and places[one.face].path
    ]


def wall_pictures(
    faces: Sequence[Moment], side: int, seconds: float | None = None
) -> list[bytes | None]:
    """JPEGs of people with what is around them.

    Args:
        faces: Whose.
        side: Of each square, pixels.
        seconds: For making them; then those that are not made yet are `None`.
    """
    wanted = [
        Wanted(one.place.path, surroundings(one.place), one.place.width, side, one.place.time)
        for one in faces
    ]
    return Thumbnails(home()).many(wanted, *([] if seconds is None else [seconds]))


def surroundings(place: Place) -> np.ndarray:
    """The box, float32 [4], xyxy pixels, whose thumbnail shows a face with what is around it.

    The thumbnail is a square within the photo, with the face above its middle.
    """
    x0, y0, x1, y1 = (float(edge) for edge in place.box)
    side = min(_ROOM * max(x1 - x0, y1 - y0), place.width, place.height)
    left = min(max((x0 + x1 - side) / 2, 0.0), place.width - side)
    top = min(max((y0 + y1) / 2 - 0.42 * side, 0.0), place.height - side)
    inset = side * (1 - 1 / _FACE_ROOM) / 2
    edges = (left + inset, top + inset, left + side - inset, top + side - inset)
    return np.array(edges, np.float32)


def _age(person: PersonSummary, one: YearFace) -> str:
    return age_on(person.born, one.taken) if person.born and one.taken else ""
