"""The three ways in which XMP describes faces: MWG-RS, Microsoft's, and IPTC's.

Each reads the faces of a packet, adds one, and gives one another name. Boxes are corners in the
stored frame; the vocabularies' own (centre, or left, top, width, height) stay in here.
"""

from __future__ import annotations

import re

from data.boxes import iou
from data.errors import PhotoError
from data.names import person_named, same_name
from data.regions.frames import Box, Frame, centred, usable
from data.regions.matching import Face
from data.regions.xmp import rdf
from data.regions.xmp.packet import Packet

# Matching looks at every pair; no photo shows more faces that anybody named.
MAX_FACES = 2000

# A thumbnail's rounded sides still fit; a cropped or turned photo does not.
_SAME_SHAPE = 0.02
_COPIED = 0.9  # overlap of one region in two vocabularies, after rounding
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_HUMAN = "http://cv.iptc.org/newscodes/imageregiontype/human"


class _Vocabulary:
    """One way to describe faces.

    Attributes:
        key: What sources and our record call it.
        path: The property, and for a structure the field in it, that lists the regions.
        uses: The further namespaces that it writes.
    """

    key: str
    path: tuple[str, ...]
    uses: tuple[str, ...]

    def faces(self, packet: Packet, frame: Frame, *, trusted: bool = True) -> list[Face]:
        """The usable faces of a packet, in its order, whose boxes can (or cannot) be trusted.

        Raises:
            PhotoError: There are more than `MAX_FACES` regions.
        """
        found = []
        for item in self._items(packet, frame, trusted):
            face = self._face(item, frame)
            if face is not None:
                found.append(face)
        return found

    def _items(self, packet: Packet, frame: Frame, trusted: bool) -> list:
        lists = rdf.properties(packet.rdf, self.path[0])
        lists = [prop for prop in lists if self._trusted(prop, frame) is trusted]
        for name in self.path[1:]:
            lists = [found for prop in lists if (found := rdf.child(prop, name)) is not None]
        items = [item for prop in lists for item in rdf.items(prop)]
        if len(items) > MAX_FACES:
            raise PhotoError(
                f"The metadata list {len(items)} face regions; at most {MAX_FACES} are read",
                file=packet.file,
                remedy="Remove them with the program that wrote them",
            )
        return items

    def _list(self, packet: Packet):
        """The list to append to, made if it is missing."""
        prop = rdf.make_property(packet.rdf, self.path[0], self.uses)
        for name in self.path[1:]:
            found = rdf.child(prop, name)
            prop = rdf.sub(rdf.structure(prop), name) if found is None else found
        return prop

    def _trusted(self, prop, frame: Frame) -> bool:
        return True


