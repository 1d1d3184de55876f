"""What the header of a film says: length, time, and whether it belongs to a photo."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from data.films.header import read_header
from data.media.folders import LeftOut, find_photos
from tests.films import drawn, write_film
from tests.pictures import encoded


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def movie(seconds: float, created: datetime | None = None, **keys: str) -> bytes:
    """An MP4 that is nothing but its header."""
    since = datetime(1904, 1, 1, tzinfo=UTC)
    stamp = int((created - since).total_seconds()) if created else 0
    numbers = (0, stamp, stamp, 600, round(600 * seconds))
    mvhd = box(b"mvhd", b"".join(n.to_bytes(4, "big") for n in numbers) + bytes(80))
    names, values = b"", b""
    for number, (key, value) in enumerate(keys.items(), 1):
        names += box(b"mdta", f"com.apple.quicktime.{key.replace('_', '.')}".encode())
        data = box(b"data", bytes((0, 0, 0, 1, 0, 0, 0, 0)) + value.encode())
        values += box(number.to_bytes(4, "big"), data)
    listed = box(b"keys", bytes(4) + len(keys).to_bytes(4, "big") + names)
    meta = box(b"meta", box(b"hdlr", bytes(24)) + listed + box(b"ilst", values))
    return box(b"ftyp", b"qt  " + bytes(8)) + box(b"moov", mvhd + (meta if keys else b""))


@pytest.fixture
def film(tmp_path):
    return tmp_path / "a.mov"


def test_length_and_time(film):
    noon = datetime(2019, 7, 31, 12, tzinfo=UTC)
    film.write_bytes(movie(2.5, noon))
    header = read_header(film)
    assert header.duration == 2.5 and not header.is_paired
    assert header.taken == noon.astimezone().replace(tzinfo=None)
    film.write_bytes(movie(2.5))
    assert read_header(film).taken is None


def test_the_clock_where_it_was_filmed_counts_more(film):
    noon = datetime(2019, 7, 31, 12, tzinfo=UTC)
    film.write_bytes(movie(3, noon, creationdate="2019-07-31T21:00:00+0900"))
    assert read_header(film).taken == datetime(2019, 7, 31, 21)
    film.write_bytes(movie(3, noon, creationdate="yesterday"))
    assert read_header(film).taken == noon.astimezone().replace(tzinfo=None)


def test_a_real_film(tmp_path):
    film = write_film(tmp_path / "a.mp4", drawn(3, lambda frame, time: None))
    assert read_header(film).duration == pytest.approx(3, abs=0.1)


def test_anything_else_says_nothing(film):
    random = np.random.default_rng(3)
    whole = movie(3, creationdate="2019-07-31T21:00:00+0900")
    for number in range(300):
        content = bytearray(whole)
        for at in random.integers(0, len(content), 1 + number % 9):
            content[at] = random.integers(256)
        film.write_bytes(content[: random.integers(len(content) + 1)])
        assert read_header(film).duration >= 0
    assert read_header(film.parent / "none.mov").duration == 0


@pytest.mark.parametrize(
    ("photo", "film", "content", "is_one"),
    [
        ("IMG_1.JPG", "IMG_1.MOV", movie(2.9), True),
        ("img_1.jpg", "IMG_1.mov", movie(2.9), True),
        ("IMG_1.JPG", "IMG_1.MP4", movie(2.9), True),
        ("IMG_1.JPG", "IMG_1.MOV", movie(30), False),
        ("IMG_1.JPG", "IMG_1.MOV", movie(30, content_identifier="ABC"), True),
        ("IMG_1.JPG", "IMG_2.MOV", movie(2.9, content_identifier="ABC"), False),
        ("IMG_1.JPG", "IMG_1.AVI", movie(2.9), False),
        ("IMG_1.txt", "IMG_1.MOV", movie(2.9), False),
    ],
)
def test_the_film_of_a_live_photo(tmp_path, photo, film, content, is_one):
    (tmp_path / photo).write_bytes(encoded(np.zeros((20, 20, 3), np.uint8), "JPEG"))
    (tmp_path / film).write_bytes(content)
    left_out = LeftOut()
    found = {
        path.rsplit("/", 1)[1] for path in find_photos([tmp_path], films=True, left_out=left_out)
    }
    assert (film in found) is not is_one and left_out.live == is_one
    assert not left_out.kinds
