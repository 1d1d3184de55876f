"""Photos in the library: done once, found again after a move, kept when they are done anew."""

from __future__ import annotations

import os
from datetime import datetime

import numpy as np
import pytest

from data.library import Library, Todo, content_of
from tests.data.library.samples import NETWORK, add_photo, face, row_of_faces, vector


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "home") as library:
        yield library


def todo(library, *paths, **more):
    return [file.path for file in library.photos.todo(paths, NETWORK, **more)]


def test_a_face_comes_back_as_it_was_written(library, tmp_path):
    tag = face(5, "Anne", at=3.25, score=0.75)
    photo = add_photo(library, tmp_path / "a.jpg", [tag])
    (found,) = library.faces.of(photo)
    np.testing.assert_array_equal(found.box, tag.box)
    np.testing.assert_array_equal(found.landmarks, tag.landmarks)
    np.testing.assert_array_equal(found.embedding, tag.embedding)
    assert (found.score, found.network, found.photo) == (0.75, NETWORK, photo)
    assert found.box.dtype == found.landmarks.dtype == found.embedding.dtype == np.float32
    assert library.suggestions.name(found.id).name == "Anne"
    ids, vectors = library.faces.embeddings(NETWORK)
    assert ids.tolist() == [found.id] and vectors.shape == (1, 16)
    assert library.faces.embeddings("other")[1].shape == (0, 0)


def test_a_photo_without_faces_is_done_too(library, tmp_path):
    photo = add_photo(library, tmp_path / "a.jpg")
    assert library.faces.of(photo) == []
    assert todo(library, tmp_path / "a.jpg") == []


def test_only_new_and_changed_files_are_to_do(library, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"one")
    assert todo(library, path, tmp_path / "gone.jpg", tmp_path) == [str(path)]
    add_photo(library, path, data=b"one")
    assert todo(library, path) == []
    assert [file.path for file in library.photos.todo([path], "net-2")] == [str(path)]
    path.write_bytes(b"another")
    assert todo(library, path) == [str(path)]


def test_a_moved_file_keeps_its_names_and_a_copy_is_known(library, tmp_path):
    old, new, copy = (tmp_path / name for name in ("old.jpg", "new.jpg", "copy.jpg"))
    photo = add_photo(library, old, [face(1)])
    library.decisions.confirm(library.faces.of(photo)[0].id, "Anne")
    data = old.read_bytes()
    old.rename(new)
    copy.write_bytes(data)
    for path in (new, copy):
        (file,) = library.photos.todo([path], NETWORK)
        assert library.photos.known(file, content_of(data), NETWORK) == photo
    assert library.photos.paths(photo) == [copy, new]
    assert library.find(["Anne"]) == [copy]
    assert todo(library, new, copy) == []
    assert library.photos.known(file, content_of(b"else"), NETWORK) is None
    assert library.photos.known(file, content_of(data), "net-2") is None


def test_a_failed_photo_is_tried_again_when_it_changes(library, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"half")
    (file,) = library.photos.todo([path], NETWORK)
    library.photos.record_failure(file, "it ends too soon")
    assert library.photos.failures() == [(path, "it ends too soon")]
    assert todo(library, path) == []
    assert todo(library, path, retry_failed=True) == [str(path)]
    path.write_bytes(b"whole")
    assert todo(library, path) == [str(path)]
    add_photo(library, path, data=b"whole")
    assert library.photos.failures() == []


def test_another_network_keeps_faces_and_decisions(library, tmp_path):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, row_of_faces((1, None), (2, None), (3, None)))
    anne, bob, third = (found.id for found in library.faces.of(photo))
    library.decisions.confirm(anne, "Anne")
    library.decisions.reject(bob, "Anne")
    drawn = library.photos.add_face(photo, [500, 10, 560, 80])
    # The new network finds the first face a little aside, not the other ones, and a fourth.
    found = [face(11, "Bob", at=4), face(14, None, at=350)]
    assert add_photo(library, path, found, network="net-2") == photo
    by_id = {found.id: found for found in library.faces.of(photo)}
    assert set(by_id) == {anne, bob, drawn, max(by_id)} and third not in by_id
    assert by_id[anne].network == "net-2"
    np.testing.assert_array_equal(by_id[anne].embedding, vector(11))
    assert library.suggestions.name(anne).name == "Anne"
    assert by_id[drawn].by_hand and by_id[drawn].landmarks.shape == (0, 2)


