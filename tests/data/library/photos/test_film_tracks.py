"""Films in the library: tracks keep numbers and decisions; forgetting removes looks as well."""

from __future__ import annotations

import numpy as np
import pytest

from data.library import Library, Todo
from data.library.photos.film_tracks import FilmTracks, TrackTimes
from data.tags import FaceTag

POINTS = np.zeros((5, 2), np.float32)


def unit(*values):
    vector = np.array(values, np.float32)
    return vector / np.linalg.norm(vector)


ANNE, BO = unit(1, 0, 0, 0.1), unit(0, 1, 0, 0.1)


def key_face(x, vector, name=None, confidence=0.9):
    box = np.array([x, 10, x + 40, 60], np.float32)
    return FaceTag(name, confidence, box, POINTS, 0.9, vector, 0.8)


def times(time, *spans, examples=(ANNE,)):
    return TrackTimes(time, spans, np.stack(examples))


def record(library, path, faces, tracks, network="n", content=b"f" * 32):
    path.touch()
    status = path.stat()
    return library.photos.record(
        Todo(str(path), status.st_size, status.st_mtime_ns),
        content,
        width=640,
        height=360,
        taken=None,
        network=network,
        faces=faces,
        model="m",
        film=FilmTracks(12.0, tuple(tracks)),
    )


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def film(library, tmp_path):
    faces = [key_face(20, ANNE, "Anne"), key_face(300, BO, None, 0.7)]
    tracks = [times(1.0, (0.0, 3.0), (7.0, 9.0)), times(2.0, (1.0, 4.0), examples=(BO,))]
    return record(library, tmp_path / "a.mp4", faces, tracks)


def test_the_record_of_a_film(library, film):
    assert library.films.tags(film, "a.mp4").to_json() == {
        "video": "a.mp4",
        "width": 640,
        "height": 360,
        "duration": 12.0,
        "people": [
            {
                "name": "Anne",
                "confidence": 0.9,
                "spans": [[0.0, 3.0], [7.0, 9.0]],
                "best": {"time": 1.0, "box": [20.0, 10.0, 60.0, 60.0]},
            },
            {
                "name": None,
                "confidence": 0.7,
                "spans": [[1.0, 4.0]],
                "best": {"time": 2.0, "box": [300.0, 10.0, 340.0, 60.0]},
            },
        ],
        "error": None,
    }
    assert library.films.duration(film) == 12.0


def test_two_tracks_of_one_name_are_one_person(library, film):
    anne, bo = (face.id for face in library.faces.of(film))
    library.decisions.confirm([anne, bo], "Anne")
    (person,) = library.films.tags(film, "a.mp4").to_json()["people"]
    assert person["name"] == "Anne"
    assert person["spans"] == [[0.0, 3.0], [1.0, 4.0], [7.0, 9.0]]


def test_a_photo_is_no_film(library, tmp_path):
    (tmp_path / "a.jpg").touch()
    todo = Todo(str(tmp_path / "a.jpg"), 0, 0)
    photo = library.photos.record(
        todo, b"p" * 32, width=9, height=9, taken=None, network="n", faces=[key_face(0, ANNE)]
    )
    assert library.films.tags(photo, "a.jpg") is None
    assert library.films.duration(photo) is None and library.films.times(photo) == {}


def test_tracks_keep_their_numbers_and_names_when_another_network_looks(library, film, tmp_path):
    before = [face.id for face in library.faces.of(film)]
    library.decisions.confirm(before[1], "Bo")
    # The same people at nearly the same times; their key faces have changed places.
    faces = [key_face(20, unit(0, 0, 1)), key_face(300, unit(0, 1, 1))]
    tracks = [times(3.5, (1.2, 4.0)), times(8.0, (0.1, 3.0), (7.0, 9.0))]
    assert record(library, tmp_path / "a.mp4", faces, tracks, network="other") == film
    people = library.films.tags(film, "a.mp4").people
    assert [(p.name, p.time) for p in people] == [(None, 8.0), ("Bo", 3.5)]
    assert sorted(f.id for f in library.faces.of(film)) == before


def test_two_people_at_one_moment_are_told_apart_by_their_place(library, tmp_path):
    pair = [times(1.0, (0.0, 3.0)), times(1.0, (0.0, 3.0))]
    path = tmp_path / "a.mp4"
    photo = record(library, path, [key_face(20, ANNE), key_face(300, BO)], pair)
    left, right = sorted(library.faces.of(photo), key=lambda face: face.box[0])
    library.decisions.confirm(right.id, "Bo")
    record(library, path, [key_face(302, BO), key_face(22, ANNE)], pair, network="other")
    again = {face.id: face.box[0] for face in library.faces.of(photo)}
    assert again == {left.id: 22, right.id: 302}


def test_the_times_and_the_looks_of_tracks(library, film):
    found = library.films.times(film)
    anne, bo = (face.id for face in library.faces.of(film))
    assert found[anne].spans == ((0.0, 3.0), (7.0, 9.0)) and found[bo].time == 2.0
    assert np.allclose(found[bo].examples, [BO])
    assert library.films.moments([anne, bo, 99]) == {anne: 1.0, bo: 2.0}


def test_forgetting_somebody_removes_the_looks_as_well(library, film):
    anne, bo = (face.id for face in library.faces.of(film))
    library.decisions.confirm(bo, "Bo")
    library.forget("Bo")
    found = library.films.times(film)
    assert found[bo].examples.size == 0 and found[anne].examples.size == 4
    content = library.file.read_bytes()
    assert BO.astype("<f4").tobytes() not in content
    assert ANNE.astype("<f4").tobytes() in content


def test_a_removed_film_leaves_what_was_decided_and_gets_it_back(library, film, tmp_path):
    path = tmp_path / "a.mp4"
    library.decisions.confirm(library.films.tracks(film)[0], "Anne")
    assert library.folders.list()[0].films == 1
    assert library.remove([path]).confirmed == 1
    assert library.folders.list() == []
    again = record(library, path, [key_face(21, ANNE)], [times(1.0, (0.0, 3.0), (7.0, 9.0))])
    (anne,) = library.films.tags(again, path).people
    assert (again, anne.name, anne.confidence) == (film, "Anne", 1.0)
    library.decisions.undo()
    library.remove([path])
    other = record(library, path, [key_face(21, ANNE)], [times(1.0, (0.0, 3.0))], content=b"g" * 32)
    library.remove([path])
    assert library.films.duration(other) is None
