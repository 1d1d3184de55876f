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
from data.media.raw import is_raw_name, open_raw

_JPEG = ("JPEG", "MPO")
MAX_PIXELS = 200_000_000
MAX_PNG_CHUNK = 64 << 20  # bytes that a profile or a text in a PNG may unpack to
PANORAMA = 3.0  # a photo so many times as long as its short side is one
PART = 1.5  # length of the parts that it is searched in, in short sides

# What photos come in (MPO opens as JPEG). Other formats of Pillow start programs: EPS, Ghostscript.
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF")

# What turns pixels upright, after those of 5 and 7 were mirrored.
_ROTATED = {3: "ROTATE_180", 6: "ROTATE_90_CLOCKWISE", 7: "ROTATE_180"} | {
    8: "ROTATE_90_COUNTERCLOCKWISE"
}

_SIDEWAYS = frozenset({5, 6, 7, 8})  # these swap width and height

_COPY_AGAIN = "Copy it again from where it came from"


class _Circle(OSError):
    """A link that points to itself, perhaps through others."""


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
    ignored; damaged Exif counts as none.

    Args:
        source: A path, or the bytes of a picture file.
        name: What errors call a picture that was given as bytes.

    Returns:
        uint8 [H, W, 3], upright, RGB, C-contiguous, writable.

    Raises:
        PhotoError: There is no such picture, or it is empty, damaged, cut short or above
            `MAX_PIXELS`.
    """
    with _opened(source, name) as image:
        return _upright(image, 1)


@dataclass(frozen=True)
class ReducedPhoto:
    """A photo, perhaps smaller than it is.

    Attributes:
        image: As from `read_photo`.
        width, height: Of the whole upright photo, pixels.
    """

    image: np.ndarray
    width: int
    height: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return self.image.shape[:2] == (self.height, self.width)


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
        reducible = image.format in _JPEG
        scales = (8, 4, 2) if reducible else ()
        scale = next((s for s in scales if -(-width // s) * -(-height // s) >= least_pixels), 1)
        upright = _upright(image, scale)
        if not reducible:  # formats that are turned while they are read
            height, width = upright.shape[:2]
        elif _orientation(image) in _SIDEWAYS:
            width, height = height, width
    return ReducedPhoto(upright, width, height)


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
        with Image.open(stream, formats=_FORMATS) as image:
            yield image


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


def _upright(image: Image.Image, scale: int) -> np.ndarray:
    """The pixels of a picture whose header was read; a JPEG at 1 / `scale` of its size."""
    if image.format in _JPEG and image.mode in ("RGB", "L"):
        pixels = _decode_jpeg(image, scale)
        if pixels is not None:
            return _turned(pixels, _orientation(image))
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))
    image.load()
    return _turned(np.array(_to_rgb(image)), _orientation(image))


def _decode_jpeg(image: Image.Image, scale: int) -> np.ndarray | None:
    """uint8 [H, W, 3] RGB by OpenCV, in half of Pillow's time and with the same bits.

    `None` for a file that it cannot read to its end: Pillow says what is wrong with it.
    """
    import cv2

    at = image.fp.tell()
    image.fp.seek(0)
    data = np.frombuffer(image.fp.read(), np.uint8)
    image.fp.seek(at)
    size = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
    flags = size.get(scale, cv2.IMREAD_REDUCED_COLOR_8) | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(data, flags)
    except cv2.error:
        return None
    expected = (-(-image.height // scale), -(-image.width // scale), 3)
    if pixels is None or pixels.shape != expected:
        return None
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)


def _turned(pixels: np.ndarray, orientation: object) -> np.ndarray:
    """uint8 [H, W, 3] as Exif's orientation 1 to 8 says; anything else counts as upright."""
    import cv2

    if orientation in (5, 7):
        pixels = cv2.transpose(pixels)
    if orientation in _ROTATED:
        return cv2.rotate(pixels, getattr(cv2, _ROTATED[orientation]))
    if orientation in (2, 4):
        return cv2.flip(pixels, 1 if orientation == 2 else 0)
    return pixels


def _orientation(image: Image.Image) -> object:
    # libheif turns the picture itself, and by the standard Exif has no say in that.
    if image.format == "HEIF":
        return 1
    if "orientation" in image.info:
        return image.info["orientation"]
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # damaged Exif makes Pillow raise nearly anything
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_to_eight_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        seen_through = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(seen_through, mask=seen_through)
        return white
    return image.convert("RGB")


def _to_eight_bits(grey: np.ndarray) -> np.ndarray:
    """Scales deep grey values, [H, W] of any dtype, to uint8; Pillow would clip them at 255."""
    if grey.dtype.itemsize == 2:
        return (grey >> 8).astype(np.uint8)  # as Pillow does for 16-bit colour
    # 32 bits do not say what white is: the smallest usual maximum that holds the brightest pixel.
    grey = np.nan_to_num(grey.astype(np.float32), posinf=0, neginf=0).clip(0)
    brightest = float(grey.max())
    white = next((usual for usual in (1, 255, 65535) if brightest <= usual), brightest)
    return np.rint(grey / white * 255).astype(np.uint8)


def _parse_stamp(stamp: object) -> datetime | None:
    try:
        return datetime.strptime(stamp.strip(" \0"), "%Y:%m:%d %H:%M:%S")
    except (AttributeError, TypeError, ValueError):  # blanks, zeros, bytes, numbers
        return None
