"""What a photo file itself says: how it is stored, and the XMP packet that is embedded in it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from PIL import ExifTags, Image

from data.errors import PhotoError
from data.media import jxl
from data.media.photos import open_picture, prepare_pillow
from data.media.raw import is_raw_name, open_raw
from data.regions import heif, jpeg
from data.regions.frames import Frame

_XMP_TAG = 700
_MAX_FILE = 1 << 30  # some decoders read a file whole before they look at it


@dataclass(frozen=True)
class Embedded:
    """The header of a photo.

    Attributes:
        frame: Stored size and orientation; damaged Exif counts as orientation 1.
        packet: The embedded XMP packet, not yet parsed.
        extension: Its overflow, in a JPEG.
        is_jpeg: Whether a packet can be put into it.
    """

    frame: Frame
    packet: bytes | None
    extension: bytes | None
    is_jpeg: bool


def read_embedded(photo: str) -> Embedded:
    """Reads the header of a photo, not its pixels.

    Raises:
        PhotoError: There is no such photo, or not even its header can be read.
    """
    try:
        with open_regular(photo) as file:
            if os.fstat(file.fileno()).st_size > _MAX_FILE:
                raise PhotoError(
                    f"The file has more than {_MAX_FILE >> 30} GiB, the most that is read",
                    file=photo,
                    remedy="Save a smaller copy and use that",
                )
            is_jpeg = file.read(2) == b"\xff\xd8"
            # First, because Pillow keeps every segment of whatever size it finds.
            packet, extension = jpeg.read_packets(file, photo) if is_jpeg else (None, None)
            file.seek(0)
            prepare_pillow()
            if is_raw_name(photo):
                return _raw(file.read(), photo)
            if jxl.is_jxl(file.read(16)):
                file.seek(0)
                header = jxl.read_header(file.read())
                frame = Frame(header.width, header.height, header.orientation)
                return Embedded(frame, header.xmp, None, False)
            file.seek(0)
            with open_picture(file) as image:
                frame = _frame(image, file)
                if not is_jpeg:
                    packet = image.info.get("xmp")
            if isinstance(packet, str):
                packet = packet.encode()
            return Embedded(frame, packet or None, extension, is_jpeg)
    except PhotoError:
        raise
    except Exception as error:  # damaged files make Pillow raise nearly anything
        missing = isinstance(error, FileNotFoundError)
        raise PhotoError(
            "There is no such file" if missing else f"The photo cannot be read ({error})",
            file=photo,
            remedy="Check its name, and that its disk is there"
            if missing
            else "If another program can open it, save it there as JPEG",
        ) from error


def open_regular(path: str) -> BinaryIO:
    """Opens a file for reading; what is no file (reading a pipe waits for ever) is an `OSError`."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise IsADirectoryError(f"{path!r} is not a file")
    return open(path, "rb")


def _raw(data: bytes, photo: str) -> Embedded:
    """Of a RAW photo; its packet is where TIFF has it, as in most of these formats."""
    packet = None
    with suppress(Exception):  # not a TIFF, or damaged: then it says nothing
        exif = Image.Exif()
        exif.load(data)
        packet = exif.get(_XMP_TAG)
    with open_raw(data, photo, develop=False) as raw:
        frame = Frame(raw.width, raw.height, raw.orientation)
    return Embedded(frame, packet if isinstance(packet, bytes) else None, None, False)


def _frame(image: Image.Image, file: BinaryIO) -> Frame:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged Exif makes Pillow raise nearly anything
        orientation = None
    if image.format == "HEIF":  # turned by libheif already, and its Exif set to 1
        orientation = heif.orientation(file, image.info.get("original_orientation"))
    if orientation not in range(1, 9):
        orientation = 1
    width, height = image.size
    # For these two Pillow gives the size after turning.
    if image.format in ("HEIF", "TIFF") and orientation >= 5:
        width, height = height, width
    return Frame(width, height, orientation)
