"""What the header of an MP4 or QuickTime file says: length, when it was taken, live photo or not.

Read without a decoder and without the film's pictures: a few hundred bytes a file. Boxes: ISO/IEC
14496-12; Apple's metadata: "QuickTime File Format", keys `com.apple.quicktime.*`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_MAX_META = 1 << 20
_MAX_BOXES = 10_000
_CREATED = b"com.apple.quicktime.creationdate"
_PAIR = b"com.apple.quicktime.content.identifier"  # of a photo and its film


@dataclass(frozen=True)
class Header:
    """What is known of a film without decoding it.

    Attributes:
        duration: Seconds; 0.0 if it is not known.
        taken: When it was filmed, by the clock where that was if the file says so, else by this
            computer's; `None` if it is not known.
        is_paired: Whether it says that it belongs to a photo (Apple's live photos).
    """

    duration: float = 0.0
    taken: datetime | None = None
    is_paired: bool = False


def read_header(path: str | os.PathLike) -> Header:
    """Reads the header; an empty one of a file that is none, is damaged or cannot be read."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            return _header(file, file.tell())
    except (OSError, ValueError, OverflowError):
        return Header()


def _header(file: BinaryIO, end: int) -> Header:
    duration, taken, keys = 0.0, None, {}
    moov = next((box for box in _boxes(file, 0, end) if box[0] == b"moov"), None)
    for kind, start, stop in _boxes(file, *moov[1:]) if moov else ():
        file.seek(start)
        if kind == b"mvhd":
            duration, taken = _movie(file.read(36))
        elif kind == b"meta":
            keys = _apple(file.read(min(stop - start, _MAX_META)))
    with suppress(ValueError):
        taken = (
            datetime.fromisoformat(keys[_CREATED].decode("ascii")) if _CREATED in keys else taken
        )
    taken = taken and taken.replace(tzinfo=None, microsecond=0)
    return Header(duration, taken, _PAIR in keys)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of the content of the boxes that follow each other."""
    for _ in range(_MAX_BOXES):
        file.seek(start)
        head = file.read(16)
        if start + 8 > end or len(head) < 8:
            return
        size, kind, length = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, length = int.from_bytes(head[8:16], "big"), 16
        stop = start + size if size else end
        if size and size < length:
            return
        yield kind, start + length, min(stop, end)
        start = stop


def _movie(mvhd: bytes) -> tuple[float, datetime | None]:
    """Length and time of creation (local) of a movie header."""
    wide = 8 if mvhd[:1] == b"\1" else 4
    created = int.from_bytes(mvhd[4 : 4 + wide], "big")
    rest = mvhd[4 + 2 * wide :]
    scale, length = int.from_bytes(rest[:4], "big"), int.from_bytes(rest[4 : 4 + wide], "big")
    is_known = scale and length != (1 << 8 * wide) - 1
    taken = None
    if created:  # zero is what programs write that do not know
        with suppress(OverflowError, OSError, ValueError):
            taken = (_EPOCH + timedelta(seconds=created)).astimezone()
    return (length / scale if is_known else 0.0), taken


def _apple(meta: bytes) -> dict[bytes, bytes]:
    """The values of QuickTime's metadata by their keys."""
    names, values = [], {}
    at = meta.find(b"keys")
    if at < 0:
        return values
    count, at = int.from_bytes(meta[at + 8 : at + 12], "big"), at + 12
    for _ in range(min(count, 1000)):
        size = int.from_bytes(meta[at : at + 4], "big")
        if size < 8:
            break
        names.append(meta[at + 8 : at + size])
        at += size
    at = meta.find(b"ilst", at)
    end = at - 4 + int.from_bytes(meta[at - 4 : at], "big") if at >= 4 else 0
    at += 4
    while at + 24 <= min(end, len(meta)):
        size, index = (int.from_bytes(meta[at + i : at + i + 4], "big") for i in (0, 4))
        if size < 24:
            break
        if 1 <= index <= len(names):
            values[names[index - 1]] = meta[at + 24 : at + size]
        at += size
    return values
