"""Reading the face regions of a photo from wherever other programs put them."""

from __future__ import annotations

import os

from data.regions import sidecar
from data.regions.embedded import read_embedded
from data.regions.matching import Face, combine, leader
from data.regions.picasa import read_picasa
from data.regions.region import Region
from data.regions.xmp import packet as xmp
from data.regions.xmp import vocabularies
from data.regions.xmp.provenance import Record


def read_regions(photo_path: str | os.PathLike) -> list[Region]:
    """Reads the faces that a photo's metadata describe.

    Looks in `photo.xmp`, `photo.jpg.xmp`, the photo itself and `.picasa.ini`, and in each for
    MWG-RS, Microsoft and IPTC regions. A face that several describe is returned once, as the
    first of them that has a name for it, other programs' names before ours. MWG regions made for
    a picture of another shape (it was cropped since) are left out, and so are boxes that no reader
    may use.

    Args:
        photo_path: A photo in any format that Kindred reads; only its header is decoded.

    Returns:
        The regions, boxes in the displayed frame (0..1); empty if there are none.

    Raises:
        PhotoError: The photo's header, a sidecar, or Picasa's notes cannot be read, or are
            hostile; `error.file` says which.
    """
    photo = os.path.abspath(os.fsdecode(photo_path))
    embedded = read_embedded(photo)
    packets = [("sidecar", packet) for _, _, packet in sidecar.existing(photo)]
    for data in (embedded.packet, embedded.extension):
        if data:
            packets.append(("embedded", xmp.parse(data, photo)))
    lists, sources, ours = [], {}, set()
    for place, packet in packets:
        record = Record(packet)
        for faces in vocabularies.faces(packet, embedded.frame):
            lists.append(faces)
            ours.update(face for face in faces if record.owns(face))
            sources.update((face, f"{place}/{face.vocabulary}") for face in faces)
    lists.append(read_picasa(photo))
    regions = []
    for group in combine(lists):
        face = leader(_by_others(group, ours) or group)
        box = embedded.frame.displayed(face.box)
        regions.append(
            Region(face.name, box, source=sources.get(face, face.source), ours=face in ours)
        )
    return regions


def _by_others(group: list[Face], ours: set[Face]) -> list[Face]:
    return [face for face in group if face.name is not None and face not in ours]
