"""Films as they should not be: damaged at random, endless, silent, huge, of changing rate."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import PhotoError
from data.films.frame_reader import MAX_HOURS, probe, read_frame, read_frames
from data.films.header import read_header
from tests.films import drawn, paste, turned, write_film

WHITE = np.full((60, 60, 3), 255, np.uint8)
NESTED = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
LONG = 200  # frames: more than any of these films has


def moving(frame, time):
    paste(frame, WHITE, 20 + 40 * time, 80)


def rewritten_times(content: bytes, *entries: tuple[int, int]) -> bytes:
    """An MP4 whose table of times says (frames, ticks of each) instead of what it says."""
    content = bytearray(content.replace(b"edts", b"free"))  # it would cut off what is longer
    at = content.index(b"stts") - 4
    size = int.from_bytes(content[at : at + 4], "big")
    table = b"".join(n.to_bytes(4, "big") for entry in entries for n in entry)
    box = b"stts" + bytes(4) + len(entries).to_bytes(4, "big") + table
    content[at : at + size] = (len(box) + 4).to_bytes(4, "big") + box
    for name in NESTED:
        parent = content.rindex(name, 0, at) - 4
        grown = int.from_bytes(content[parent : parent + 4], "big") + len(box) + 4 - size
        content[parent : parent + 4] = grown.to_bytes(4, "big")
    return bytes(content)


def looked_at(film) -> int:
    """How many frames come out; a sentence that names the file counts as none."""
    try:
        frames = list(read_frames(film))
        read_frame(film, 0.5)
    except PhotoError as error:
        assert (error.file == str(film) and error.remedy) or "no frame" in error.what
        return 0
    times = [frame.time for frame in frames]
    assert times == sorted(times) and all(np.isfinite(times))
    assert all(frame.image.dtype == np.uint8 and frame.image.ndim == 3 for frame in frames)
    return len(frames)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "mp4v"), (".avi", "MJPG"), (".webm", "VP80")]
)
def test_damaged_at_random(tmp_path, suffix, codec):
    content = write_film(tmp_path / f"a{suffix}", drawn(2, moving), codec=codec).read_bytes()
    random, film = np.random.default_rng(21), tmp_path / f"broken{suffix}"
    read = 0
    for number in range(40):
        broken = bytearray(content)
        # In turns anywhere, at the beginning, and at the end, where MP4 has its tables.
        low, high = [(0, len(broken)), (0, 800), (len(broken) - 1200, len(broken))][number % 3]
        for at in random.integers(low, high, 1 + number % 12):
            broken[at] = random.integers(256)
        if number % 5 == 0:
            del broken[random.integers(len(broken)) :]
        film.write_bytes(broken)
        count = looked_at(film)
        assert count < LONG
        read += count > 0
        header = read_header(film)
        assert np.isfinite(header.duration) and header.duration >= 0
    assert read > 5  # little damage costs little


def test_frames_that_last_longer_and_longer(tmp_path):
    content = write_film(tmp_path / "a.mp4", drawn(4, moving)).read_bytes()
    at = content.index(b"stts")
    ticks = int.from_bytes(content[at + 16 : at + 20], "big")
    film = tmp_path / "b.mp4"
    film.write_bytes(rewritten_times(content, (40, ticks), (40, 3 * ticks)))
    times = [frame.time for frame in read_frames(film)]
    assert np.allclose(np.diff(times), 0.5, atol=0.16)
    assert times[-1] == pytest.approx(7.5, abs=0.5)  # 2 s, then 40 frames of 0.15 s
    # The square is where it was painted: in frame 60, 3 s as drawn, shown at 2 + 20 * 0.15 s.
    column = read_frame(film, 5.02)[110].astype(int).min(axis=1)
    assert abs(np.flatnonzero(column > 160).min() - 140) < 8


def test_a_header_that_never_ends(tmp_path):
    film = write_film(tmp_path / "a.mp4", drawn(2, moving))
    content = bytearray(film.read_bytes())
    for name, offset in ((b"mvhd", 20), (b"mdhd", 20), (b"tkhd", 24)):
        at = content.index(name) + offset
        content[at : at + 4] = b"\xff\xff\xff\xff"
    film.write_bytes(content)
    assert read_header(film).duration == 0.0
    assert 0 <= probe(film).duration <= MAX_HOURS * 3600
    assert 3 <= looked_at(film) <= 5


def test_sound_without_a_picture(tmp_path):
    film = write_film(tmp_path / "a.mp4", drawn(1, moving))
    film.write_bytes(film.read_bytes().replace(b"vide", b"soun").replace(b"mp4v", b"mp4a"))
    with pytest.raises(PhotoError) as raised:
        list(read_frames(film))
    assert raised.value.file == str(film) and raised.value.remedy


def test_a_container_without_frames(tmp_path):
    content = write_film(tmp_path / "a.avi", drawn(1, moving), codec="MJPG").read_bytes()
    film = tmp_path / "none.avi"
    film.write_bytes(content[: content.index(b"movi") + 4])
    with pytest.raises(PhotoError):
        list(read_frames(film))


def test_8k_comes_reduced_and_more_is_refused(tmp_path):
    film = write_film(tmp_path / "8k.avi", drawn(0.1, moving, size=(7680, 4320)), codec="MJPG")
    (frame, *_) = read_frames(film)
    assert (frame.width, frame.height) == (7680, 4320) and max(frame.image.shape) == 960
    film = write_film(tmp_path / "9k.avi", drawn(0.05, moving, size=(9216, 5184)), codec="MJPG")
    with pytest.raises(PhotoError, match="megapixels"):
        list(read_frames(film))


def test_a_film_that_calls_itself_something_else(tmp_path):
    film = write_film(tmp_path / "a.avi", drawn(1, moving), codec="MJPG")
    film.rename(tmp_path / "a.mp4")
    turned_film = write_film(tmp_path / "b.mp4", drawn(1, moving))
    turned(turned_film, 90)
    turned_film.rename(tmp_path / "b.avi")
    assert looked_at(tmp_path / "a.mp4") >= 2
    frame = next(read_frames(tmp_path / "b.avi"))
    assert (frame.width, frame.height) == (240, 320)
