"""XMP packets from bytes and back, safe with hostile bytes: no DTD, no entities, no fetching."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from xml.parsers import expat

from lxml import etree

from data.errors import PhotoError
from data.regions.xmp import rdf

# Real sidecars, with masks and long histories, stay far below this.
MAX_BYTES = 16 << 20

# XML has no spelling for control characters and halves of surrogate pairs.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Kindred">'
    f'<rdf:RDF xmlns:rdf="{rdf.URIS["rdf"]}"><rdf:Description rdf:about=""/></rdf:RDF>'
    '</x:xmpmeta><?xpacket end="w"?>'
).encode()
_ROOTS = {"{adobe:ns:meta/}xmpmeta", "{adobe:ns:meta/}xapmeta", rdf.q("rdf:RDF")}
_REPAIR = "Repair it in the program that wrote it, or move it away"


@dataclass
class Packet:
    """A parsed packet, changed in place through `data.regions.xmp.rdf`.

    Attributes:
        tree: The whole document, with the processing instructions around it.
        file: The file that errors name.
    """

    tree: etree._ElementTree
    file: str | None = None

    @property
    def rdf(self) -> etree._Element:
        """The `rdf:RDF` element; it is made if the packet has none."""
        root = self.tree.getroot()
        if root.tag == rdf.q("rdf:RDF"):
            return root
        found = root.find(rdf.q("rdf:RDF"))
        return rdf.sub(root, "rdf:RDF") if found is None else found

    def to_bytes(self, *, declaration: bool = False) -> bytes:
        """UTF-8; with an XML declaration for a file of its own, without for a JPEG segment."""
        text = etree.tostring(self.tree, encoding="UTF-8", xml_declaration=False)
        return (_DECLARATION if declaration else b"") + text


def require_writable(name: str, file: str) -> None:
    """Refuses a name that cannot be written in XML.

    Raises:
        PhotoError: It has a character that XML has no spelling for.
    """
    if _NOT_XML.search(name):
        raise PhotoError(
            f"The name {name!r} has a character that metadata cannot hold",
            file=file,
            remedy="Rename the person",
        )


def empty(file: str | None = None) -> Packet:
    """A new packet that says nothing yet."""
    return Packet(etree.fromstring(_EMPTY).getroottree(), file)


def parse(data: bytes, file: str | None = None) -> Packet:
    """Reads a packet.

    Args:
        data: UTF-8, UTF-16 or UTF-32, with or without the `xpacket` wrapper and padding.
        file: The file that errors name.

    Raises:
        PhotoError: More than `MAX_BYTES`, not XML, not XMP, or XML with a document type: XMP
            has none, and attacks (billion laughs, external entities) need one.
    """
    root = parse_xml(data, file)
    if root.tag not in _ROOTS:
        raise PhotoError(
            f"This is not XMP: its outermost element is {etree.QName(root).localname!r}",
            file=file,
            remedy=_REPAIR,
        )
    return Packet(root.getroottree(), file)


def parse_xml(data: bytes, file: str | None = None) -> etree._Element:
    """Reads any small XML document with the same care; returns its root."""
    if len(data) > MAX_BYTES:
        raise PhotoError(
            f"The XML data have more than {MAX_BYTES >> 20} MiB, the most that is read",
            file=file,
            remedy="Move it away if it is not yours",
        )
    try:
        plain = _decode(data).strip(" \t\r\n\0\ufeff").encode()
        _refuse_document_type(plain, file)
        return etree.fromstring(plain, _parser())
    except (UnicodeError, expat.ExpatError, etree.XMLSyntaxError) as error:
        raise PhotoError(
            f"The metadata are not readable XML ({error})", file=file, remedy=_REPAIR
        ) from error


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="UTF-8",  # whatever the declaration says: the text was decoded here
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        strip_cdata=False,
        collect_ids=False,
    )


def _refuse_document_type(plain: bytes, file: str | None) -> None:
    def refuse(*_):
        raise PhotoError(
            "The metadata declare a document type (DOCTYPE), which XMP never does; this may be "
            "an attack",
            file=file,
            remedy=_REPAIR,
        )

    parser = expat.ParserCreate("UTF-8")
    parser.StartDoctypeDeclHandler = refuse  # called before any entity is read
    parser.Parse(plain, True)


def _decode(data: bytes) -> str:
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"<\0\0\0", "utf-32-le"),
        (b"\0\0\0<", "utf-32-be"),
        (b"<\0", "utf-16-le"),
        (b"\0<", "utf-16-be"),
    )
    return data.decode(next((name for mark, name in marks if data.startswith(mark)), "utf-8"))
