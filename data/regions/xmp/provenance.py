"""What Kindred has written into a packet, kept in the packet: the proof of what is ours.

Two lists of plain strings in a namespace of our own, which other programs carry along:
`kindred:Regions` ("mwg-rs LEFT TOP RIGHT BOTTOM NAME", stored frame) and `kindred:Keywords`
("dc:subject KEYWORD"). A region or keyword that was there before us, or that somebody has
renamed or moved since, is not in them, and so it is not ours.
"""

from __future__ import annotations

from data.boxes import iou
from data.names import same_name
from data.regions.frames import Box
from data.regions.matching import Face
from data.regions.xmp import rdf
from data.regions.xmp.packet import Packet

REGIONS, _KEYWORDS = "kindred:Regions", "kindred:Keywords"
_UNMOVED = 0.9  # programs round the numbers when they save


class Record:
    """The record of one packet; `save` writes it back."""

    def __init__(self, packet: Packet):
        self._packet = packet
        self._faces = list(filter(None, map(_parse, _strings(packet, REGIONS))))
        self._keywords = _strings(packet, _KEYWORDS)

    def owns(self, face: Face) -> bool:
        """Whether we wrote this region, and nobody has touched it since."""
        return any(self._is(entry, face) for entry in self._faces)

    def add(self, vocabulary: str, box: Box, name: str) -> None:
        """Notes a region that was written."""
        self._faces.append(Face(name, box, vocabulary))

    def drop(self, face: Face) -> None:
        """Forgets a region that is about to change."""
        self._faces = [entry for entry in self._faces if not self._is(entry, face)]

    def owns_keyword(self, prop: str, keyword: str) -> bool:
        """Whether we added this keyword to the list `prop`."""
        return f"{prop} {keyword}" in self._keywords

    def add_keyword(self, prop: str, keyword: str) -> None:
        """Notes a keyword that was added to the list `prop`."""
        self._keywords.append(f"{prop} {keyword}")

    def drop_keyword(self, prop: str, keyword: str) -> None:
        """Forgets a keyword that was removed."""
        self._keywords.remove(f"{prop} {keyword}")

    def save(self) -> None:
        """Writes the record into the packet, if it differs from the one there."""
        entries = [
            f"{face.vocabulary} {' '.join(f'{edge:.6f}' for edge in face.box)} {face.name}"
            for face in self._faces
        ]
        for prop, strings in ((REGIONS, entries), (_KEYWORDS, self._keywords)):
            if strings == _strings(self._packet, prop):
                continue
            for old in rdf.properties(self._packet.rdf, prop):
                rdf.remove(old)
            if strings:
                new = rdf.make_property(self._packet.rdf, prop)
                for string in strings:
                    rdf.append(new, "Bag", string)

    @staticmethod
    def _is(entry: Face, face: Face) -> bool:
        return (
            entry.vocabulary == face.vocabulary
            and same_name(entry.name, face.name)
            and iou([entry.box], [face.box])[0, 0] >= _UNMOVED
        )


def _strings(packet: Packet, prop: str) -> list[str]:
    lists = rdf.properties(packet.rdf, prop)
    return [text for found in lists for li in rdf.items(found) if (text := rdf.text(li))]


def _parse(entry: str) -> Face | None:
    try:
        vocabulary, left, top, right, bottom, name = entry.split(" ", 5)
        return Face(name, (float(left), float(top), float(right), float(bottom)), vocabulary)
    except ValueError:
        return None
