"""The queue of what Review asks: one answer decides about many faces, the largest gain first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from data.library import Library
from data.library.comparing import compared
from data.library.groups.neighbours import nearest
from data.library.views import LibraryViews

# Measured by `evaluate effort`: see `docs/recognition.md`, Effort.
TOGETHER = 48  # faces of one person that are looked at together
FEW = 3  # suggestions of one person; fewer wait until a larger group was named
_READ = 3000  # suggestions read for the queue


class Kind(IntEnum):
    """What a question is about."""

    SUGGESTED = 0  # faces that are likely somebody, who is known or was learned
    GROUP = 1  # unknown faces that are likely one person
    SAID = 2  # faces of photos beside which somebody's name is said, nobody knows of which face
    MAYBE = 3  # faces that are a little like somebody
    NAMED = 4  # faces that are so like confirmed ones that they have the name already
    ALONE = 5  # an unknown face that is in no group, and those that are most like it


Said = Sequence[tuple[int, int, str]]
"""Whom faces may be by what is said beside their photos: (face, photo, name)."""


@dataclass(frozen=True)
class Question:
    """Faces about which one answer decides.

    Attributes:
        kind: What it is about.
        key: Tells it from every other question.
        faces: Numbers of the faces.
        picked: Those that are likely meant by "yes".
        name: Whom they are likely; `None` if that is not known.
        confidences: Of a name, for each face; empty where none was computed.
        choices: Names that are said beside the faces' photos, the most frequent first.
        group: Number of the group that the faces are of, which may have more than are asked about.
    """

    kind: Kind
    key: str
    faces: tuple[int, ...]
    picked: tuple[int, ...]
    name: str | None = None
    confidences: tuple[float, ...] = ()
    choices: tuple[str, ...] = ()
    group: int | None = None

    @property
    def gain(self) -> float:
        """Faces that one answer is likely to decide."""
        if self.kind is Kind.SAID:  # one face in each photo, and no for the others
            return float(len(self.faces)) / 2
        return sum(self.confidences) if self.confidences else float(len(self.picked))


def questions(library: Library, skipped: Sequence[str] = ()) -> list[Question]:
    """The queue; skipped questions come last, in the order in which they were skipped.

    First several suggestions of one person, then what decides most. Questions that decide little
    are there only when no others wait.
    """
    later = {key: place for place, key in enumerate(skipped)}
    suggested, named = _suggested(library)
    said = library.records.said_faces()
    groups = _groups(library, said)
    elsewhere = {face for question in (*suggested, *named, *groups) for face in question.faces}
    found = [*suggested, *groups, *_said(said, elsewhere)]
    for more in (_maybe, lambda _: named, _alone):
        if all(question.key in later for question in found):
            found += more(library)
    return sorted(found, key=lambda q: (later.get(q.key, -1), _turn(q), -q.gain, q.key))


def next_question(library: Library, skipped: Sequence[str] = ()) -> Question | None:
    """The first of the queue, right by the decisions in force; `None` if nothing is to be asked.

    Where a library answers decisions before it compares all faces, those of the question are
    compared here. Only which question comes first may be by what was known a second ago, and
    whether a face that is not shown yet belongs to it. A question that is asked when no better one
    waits, and that none waits at all, is said after everything was compared.
    """

    def first() -> Question | None:
        return next(iter(questions(library, skipped)), None)

    def read() -> Question | None:
        found = first()
        good = found is not None and found.kind in (Kind.SUGGESTED, Kind.GROUP, Kind.SAID)
        if good or not library.recognition.is_behind:
            return found
        library.recognition.catch_up()
        return first()

    return compared(
        library,
        read,
        lambda question: question.faces if question else (),
        lambda question: _group_of(library, question) if question else (),
    )


def _group_of(library: Library, question: Question) -> Sequence[int]:
    """All faces of the group that is asked about: where one looks like somebody, others do, too."""
    return () if question.group is None else library.groups.faces(question.group)


def _turn(question: Question) -> int:
    if question.kind is Kind.SAID or (
        question.kind is Kind.SUGGESTED and len(question.faces) < FEW
    ):
        return Kind.GROUP
    return question.kind


def _suggested(library: Library) -> tuple[list[Question], list[Question]]:
    """The questions about suggestions, and those about faces that have their name already."""
    unsure: dict[str, list[tuple[int, float]]] = {}
    given: dict[str, list[tuple[int, float]]] = {}
    for face, name in library.suggestions.to_review(_READ):
        recognised = name.given and name.model == "library"
        where = given if recognised else unsure
        where.setdefault(name.name, []).append((face, name.confidence))
    asked = [
        _about(Kind.SUGGESTED, name, faces + given.get(name, [])) for name, faces in unsure.items()
    ]
    rest = [(name, faces) for name, faces in given.items() if name not in unsure]
    return asked, [_about(Kind.NAMED, name, faces) for name, faces in rest]


def _groups(library: Library, said: Said) -> list[Question]:
    groups = library.groups.list()
    likely = library.recognition.resemblances({group.id: group.faces for group in groups})
    names: dict[int, list[str]] = {}
    for face, _, name in said:
        names.setdefault(face, []).append(name)
    found = []
    for group in groups:
        asked = group.faces[:TOGETHER]
        counts = Counter(name for face in asked for name in names.get(face, ()))
        choices = tuple(name for name, _ in sorted(counts.items(), key=lambda x: (-x[1], x[0])))
        key = f"group:{group.id}:{group.faces[0]}:{len(group.faces)}"
        name = likely.get(group.id) or _most_said(counts, len(asked))
        found.append(Question(Kind.GROUP, key, asked, asked, name, (), choices, group.id))
    return found


def _most_said(counts: Counter[str], faces: int) -> str | None:
    """A name that is said of most of the faces, and more often than any other."""
    (name, most), (_, next_) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    return name if most > 1 and most > next_ and 2 * most > faces else None


def _said(said: Said, elsewhere: set[int]) -> list[Question]:
    """By name the faces that may be meant; a yes to one is a no to the others."""
    by_name: dict[str, list[int]] = {}
    names_of, faces_of = Counter(), Counter()
    rows = [row for row in said if row[0] not in elsewhere]
    for face, photo, name in rows:
        by_name.setdefault(name, []).append(face)
        names_of[face] += 1
        faces_of[photo, name] += 1
    alone = {face for face, photo, name in rows if names_of[face] == faces_of[photo, name] == 1}
    return [
        Question(
            Kind.SAID,
            f"said:{name}:{faces[0]}:{len(faces)}",
            tuple(faces[:TOGETHER]),
            tuple(face for face in faces[:TOGETHER] if face in alone),
            name,
        )
        for name, faces in by_name.items()
    ]


def _maybe(library: Library) -> list[Question]:
    by_name: dict[str, list[tuple[int, float]]] = {}
    for face, name, confidence in library.recognition.maybe():
        by_name.setdefault(name, []).append((face, confidence))
    return [_about(Kind.MAYBE, name, faces) for name, faces in by_name.items()]


def _alone(library: Library) -> list[Question]:
    """One question about the clearest face that is alone, with the faces that are most like it."""
    faces, vectors = library.groups.alone()
    if not len(faces):
        return []
    indices, cosines = nearest(vectors[:1], vectors, min(TOGETHER, len(faces)))
    order = indices[0][np.argsort(-cosines[0], kind="stable")]
    asked = tuple(int(face) for face in faces[[0, *(i for i in order if i)]])
    return [Question(Kind.ALONE, f"alone:{asked[0]}:{len(faces)}", asked, asked[:1])]


def _about(kind: Kind, name: str, faces: Sequence[tuple[int, float]]) -> Question:
    ids, sure = zip(*faces[:TOGETHER], strict=True)
    picked = () if kind is Kind.MAYBE else ids
    return Question(
        kind, f"{kind.name.lower()}:{name}:{ids[0]}:{len(ids)}", ids, picked, name, sure
    )


def yes(library: Library, question: Question, picked: Sequence[int], name: str) -> str:
    """The picked faces are this person; those that were taken out are not.

    A face that is only a little like others and was not picked is left as it is, unless the
    question was about one person.
    """
    chosen = [face for face in question.faces if face in set(picked)]
    shown = question.picked if question.name is None else question.faces
    others = [face for face in shown if face not in set(picked)]
    with library.transaction():
        if chosen:
            library.decisions.confirm(chosen, name)
        if others and (chosen or question.name):
            library.decisions.reject(
                others, name if chosen else library.people.ensure(question.name)
            )
    library.recognition.look_at_shown_faces(_group_of(library, question))
    said = f"{len(chosen)} {'face is' if len(chosen) == 1 else 'faces are'} {name}"
    return said + (f", {len(others)} not" if others else "")


def no(library: Library, question: Question) -> str:
    """None of the faces is this person, or, of unknown faces, anybody to name."""
    count = f"{len(question.faces)} {'face' if len(question.faces) == 1 else 'faces'}"
    if question.name:
        # Whom another program names nobody need have been called yet.
        library.decisions.reject(question.faces, library.people.ensure(question.name))
        return f"Not {question.name}: {count}"
    asked = question.picked
    library.decisions.ignore(asked)
    return f"{len(asked)} {'face is' if len(asked) == 1 else 'faces are'} left out from now on"


def leave_out_alone(library: Library) -> str:
    """All faces that are in no group are nobody to name; one decision, so that undo is one."""
    library.recognition.catch_up()
    faces = [int(face) for face in library.groups.alone()[0]]
    library.decisions.ignore(faces)
    return f"{len(faces):,} {'face is' if len(faces) == 1 else 'faces are'} left out from now on"


def progress(library: LibraryViews) -> tuple[int, int]:
    """How many faces are confirmed, and how many wait for an answer.

    The latter by the last comparison of all faces, a second ago while decisions are made.
    """
    return library.confirmed(), library.groups.waiting() + library.suggestions.waiting()
