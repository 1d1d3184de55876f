"""JPEG XL through libjxl (package `imagecodecs`, optional); its header is read without it.

ISO/IEC 18181-1 (code stream) and 18181-2 (boxes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from data.media.raw import needs_package

_BARE, _BOXED = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


@dataclass(frozen=True)
class JxlHeader:
    """What a file says before its pixels.

    Attributes:
        width, height: As stored, pixels.
        orientation: Exif's, 1 to 8; decoders apply it.
        exif, xmp: Metadata, `None` without them or if they are packed.
    """

    width: int
    height: int
    orientation: int
    exif: bytes | None = None
    xmp: bytes | None = None


def is_jxl(head: bytes) -> bool:
    """Whether a file that begins so is JPEG XL."""
    return head.startswith((_BARE, _BOXED))


def read_header(data: bytes) -> JxlHeader:
    """Reads the header.

    Raises:
        ValueError: It is damaged.
    """
    boxes = _boxes(data) if data.startswith(_BOXED) else {b"jxlc": data}
    stream = boxes.get(b"jxlc") or boxes.get(b"jxlp", b"")[4:]
    if not stream.startswith(_BARE):
        raise ValueError("there is no code stream")
    bits = _Bits(stream[2:64])
    small = bits.take(1)
    height = (bits.take(5) + 1) * 8 if small else bits.size()
    if ratio := bits.take(3):
        up, down = _RATIOS[ratio - 1]
        width = height * up // down
    else:
        width = (bits.take(5) + 1) * 8 if small else bits.size()
    is_default = bits.take(1)
    orientation = bits.take(3) + 1 if not is_default and bits.take(1) else 1
    exif = boxes.get(b"Exif")
    return JxlHeader(width, height, orientation, exif and exif[4:], boxes.get(b"xml "))


def decode(data: bytes, name: str | None) -> Image.Image:
    """The upright picture, 8 bits a channel, the first frame of several.

    Raises:
        PhotoError: `imagecodecs` is not installed.
    """
    try:
        import imagecodecs
    except ImportError as error:
        raise needs_package(name or "a.jxl") from error
    pixels = np.asarray(imagecodecs.jpegxl_decode(data, index=0))
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    elif pixels.dtype != np.uint8:
        shares = np.nan_to_num(pixels.astype(np.float32), posinf=1.0, neginf=0.0)
        pixels = np.rint(shares.clip(0, 1) * 255).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    return Image.fromarray(np.ascontiguousarray(pixels))


def _boxes(data: bytes) -> dict[bytes, bytes]:
    found, at = {}, 0
    while at + 8 <= len(data):
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = at + size if size else len(data)
        if end < at + head:
            break
        found.setdefault(kind, data[at + head : end])
        at = end
    return found


class _Bits:
    """The bits of a code stream, the lowest of each byte first."""

    def __init__(self, data: bytes):
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the header is cut short")
        taken = self._value & ((1 << count) - 1)
        self._value, self._left = self._value >> count, self._left - count
        return taken

    def size(self) -> int:
        return self.take((9, 13, 18, 30)[self.take(2)]) + 1
