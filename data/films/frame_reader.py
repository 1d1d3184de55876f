"""Reads a film: its length, its frames at the moments worth looking at, and single ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from data.errors import PhotoError
from data.films.header import read_header

FRAME_SIDE = 960  # pixels: the longer side of a frame that is searched for faces
SAMPLES_PER_SECOND = 2.0
CHECKS_PER_SECOND = 6.0  # how often a frame is compared with the one before, to find cuts
MAX_PIXELS = 40_000_000  # of a frame: 8K has 33 million
MAX_HOURS = 24.0  # a stream that says it never ends is read no further

_THUMB = 32  # pixels, the longer side of what frames are compared by
_CUT = 20.0  # mean difference of two thumbs, of 255, from which a new shot begins
_STILL = 1.5  # mean difference below which nothing has changed
_STILL_ANYWHERE = 14.0  # largest difference of a pixel of the thumbs, for the same

# The first bytes of the containers: anything else is not handed to the decoder, which would also
# open play lists, and with them other files and addresses.
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_HEAD = 4096

_COPY_AGAIN = "Copy it again from where it came from"
_PLAY_IT = "If another program can play it, save it there as MP4"


@dataclass(frozen=True)
class Frame:
    """One picture of a film.

    Attributes:
        time: Seconds from the beginning.
        image: uint8 [H, W, 3], upright, RGB; its longer side is at most `FRAME_SIDE`.
        width, height: Of the film's upright picture, pixels.
        is_cut: Whether a new shot begins here.
        is_still: Whether nothing to speak of has changed since the frame before.
    """

    time: float
    image: np.ndarray
    width: int
    height: int
    is_cut: bool = False
    is_still: bool = False


@dataclass(frozen=True)
class FilmInfo:
    """What a film's header says.

    Attributes:
        duration: Seconds; 0.0 if the header does not say.
        frames_per_second: 0.0 if the header does not say.
    """

    duration: float
    frames_per_second: float


def probe(path: str | os.PathLike) -> FilmInfo:
    """Reads the header of a film.

    Raises:
        PhotoError: It cannot be opened, or is no film.
    """
    with _opened(path) as capture:
        return _info(capture)


def duration_of(path: str | os.PathLike) -> float:
    """The length of a film in seconds; 0.0 if it is not known, or the film cannot be read."""
    try:
        return read_header(path).duration or probe(path).duration
    except PhotoError:
        return 0.0


def read_frames(path: str | os.PathLike, start: float = 0.0) -> Iterator[Frame]:
    """The frames of a film that are worth looking at: about two a second, and each first of a shot.

    Every frame is decoded, because most depend on those before; few are turned into pixels.

    Args:
        path: The film.
        start: Seconds from which to begin; frames before are passed over.

    Raises:
        PhotoError: It cannot be read, has no picture, or its picture is too large. A film that
            breaks off in the middle ends there without an error, like any player's.
    """
    with _opened(path) as capture:
        former = sampled = None
        check, sample = _Schedule(CHECKS_PER_SECOND), _Schedule(SAMPLES_PER_SECOND)
        clock = _Clock(capture)
        seen = False
        while capture.grab():
            time = clock.tick()
            seen = seen or time < start
            if time > MAX_HOURS * 3600:
                break
            is_sampled = sample.is_due(time)
            if (not check.is_due(time) and not is_sampled) or time < start:
                continue
            ok, picture = capture.retrieve()
            if not ok or picture is None:
                continue
            seen = True
            _require_size(picture, path)
            thumb = _thumb(picture)
            is_cut = former is not None and _difference(thumb, former) > _CUT
            former = thumb
            if not is_cut and not is_sampled:
                continue
            is_still = sampled is not None and not is_cut and _is_still(thumb, sampled)
            sampled = thumb
            height, width = picture.shape[:2]
            yield Frame(time, _reduced(picture), width, height, is_cut, is_still)
        if not seen:
            raise PhotoError(
                "The film has no picture that can be read",
                file=os.fspath(path),
                remedy=_PLAY_IT,
            )


def read_frame(path: str | os.PathLike, time: float, side: int | None = None) -> np.ndarray:
    """One frame of a film.

    Args:
        path: The film.
        time: Seconds from the beginning; the frame shown at that moment, or the last before it.
        side: The longer side at most, pixels; as large as the film by default.

    Returns:
        uint8 [H, W, 3], upright, RGB.

    Raises:
        PhotoError: There is no such frame.
    """
    import cv2

    with _opened(path) as capture:
        # Seeking lands on a key frame, not always the one before: a little early is surely before.
        capture.set(cv2.CAP_PROP_POS_MSEC, max(0.0, (time - 0.5) * 1000))
        clock, picture = _Clock(capture), None
        while capture.grab():
            if clock.tick() > time + 1e-3 and picture is not None:
                break
            ok, retrieved = capture.retrieve()
            picture = retrieved if ok else picture
            if clock.time >= time - 1e-3 and picture is not None:
                break
        if picture is None:
            raise PhotoError(f"The film has no frame at {time:.1f} seconds", file=os.fspath(path))
        _require_size(picture, path)
        return _reduced(picture, side or max(picture.shape[:2]))


class _Schedule:
    """Moments at a steady rate; those that no frame came for are passed over."""

    def __init__(self, per_second: float):
        self._step, self._next = 1 / per_second, 0.0

    def is_due(self, time: float) -> bool:
        """Whether a moment has come by this time, in seconds; it is then over."""
        if time < self._next - 1e-3:
            return False
        self._next = max(self._next + self._step, time)
        return True


class _Clock:
    """The time of each frame: what the film says, and never back, whatever it says."""

    def __init__(self, capture):
        self._capture = capture
        self._step = 1 / (_info(capture).frames_per_second or 25.0)
        self.time = -self._step

    def tick(self) -> float:
        """To be called after each grabbed frame; returns its seconds."""
        import cv2

        said = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        sensible = np.isfinite(said) and said > self.time
        self.time = said if sensible else self.time + self._step
        return self.time


def _info(capture) -> FilmInfo:
    import cv2

    rate = float(capture.get(cv2.CAP_PROP_FPS))
    count = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if not np.isfinite(rate) or not 0.01 < rate < 1000:
        rate = 0.0
    known = rate > 0 and np.isfinite(count) and 0 < count < MAX_HOURS * 3600 * rate
    return FilmInfo(count / rate if known else 0.0, rate)


@contextmanager
def _opened(path: str | os.PathLike) -> Iterator:
    # Said before OpenCV is imported, which reads it then: no notes about damaged films on the
    # terminal, and no decoder that opens anything but files.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file"
    import cv2

    path = os.path.abspath(os.fspath(path))
    _require_container(path)
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    try:
        if not capture.isOpened():
            raise PhotoError(
                "The film cannot be read: it is damaged, cut short, has no picture, or is coded in "
                "a way that is not known",
                file=path,
                remedy=_PLAY_IT,
            )
        yield capture
    except cv2.error as error:
        raise PhotoError(
            f"The film cannot be decoded ({error.err})", file=path, remedy=_PLAY_IT
        ) from error
    finally:
        capture.release()


def _require_container(path: str) -> None:
    try:
        if not os.path.isfile(path):
            missing = not os.path.lexists(path)
            what = "There is no such file" if missing else "This is not a file"
            raise PhotoError(what, file=path, remedy="Check its name, and that its disk is there")
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise PhotoError(
            f"The film cannot be opened ({error.strerror})",
            file=path,
            remedy="Check its permissions, and that its disk is there",
        ) from error
    if not head:
        raise PhotoError("The file is empty", file=path, remedy=_COPY_AGAIN)
    if not _is_container(head):
        raise PhotoError("This is not a film of a known kind", file=path, remedy=_PLAY_IT)


def _is_container(head: bytes) -> bool:
    """Whether a file begins as MP4 and QuickTime, Matroska and WebM, AVI, or MPEG-TS do."""
    is_stream = any(
        len(head) > start + 2 * packet and all(head[start + k * packet] == 0x47 for k in range(3))
        for start, packet in ((0, 188), (4, 192))
    )
    return (
        head[4:8] in _BOXES
        or head.startswith(b"\x1a\x45\xdf\xa3")
        or (head.startswith(b"RIFF") and head[8:12] == b"AVI ")
        or is_stream
    )


def _require_size(picture: np.ndarray, path: str | os.PathLike) -> None:
    if picture.shape[0] * picture.shape[1] > MAX_PIXELS:
        raise PhotoError(
            f"The film's picture has more than {MAX_PIXELS // 1_000_000} megapixels, the most that "
            "is read",
            file=os.fspath(path),
            remedy="Save a smaller copy and use that",
        )


def _reduced(picture: np.ndarray, side: int = FRAME_SIDE) -> np.ndarray:
    """BGR of any size to RGB whose longer side is at most `side`."""
    import cv2

    height, width = picture.shape[:2]
    scale = side / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _thumb(picture: np.ndarray) -> np.ndarray:
    """int16 [h, w], grey, of at most `_THUMB` pixels a side: the means of blocks of a frame."""
    import cv2

    height, width = picture.shape[:2]
    step = max(1, max(height, width) // 320)
    few = np.ascontiguousarray(picture[::step, ::step, 1])
    scale = _THUMB / max(few.shape)
    size = max(1, round(few.shape[1] * scale)), max(1, round(few.shape[0] * scale))
    return cv2.resize(few, size, interpolation=cv2.INTER_AREA).astype(np.int16)


def _difference(thumb: np.ndarray, other: np.ndarray) -> float:
    if thumb.shape != other.shape:
        return 255.0
    return float(np.abs(thumb - other).mean())


def _is_still(thumb: np.ndarray, other: np.ndarray) -> bool:
    if thumb.shape != other.shape:
        return False
    difference = np.abs(thumb - other)
    return bool(difference.mean() < _STILL and difference.max() < _STILL_ANYWHERE)
