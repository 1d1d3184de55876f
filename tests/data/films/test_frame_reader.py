"""Reading films: times, cuts, stillness, turned pictures, and files that are none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from data.errors import PhotoError
from data.films.frame_reader import FRAME_SIDE, probe, read_frame, read_frames
from tests.films import SIZE, drawn, paste, turned, write_film

WHITE = np.full((60, 60, 3), 255, np.uint8)


def moving(frame, time):
    paste(frame, WHITE, 20 + 40 * time, 80)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "mp4v"), (".avi", "MJPG"), (".mkv", "mp4v"), (".mov", "mp4v")]
)
def test_two_frames_a_second_with_their_times(tmp_path, suffix, codec):
    film = write_film(tmp_path / f"a{suffix}", drawn(3, moving), codec=codec)
    frames = list(read_frames(film))
    assert np.allclose([f.time for f in frames], [0, 0.5, 1, 1.5, 2, 2.5], atol=0.051)
    assert all((f.width, f.height) == SIZE and f.image.shape == (240, 320, 3) for f in frames)
    assert probe(film).duration == pytest.approx(3, abs=0.1)
    assert not any(f.is_cut or f.is_still for f in frames)


def test_the_picture_of_a_moment(tmp_path):
    film = write_film(tmp_path / "a.mp4", drawn(4, moving))
    for time in (0.0, 1.0, 2.5, 3.95):
        left = 20 + 40 * time
        column = read_frame(film, time)[110].astype(int).min(axis=1)
        bright = np.flatnonzero(column > 160)
        assert abs(bright.min() - left) < 6 and abs(bright.max() - left - 59) < 6
    assert read_frame(film, 1.0, side=80).shape == (60, 80, 3)


def test_a_cut_is_seen_when_it_comes_and_stillness_as_well(tmp_path):
    def paint(frame, time):
        if time >= 1.2:
            frame[:] = 200

    frames = list(read_frames(write_film(tmp_path / "a.mp4", drawn(3, paint))))
    (cut,) = [f for f in frames if f.is_cut]
    assert cut.time == pytest.approx(1.2, abs=1 / 5)
    still = [f.time for f in frames if f.is_still]
    assert still == [f.time for f in frames if f.time > 0 and not f.is_cut]


def test_it_begins_where_it_is_told_to(tmp_path):
    film = write_film(tmp_path / "a.mp4", drawn(4, moving))
    whole = [f.time for f in read_frames(film)]
    assert [f.time for f in read_frames(film, start=2.0)] == [t for t in whole if t >= 2.0]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_film_that_a_phone_took_on_its_side_comes_upright(tmp_path, degrees):
    def corner(frame, time):
        frame[:60, :60] = (250, 30, 30)  # red: upper left as stored

    film = write_film(tmp_path / "a.mp4", drawn(1, corner))
    turned(film, degrees)
    frame = next(read_frames(film))
    assert (frame.width, frame.height) == (SIZE if degrees == 180 else SIZE[::-1])
    image = frame.image.astype(int)
    y, x = {90: (20, -20), 180: (-20, -20), 270: (-20, 20)}[degrees]
    assert image[y, x, 0] > 150 and image[y, x, 1] < 110


def test_a_large_film_comes_reduced(tmp_path):
    film = write_film(tmp_path / "a.avi", drawn(0.2, moving, size=(2000, 1000)), codec="MJPG")
    frame = next(read_frames(film))
    assert frame.image.shape == (FRAME_SIDE // 2, FRAME_SIDE, 3)
    assert (frame.width, frame.height) == (2000, 1000)


def test_frames_come_one_by_one(tmp_path):
    film = write_film(tmp_path / "a.mp4", drawn(5, moving))
    some = list(itertools.islice(read_frames(film), 2))
    assert [f.time for f in some] == pytest.approx([0, 0.5], abs=0.051)


def test_a_film_that_breaks_off_ends_there(tmp_path):
    film = write_film(tmp_path / "a.avi", drawn(4, moving), codec="MJPG")
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    times = [f.time for f in read_frames(film)]
    assert 1 < times[-1] < 2.6


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/a.ts\n", "not a film of a known kind"),
        (b"\xff\xd8\xff\xe0" + bytes(9000), "not a film of a known kind"),
        (b"\0\0\0\x18ftypmp42" + bytes(5000), "cannot be read"),
        (b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 40, "cannot be read"),
        (b"RIFF\xff\0\0\0AVI " + bytes(3000), "cannot be read"),
        (b"\x47" + bytes(187), "not a film of a known kind"),
    ],
)
def test_what_is_no_film_says_so(tmp_path, content, words):
    film = tmp_path / "a.mp4"
    film.write_bytes(content)
    with pytest.raises(PhotoError, match=words) as raised:
        list(read_frames(film))
    assert raised.value.file == str(film) and raised.value.remedy


def test_what_is_not_there_says_so(tmp_path):
    with pytest.raises(PhotoError, match="no such file"):
        probe(tmp_path / "none.mp4")
    with pytest.raises(PhotoError, match="not a file"):
        probe(tmp_path)