class _Mwg(_Vocabulary):
    """Metadata Working Group regions: centre boxes, and the size of the photo they are for."""

    key = "mwg-rs"
    path = ("mwg-rs:Regions", "mwg-rs:RegionList")
    uses = ("stArea", "stDim")

    def stale(self, packet: Packet, frame: Frame) -> bool:
        """Whether the packet's regions belong to another shape, as after a crop.

        There is one size for all regions of a packet, so that none can be added to such ones.
        """
        return any(
            not self._trusted(prop, frame) and rdf.items(rdf.child(prop, self.path[1]))
            for prop in rdf.properties(packet.rdf, self.path[0])
        )

    def add(self, packet: Packet, frame: Frame, box: Box, name: str) -> None:
        """Appends a face, and the size of the photo if it is missing."""
        prop = rdf.make_property(packet.rdf, self.path[0], self.uses)
        if _applied_size(prop) is None or not self._trusted(prop, frame):
            rdf.drop_field(prop, "mwg-rs:AppliedToDimensions")
            size = rdf.sub(rdf.structure(prop), "mwg-rs:AppliedToDimensions")
            _fill(size, {"stDim:w": frame.width, "stDim:h": frame.height, "stDim:unit": "pixel"})
        item = rdf.append(self._list(packet), "Bag")
        _fill(item, {"mwg-rs:Name": name, "mwg-rs:Type": "Face"})
        numbers = map(_written, centred(box))
        area = dict(zip(("stArea:x", "stArea:y", "stArea:w", "stArea:h"), numbers, strict=True))
        _fill(rdf.sub(item, "mwg-rs:Area"), area | {"stArea:unit": "normalized"})

    def rename(self, face: Face, name: str | None) -> None:
        """Changes the name of a face; with `None` the region stays, without a name."""
        if name is None:
            rdf.drop_field(face.node, "mwg-rs:Name")
            rdf.drop_field(face.node, "mwg-rs:Title")
        else:
            rdf.set_field(face.node, "mwg-rs:Name", name)

    def _face(self, item, frame: Frame) -> Face | None:
        written = rdf.field(item, "mwg-rs:Name") or rdf.field(item, "mwg-rs:Title")
        kind = rdf.field(item, "mwg-rs:Type")
        area = rdf.child(item, "mwg-rs:Area")
        is_face = kind.lower() == "face" if kind else written is not None
        if area is None or not is_face:
            return None
        if (rdf.field(area, "stArea:unit") or "normalized").lower() != "normalized":
            return None
        box = usable([_number(rdf.field(area, f"stArea:{side}")) for side in "xywh"])
        return box and Face(person_named(written), box, self.key, node=item)

    def _trusted(self, prop, frame: Frame) -> bool:
        size = _applied_size(prop)
        if size is None:
            return True
        shape, stored = size[0] / size[1], frame.width / frame.height
        # Lightroom and many others give the size as displayed to boxes in the stored frame.
        shapes = (stored, 1 / stored) if frame.orientation >= 5 else (stored,)
        return any(abs(shape / each - 1) <= _SAME_SHAPE for each in shapes)


class _Microsoft(_Vocabulary):
    """The regions of Windows Photo Gallery: one string of left, top, width and height."""

    key = "mp"
    path = ("MP:RegionInfo", "MPRI:Regions")
    uses = ("MPRI", "MPReg")

    def add(self, packet: Packet, frame: Frame, box: Box, name: str) -> None:
        """Appends a face."""
        left, top, right, bottom = box
        rectangle = ", ".join(map(_written, (left, top, right - left, bottom - top)))
        item = rdf.append(self._list(packet), "Bag")
        _fill(item, {"MPReg:PersonDisplayName": name, "MPReg:Rectangle": rectangle})

    def rename(self, face: Face, name: str | None) -> None:
        """Changes the name of a face; with `None` the region stays, without a name."""
        if name is None:
            rdf.drop_field(face.node, "MPReg:PersonDisplayName")
        else:
            rdf.set_field(face.node, "MPReg:PersonDisplayName", name)

    def _face(self, item, frame: Frame) -> Face | None:
        numbers = [_number(part) for part in (rdf.field(item, "MPReg:Rectangle") or "").split(",")]
        if len(numbers) != 4 or None in numbers:
            return None
        box = _from_top_left(numbers)
        name = person_named(rdf.field(item, "MPReg:PersonDisplayName"))
        return box and Face(name, box, self.key, node=item)


