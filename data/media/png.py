"""PNG files whose picture is sound and whose other parts are not: only what the picture needs."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")
_XMP = b"XML:com.adobe.xmp\x00"


def essential_png(data: bytes) -> bytes:
    """A PNG without colour profile, texts and the like, and without damaged parts of that kind.

    Programs that show pictures look over these. Exif and the XMP packet stay where they are sound;
    what comes after a part that makes no sense is left out.
    """
    kept = [SIGNATURE]
    for kind, whole in _chunks(data):
        is_xmp = kind == b"iTXt" and whole[8:].startswith(_XMP)
        if kind not in _PICTURE and not is_xmp:
            continue
        is_sound = zlib.crc32(whole[4:-4]) == int.from_bytes(whole[-4:], "big")
        if is_sound or kind in (b"IHDR", b"PLTE", b"IDAT"):  # what is wrong with these, is told
            kept.append(whole)
    return b"".join(kept)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each chunk, the last one perhaps cut short."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if not kind.isalpha():
            return
        yield kind, data[at : at + 12 + length]
        at += 12 + length
