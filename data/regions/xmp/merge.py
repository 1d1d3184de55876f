"""Merging faces into a packet: adds what is missing, renames what is ours, keeps all else."""

from __future__ import annotations

from collections.abc import Sequence

from data.names import same_name
from data.regions.frames import Frame
from data.regions.matching import Face, combine, in_one_frame, leader, pair
from data.regions.xmp import keywords, vocabularies
from data.regions.xmp.packet import Packet
from data.regions.xmp.provenance import Record
from data.regions.xmp.vocabularies import MWG, VOCABULARIES


def merge(
    packet: Packet, wanted: Sequence[Face], rejected: Sequence[Face], frame: Frame
) -> list[str]:
    """Writes faces into a packet, in place; doing it twice is doing it once.

    - A wanted face without a name does nothing: not to recognise somebody clears nothing.
    - Where the packet has no face, one is added to each vocabulary. Where it has one without a
      name, or one of ours with another name, the name is set. Where somebody else wrote another
      name, theirs stays.
    - A rejected name is taken away from the face if we wrote it.
    - Keywords follow: added for every name that is in, removed if ours and nobody of that name
      is left.

    Args:
        packet: Changed in place.
        wanted, rejected: Boxes in the stored frame.
        frame: How the photo is stored.

    Returns:
        What was done and what was left alone, a phrase each, for a person to read.
    """
    record = Record(packet)
    notes: list[str] = []
    gone = _reject(packet, record, rejected, frame, notes)
    wanted = [face for face in wanted if face.name is not None]
    if wanted and MWG.stale(packet, frame):
        notes.append("leaves the MWG regions alone: they are for a picture of another shape")
    groups = _groups(packet, frame)
    pairs = pair(wanted, [leader(group) for group in groups])
    present = []
    for index, face in enumerate(wanted):
        group = groups[pairs[index]] if index in pairs else []
        theirs = next((f for f in group if f.name is not None and not record.owns(f)
                       and not same_name(f.name, face.name)), None)  # fmt: skip
        if theirs:
            notes.append(f"keeps {theirs.name}, by another program, where {face.name} was found")
            continue
        present.append(face.name)
        gone |= _write(packet, record, face, group, frame, notes)
    for name in dict.fromkeys(present):
        keywords.add(packet, record, name)
    if gone:
        left = [face for group in _groups(packet, frame) for face in group]
        for name in gone:
            if not any(same_name(face.name, name) for face in left):
                keywords.remove(packet, record, name)
    record.save()
    return notes


def _groups(packet: Packet, frame: Frame) -> list[list[Face]]:
    return combine(in_one_frame(vocabularies.faces(packet, frame), frame))


def _reject(
    packet: Packet, record: Record, rejected: Sequence[Face], frame: Frame, notes: list[str]
) -> set[str]:
    """Takes our names off rejected faces; returns these names."""
    gone = set()
    groups = _groups(packet, frame)
    for index, found in pair(rejected, [leader(group) for group in groups]).items():
        name = rejected[index].name
        for face in groups[found]:
            if name is None or not same_name(face.name, name) or not record.owns(face):
                continue
            record.drop(face)
            _vocabulary(face).rename(face, None)
            gone.add(face.name)
    notes.extend(f"takes {name} away" for name in sorted(gone))
    return gone


def _write(
    packet: Packet,
    record: Record,
    wanted: Face,
    group: Sequence[Face],
    frame: Frame,
    notes: list[str],
) -> set[str]:
    """Puts a name on a face in every vocabulary; returns the names that had to give way."""
    gone, added = set(), False
    box = group[0].box if group else wanted.box  # one box for all, and theirs before ours
    for vocabulary in VOCABULARIES:
        face = next((face for face in group if face.vocabulary == vocabulary.key), None)
        if face is None:
            if vocabulary is MWG and MWG.stale(packet, frame):
                continue
            vocabulary.add(packet, frame, box, wanted.name)
            record.add(vocabulary.key, box, wanted.name)
            added = True
        elif not same_name(face.name, wanted.name):
            record.drop(face)
            vocabulary.rename(face, wanted.name)
            record.add(vocabulary.key, face.box, wanted.name)
            added |= face.name is None
            gone |= {face.name} - {None}
    if gone:
        notes.append(f"renames {', '.join(sorted(gone))} to {wanted.name}")
    elif added:
        notes.append(f"adds {wanted.name}")
    return gone


def _vocabulary(face: Face):
    return next(each for each in VOCABULARIES if each.key == face.vocabulary)
