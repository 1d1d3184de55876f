"""Small JPEG copies of a photo and of the faces in it, for showing on a page; kept on disk."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from data.errors import PhotoError
from data.films.frame_reader import read_frame
from data.home import replace_file
from data.media.photos import ReducedPhoto, read_reduced

PREVIEW_SIDE = 1600  # pixels; sharp on a wide screen, and about 300 KB
FACE_SIDE = 112
WALL_SIDE = 360  # of a photo on a wall of photos
WALL_FACE_SIDE = 160


@dataclass(frozen=True)
class Wanted:
    """A thumbnail that a page wants.

    Attributes:
        path: Of the photo's or film's file.
        box: xyxy pixels of the upright photo, for a face; `None` for the whole photo.
        width: Of the upright photo, for a face.
        side: Of the thumbnail, pixels.
        time: In a film, the seconds at which.
    """

    path: str
    box: Sequence[float] | None = None
    width: int = 0
    side: int = WALL_SIDE
    time: float | None = None


class Thumbnails:
    """Thumbnails of files, made once and kept under `cache/`, which may be deleted at any time.

    A file that changes gets new ones. Forgetting a person empties the cache.

    Args:
        home: Kindred's home folder.
    """

    def __init__(self, home: str | os.PathLike):
        self.folder = Path(home) / "cache" / "thumbnails"

    def many(self, wanted: Sequence[Wanted], seconds: float | None = None) -> list[bytes | None]:
        """The thumbnails, in order.

        Those that are on disk are read; missing ones are made for as long as there is time, so
        that a page shows at once what there is, and asks again.

        Args:
            wanted: Which ones.
            seconds: For making; by default all are made.

        Returns:
            JPEGs; `b""` where there is no picture to be had, `None` where time ran out.
        """
        found = [self.kept(one) for one in wanted]
        missing = [i for i, content in enumerate(found) if content is None]
        end = None if seconds is None else time.monotonic() + seconds

        def make(index: int) -> bytes | None:
            if end is not None and time.monotonic() > end:
                return None
            return self.make([wanted[index]])[0]

        if missing:
            with ThreadPoolExecutor(2, "kindred-thumbnails") as pool:
                for index, content in zip(missing, pool.map(make, missing), strict=True):
                    found[index] = content
        return found

    def kept(self, wanted: Wanted) -> bytes | None:
        """A thumbnail that is on disk."""
        file = self._file(wanted)
        with suppress(OSError):
            return file.read_bytes() if file else b""
        return None

    def make(self, wanted: Iterable[Wanted]) -> list[bytes]:
        """Makes thumbnails of one photo, or one moment of a film, reading it once; keeps them."""
        wanted = list(wanted)
        try:
            if wanted[0].time is not None:
                frame = read_frame(wanted[0].path, wanted[0].time)
                photo = ReducedPhoto(frame, frame.shape[1], frame.shape[0])
            else:
                photo = read_reduced(wanted[0].path, _pixels_for(wanted))
        except PhotoError:
            made = [b""] * len(wanted)
        else:
            scale = photo.image.shape[1] / photo.width
            made = [
                preview(photo.image, one.side)
                if one.box is None
                else face_thumbnail(photo.image, np.asarray(one.box) * scale, one.side)
                for one in wanted
            ]
        for one, content in zip(wanted, made, strict=True):
            self._keep(self._file(one), content)
        return made

    def _file(self, wanted: Wanted) -> Path | None:
        """Where a thumbnail lies; `None` if the photo is gone."""
        try:
            status = os.stat(wanted.path)
        except OSError:
            return None
        box = None if wanted.box is None else [round(float(edge)) for edge in wanted.box]
        what = (os.fsencode(wanted.path), status.st_mtime_ns, status.st_size, box, wanted.side)
        what += () if wanted.time is None else (round(wanted.time, 2),)
        digest = hashlib.sha256(repr(what).encode()).hexdigest()[:32]
        return self.folder / digest[:2] / f"{digest[2:]}.jpg"

    def _keep(self, file: Path | None, content: bytes) -> None:
        if file is None:
            return
        with suppress(OSError):  # a full disk: the page shows it all the same
            replace_file(file, content, durable=False)


def _pixels_for(wanted: Sequence[Wanted]) -> int:
    """How many pixels of the photo make all of these sharp."""
    least = 1
    for one in wanted:
        if one.box is None:
            least = max(least, (2 * one.side) ** 2)
            continue
        width = max(float(one.box[2]) - float(one.box[0]), 1.0)
        # The photo's height is not known here: a square one is the guess that errs upwards.
        least = max(least, int((one.width * min(1.0, one.side / width)) ** 2))
    return least


def preview(image: np.ndarray, side: int = PREVIEW_SIDE) -> bytes:
    """The whole photo, uint8 [H, W, 3], with its longer side at most `side` pixels."""
    scale = side / max(image.shape[:2])
    if scale < 1:
        height, width = (max(1, round(length * scale)) for length in image.shape[:2])
        image = _resized(image, width, height)
    return _jpeg(image)


def face_thumbnail(image: np.ndarray, box: np.ndarray, side: int = FACE_SIDE) -> bytes:
    """The square around a face, with some room; beyond the photo's edge it repeats the edge."""
    x0, y0, x1, y1 = (float(edge) for edge in box)
    half = max(x1 - x0, y1 - y0, 2.0) * 0.65
    count = min(max(2, round(2 * half)), 8 * side)  # no more pixels than one will ever see
    columns = np.linspace((x0 + x1) / 2 - half, (x0 + x1) / 2 + half, count)
    rows = np.linspace((y0 + y1) / 2 - half, (y0 + y1) / 2 + half, count)
    height, width = image.shape[:2]
    columns = columns.astype(int).clip(0, width - 1)
    rows = rows.astype(int).clip(0, height - 1)
    return _jpeg(_resized(image[rows[:, None], columns[None, :]], side, side))


def _resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """uint8 [height, width, 3] of an image uint8 [H, W, 3]: averaged, or where it grows, cubic."""
    import cv2

    shrinks = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(image, (width, height), interpolation=method)


def _jpeg(picture: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=85)
    return stream.getvalue()
