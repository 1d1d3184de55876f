"""The folders of a library, what removing them takes and leaves, and looking again."""

from __future__ import annotations

import pytest

from data.errors import LibraryError
from data.library import Library, content_of
from data.library.photos.library_folders import Folder, Leaving
from tests.data.library.samples import NETWORK, add_photo, family, row_of_faces

TABLES = ("photos", "contents", "paths", "faces", "suggestions", "recognised", "rejections", "said")


@pytest.fixture
def library(tmp_path):
    with family(tmp_path) as library:
        yield library


def rows(library: Library) -> dict[str, int]:
    return {
        table: library.db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in TABLES
    }


def names(library: Library) -> list[tuple[str, int, int]]:
    return [(one.name, one.photos, one.confirmed) for one in library.people.list()]


def walked(library: Library, found, asked) -> tuple[list, dict]:
    left_out: dict = {}
    return list(library.folders.admit(map(str, found), map(str, asked), left_out)), left_out


def test_folders_are_listed_with_what_is_in_them(library, tmp_path):
    photos = tmp_path / "photos"
    below = photos / "2020"
    below.mkdir()
    add_photo(library, below / "z.jpg", row_of_faces((1, "Anne")))
    damaged = tmp_path / "scans" / "damaged.jpg"
    damaged.parent.mkdir()
    damaged.write_text("no photo")
    (todo,) = library.photos.todo([damaged], NETWORK)
    library.photos.record_failure(todo, "no photo")
    library.decisions.confirm([1, 2], "Anne")
    (photos / "a.jpg").unlink()
    library.photos.sweep(photos)
    here = Folder(tmp_path / "photos", photos=3, missing=1, confirmed=2)
    scans = Folder(damaged.parent, unreadable=1)
    assert library.folders.list() == [here, Folder(below, photos=1), scans]
    assert library.folders.list(below) == [Folder(below, photos=1)]


def test_nothing_is_left_of_a_photo_about_which_nobody_decided(library, tmp_path):
    library.records.say(tmp_path / "photos" / "cx.jpg", ["Cindy"], "Takeout")
    assert library.remove([tmp_path / "photos"]) == Leaving(4, 4, 0)
    assert set(rows(library).values()) == {0}
    assert library.people.list() == [] and library.find() == [] and library.folders.list() == []


def test_what_was_decided_waits_for_the_photo(library, tmp_path):
    photo = tmp_path / "photos" / "ab.jpg"
    library.decisions.confirm(1, "Zoe")
    library.decisions.reject(2, "Bob")
    before = rows(library)
    assert library.folders.leaving([photo]) == library.remove([photo]) == Leaving(1, 1, 1)
    assert ("Zoe", 0, 0) in names(library)
    assert [face.embedding.size for face in library.faces.of(1)] == [0, 0]
    elsewhere = tmp_path / "elsewhere.jpg"
    photo.rename(elsewhere)
    add_photo(library, elsewhere, row_of_faces((1, "Anne"), (2, "Bob")), data=b"ab.jpg")
    assert rows(library) == before
    assert library.photos.photo_of(elsewhere) == 1
    assert [face.name for face in library.records.tags(elsewhere).faces] == ["Zoe", None]
    assert all(face.embedding.size for face in library.faces.of(1))
    library.decisions.undo()
    library.decisions.undo()
    assert [face.name for face in library.records.tags(elsewhere).faces] == ["Anne", "Bob"]


def test_a_removed_photo_teaches_nobody(library, tmp_path):
    library.decisions.confirm(1, "Zoe")
    assert library.recognition.known() == ["Zoe"]
    library.remove([tmp_path / "photos" / "ab.jpg"])
    assert library.recognition.known() == []


def test_a_copy_elsewhere_keeps_the_photo(library, tmp_path):
    copy = tmp_path / "copies" / "copy of ab.jpg"
    copy.parent.mkdir()
    add_photo(library, copy, row_of_faces((1, "Anne"), (2, "Bob")), data=b"ab.jpg")
    library.decisions.confirm(1, "Anne")
    before = rows(library)
    assert library.remove([copy.parent]) == Leaving(1, 0, 0)
    assert rows(library) == {**before, "paths": before["paths"] - 1}
    assert library.find(["Anne"], confirmed=True) == [tmp_path / "photos" / "ab.jpg"]


def test_what_is_gone_from_the_disk_can_be_removed(library, tmp_path):
    folder = tmp_path / "photos"
    moved = tmp_path / "moved.jpg"
    (folder / "a.jpg").rename(moved)
    add_photo(library, moved, row_of_faces((1, "Anne")), data=b"a.jpg")  # a.jpg counts as missing
    assert library.remove([moved]) == Leaving(2, 1, 0)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert library.remove([folder]) == Leaving(3, 3, 0)


def test_what_is_not_known_is_said_and_nothing_is_removed(library, tmp_path):
    before = rows(library)
    with pytest.raises(LibraryError, match=r"nothing.jpg: .*knows no photo there.*kindred.py lib"):
        library.remove([tmp_path / "photos", tmp_path / "nothing.jpg"])
    assert rows(library) == before and library.folders.removed() == []


def test_a_walk_from_above_leaves_removed_places_out(library, tmp_path):
    folder = tmp_path / "photos"
    files, new = [folder / "a.jpg", folder / "ab.jpg"], folder / "new" / "x.jpg"
    library.remove([folder / "a.jpg"])
    library.remove([folder])
    assert library.folders.removed() == [folder]
    kept, left_out = walked(library, [*files, new, tmp_path / "y.jpg"], [tmp_path])
    assert kept == [str(tmp_path / "y.jpg")] and list(left_out) == [str(folder)]
    assert walked(library, [new], [folder / "new"]) == ([str(new)], {})  # named, and the rest stays
    assert walked(library, files, [tmp_path])[0] == []
    assert walked(library, files, [tmp_path, folder]) == ([*map(str, files)], {})
    assert library.folders.removed() == []
    assert walked(library, files, [tmp_path]) == ([*map(str, files)], {})


def test_looking_again_keeps_faces_and_decisions(library, tmp_path):
    photo = tmp_path / "photos" / "ab.jpg"
    library.decisions.confirm(1, "Zoe")
    assert list(library.photos.todo([photo], NETWORK)) == []
    assert library.folders.look_again([photo]) == 1
    (todo,) = library.photos.todo([photo], NETWORK)
    assert library.photos.known(todo, content_of(b"ab.jpg"), NETWORK) is None
    add_photo(library, photo, row_of_faces((1, "Anne"), (2, "Carl")))
    assert [face.id for face in library.faces.of(1)] == [1, 2]
    assert [face.name for face in library.records.tags(photo).faces] == ["Zoe", "Carl"]
    assert list(library.photos.todo([photo], NETWORK)) == []
    assert library.folders.look_again([tmp_path]) == 4
