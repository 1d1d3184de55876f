"""Chooses which face of which photo a person is learned from, and says why others are left out."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.library.intake.named_faces import Places
from data.media.quality import POOR, fault
from data.regions import Region
from data.regions.matching import Face as Box
from data.regions.matching import pair
from training.dataset.face_finder import Face, Sighting

ENOUGH = 3  # photos of a person that must remain before poor ones are left out


@dataclass(frozen=True)
class Example:
    """A face that a person is learned from."""

    person: str
    path: str
    face: Face


@dataclass(frozen=True)
class LeftOut:
    """A file that nobody is learned from, and why."""

    person: str
    path: str
    reason: str


def select(
    sightings: Sequence[Sighting], same_person_threshold: float, places: Places | None = None
) -> tuple[list[Example], list[LeftOut]]:
    """One face a photo: the one that somebody named, or that agrees with the person's others.

    Args:
        sightings: All photos of all people.
        same_person_threshold: Cosine below which two photos are hardly of one person.
        places: By person and path where the person's face is, as far as somebody has said so.

    Returns:
        The faces to learn from and the files to leave out, in the order of the sightings.
    """
    left_out: dict[int, str] = {}
    usable: dict[str, dict[int, Sighting]] = defaultdict(dict)
    seen: dict[tuple[str, str], str] = {}
    named: set[int] = set()
    for i, sighting in enumerate(sightings):
        if sighting.error:
            left_out[i] = f"it cannot be read: {sighting.error}"
        elif not sighting.faces:
            left_out[i] = "no face was found in it"
        elif first := seen.get((sighting.person, sighting.content)):
            left_out[i] = f"it is the same picture as {os.path.basename(first)}"
        else:
            seen[sighting.person, sighting.content] = sighting.path
            place = (places or {}).get((sighting.person, sighting.path))
            face = place and _face_at(place, sighting)
            if face:
                named.add(i)
                sighting = replace(sighting, faces=(face,))
            elif place and not place.source.endswith("/iptc"):  # which may be the whole person
                left_out[i] = "no face was found where its metadata or the library has this person"
                continue
            usable[sighting.person][i] = sighting
    chosen = {
        person: dict(zip(photos, _agreeing(list(photos.values())), strict=True))
        for person, photos in usable.items()
    }
    left_out |= _claimed_twice(chosen, sightings)
    left_out |= _poor(
        {p: {i: f for i, f in faces.items() if i not in left_out} for p, faces in chosen.items()}
    )
    unlike = _somebody_else(
        {p: {i: f for i, f in faces.items() if i not in left_out} for p, faces in chosen.items()},
        sightings,
        same_person_threshold,
    )
    # A person knows better who a face is than its likeness does.
    left_out |= {i: reason for i, reason in unlike.items() if i not in named}
    examples = [
        Example(s.person, s.path, chosen[s.person][i])
        for i, s in enumerate(sightings)
        if i not in left_out
    ]
    return examples, [
        LeftOut(s.person, s.path, left_out[i]) for i, s in enumerate(sightings) if i in left_out
    ]


def _face_at(place: Region, sighting: Sighting) -> Face | None:
    height, width = sighting.size
    boxes = [Box(None, tuple(face.box / (width, height, width, height))) for face in sighting.faces]
    pairs = pair([Box(None, place.box)], boxes)
    return sighting.faces[pairs[0]] if pairs else None


def _agreeing(photos: list[Sighting]) -> list[Face]:
    """For each photo of a person the face that is most like the faces of the other photos."""
    # Photos with one face tell who the person is; without any, the largest faces have to.
    sure = [i for i, photo in enumerate(photos) if len(photo.faces) == 1]
    choice = [max(photo.faces, key=lambda face: face.side) for photo in photos]
    for _ in range(5):
        voters = sure or range(len(photos))
        votes = np.stack([choice[i].embedding for i in voters])
        new = []
        for i, photo in enumerate(photos):
            others = votes[[j for j, voter in enumerate(voters) if voter != i]]
            if len(photo.faces) == 1 or not len(others):
                new.append(choice[i])
                continue
            likeness = np.stack([face.embedding for face in photo.faces]) @ others.T
            # The median voter: one photo of somebody else among them decides nothing.
            new.append(photo.faces[int(np.median(likeness, axis=1).argmax())])
        if all(a is b for a, b in zip(new, choice, strict=True)):
            break
        choice = new
    return choice


def _claimed_twice(
    chosen: dict[str, dict[int, Face]], sightings: Sequence[Sighting]
) -> dict[int, str]:
    """One face of one picture that is in the folders of several people: one of them keeps it."""
    claims = defaultdict(list)
    for person, faces in chosen.items():
        for i, face in faces.items():
            claims[sightings[i].content, face.embedding.tobytes()].append((person, i, face))
    left_out = {}
    for rivals in claims.values():
        if len(rivals) < 2:
            continue
        contents = {sightings[i].content for _, i, _ in rivals}

        def fit(claim, contents=contents):
            person, _, face = claim
            others = [
                float(other.embedding @ face.embedding)
                for j, other in chosen[person].items()
                if sightings[j].content not in contents
            ]
            return np.mean(sorted(others)[-3:]) if others else -1.0

        keeper = max(rivals, key=fit)
        for claim in rivals:
            if claim is not keeper:
                left_out[claim[1]] = f"it looks like {keeper[0]}, in whose folder the same face is"
    return left_out


def _poor(chosen: dict[str, dict[int, Face]]) -> dict[int, str]:
    """Faces of little quality, of people who have enough good ones."""
    left_out = {}
    for faces in chosen.values():
        poor = {i: _what_is_poor(face) for i, face in faces.items() if face.quality.min() < POOR}
        if len(faces) - len(poor) >= ENOUGH:
            left_out |= poor
    return left_out


def _what_is_poor(face: Face) -> str:
    what = fault(face.quality)
    if what == "hardly a face":
        return "what was found is hardly a face"
    return f"the face is {what}" + (f" ({face.side:.0f} pixels)" if what == "too small" else "")


def _somebody_else(
    chosen: dict[str, dict[int, Face]], sightings: Sequence[Sighting], same_person_threshold: float
) -> dict[int, str]:
    """Faces that are like nobody in their own folder, or more like another person."""
    rows = [(person, i, face) for person, faces in chosen.items() for i, face in faces.items()]
    if not rows:
        return {}
    vectors = np.stack([face.embedding for _, _, face in rows])
    owner = np.array([person for person, _, _ in rows])
    rows_of = {person: owner == person for person in chosen}
    content = np.array([sightings[i].content for _, i, _ in rows])
    left_out = {}
    for row, (person, i, _) in enumerate(rows):
        likeness = np.where(content == content[row], -1.0, vectors @ vectors[row])
        own = np.sort(likeness[rows_of[person]])[::-1]
        own = own[own > -1.0]
        if len(own) < ENOUGH - 1:
            continue  # too few photos to say who is the odd one
        # A person has several looks: three photos that agree are enough.
        support = own[: min(3, max(1, len(own) // 2))].mean()
        best, rival = support, None
        for other in chosen:
            theirs = np.sort(likeness[rows_of[other]])[::-1][: min(3, max(1, len(own) // 2))]
            if other != person and len(theirs) and theirs.mean() > best:
                best, rival = theirs.mean(), other
        if rival is not None and best > same_person_threshold:
            left_out[i] = f"it looks like {rival}"
        elif support < same_person_threshold:
            left_out[i] = "it looks like somebody else"
    return left_out
