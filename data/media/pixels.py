"""The pixels of a picture: decoded as far as they are there, turned upright, made RGB."""

from __future__ import annotations

import numpy as np
from PIL import ExifTags, Image

JPEG = ("JPEG", "MPO")
_JPEG_END = b"\xff\xd9"
_IN_PARTS = (*JPEG, "PNG", "TIFF", "BMP")  # of these a part is a picture, too
_TRUNCATED = "truncated"  # in what Pillow says of a file that ends too early

# What turns pixels upright, after those of 5 and 7 were mirrored.
_ROTATED = {3: "ROTATE_180", 6: "ROTATE_90_CLOCKWISE", 7: "ROTATE_180"} | {
    8: "ROTATE_90_COUNTERCLOCKWISE"
}


def upright_pixels(image: Image.Image, scale: int) -> tuple[np.ndarray, float | None]:
    """The pixels of a picture whose header was read, turned upright.

    Args:
        image: Open, and not loaded.
        scale: A JPEG is decoded at 1 / `scale` of its size: 1, 2, 4 or 8.

    Returns:
        uint8 [H, W, 3] RGB, and the share of its rows that are blank because the file is cut
        short; `None` if it is not.

    Raises:
        OSError: The file is damaged, or nothing of the picture is there.
    """
    pixels, missing = _decoded(image, scale)
    return _turned(pixels, orientation_of(image)), missing


def _decoded(image: Image.Image, scale: int) -> tuple[np.ndarray, float | None]:
    is_jpeg = image.format in JPEG and image.mode in ("RGB", "L")
    size = image.size
    if is_jpeg:
        pixels = decode_jpeg(image, size, scale)
        if pixels is not None:
            return pixels, None
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))
    try:
        image.load()
    except (OSError, SyntaxError) as error:
        if image.format not in _IN_PARTS or not (image.format == "PNG" or _TRUNCATED in str(error)):
            raise
        if is_jpeg:
            pixels = decode_jpeg(image, size, scale, end=_JPEG_END)
            if pixels is None:
                raise
            return pixels, _missing(pixels, 128)
        image.tile = []  # what has been decoded by now is the picture
        stored = np.array(image)
        from_the_end = stored if image.format != "BMP" else stored[::-1]
        return np.array(_to_rgb(image)), _missing(from_the_end, 0)
    return np.array(_to_rgb(image)), None


def _missing(pixels: np.ndarray, blank: int) -> float:
    """The share of the rows at the end that hold but one value: what was never decoded.

    Args:
        pixels: [H, W] or [H, W, C], as stored, not turned.
        blank: The value that the decoder leaves there.
    """
    there = np.flatnonzero((pixels.reshape(len(pixels), -1) != blank).any(axis=1))
    return 1.0 - (int(there[-1]) + 1 if len(there) else 0) / len(pixels)


def decode_jpeg(
    image: Image.Image, size: tuple[int, int], scale: int, end: bytes = b""
) -> np.ndarray | None:
    """uint8 [H, W, 3] RGB by OpenCV, in half of Pillow's time and with the same bits.

    `None` for a file that it cannot read to its end: Pillow says what is wrong with it. With
    `end`, which is put after the file, it reads what is there.
    """
    import cv2

    at = image.fp.tell()
    image.fp.seek(0)
    data = np.frombuffer(image.fp.read() + end, np.uint8)
    image.fp.seek(at)
    reduced = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
    flags = reduced.get(scale, cv2.IMREAD_REDUCED_COLOR_8) | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(data, flags)
    except cv2.error:
        return None
    expected = (-(-size[1] // scale), -(-size[0] // scale), 3)
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


def orientation_of(image: Image.Image) -> object:
    """Exif's orientation, 1 to 8, of a picture as it comes from its decoder; 1 if it has none."""
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
