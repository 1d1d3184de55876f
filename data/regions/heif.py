"""How a HEIC photo is turned for display: by its own boxes, in which Exif has no say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

# Anticlockwise quarter turns of `irot`, as the value of Exif's Orientation that looks the same.
_ROTATIONS = {0: 1, 1: 8, 2: 3, 3: 6}
_MIRRORED = (2, 4, 5, 7)
_MAX_META = 4 << 20


def orientation(file: BinaryIO, exif_orientation: int | None) -> int:
    """The orientation, 1 to 8, that a decoder has applied to a HEIC file.

    Reads the rotation of the first picture that has one: the parts and thumbnails of a photo
    are turned alike. A mirrored picture (`imir`) is believed to be as its Exif says.
    """
    file.seek(0)
    head = file.read(_MAX_META)
    boxes = _inside(head, 0, len(head), [b"meta", b"iprp", b"ipco"])
    properties = {}
    for kind, start, _ in boxes:
        properties.setdefault(kind, start)
    if b"imir" in properties:
        return exif_orientation if exif_orientation in _MIRRORED else 1
    at = properties.get(b"irot")
    return 1 if at is None or at >= len(head) else _ROTATIONS[head[at] & 3]


def _inside(
    data: bytes, start: int, end: int, path: list[bytes]
) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of the content of the boxes at the end of a path."""
    while start + 8 <= end:
        size, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        stop = min(end, start + size) if size else end
        if size and size < head:
            return
        content = start + head + (4 if kind == b"meta" else 0)  # its version and flags
        if not path:
            yield kind, content, stop
        elif kind == path[0]:
            yield from _inside(data, content, stop, path[1:])
        start = stop