def test_changed_metadata_keeps_the_photo_but_another_picture_does_not(library, tmp_path):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, [face(1)], data=b"picture")
    library.decisions.confirm(library.faces.of(photo)[0].id, "Anne")
    assert add_photo(library, path, [face(1)], data=b"picture+names") == photo
    assert add_photo(library, path, [face(2)], data=b"another picture") != photo
    assert library.find(["Anne"]) == []
    back = tmp_path / "back.jpg"  # either content brings the names back
    assert add_photo(library, back, [face(1)], data=b"picture") == photo
    assert library.find(["Anne"]) == [back]


def test_our_own_writing_into_a_file_is_not_a_new_photo(library, tmp_path):
    path = tmp_path / "a.jpg"
    photo = add_photo(library, path, [face(1)])
    path.write_bytes(b"with names")
    assert library.photos.rewritten(path, content_of(b"with names"))
    assert todo(library, path) == [] and library.photos.photo_of(path) == photo
    assert not library.photos.rewritten(tmp_path / "b.jpg", content_of(b"b"))


def test_a_vanished_file_is_not_found_but_not_lost(library, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = add_photo(library, folder / "a.jpg", [face(1, "Anne")])
    add_photo(library, tmp_path / "photos2.jpg", [face(2, "Anne")])
    (folder / "a.jpg").rename(tmp_path / "away.jpg")
    assert library.photos.sweep(tmp_path / "not there") == 0
    assert library.photos.sweep(folder) == 1
    assert library.photos.sweep(folder) == 0
    assert library.find(["Anne"]) == [tmp_path / "photos2.jpg"]
    (tmp_path / "away.jpg").rename(folder / "a.jpg")
    (file,) = library.photos.todo([folder / "a.jpg"], NETWORK)
    assert library.photos.known(file, content_of(b"a.jpg"), NETWORK) == photo
    assert len(library.find(["Anne"])) == 2


@pytest.mark.parametrize("name", [b"new\nline.jpg", b"caf\xe9\xff.jpg", "Zoë 👩‍👧.jpg".encode()])
def test_any_file_name_comes_back_byte_for_byte(library, tmp_path, name):
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, "wb") as file:
        file.write(b"x")
    (file,) = library.photos.todo([path], NETWORK)
    library.photos.record(
        file, content_of(b"x"), width=1, height=1, taken=None, network=NETWORK, faces=[]
    )
    (found,) = library.find()
    assert os.fsencode(found) == path and found.read_bytes() == b"x"
    assert todo(library, path, os.fsdecode(path)) == []


def test_faces_and_photo_are_kept_together_or_not_at_all(library, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")
    (file,) = library.photos.todo([path], NETWORK)
    broken = [face(1), face(2, "lone surrogate \ud800", at=100)]
    size = {"width": 1, "height": 1, "taken": datetime(2020, 1, 1)}
    with pytest.raises(Exception, match="valid Unicode"):
        library.photos.record(
            file, content_of(b"x"), **size, network=NETWORK, faces=broken, model="m"
        )
    assert todo(library, path) == [str(path)]
    for table in ("photos", "contents", "faces", "people", "paths"):
        assert library.db.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)


def test_an_unchanged_photo_takes_one_look_up_and_is_not_opened(library, tmp_path, monkeypatch):
    folder = tmp_path / "many"
    folder.mkdir()
    paths = [folder / f"{number}.jpg" for number in range(300)]
    with library.transaction():
        for number, path in enumerate(paths):
            path.touch()
            now = path.stat()
            library.photos.record(
                Todo(str(path), now.st_size, now.st_mtime_ns),
                content_of(str(number).encode()),
                width=1,
                height=1,
                taken=None,
                network=NETWORK,
                faces=[],
            )
    asked = []
    library.db.set_trace_callback(asked.append)
    monkeypatch.setattr("builtins.open", None)
    assert todo(library, *paths) == []
    assert len(asked) == len(paths)
    assert "SCAN" not in plan_of(library, asked[0])  # found by an index, however many there are


def plan_of(library, sql: str) -> str:
    library.db.set_trace_callback(None)
    return str(library.db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall())
