"""The XMP files beside a photo: which ones are its own, reading them, and starting a new one."""

from __future__ import annotations

import copy
import os
import stat
from collections.abc import Callable

from lxml import etree

from data.errors import PhotoError
from data.media.folders import is_live_film, stems_of_photos
from data.media.kinds import ALL_FILMS, PICTURE_SUFFIXES
from data.regions.embedded import Embedded, open_regular
from data.regions.xmp import packet as xmp
from data.regions.xmp import rdf
from data.regions.xmp.provenance import REGIONS
from data.regions.xmp.vocabularies import VOCABULARIES

# Depth maps and the like stay in the photo when its packet is copied.
_MAX_COPIED = 256 << 10


def default_path(photo: str) -> str:
    """Where a new sidecar goes, as digiKam, Immich and darktable look for it: `photo.jpg.xmp`."""
    return photo + ".xmp"


def existing(
    photo: str, on_problem: Callable[[PhotoError], object] | None = None
) -> list[tuple[str, bytes, xmp.Packet]]:
    """The photo's sidecars, the one to prefer first: `photo.xmp`, then `photo.jpg.xmp`.

    A `photo.xmp` that says it belongs to another file, as Lightroom's for `photo.cr2` does, is
    left out. So is one that does not say whose it is where there is another picture or film of
    that name (`photo.heic`): it may be about that one.

    Args:
        photo: Absolute path.
        on_problem: Called for each sidecar that cannot be read, which then is left out.

    Returns:
        Path, bytes and parsed packet of each.

    Raises:
        PhotoError: There is no `on_problem`, and one of them is not a file, cannot be read, or is
            not XMP.
    """
    stem, suffix = os.path.splitext(photo)
    found, seen = [], set()
    for path in (stem + ".xmp", stem + ".XMP", default_path(photo), photo + ".XMP"):
        if not os.path.lexists(path):
            continue
        try:
            data, identity = _read(path)
            if identity in seen:  # one file on a disk that ignores case
                continue
            seen.add(identity)
            packet = xmp.parse(data, path)
        except PhotoError as error:
            if on_problem is None:
                raise
            on_problem(error)
            continue
        if not path.startswith(photo):
            meant = rdf.value(packet.rdf, "photoshop:SidecarForExtension")
            if meant.lower() != suffix[1:].lower() if meant else is_stem_shared(photo):
                continue
        found.append((path, data, packet))
    return found


def is_stem_shared(photo: str) -> bool:
    """Whether another picture or film beside one has its name but for the suffix.

    The film of a live photo is one thing with the photo.
    """
    stem = os.path.splitext(photo)[0]
    own = os.stat(photo) if os.path.exists(photo) else None
    # Few look-ups, and not the whole folder: there may be many thousands of photos in it.
    kinds = PICTURE_SUFFIXES | ALL_FILMS
    spelled = {s for kind in kinds for s in (kind, kind.upper(), kind.title())}
    others = {stem} | {stem + suffix for suffix in spelled}
    for other in others - {photo}:
        try:
            status = os.stat(other)
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode) or (own and os.path.samestat(own, status)):
            continue
        if not is_live_film(other, stems_of_photos([os.path.basename(photo)])):
            return True
    return False


def _read(path: str) -> tuple[bytes, tuple[int, int]]:
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            return file.read(xmp.MAX_BYTES + 1), (status.st_dev, status.st_ino)
    except OSError as error:
        raise PhotoError(
            f"A sidecar was expected here, and it cannot be read ({error.strerror or error})",
            file=path,
            remedy="Rename it, or change its permissions",
        ) from error


def new_packet(photo: str, embedded: Embedded) -> xmp.Packet:
    """What a new sidecar starts from: a copy of the embedded packet, and the orientation.

    Some readers ignore the embedded packet once there is a sidecar.
    """
    if not embedded.packet:
        packet = xmp.empty(photo)
    else:
        packet = xmp.parse(embedded.packet, photo)
        for node in rdf.descriptions(packet.rdf):
            rdf.drop_field(node, "xmpNote:HasExtendedXMP")
        if embedded.extension:
            for node in rdf.descriptions(xmp.parse(embedded.extension, photo).rdf):
                packet.rdf.append(_without_bulk(node))
    if rdf.value(packet.rdf, "tiff:Orientation") is None:
        prop = rdf.make_property(packet.rdf, "tiff:Orientation")
        prop.text = str(embedded.frame.orientation)
    return packet


def adopt_regions(packet: xmp.Packet, embedded: xmp.Packet) -> None:
    """Copies the embedded regions into a sidecar that has none, as one with only a rating.

    Without them, readers that prefer the sidecar would lose the embedded faces once ours are in
    it, and we would not see whose names there are already. What is ours stays known as ours.
    """
    region_lists = [vocabulary.path[0] for vocabulary in VOCABULARIES]
    if any(rdf.properties(packet.rdf, name) for name in region_lists):
        return
    for name in (*region_lists, REGIONS):
        for prop in rdf.properties(embedded.rdf, name):
            home = rdf.make_property(packet.rdf, name)
            home.getparent().replace(home, copy.deepcopy(prop))


def _without_bulk(node: etree._Element) -> etree._Element:
    for key, text in node.attrib.items():
        if len(text) > _MAX_COPIED:
            del node.attrib[key]
    for child in list(node):
        if len(etree.tostring(child)) > _MAX_COPIED:
            rdf.remove(child)
    return node
