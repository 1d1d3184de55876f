"""Who may be one person under two names: near-equal names, and faces that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.library import Library
from data.library.people.people import PersonSummary
from data.names import near_pairs
from data.recognition.spaces import space_of

_LEAST = 2  # confirmed faces of each, from which faces tell


@dataclass(frozen=True)
class MergeQuestion:
    """Two people who may be one.

    Attributes:
        kept: The one whose name is likely to stay: with more confirmed faces, then more photos.
        other: The other one.
        by_name: Whether their names are near each other; otherwise their faces are.
    """

    kept: PersonSummary
    other: PersonSummary
    by_name: bool


def merge_questions(library: Library, everybody: Sequence[PersonSummary]) -> list[MergeQuestion]:
    """The questions, those about most photos first.

    Nobody is asked about people who were said to be two, or who are on one photo together.

    Args:
        library: The library.
        everybody: Its people; those who are ignored are not asked about.
    """
    people = {person.id: person for person in everybody if not person.ignored}
    ids = {person.name: person.id for person in people.values()}
    pairs = {_pair(ids[one], ids[other]): True for one, other in near_pairs(list(ids))}
    for pair in _alike(library):
        if people.keys() >= set(pair):
            pairs.setdefault(pair, False)
    known = library.people.kept_apart()
    if pairs:
        known |= {(one, other) for one, other, _ in library.people.together()}
    found = [
        ask(people[one], people[other], by_name)
        for (one, other), by_name in pairs.items()
        if (one, other) not in known
    ]
    return sorted(found, key=lambda q: (-q.other.photos, -q.kept.photos, q.kept.id, q.other.id))


def ask(one: PersonSummary, other: PersonSummary, by_name: bool = True) -> MergeQuestion:
    """The question whether two people are one."""
    kept, other = sorted((one, other), key=lambda p: (-p.confirmed, -p.photos, p.id))
    return MergeQuestion(kept, other, by_name)


def _alike(library: Library) -> list[tuple[int, int]]:
    """Pairs of people whose confirmed faces are as alike as those of one person."""
    found = []
    for network, of_people in library.faces.confirmed_by_network().items():
        space = space_of(network)
        known = {p: vectors for p, vectors in of_people.items() if len(vectors) >= _LEAST}
        if space is None or len(known) < 2:
            continue
        numbers = list(known)
        means = np.stack([known[person].mean(axis=0) for person in numbers])
        # The product of two means is the mean cosine of all pairs of faces.
        rows, columns = np.nonzero(np.triu(means @ means.T >= space.group_threshold, 1))
        found += [_pair(numbers[i], numbers[j]) for i, j in zip(rows, columns, strict=True)]
    return found


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
