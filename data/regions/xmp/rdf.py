"""Reading and changing RDF as XMP writes it, in whichever of its spellings a program chose.

A structure may be `rdf:parseType="Resource"`, a nested `rdf:Description`, or attributes; a simple
value may be an element or an attribute. What is there keeps its spelling.
"""

from __future__ import annotations

from lxml import etree

URIS = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
    "stArea": "http://ns.adobe.com/xmp/sType/Area#",
    "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#",
    "MP": "http://ns.microsoft.com/photo/1.2/",
    "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
    "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",  # Windows, digiKam
    "MicrosoftPhoto0": "http://ns.microsoft.com/photo/1.0",  # Windows too, ExifTool
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "kindred": "urn:kindred:xmp:1.0/",
}


def q(name: str) -> str:
    """`"dc:subject"` as lxml spells it, `"{http://purl.org/dc/elements/1.1/}subject"`."""
    prefix, local = name.split(":")
    return f"{{{URIS[prefix]}}}{local}"


_DESCRIPTION, _PARSE_TYPE = q("rdf:Description"), q("rdf:parseType")
_CONTAINERS = (q("rdf:Bag"), q("rdf:Seq"), q("rdf:Alt"))


def sub(
    parent: etree._Element, name: str, text: str | None = None, uses: tuple[str, ...] = ()
) -> etree._Element:
    """Appends an element, and declares its namespace, and those it `uses`, if nobody has yet."""
    known = set(parent.nsmap.values())
    needed = {prefix: URIS[prefix] for prefix in (name.split(":")[0], *uses)}
    missing = {prefix: uri for prefix, uri in needed.items() if uri not in known}
    child = etree.SubElement(parent, q(name), nsmap=missing)
    child.text = text
    return child


def descriptions(root: etree._Element) -> list[etree._Element]:
    """The top-level nodes of `rdf:RDF`, which hold the properties."""
    return list(root.iterchildren(tag=etree.Element))


def properties(root: etree._Element, name: str) -> list[etree._Element]:
    """Every element of a top-level property; there should be one at most."""
    return [prop for node in descriptions(root) for prop in node.iterchildren(q(name))]


def value(root: etree._Element, name: str) -> str | None:
    """A simple top-level property, element or attribute."""
    return next(filter(None, (field(node, name) for node in descriptions(root))), None)


def make_property(root: etree._Element, name: str, uses: tuple[str, ...] = ()) -> etree._Element:
    """The element of a top-level property: the one that is there, or a new one.

    `uses` are the other namespaces of its content, to be declared once instead of everywhere.
    """
    found = properties(root, name)
    if found:
        return found[0]
    homes = [node for node in descriptions(root) if node.tag == _DESCRIPTION]
    home = homes[0] if homes else sub(root, "rdf:Description")
    if not homes:
        home.set(q("rdf:about"), "")
    for node in homes:  # a list written as an attribute, as some programs do, becomes an element
        if q(name) in node.attrib:
            return sub(home, name, node.attrib.pop(q(name)))
    return sub(home, name, uses=uses)


def body(node: etree._Element) -> etree._Element:
    """The element that holds the fields of a structure: the node or its `rdf:Description`."""
    inner = node.find(_DESCRIPTION)
    return node if inner is None else inner


def child(node: etree._Element, name: str) -> etree._Element | None:
    """The element of a field."""
    return body(node).find(q(name))


def field(node: etree._Element, name: str) -> str | None:
    """The text of a field, element or attribute, without the space around it."""
    attribute = body(node).get(q(name))
    if attribute is not None:
        return attribute.strip() or None
    element = child(node, name)
    return None if element is None else text(element)


def text(element: etree._Element) -> str | None:
    """The simple value of an element; of alternative languages, the first."""
    inner = next(iter(items(element)), element)
    held = child(inner, "rdf:value")
    return (inner if held is None else held).xpath("string()").strip() or None


def items(prop: etree._Element | None) -> list[etree._Element]:
    """The `rdf:li` of a list."""
    if prop is None:
        return []
    return [li for kind in _CONTAINERS for bag in prop.iterchildren(kind)
            for li in bag.iterchildren(q("rdf:li"))]  # fmt: skip


def structure(node: etree._Element) -> etree._Element:
    """The element to which fields of a structure can be appended; made ready for it if needed."""
    inner = body(node)
    if inner is not node or node.get(_PARSE_TYPE) == "Resource":
        return inner
    if not node.attrib:
        node.set(_PARSE_TYPE, "Resource")
        return node
    inner = sub(node, "rdf:Description")  # attributes and child elements cannot stand together
    stay = tuple(f"{{{URIS[prefix]}}}" for prefix in ("rdf", "xml"))
    for key in [key for key in node.attrib if not key.startswith(stay)]:
        inner.set(key, node.attrib.pop(key))
    return inner


def set_field(node: etree._Element, name: str, new: str) -> None:
    """Sets a simple field, as an attribute if it is one, or else as an element."""
    inner, element = body(node), child(node, name)
    if q(name) in inner.attrib:
        inner.set(q(name), new)
    elif element is None:
        sub(structure(node), name, new)
    else:
        element = next(iter(items(element)), element)
        held = child(element, "rdf:value")
        (element if held is None else held).text = new


def drop_field(node: etree._Element, name: str) -> None:
    """Removes a field, whether element or attribute."""
    inner = body(node)
    inner.attrib.pop(q(name), None)
    for element in list(inner.iterchildren(q(name))):
        remove(element)


def append(prop: etree._Element, kind: str, new: str | None = None) -> etree._Element:
    """Appends an `rdf:li` to a list; a list that does not exist yet becomes an `rdf:<kind>`."""
    bag = next((prop.find(name) for name in _CONTAINERS if prop.find(name) is not None), None)
    if bag is None:
        loose, prop.text = text(prop), None
        bag = sub(prop, f"rdf:{kind}")
        if loose:  # a single value where a list belongs
            sub(bag, "rdf:li", loose)
    return sub(bag, "rdf:li", new)


def remove(element: etree._Element) -> None:
    """Removes an element, not the text behind it (which lxml counts as the element's)."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and element.tail.strip():
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
    parent.remove(element)
