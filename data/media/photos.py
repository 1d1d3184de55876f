"""From a path or bytes to an upright RGB array, whole or reduced; dating a photo."""

from __future__ import annotations

import errno
import functools
import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from data.errors import PhotoError
from data.media import jxl
from data.media.pixels import JPEG, orientation_of, upright_pixels
from data.media.png import SIGNATURE, essential_png
from data.media.raw import is_raw_name, open_raw

MAX_PIXELS = 200_000_000
MAX_PNG_CHUNK = 64 << 20  # bytes that a profile or a text in a PNG may unpack to
PANORAMA = 3.0  # a photo so many times as long as its short side is one
PART = 1.5  # length of the parts that it is searched in, in short sides

# What photos come in (MPO opens as JPEG). Other formats of Pillow start programs: EPS, Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF")

_SIDEWAYS = frozenset({5, 6, 7, 8})  # these swap width and height

_MOST_MISSING = 0.5  # of the rows of a picture that is read all the same
_COPY_AGAIN = "Copy it again from where it came from"


class _Circle(OSError):
    """A link that points to itself, perhaps through others."""


class _CutShort(Exception):
    """Too much of a picture is missing."""


# What a person reads, and does, for an exception: the first row that fits. Pillow's plugins
# raise nearly anything for damaged bytes (SyntaxError, struct.error, OverflowError, ...).
_REASONS = (
    (FileNotFoundError, "There is no such file", "Check its name, and that its disk is there"),
    (IsADirectoryError, "This is a folder or a device, not a photo", "Name a photo"),
    (_Circle, "This is a link that leads back to itself", "Remove the link"),
    (PermissionError, "You may not read this file", "Ask its owner, or change its permissions"),
    (
        (Image.DecompressionBombError, Image.DecompressionBombWarning),
        f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels, the most that is read",
        "Save a smaller copy and use that",
    ),
    (_CutShort, "The file is cut short: more than half of the picture is missing", _COPY_AGAIN),
    (
        UnidentifiedImageError,
        "This is not a picture of a known kind, or it is damaged",
        "If another program can open it, save it there as JPEG",
    ),
    (MemoryError, "There is too little memory for this picture", "Use a smaller copy"),
    (
        Exception,
        "The picture cannot be read; it may be damaged or cut short",
        _COPY_AGAIN,
    ),
)


def read_photo(source: str | os.PathLike | bytes, *, name: str | None = None) -> np.ndarray:
    """Reads a photo the way a person sees it.

    Transparent parts come out white; of several frames the first counts; colour profiles are
    ignored; damaged Exif counts as none. What is missing of a file that is cut short is blank.

    Args:
        source: A path, or the bytes of a picture file.
        name: What errors call a picture that was given as bytes.

    Returns:
        uint8 [H, W, 3], upright, RGB, C-contiguous, writable.

    Raises:
        PhotoError: There is no such picture, or it is empty, damaged, more than half of it is
            missing, or it is above `MAX_PIXELS`.
    """
    with _opened(source, name) as image:
        return _upright(image, 1)[0]


@dataclass(frozen=True)
class ReducedPhoto:
    """A photo, perhaps smaller than it is.

    Attributes:
        image: As from `read_photo`.
        width, height: Of the whole upright photo, pixels.
        missing: The share of it that is blank, because the file is cut short; `None` if it is not.
    """

    image: np.ndarray
    width: int
    height: int
    missing: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return self.image.shape[:2] == (self.height, self.width)

    @property
    def remark(self) -> str:
        """What a person should know of the file, in a sentence; "" for nothing."""
        if self.missing is None:
            return ""
        percent = round(100 * self.missing)
        what = f"the last {percent} % of the picture are" if percent else "its end is"
        return f"The file is cut short: {what} missing. {_COPY_AGAIN}."


