"""The metadata segments of a JPEG: finding the XMP in them, and the bytes that would replace it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from data.errors import PhotoError
from data.regions.xmp import packet as xmp

XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
# What the XMP specification allows: a segment less its length and the name above.
MAX_PACKET = 65502
# All segments before the picture; the largest honest ones hold depth maps.
MAX_METADATA = 64 << 20

_APP0, _APP1, _APP2, _START_OF_SCAN, _END = 0xE0, 0xE1, 0xE2, 0xDA, 0xD9
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_LONGEST_NAME = 40  # enough of a segment to know it by
_MAX_STRAY = 1 << 16  # bytes between segments that decoders skip; more is no JPEG


@dataclass(frozen=True)
class Segment:
    """One marker segment.

    Attributes:
        marker: Its second byte; 0xE1 is APP1.
        start, end: Where its 0xFF stands, and the first byte behind it.
        name: The first bytes of its content.
    """

    marker: int
    start: int
    end: int
    name: bytes

    @property
    def content(self) -> int:
        """Where the content begins."""
        return self.start + 4


def segments(file: BinaryIO, path: str) -> Iterator[Segment]:
    """The segments before the picture's own data; bytes that are none are skipped, as decoders do.

    The last one yielded is the start of scan; if the file ends before, there is none.

    Raises:
        PhotoError: The segments are larger than `MAX_METADATA` together.
    """
    position, stray = 2, 0  # behind the start-of-image marker
    while position <= MAX_METADATA:
        file.seek(position)
        head = file.read(4)
        if len(head) < 4 or head[:2] == bytes((0xFF, _END)):
            return
        if head[0] != 0xFF or head[1] in (0x00, 0xFF) or head[1] in _WITHOUT_LENGTH:
            position, stray = position + 1, stray + 1
            if stray > _MAX_STRAY:
                return
            continue
        end = position + 2 + max(2, struct.unpack(">H", head[2:])[0])
        yield Segment(head[1], position, end, file.read(min(_LONGEST_NAME, end - position - 4)))
        if head[1] == _START_OF_SCAN:
            return
        position = end
    raise PhotoError(
        f"More than {MAX_METADATA >> 20} MiB of metadata come before the picture",
        file=path,
        remedy="Save the photo anew in a program that you trust",
    )


def read_packets(file: BinaryIO, path: str) -> tuple[bytes | None, bytes | None]:
    """The XMP packet of a JPEG and its extension (the overflow of packets above 64 KB).

    An extension that is incomplete, or larger than `xmp.MAX_BYTES`, counts as none.

    Raises:
        PhotoError: As `segments`.
    """
    main, parts, total = None, {}, {}
    for segment in segments(file, path):
        if segment.marker != _APP1:
            continue
        if segment.name.startswith(XMP) and main is None:
            main = _content(file, segment, len(XMP))
        elif segment.name.startswith(EXTENDED):
            content = _content(file, segment, len(EXTENDED))
            if len(content) >= 40:
                digest, (whole, offset) = content[:32], struct.unpack(">II", content[32:40])
                total[digest] = whole
                parts.setdefault(digest, {})[offset] = content[40:]
    for digest, whole in total.items():
        joined = b"".join(part for _, part in sorted(parts[digest].items()))
        # The packet names its extension; another one is left over from an older version.
        if main and digest in main and len(joined) == whole <= xmp.MAX_BYTES:
            return main, joined
    return main, None


def splice(file: BinaryIO, path: str, packet: bytes) -> tuple[int, int, bytes]:
    """Where and how the packet of a JPEG is replaced, or put in if there is none.

    Args:
        file: The JPEG.
        path: Its name, for errors.
        packet: The new packet, UTF-8, without XML declaration.

    Returns:
        Offset, number of bytes to replace, and the bytes to put there; all others stay.

    Raises:
        PhotoError: The packet does not fit, or the JPEG cannot take one safely.
    """
    if len(packet) > MAX_PACKET:
        raise PhotoError(
            f"The metadata would have {len(packet)} bytes, and a JPEG takes {MAX_PACKET}",
            file=path,
            remedy="Write a sidecar instead of embedding",
        )
    found = list(segments(file, path))
    if not found or found[-1].marker != _START_OF_SCAN:
        raise PhotoError(
            "The JPEG ends before its picture begins",
            file=path,
            remedy="Copy it again from where it came from",
        )
    segment = struct.pack(">BBH", 0xFF, _APP1, len(XMP) + len(packet) + 2) + XMP + packet
    old = next((s for s in found if s.marker == _APP1 and s.name.startswith(XMP)), None)
    if old is None:
        at = 2  # behind JFIF's and Exif's segments, which insist on being first
        for each in found:
            if each.marker != _APP0 and not each.name.startswith(b"Exif\0"):
                break
            at = each.end
        length = 0
    else:
        at, length = old.start, old.end - old.start
    # A multi-picture index counts from itself to the other pictures.
    if any(s.marker == _APP2 and s.name.startswith(b"MPF\0") and s.start < at for s in found):
        raise PhotoError(
            "The file holds several pictures, whose index the change would break",
            file=path,
            remedy="Write a sidecar instead of embedding",
        )
    return at, length, segment


def _content(file: BinaryIO, segment: Segment, skipped: int) -> bytes:
    file.seek(segment.content + skipped)
    return file.read(segment.end - segment.content - skipped)
