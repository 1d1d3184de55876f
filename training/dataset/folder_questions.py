"""What else a family folder should be asked about: one person in two folders, faces of nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from training.dataset.face_finder import Face, Sighting
from training.dataset.selection import Example

# Of two halves of one person's photos every second photo has its nearest in the other half; of two
# people, even of siblings, hardly one in ten.
MIXED = 1 / 3
ENOUGH = 4  # photos of both together, or chance decides


def one_person_twice(
    examples: Sequence[Example], same_person_threshold: float
) -> list[tuple[str, str]]:
    """Pairs of folders whose photos are mixed as those of one person would be.

    Args:
        examples: What people are learned from.
        same_person_threshold: See `data.recognition.config.HeadConfig`.
    """
    people = sorted({example.person for example in examples})
    owners = np.array([people.index(example.person) for example in examples])
    vectors = np.stack([example.face.embedding for example in examples])
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1.0)
    nearest = np.stack([likeness[:, owners == k].max(1) for k in range(len(people))], axis=1)
    found = []
    for a in range(len(people)):
        for b in range(a + 1, len(people)):
            rows = np.flatnonzero((owners == a) | (owners == b))
            if len(rows) < ENOUGH:
                continue
            own = nearest[rows, owners[rows]]
            other = nearest[rows, np.where(owners[rows] == a, b, a)]
            mixed = (other >= own) & (own > -1.0)
            if mixed.mean() >= MIXED and np.median(other) > same_person_threshold:
                found.append((people[a], people[b]))
    return found


def bystanders(
    sightings: Sequence[Sighting], examples: Sequence[Example], same_person_threshold: float
) -> list[Face]:
    """Faces in the family's photos that are nobody of the family, and unlike all of them.

    They teach fine-tuning what not to change. Thresholds are not set by them: being chosen for
    their unlikeness, they would make every threshold look safe; and without that choice a mirror
    or a collage would count a person as a stranger to itself.
    """
    if not examples:
        return []
    chosen, taken = defaultdict(list), {}
    for example in examples:
        chosen[example.person].append(example.face.embedding)
        taken[example.path] = example.face
    known = np.concatenate([np.stack(rows) for rows in chosen.values()])
    found, seen = [], set()
    for sighting in sightings:
        if sighting.path not in taken or sighting.content in seen:
            continue
        seen.add(sighting.content)
        for face in sighting.faces:
            if (
                face is not taken[sighting.path]
                and (known @ face.embedding).max() < same_person_threshold
            ):
                found.append(face)
    return found
