"""People in films, with an engine that takes squares of one colour for faces."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import PhotoError
from model.inference import film_tagger
from model.inference.engine import FoundFaces
from model.inference.film_tagger import tag_film
from model.zoo.catalogue import LIKENESS
from tests import faces
from tests.films import drawn, paste, write_film

COLOURS = {"Anne": (250, 30, 30), "Bo": (30, 30, 250), "Cleo": (250, 250, 250)}
SQUARES = {name: np.full((50, 50, 3), colour, np.uint8) for name, colour in COLOURS.items()}


def faces_in(image):
    """Boxes of the coloured squares, and whose they are."""
    found = []
    for number, colour in enumerate(COLOURS.values()):
        mask = (np.abs(image.astype(int) - colour) < 70).all(-1)
        if mask.sum() > 100:
            y, x = np.nonzero(mask)
            found.append((number, (x.min(), y.min(), x.max() + 1, y.max() + 1)))
    return found


class Looker:
    """Counts the pictures that it is shown."""

    def __init__(self):
        self.looked = 0

    def __call__(self, readings):
        for reading in readings:
            if reading.picture is None:
                yield FoundFaces(reading)
                continue
            self.looked += 1
            seen = faces_in(reading.picture.image)
            height, width = reading.picture.image.shape[:2]
            count = len(seen)
            yield FoundFaces(
                reading,
                width=width,
                height=height,
                boxes=np.array([box for _, box in seen], np.float32).reshape(-1, 4),
                landmarks=np.zeros((count, 5, 2), np.float32),
                scores=np.full(count, 0.9, np.float32),
                embeddings=np.eye(4, dtype=np.float32)[[who for who, _ in seen]].reshape(-1, 4),
                quality=np.full((count, 4), 0.8, np.float32),
            )


def name(vectors):
    names = list(COLOURS)
    return [(names[i] if i < 2 else None, 0.9) for i in vectors.argmax(1)]


def tag(film, look=None, **options):
    return tag_film(film, look or Looker(), name, same_person=0.6, **options)


def crossing(frame, time):
    paste(frame, SQUARES["Anne"], 20 + 45 * time, 40)
    paste(frame, SQUARES["Bo"], 250 - 45 * time, 120)


def test_two_people_cross_and_keep_their_names(tmp_path):
    tagged = tag(write_film(tmp_path / "a.mp4", drawn(5, crossing)))
    assert (tagged.width, tagged.height) == (320, 240)
    assert tagged.duration == pytest.approx(5, abs=0.1)
    assert sorted(track.tag.name for track in tagged.tracks) == ["Anne", "Bo"]
    for track in tagged.tracks:
        ((start, end),) = track.tag.spans
        assert start == 0 and end == pytest.approx(5, abs=0.1)
        assert len({s.embedding.argmax() for s in track.track.sightings}) == 1


def test_somebody_leaves_and_comes_back(tmp_path):
    def paint(frame, time):
        if time < 2 or time >= 5:
            paste(frame, SQUARES["Anne"], 40 + 10 * time, 40)

    (track,) = tag(write_film(tmp_path / "a.mp4", drawn(7, paint))).tracks
    assert track.tag.name == "Anne"
    (a, b), (c, d) = track.tag.spans
    assert (a, d) == pytest.approx((0, 7), abs=0.1) and 1.5 <= b <= 2.6 and 5 <= c <= 5.6


def test_nobody_is_found_where_nobody_is(tmp_path):
    tagged = tag(write_film(tmp_path / "a.mp4", drawn(2, lambda frame, time: None)))
    assert tagged.tracks == ()


def test_what_does_not_move_is_looked_at_once(tmp_path):
    look = Looker()
    film = write_film(
        tmp_path / "a.mp4", drawn(6, lambda f, t: paste(f, SQUARES["Cleo"], 100, 100))
    )
    (track,) = tag(film, look).tracks
    assert look.looked <= 2
    assert track.tag.name is None and track.tag.spans == ((0.0, pytest.approx(6, abs=0.1)),)


def test_boxes_are_pixels_of_the_film_however_large_it_is(tmp_path):
    def paint(frame, time):
        frame[200:400, 400:600] = COLOURS["Bo"]

    film = write_film(tmp_path / "a.avi", drawn(1, paint, size=(1920, 1080)), codec="MJPG")
    (track,) = tag(film).tracks
    assert np.allclose(track.tag.box, (400, 200, 600, 400), atol=5)


def test_it_goes_on_where_it_was_stopped_and_comes_to_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(film_tagger, "SAVED_EVERY", 0.0)
    film, saved = write_film(tmp_path / "a.mp4", drawn(8, crossing)), tmp_path / "cache" / "a.npz"
    whole, look = Looker(), Looker()
    expected = tag(film, whole)

    def stop(done, of):
        if done > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tag(film, look, progress=stop, saved=saved)
    assert saved.is_file()
    rest = Looker()
    again = tag(film, rest, saved=saved)
    assert [t.tag.spans for t in again.tracks] == [t.tag.spans for t in expected.tracks]
    assert [t.tag.name for t in again.tracks] == [t.tag.name for t in expected.tracks]
    assert rest.looked < whole.looked - 5
    assert not saved.exists()


def test_a_damaged_memory_of_the_first_half_only_costs_time(tmp_path):
    film, saved = write_film(tmp_path / "a.mp4", drawn(2, crossing)), tmp_path / "a.npz"
    for content in (b"", b"nonsense", b"PK\x03\x04" + bytes(100)):
        saved.write_bytes(content)
        assert len(tag(film, saved=saved).tracks) == 2


def test_progress_is_in_seconds_of_the_film(tmp_path):
    seen = []
    tag(
        write_film(tmp_path / "a.mp4", drawn(3, crossing)),
        progress=lambda done, of: seen.append((done, of)),
    )
    assert seen == sorted(seen) and all(0 <= done <= of for done, of in seen)
    assert seen[-1][1] == pytest.approx(3, abs=0.1)


def test_what_is_no_film_is_an_error_that_names_it(tmp_path):
    with pytest.raises(PhotoError) as raised:
        tag(tmp_path / "none.mp4")
    assert raised.value.file == str(tmp_path / "none.mp4")


def test_real_faces_cross_leave_and_come_back_without_a_switch(untrained_tagger, tmp_path):
    """With the networks that come with the installation: every sighting is its track's person."""
    astronaut, other = faces.astronaut()[20:260, 110:350], faces.resized(faces.portrait(26), 0.7)

    def paint(frame, time):
        paste(frame, other, 420 - 45 * time, 130)
        if time < 3 or time > 5:
            paste(frame, astronaut, 20 + 50 * time, 20)

    film = write_film(tmp_path / "a.mp4", drawn(8, paint, size=(640, 360)))
    tagged = untrained_tagger.tag_film(film, same_person=LIKENESS.head.group_threshold)
    first, second = sorted(tagged.tracks, key=lambda track: -len(track.tag.spans))
    (a, b), (c, d) = first.tag.spans
    assert (a, d) == pytest.approx((0, 8), abs=0.1) and 2.4 <= b <= 3.1 and 4.9 <= c <= 5.6
    assert second.tag.spans == ((0.0, pytest.approx(8, abs=0.1)),)
    for track, left in ((first, lambda t: 20 + 50 * t), (second, lambda t: 420 - 45 * t)):
        for seen in track.track.sightings:
            middle = (seen.box[0] + seen.box[2]) / 2
            assert left(seen.time) < middle < left(seen.time) + 240
            assert seen.box[1] > 110 if track is second else seen.box[1] < 200
