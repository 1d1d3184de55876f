"""What somebody does to the faces of a photo, as decisions in the library."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.errors import KindredError, PhotoError
from data.library import Decision
from data.library.views import LibraryViews, Shown
from data.tags import FaceTag
from model.inference.background import BackgroundModel

_SECONDS = 60.0  # to wait for the networks, when a page is used that did not need them before

Look = Callable[[Sequence[float]], "FaceInBox | None"]
"""A box in pixels, to what the model in use makes of it; `None` if it cannot be asked."""


@dataclass(frozen=True)
class FaceInBox:
    """A face in a drawn box, and the ids of what embedded and what named it."""

    face: FaceTag
    network: str
    model: str


def decide(
    library: LibraryViews, photo: int, shown: Shown, act: Mapping, look: Look = lambda _: None
) -> str:
    """Carries out what was done on the page of one photo.

    Args:
        library: The library.
        photo: The photo's number.
        shown: The photo as it was shown.
        act: From `shell.live`: `do` is "name", "confirm", "reject", "ignore" or "draw";
            `face` is one of `face_keys`, `value` a name, `name` the one that the face had when it
            was shown, `box` a drawn box, as fractions.
        look: Looks at a drawn box.

    Returns:
        What was done, in words; "" if there was nothing to do.

    Raises:
        KindredError: It cannot be done.
    """
    do = act.get("do")
    if do == "draw":
        return _draw(library, photo, shown, act.get("box") or (), look)
    face = _face(shown, act)
    if do == "name":
        library.decisions.confirm(face, str(act.get("value", "")))
        return f"This is {library.suggestions.name(face).name}"
    if do == "ignore":
        library.decisions.ignore(face)
        return "This face is left out from now on"
    # The name that was shown: since then it may have got another one, which nobody has seen.
    name = str(act.get("name") or "")
    person = library.people.find(name) if name else None
    if person is None:
        return ""
    if do == "confirm":
        library.decisions.confirm(face, person)
        return f"This is {name}"
    if do == "reject":
        library.decisions.reject(face, person)
        return f"This is not {name}, and will not be suggested again"
    return ""


def look_with(model: Callable[[], BackgroundModel], photo: Callable[[], np.ndarray]) -> Look:
    """Looks at boxes of a photo.

    Args:
        model: Gives the model; asked only when there is a box.
        photo: Reads the photo: upright RGB uint8 [H, W, 3].
    """

    def look(box) -> FaceInBox | None:
        used = model()
        used.wait(_SECONDS)
        if used.loaded is None:
            return None
        try:
            face = used.look(photo(), box)
        except PhotoError:
            return None
        except Exception:  # a network's runtime raises anything; the box is kept all the same
            logging.getLogger(__name__).exception("looking at a drawn box failed")
            return None
        return FaceInBox(face, used.loaded.tagger.network, used.loaded.tagger.model)

    return look


def face_keys(faces: Sequence[FaceTag]) -> list[str]:
    """What tells each face of a photo from the others, however many are added or left out.

    It is the place, so that a photo that is not in the library has keys, too.
    """
    keys = ["-".join(str(round(float(edge))) for edge in face.box) for face in faces]
    return [
        f"{key}-{keys[:i].count(key)}" if key in keys[:i] else key for i, key in enumerate(keys)
    ]


def what_was_decided(library: LibraryViews, decisions: Sequence[int]) -> str:
    """Decisions in words: "3 faces confirmed"."""
    said = []
    for decision in _made(library, decisions):
        count = len(decision.faces)
        faces = f"{count:,} {'face' if count == 1 else 'faces'} " if count else ""
        said.append(faces + _DONE.get(decision.kind, decision.kind))
    return ", ".join(said)


_DONE = {
    "confirm": "named",
    "reject": "said not to be somebody",
    "ignore": "left out",
    "rename": "renamed",
    "merge": "merged",
    "split": "moved to somebody else",
    "draw": "drawn",
    "describe": "described",
    "apart": "kept apart",
}


def faces_of(library: LibraryViews, decisions: Sequence[int]) -> list[int]:
    """The faces about which something was decided."""
    return [face for decision in _made(library, decisions) for face in decision.faces]


def _made(library: LibraryViews, decisions: Sequence[int]) -> list[Decision]:
    """What was decided then, oldest first."""
    return [d for d in _since(library, min(decisions, default=0)) if d.id in decisions]


def _since(library: LibraryViews, first: int) -> list[Decision]:
    """The decisions from this one on, oldest first; those before are not read."""
    reach = last_decision(library) - first + 1
    found = library.decisions.history(reach) if reach > 0 else []
    return sorted((d for d in found if d.id >= first), key=lambda decision: decision.id)


def take_back(library: LibraryViews, decisions: Sequence[int]) -> int:
    """Takes back decisions that were made together, the last one first; returns how many.

    Raises:
        KindredError: A later decision builds on one of them.
    """
    with library.transaction():
        for decision in reversed(decisions):
            library.decisions.undo(decision)
    return len(decisions)


def last_decision(library: LibraryViews) -> int:
    """The number of the newest decision, 0 if there is none."""
    return next((decision.id for decision in library.decisions.history(1)), 0)


def decided_since(library: LibraryViews, last: int) -> tuple[int, ...]:
    """The decisions that were made after another, oldest first."""
    return tuple(decision.id for decision in _since(library, last + 1) if decision.in_force)


def _draw(library: LibraryViews, photo: int, shown: Shown, box: Sequence[float], look: Look) -> str:
    x0, y0, x1, y1 = (float(edge) for edge in box) if len(box) == 4 else (0.0,) * 4
    if not (0.0 <= x0 < x1 <= 1.0 and 0.0 <= y0 < y1 <= 1.0):
        raise KindredError("a face needs a box with a width and a height")
    width, height = shown.tags.width, shown.tags.height
    box = (x0 * width, y0 * height, x1 * width, y1 * height)
    looked = look(box)
    if looked is None:
        library.photos.add_face(photo, box)
        return "A face was added; now give it a name"
    face = looked.face
    library.photos.add_looked_at(photo, face, looked.network, looked.model)
    if face.name is None:
        return "A face was added; now give it a name"
    return f"A face was added, and it looks like {face.name}"


def _face(shown: Shown, act: Mapping) -> int:
    keys = dict(zip(face_keys(shown.tags.faces), shown.faces, strict=True))
    if act.get("face") not in keys:
        raise KindredError("this face is not there any more", remedy="Look at the photo again")
    return keys[act["face"]]
