"""Writing names and face regions into a photo's metadata, or saying what that would do."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import replace

from data.errors import PhotoError
from data.names import means_nobody
from data.regions import change_journal as journal
from data.regions import jpeg, sidecar
from data.regions.change_journal import Change, Edit
from data.regions.embedded import Embedded, open_regular, read_embedded
from data.regions.frames import Frame
from data.regions.matching import Face
from data.regions.region import Region
from data.regions.xmp import packet as xmp
from data.regions.xmp import vocabularies
from data.regions.xmp.merge import merge


def write_regions(
    photo_path: str | os.PathLike,
    regions: Iterable[Region],
    *,
    rejected: Iterable[Region] = (),
    embed: bool = False,
    dry_run: bool = False,
) -> Change:
    """Merges face regions and names into a photo's metadata.

    They go into every sidecar that the photo has, so that two never disagree, or into a new
    `photo.jpg.xmp`, which starts as a copy of the embedded packet. With `embed` they go into
    the JPEG, whose other bytes stay as they are, and into sidecars that exist already, because
    most programs believe these first. Writing the same again changes nothing. An embedded packet
    that is damaged keeps no name out of a sidecar, which then does not start as its copy.

    Args:
        photo_path: The photo.
        regions: The faces; those without a name change nothing. Never meant as all faces: what
            is not in the list stays in the metadata.
        rejected: Faces whose name (in `Region.name`) a person has taken back; it is removed
            where Kindred wrote it.
        embed: Write into the photo; JPEG only.
        dry_run: Only say what would be done; `journal.apply` does it later.

    Returns:
        The change; `Change.edits` is empty if there was nothing to do.

    Raises:
        PhotoError: The photo or its metadata cannot be read, are hostile, or cannot be written,
            or the packet is too large for a JPEG. Nothing has changed then.
    """
    photo = os.path.abspath(os.fsdecode(photo_path))
    embedded = read_embedded(photo)
    wanted = _faces(regions, embedded.frame, photo)
    unwanted = _faces(rejected, embedded.frame, photo)
    notes: list[str] = []

    def merged(packet: xmp.Packet) -> bool:
        old = packet.to_bytes()
        notes.extend(merge(packet, wanted, unwanted, embedded.frame))
        return packet.to_bytes() != old

    edits: list[Edit] = []
    sidecars = sidecar.existing(photo)
    original = None
    if not embed or sidecars:
        try:
            original = sidecar.new_packet(photo, embedded)
        except PhotoError as error:
            notes.append(f"leaves the photo's own metadata out: {error.what}")
            original = sidecar.new_packet(photo, replace(embedded, packet=None))
    if embed:
        packet = _embeddable(photo, embedded)
        if merged(packet):
            edits.append(_embedding(photo, packet.to_bytes()))
    for path, data, packet in sidecars:
        sidecar.adopt_regions(packet, original)
        if merged(packet):
            edits.append(journal.edit_of(path, data, packet.to_bytes(declaration=True)))
    if not embed and not sidecars and merged(original):
        new = original.to_bytes(declaration=True)
        edits.append(journal.edit_of(sidecar.default_path(photo), None, new))
    for edit in edits:
        notes.extend(f"{os.path.basename(edit.path)} {lost}" for lost in journal.caveats(edit.path))
    change = Change(photo, tuple(edits), tuple(dict.fromkeys(notes)))
    return change if dry_run else journal.apply(change)


def _faces(regions: Iterable[Region], frame: Frame, photo: str) -> list[Face]:
    faces = []
    for region in regions:
        if region.name is not None:
            xmp.require_writable(region.name, photo)
        name = None if means_nobody(region.name) else region.name  # the next reader would agree
        faces.append(Face(name, frame.stored(region.box)))
    return faces


def _embeddable(photo: str, embedded: Embedded) -> xmp.Packet:
    if not embedded.is_jpeg:
        raise PhotoError(
            "Names can be embedded in JPEG files only",
            file=photo,
            remedy="Write a sidecar instead of embedding",
        )
    if embedded.extension:
        extension = xmp.parse(embedded.extension, photo)
        if any(vocabularies.faces(extension, embedded.frame)):
            raise PhotoError(
                "The photo's face regions are in an extended packet, which is not written",
                file=photo,
                remedy="Write a sidecar instead of embedding",
            )
    return xmp.parse(embedded.packet, photo) if embedded.packet else xmp.empty(photo)


def _embedding(photo: str, packet: bytes) -> Edit:
    with open_regular(photo) as file:
        data = file.read()
    offset, length, segment = jpeg.splice(io.BytesIO(data), photo, packet)
    return journal.edit_of(photo, data, segment, offset, length)