class _Iptc(_Vocabulary):
    """IPTC image regions: rectangles that name a person."""

    key = "iptc"
    path = ("Iptc4xmpExt:ImageRegion",)
    uses = ("xmp",)

    def add(self, packet: Packet, frame: Frame, box: Box, name: str) -> None:
        """Appends a face."""
        left, top, right, bottom = box
        item = rdf.append(self._list(packet), "Bag")
        boundary = rdf.sub(rdf.structure(item), "Iptc4xmpExt:RegionBoundary")
        sides = map(_written, (left, top, right - left, bottom - top))
        fields = {"rbShape": "rectangle", "rbUnit": "relative"}
        fields |= dict(zip(("rbX", "rbY", "rbW", "rbH"), sides, strict=True))
        _fill(boundary, {f"Iptc4xmpExt:{key}": text for key, text in fields.items()})
        language = rdf.append(rdf.sub(item, "Iptc4xmpExt:Name"), "Alt", name)
        language.set(rdf.q("xml:lang"), "x-default")
        rdf.append(rdf.sub(item, "Iptc4xmpExt:PersonInImage"), "Bag", name)
        entity = rdf.structure(rdf.append(rdf.sub(item, "Iptc4xmpExt:rCtype"), "Bag"))
        rdf.append(rdf.sub(entity, "xmp:Identifier"), "Bag", _HUMAN)

    def rename(self, face: Face, name: str | None) -> None:
        """Changes the name of a face; a region of nobody means nothing here and goes."""
        if name is None:
            rdf.remove(face.node)
            return
        rdf.set_field(face.node, "Iptc4xmpExt:Name", name)
        rdf.set_field(face.node, "Iptc4xmpExt:PersonInImage", name)

    def _face(self, item, frame: Frame) -> Face | None:
        boundary = rdf.child(item, "Iptc4xmpExt:RegionBoundary")
        name = rdf.field(item, "Iptc4xmpExt:PersonInImage")
        if name is None and _HUMAN in _identifiers(item):
            name = rdf.field(item, "Iptc4xmpExt:Name")
        name = person_named(name)
        if boundary is None or name is None:
            return None
        fields = {key: rdf.field(boundary, f"Iptc4xmpExt:rb{key}") for key in ("Shape", "Unit")}
        sides = [_number(rdf.field(boundary, f"Iptc4xmpExt:rb{side}")) for side in "XYWH"]
        if fields["Shape"] != "rectangle" or None in sides:
            return None
        if fields["Unit"] == "pixel":
            scale = (frame.width, frame.height) * 2
            sides = [side / whole for side, whole in zip(sides, scale, strict=True)]
        elif fields["Unit"] != "relative":
            return None
        box = _from_top_left(sides)
        return box and Face(name, box, self.key, node=item)


MWG = _Mwg()
VOCABULARIES = (MWG, _Microsoft(), _Iptc())  # the most precise first: it leads when they differ


def faces(packet: Packet, frame: Frame) -> list[list[Face]]:
    """The faces of a packet that can be trusted, a list for each of `VOCABULARIES`.

    Only MWG regions say what shape of photo they are for. Those of the others that are a copy
    of an MWG region for another shape are out of place with it.
    """
    stale = MWG.faces(packet, frame, trusted=False)

    def in_place(face: Face) -> bool:
        return not any(
            same_name(face.name, old.name) and iou([face.box], [old.box])[0, 0] > _COPIED
            for old in stale
        )

    lists = [vocabulary.faces(packet, frame) for vocabulary in VOCABULARIES]
    return [[face for face in found if in_place(face)] for found in lists]


def _fill(node, fields: dict[str, object]) -> None:
    home = rdf.structure(node)
    for name, content in fields.items():
        rdf.sub(home, name, str(content))


def _applied_size(prop) -> tuple[float, float] | None:
    size = rdf.child(prop, "mwg-rs:AppliedToDimensions")
    if size is None:
        return None
    width, height = (_number(rdf.field(size, f"stDim:{side}")) for side in "wh")
    return (width, height) if width and height and width > 0 and height > 0 else None


def _identifiers(item) -> list[str | None]:
    entities = rdf.items(rdf.child(item, "Iptc4xmpExt:rCtype"))
    return [rdf.text(li) for entity in entities
            for li in rdf.items(rdf.child(entity, "xmp:Identifier"))]  # fmt: skip


def _from_top_left(sides: list[float]) -> Box | None:
    left, top, width, height = sides
    return usable((left + width / 2, top + height / 2, width, height))


def _number(text: str | None) -> float | None:
    # Not `float` alone: it takes "nan" and "1_0". Not any length: the pattern backtracks.
    return float(text) if text and len(text) < 64 and _NUMBER.fullmatch(text) else None


def _written(number: float) -> str:
    return f"{number:.6f}"
