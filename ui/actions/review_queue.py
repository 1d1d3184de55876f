"""The queue of what is to be decided: suggested names and unknown groups, largest gain first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.library.views import Shelf

TOGETHER = 24  # faces of one person that are looked at together
_READ = 3000  # suggestions read for the queue


@dataclass(frozen=True)
class Question:
    """Faces about which one answer decides.

    Attributes:
        key: Tells it from every other question.
        faces: Numbers of the faces, surest first.
        name: Whom a model takes them for; `None` for an unknown group.
        confidences: Of the model, for each face.
    """

    key: str
    faces: tuple[int, ...]
    name: str | None = None
    confidences: tuple[float, ...] = ()

    @property
    def gain(self) -> float:
        """Faces that one answer is likely to decide."""
        return sum(self.confidences) if self.name else 0.9 * len(self.faces)


def questions(library: Shelf, skipped: Sequence[str] = ()) -> list[Question]:
    """The queue; skipped questions come last, in the order in which they were skipped."""
    by_name: dict[str, list[tuple[int, float]]] = {}
    for face, name in library.suggestions.to_review(_READ):
        by_name.setdefault(name.name, []).append((face, name.confidence))
    found = []
    for name, faces in by_name.items():
        part = faces[:TOGETHER]
        ids, sure = zip(*part, strict=True)
        found.append(Question(f"name:{name}:{ids[0]}:{len(ids)}", ids, name, sure))
    for group in library.groups.list():
        ids = group.faces[:TOGETHER]
        found.append(Question(f"group:{group.id}:{ids[0]}:{len(ids)}", ids))
    later = {key: place for place, key in enumerate(skipped)}
    return sorted(found, key=lambda q: (later.get(q.key, -1), -q.gain, q.key))


def yes(library: Shelf, question: Question, picked: Sequence[int], name: str) -> str:
    """The picked faces are this person; of a suggestion, the others are not."""
    chosen = [face for face in question.faces if face in set(picked)]
    others = [face for face in question.faces if face not in set(picked)]
    with library.transaction():
        if chosen:
            library.decisions.confirm(chosen, name)
        if question.name and others:
            library.decisions.reject(others, question.name)
    said = f"{len(chosen)} {'face is' if len(chosen) == 1 else 'faces are'} {name}"
    return said + (f", {len(others)} not" if question.name and others else "")


def no(library: Shelf, question: Question) -> str:
    """None of the faces is this person, or, of an unknown group, anybody to name."""
    if question.name:
        library.decisions.reject(question.faces, question.name)
        return f"Not {question.name}: {len(question.faces)} faces"
    library.decisions.ignore(question.faces)
    return f"{len(question.faces)} faces are left out from now on"


def progress(library: Shelf) -> tuple[int, int]:
    """How many faces are confirmed, and how many wait for an answer."""
    waiting = sum(len(group.faces) for group in library.groups.list())
    return library.counts().confirmed, waiting + library.suggestions.waiting()
