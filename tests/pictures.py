"""Pictures drawn by code, and their bytes in any format, for all tests."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import ExifTags, Image
from pillow_heif import register_heif_opener

register_heif_opener(thumbnails=False)

RED, GREEN, BLUE, YELLOW = (200, 30, 30), (30, 160, 30), (30, 30, 200), (220, 200, 40)


def four_corners(width: int = 48, height: int = 32) -> np.ndarray:
    """uint8 [height, width, 3]; red, green / blue, yellow: no turn or mirroring maps it to itself.

    With sides that 16 divides each colour fills whole JPEG blocks, and lossy formats keep it.
    """
    picture = np.zeros((height, width, 3), np.uint8)
    top, left = np.s_[: height // 2], np.s_[: width // 2]
    bottom, right = np.s_[height // 2 :], np.s_[width // 2 :]
    picture[top, left], picture[top, right] = RED, GREEN
    picture[bottom, left], picture[bottom, right] = BLUE, YELLOW
    return picture


def as_stored(picture: np.ndarray, orientation: int) -> np.ndarray:
    """The pixels a camera stores with this Exif orientation when `picture` is the upright view."""
    return {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.transpose(1, 0, 2),
        6: np.rot90(picture, 1),
        7: picture[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(picture, -1),
    }[orientation]


def exif(orientation: int | None = None, taken: str | None = None, saved: str | None = None):
    """Exif bytes with the given orientation, DateTimeOriginal and DateTime."""
    tags = Image.Exif()
    if orientation is not None:
        tags[ExifTags.Base.Orientation] = orientation
    if saved is not None:
        tags[ExifTags.Base.DateTime] = saved
    if taken is not None:
        tags.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    return tags.tobytes()


def encoded(picture: np.ndarray | Image.Image, format: str = "PNG", **options) -> bytes:
    """The bytes of a picture file; options as for `PIL.Image.Image.save`."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(np.ascontiguousarray(picture))
    stream = io.BytesIO()
    picture.save(stream, format=format, **options)
    return stream.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes) -> bytes:
    """A PNG of exactly these header fields and filtered rows, whether or not they fit."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