def read_reduced(
    source: str | os.PathLike | bytes, least_pixels: int, *, name: str | None = None
) -> ReducedPhoto:
    """Reads a photo like `read_photo`, but a JPEG only as large as is needed.

    A JPEG can be decoded at a half, a quarter or an eighth of its size in less time. The smallest
    of these that still has `least_pixels` is taken, in each part of a panorama; other formats come
    whole.
    """
    with _opened(source, name) as image:
        width, height = image.size
        long, short = max(width, height), min(width, height)
        if long > PANORAMA * short:
            least_pixels = round(least_pixels * long / (PART * short))
        reducible = image.format in JPEG
        scales = (8, 4, 2) if reducible else ()
        scale = next((s for s in scales if -(-width // s) * -(-height // s) >= least_pixels), 1)
        upright, missing = _upright(image, scale)
        if not reducible:  # formats that are turned while they are read
            height, width = upright.shape[:2]
        elif orientation_of(image) in _SIDEWAYS:
            width, height = height, width
    return ReducedPhoto(upright, width, height, missing)


def count_pixels(source: str | os.PathLike | bytes, *, name: str | None = None) -> int:
    """How many pixels a photo has; only its header is read.

    Raises:
        PhotoError: As `read_photo`, as far as the header shows it.
    """
    with _opened(source, name, header=True) as image:
        return image.width * image.height


def captured_at(source: str | os.PathLike | bytes, *, name: str | None = None) -> datetime | None:
    """When the photo was taken by the camera's clock, which knows no time zone.

    `None` if Exif does not say so, or not in a way that makes sense, and for a picture that
    cannot be read at all (`read_photo` says why).
    """
    try:
        with _opened(source, name, header=True) as image:
            if isinstance(image.info.get("taken"), datetime):
                return image.info["taken"]
            exif = image.getexif()
            original = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
            stamps = (original, exif.get(ExifTags.Base.DateTime))
    except Exception:  # damaged Exif makes Pillow raise nearly anything
        return None
    return next(filter(None, map(_parse_stamp, stamps)), None)


@contextmanager
def _opened(
    source: str | os.PathLike | bytes, name: str | None, *, header: bool = False
) -> Iterator[Image.Image]:
    """The picture, its header read; whatever goes wrong in the `with` becomes a `PhotoError`.

    With `header` nobody asks for its pixels.
    """
    prepare_pillow()
    file = name if isinstance(source, bytes) else os.fspath(source)
    try:
        with _stream(source) as stream:
            if not stream.read(1):
                raise PhotoError("The file is empty", file=file, remedy=_COPY_AGAIN)
            stream.seek(0)
            with _image(stream, file, header) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                yield image
    except PhotoError:
        raise
    except Exception as error:
        kind, what, remedy = next(row for row in _REASONS if isinstance(error, row[0]))
        if kind is Exception:
            what += f" ({error})"
        raise PhotoError(what, file=file, remedy=remedy) from error


@contextmanager
def _image(stream: BinaryIO, file: str | None, header: bool) -> Iterator[Image.Image]:
    """The picture in a file; of a RAW photo its preview, a JPEG XL is decoded already.

    `info["taken"]` is what a RAW photo says of its time, `info["orientation"]` how it is turned.
    """
    head = stream.read(16)
    stream.seek(0)
    if is_raw_name(file):
        with open_raw(stream.read(), file, develop=not header) as raw:
            raw.image.info |= {"orientation": raw.orientation, "taken": raw.taken}
            yield raw.image
    elif jxl.is_jxl(head):
        data = stream.read()
        said = jxl.read_header(data)
        if said.width * said.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        size = said.width, said.height
        image = Image.new("1", size) if header else jxl.decode(data, file)
        if said.exif:
            image.getexif().load(said.exif)
        image.info["orientation"] = 1
        yield image
    else:
        with open_picture(stream) as image:
            yield image


def open_picture(stream: BinaryIO) -> Image.Image:
    """Pillow's picture, its header read; of a PNG also if its texts or profile are damaged.

    Raises:
        UnidentifiedImageError: It is no picture of a known kind.
    """
    try:
        return Image.open(stream, formats=FORMATS)
    except (UnidentifiedImageError, ValueError):
        stream.seek(0)
        data = stream.read()
        if not data.startswith(SIGNATURE):
            raise
        return Image.open(io.BytesIO(essential_png(data)), formats=FORMATS)


def _stream(source: str | os.PathLike | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        mode = os.stat(source).st_mode
    except OSError as error:
        raise _Circle if error.errno == errno.ELOOP else error from None
    if not stat.S_ISREG(mode):  # reading a pipe would wait for ever
        raise IsADirectoryError
    return open(source, "rb")


@functools.cache
def prepare_pillow() -> None:
    """Sets what Pillow keeps for the whole process, once, before the first photo."""
    from PIL import PngImagePlugin
    from pillow_heif import register_heif_opener

    # Colour profiles of measured screens unpack to more than Pillow's one megabyte.
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_PNG_CHUNK

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    # Raised, not switched off: formats with an inner size are checked against it as well.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    # Damaged Exif is tolerated and everything else raised, so that its warnings tell nobody
    # anything. Not `catch_warnings`: photos are read in threads, and it is not safe there.
    warnings.filterwarnings("ignore", module=r"PIL\.")


def _upright(image: Image.Image, scale: int) -> tuple[np.ndarray, float | None]:
    pixels, missing = upright_pixels(image, scale)
    if missing is not None and missing > _MOST_MISSING:
        raise _CutShort
    return pixels, missing


def _parse_stamp(stamp: object) -> datetime | None:
    try:
        return datetime.strptime(stamp.strip(" \0"), "%Y:%m:%d %H:%M:%S")
    except (AttributeError, TypeError, ValueError):  # blanks, zeros, bytes, numbers
        return None
