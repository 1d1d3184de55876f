"""The keyword lists by which programs without face regions find a person."""

from __future__ import annotations

from collections.abc import Callable

from data.names import same_name
from data.regions.xmp import rdf
from data.regions.xmp.packet import Packet
from data.regions.xmp.provenance import Record


def _branch(separator: str) -> Callable[[str], str | None]:
    # A name with the separator in it would become two levels of the tree: better none.
    return lambda name: None if separator in name else f"People{separator}{name}"


# Property, kind of list, and what a name looks like in it.
_LISTS = (
    ("Iptc4xmpExt:PersonInImage", "Bag", lambda name: name),
    ("dc:subject", "Bag", lambda name: name),
    ("digiKam:TagsList", "Seq", _branch("/")),
    ("lr:hierarchicalSubject", "Bag", _branch("|")),
    ("MicrosoftPhoto:LastKeywordXMP", "Bag", _branch("/")),
)


def add(packet: Packet, record: Record, name: str) -> None:
    """Adds a person to every list that does not have them yet, and notes which ones."""
    for prop, kind, spelled in _LISTS:
        prop, keyword = _as_found(packet, prop), spelled(name)
        if keyword is None or any(same_name(rdf.text(li), keyword) for li in _items(packet, prop)):
            continue
        rdf.append(rdf.make_property(packet.rdf, prop), kind, keyword)
        record.add_keyword(prop, keyword)


def remove(packet: Packet, record: Record, name: str) -> None:
    """Takes a person out of the lists to which we added them."""
    for prop, _, spelled in _LISTS:
        prop, keyword = _as_found(packet, prop), spelled(name)
        if keyword is None or not record.owns_keyword(prop, keyword):
            continue
        for li in _items(packet, prop):
            if rdf.text(li) == keyword:
                rdf.remove(li)
        for found in rdf.properties(packet.rdf, prop):
            if not rdf.items(found):
                rdf.remove(found)
        record.drop_keyword(prop, keyword)


def _as_found(packet: Packet, prop: str) -> str:
    """The property in the other of Microsoft's two namespaces, if the packet has that one."""
    other = prop.replace("MicrosoftPhoto:", "MicrosoftPhoto0:")
    return other if rdf.properties(packet.rdf, other) else prop


def _items(packet: Packet, prop: str) -> list:
    return [li for found in rdf.properties(packet.rdf, prop) for li in rdf.items(found)]
