"""Who is in the photos on the page Tag: faces without a name that are likely one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from data.library.groups.clustering import cluster
from data.library.views import LibraryViews
from data.media.quality import UNCLEAR
from data.recognition.spaces import space_of
from ui.actions.uploads.dropped import Key
from ui.actions.uploads.tagging import ShownPhoto

Face = tuple[Key, int]  # a face: its photo, and its place in the record


@dataclass(frozen=True)
class LikelyPerson:
    """Faces that are likely one person, whom one answer names.

    Attributes:
        faces: At most one in each photo; the clearest first.
        name: Whom they are likely, `None` if that is not known.
    """

    faces: tuple[Face, ...]
    name: str | None = None


def likely_people(photos: Mapping[Key, ShownPhoto], network: str) -> list[LikelyPerson]:
    """The unnamed clear faces, put together: first those who may be somebody, then by number and by
    how clear the clearest face is.

    Args:
        network: Made the embeddings.
    """
    asked: dict[str, list[Face]] = {}
    unknown: list[Face] = []
    for key, photo in photos.items():
        for place, face in enumerate(photo.tags.faces):
            unclear = face.quality is not None and face.quality < UNCLEAR
            if face.name or unclear or face.embedding is None or not face.embedding.any():
                continue
            question = photo.questions.get(place)
            (asked.setdefault(question, []) if question else unknown).append((key, place))

    def quality(face: Face) -> float:
        key, place = face
        return photos[key].tags.faces[place].quality or 0.0

    def clearest_first(faces: list[Face]) -> tuple[Face, ...]:
        return tuple(sorted(faces, key=quality, reverse=True))

    found = [LikelyPerson(clearest_first(faces), name) for name, faces in asked.items()]
    others = [LikelyPerson(clearest_first(faces)) for faces in _together(unknown, photos, network)]
    return found + sorted(others, key=lambda one: (-len(one.faces), -quality(one.faces[0])))


def _together(faces: list[Face], photos, network: str) -> list[list[Face]]:
    space = space_of(network)
    if space is None or not faces:
        return []
    numbers = {key: number for number, key in enumerate(photos)}
    labels = cluster(
        np.stack([photos[key].tags.faces[place].embedding for key, place in faces]),
        np.array([numbers[key] for key, _ in faces], np.int64),
        np.zeros(len(faces), np.int64),
        min_cosine=space.group_threshold,
    )
    groups: dict[int, list[Face]] = {}
    for number, (face, label) in enumerate(zip(faces, labels.tolist(), strict=True), 1):
        groups.setdefault(label or number, []).append(face)  # 0: alone
    return list(groups.values())


def face_numbers(
    person: LikelyPerson,
    photos: Mapping[Key, ShownPhoto],
    library: LibraryViews,
    keep: Callable[[Key], int],
) -> list[int]:
    """The numbers of a person's faces in the library.

    Args:
        keep: Puts a photo into the library, if it is not there, and returns its number.
    """
    numbers = []
    for key, place in person.faces:
        box = photos[key].tags.faces[place].box
        shown = library.shown(keep(key))
        # In the library faces may stand in another order.
        near = [float(np.abs(face.box - box).max()) for face in shown.tags.faces]
        if near and min(near) < 1.0:  # left out meanwhile, in another tab
            numbers.append(shown.faces[int(np.argmin(near))])
    return numbers
