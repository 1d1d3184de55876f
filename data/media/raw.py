"""RAW photos through LibRaw (package `rawpy`, optional): their preview, or a quick development.

LibRaw: https://www.libraw.org, with all cameras' formats. Every camera puts a JPEG into its files;
where that is at least as large as half the photo's sides it is what a person would see.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PIL import Image

from data.errors import PhotoError
from data.media.kinds import OPTIONAL, RAW_SUFFIXES, suffix_of

# LibRaw's turns as Exif's Orientation.
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}


@dataclass(frozen=True)
class RawPhoto:
    """A RAW photo.

    Attributes:
        image: As it is stored, not turned: an unread JPEG, or developed at half size.
        width, height: Of the photo as it is stored, pixels.
        orientation: Exif's, 1 to 8.
        taken: By the camera's clock; `None` if it does not say.
    """

    image: Image.Image
    width: int
    height: int
    orientation: int
    taken: datetime | None


def is_raw_name(name: str | None) -> bool:
    """Whether a file of this name holds a RAW photo; its first bytes may be those of a TIFF."""
    return name is not None and suffix_of(name) in RAW_SUFFIXES


@contextmanager
def open_raw(data: bytes, name: str, *, develop: bool = True) -> Iterator[RawPhoto]:
    """Opens a RAW photo.

    Args:
        data: The bytes of the file.
        name: Its name, for errors.
        develop: False if only what the header says is wanted: then `image` may be black.

    Raises:
        PhotoError: `rawpy` is not installed.
        OSError: LibRaw cannot read it.
    """
    try:
        import rawpy
    except ImportError as error:
        raise needs_package(name) from error
    with _in_words(rawpy.LibRawError), rawpy.imread(io.BytesIO(data)) as raw:
        sizes = raw.sizes
        orientation = _ORIENTATIONS.get(sizes.flip, 1)
        image = _preview(raw, rawpy, least=sizes.width * sizes.height / 4)
        if image is None and develop:
            pixels = raw.postprocess(half_size=True, use_camera_wb=True, user_flip=0)
            image = Image.fromarray(np.ascontiguousarray(pixels))
        stamp = getattr(raw.other, "timestamp", None)
        taken = stamp if isinstance(stamp, datetime) else None
        if isinstance(stamp, int | float) and stamp > 0:
            taken = datetime.fromtimestamp(stamp)
        taken = taken and taken.replace(tzinfo=None)
        if image is None:
            image = Image.new("1", (max(sizes.width // 2, 1), max(sizes.height // 2, 1)))
        yield RawPhoto(image, sizes.width, sizes.height, orientation, taken)


@contextmanager
def _in_words(libraw_error: type[Exception]) -> Iterator[None]:
    """LibRaw's errors, whose texts are bytes, as errors of reading."""
    try:
        yield
    except libraw_error as error:
        text = error.args[0] if error.args else b""
        raise OSError(text.decode() if isinstance(text, bytes) else str(text)) from error


def needs_package(name: str) -> PhotoError:
    """The error for a photo whose kind needs a package that is not installed."""
    suffix = suffix_of(name)
    return PhotoError(
        f"Reading {suffix[1:].upper()} needs a package that is not installed",
        file=name,
        remedy=f"Run: pip install {OPTIONAL[suffix]}",
    )


def _preview(raw, rawpy, least: float) -> Image.Image | None:
    """The embedded picture if it has enough pixels, turned as the photo is stored."""
    try:
        thumb = raw.extract_thumb()
    except rawpy.LibRawError:  # there is none, or of a kind that is not known
        return None
    if thumb.format == rawpy.ThumbFormat.JPEG:
        image = Image.open(io.BytesIO(thumb.data), formats=("JPEG",))
    else:
        image = Image.fromarray(thumb.data)
    wide, stored_wide = image.width > image.height, raw.sizes.width > raw.sizes.height
    # A preview that was turned already does not lie as the photo is stored.
    return image if image.width * image.height >= least and wide == stored_wide else None
