"""Writes who is in a film, and when, into the XMP file beside it; never into the film itself.

The names go into the lists of `data.regions.xmp.keywords`, which digiKam, Lightroom and the like
read. The times have no home in any standard: they are in `kindred:Appearances`, a bag with one
string a person, "0.00-3.50 7.00-9.00 NAME", in seconds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass

from data.errors import PhotoError
from data.regions import sidecar
from data.regions.change_journal import Change, apply, edit_of
from data.regions.xmp import keywords, rdf
from data.regions.xmp import packet as xmp
from data.regions.xmp.provenance import Record

APPEARANCES = "kindred:Appearances"
_ENTRY = re.compile(r"((?:\d+(?:\.\d+)?-\d+(?:\.\d+)? )+)(.+)", re.DOTALL)


@dataclass(frozen=True)
class Appearance:
    """A person in a film, and the (from, to) in seconds in which they are seen."""

    name: str
    spans: tuple[tuple[float, float], ...]


def write_appearances(
    film: str | os.PathLike, people: Iterable[Appearance], *, dry_run: bool = False
) -> Change:
    """Writes the people of a film beside it; those that we wrote and are not meant any more go.

    Raises:
        PhotoError: A sidecar that is there cannot be read or written, or a name cannot be
            written in XML. Nothing has changed then.
    """
    film = os.path.abspath(os.fsdecode(film))
    if not os.path.isfile(film):
        raise PhotoError(
            "There is no such file", file=film, remedy="Check its name, and that its disk is there"
        )
    people = sorted(people, key=lambda person: person.spans)
    for person in people:
        xmp.require_writable(person.name, film)
    edits, notes = [], []
    found = sidecar.existing(film)
    for path, data, packet in found or [(sidecar.default_path(film), None, xmp.empty(film))]:
        before = packet.to_bytes()
        notes += _merge(packet, people)
        if packet.to_bytes() != before:
            edits.append(edit_of(path, data, packet.to_bytes(declaration=True)))
    change = Change(film, tuple(edits), tuple(dict.fromkeys(notes)))
    return change if dry_run else apply(change)


def read_appearances(packet: xmp.Packet) -> list[Appearance]:
    """Who is in a film by a packet that we wrote; entries that somebody spoiled are left out."""
    return [
        Appearance(match[2], tuple(tuple(map(float, span.split("-"))) for span in match[1].split()))
        for text in _strings(packet)
        if (match := _ENTRY.fullmatch(text))
    ]


def _merge(packet: xmp.Packet, people: list[Appearance]) -> list[str]:
    record = Record(packet)
    names = {person.name for person in people}
    former = {person.name for person in read_appearances(packet)}
    for name in sorted(former - names):
        keywords.remove(packet, record, name)
    for person in people:
        keywords.add(packet, record, person.name)
    record.save()
    entries = [
        " ".join(f"{start:.2f}-{end:.2f}" for start, end in person.spans) + f" {person.name}"
        for person in people
    ]
    if entries != _strings(packet):
        for old in rdf.properties(packet.rdf, APPEARANCES):
            rdf.remove(old)
        if entries:
            new = rdf.make_property(packet.rdf, APPEARANCES)
            for entry in entries:
                rdf.append(new, "Bag", entry)
    return [f"takes {name} away" for name in sorted(former - names)] + [
        f"adds {person.name}" for person in people if person.name not in former
    ]


def _strings(packet: xmp.Packet) -> list[str]:
    found = rdf.properties(packet.rdf, APPEARANCES)
    return [text for prop in found for li in rdf.items(prop) if (text := rdf.text(li))]
