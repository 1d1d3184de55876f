"""`write`: the library's names in sidecars and photos, what it would do, and taking it back."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import kindred
from data.library import Library
from data.library.name_writer import write_names
from data.regions import read_regions
from tests.data.library.samples import add_photo, face, row_of_faces
from tests.pictures import encoded


def test_writing_a_photo_asks_no_more_of_a_large_library(tmp_path, home):
    """In steps of SQLite's machine, since seconds differ from run to run."""

    def steps(photos: int) -> int:
        folder, steps = tmp_path / str(photos), [0]
        folder.mkdir()
        with Library(folder / "home") as library:
            with library.transaction():
                for number in range(photos):
                    people = [(number, f"P{number % 50}"), (number + 1, f"P{number % 49}")]
                    faces = row_of_faces(*people)
                    size = {"width": 200, "height": 100}
                    add_photo(
                        library, folder / f"{number}.jpg", faces,
                        data=jpeg(0) + str(number).encode(), **size,
                    )  # fmt: skip
            library.decisions.confirm(1, "P0")
            library.db.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 1)
            some = [str(folder / f"{number}.jpg") for number in range(0, photos, photos // 10)]
            assert all(one.change for one in write_names(library, some, dry_run=True))
            library.db.set_progress_handler(None, 1)
        return steps[0]

    assert steps(400) < 1.2 * steps(40)


def test_nothing_is_written_into_another_programs_library(tmp_path, home):
    inside = tmp_path / "Family.photoslibrary" / "originals"
    inside.mkdir(parents=True)
    size = {"width": 200, "height": 100}
    with Library(home) as library:
        add_photo(library, inside / "a.jpg", row_of_faces((1, "Anne")), data=jpeg(0), **size)
        (written,) = write_names(library, [str(inside / "a.jpg")])
    assert "a library of Apple Photos" in written.error and "Export it" in written.error
    assert [path.name for path in inside.iterdir()] == ["a.jpg"]


@pytest.fixture
def home(fresh_home) -> Path:
    return fresh_home


@pytest.fixture
def folder(home, tmp_path) -> Path:
    """Anne, confirmed; Bob, suggested; a stranger; Anne again, rejected. All 200 x 100."""
    folder = tmp_path / "photos"
    folder.mkdir()
    people = {"anne.jpg": "Anne", "bob.jpg": "Bob", "stranger.jpg": None, "not_anne.jpg": "Anne"}
    with Library(home) as library:
        for number, (name, person) in enumerate(people.items()):
            data = jpeg(number)
            size = {"width": 200, "height": 100}
            add_photo(library, folder / name, [face(number, person)], data=data, **size)
        library.decisions.confirm(faces(library, folder / "anne.jpg"), "Anne")
        library.decisions.reject(faces(library, folder / "not_anne.jpg"), "Anne")
    return folder


def jpeg(number: int) -> bytes:
    return encoded(np.full((100, 200, 3), 10 * number, np.uint8), "JPEG")


def faces(library: Library, path) -> list[int]:
    return [face.id for face in library.faces.of(library.photos.photo_of(path))]


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def written(folder: Path) -> dict[str, list[str | None]]:
    """The names in each photo's metadata."""
    return {
        path.name: [region.name for region in read_regions(path)] for path in folder.glob("*.jpg")
    }


def run(capsys, *arguments, status: int = 0) -> list[str]:
    capsys.readouterr()
    assert kindred.main(["write", *map(str, arguments)]) == status
    return capsys.readouterr().out.splitlines()


def test_names_go_into_sidecars_and_come_back_out(capsys, folder):
    before = content(folder)
    lines = run(capsys)
    assert lines[-1] == "changed 2 photos"
    assert sorted(set(content(folder)) - set(before)) == ["anne.jpg.xmp", "bob.jpg.xmp"]
    assert written(folder) == {
        "anne.jpg": ["Anne"], "bob.jpg": ["Bob"], "stranger.jpg": [], "not_anne.jpg": []
    }  # fmt: skip
    (region,) = read_regions(folder / "anne.jpg")
    assert region.to_pixels(200, 100) == pytest.approx((0, 10, 50, 70), abs=0.01)
    assert region.ours
    assert run(capsys)[-1] == "changed 0 photos"  # again is nothing
    run(capsys, "--undo")
    assert content(folder) == before


def test_a_dry_run_changes_nothing_and_says_what_it_would(capsys, folder, home):
    before = content(folder)
    lines = run(capsys, "--dry-run")
    assert lines[-1] == "would change 2 photos"
    assert f"    would change {folder / 'anne.jpg.xmp'}" in lines
    assert content(folder) == before and not (home / "writes").exists()
    assert "no writing that could be taken back" in _error(capsys, "--undo")


def test_only_confirmed_names(capsys, folder):
    run(capsys, "--confirmed")
    assert written(folder)["anne.jpg"] == ["Anne"] and written(folder)["bob.jpg"] == []


def test_only_these_photos(capsys, folder):
    run(capsys, folder / "bob.jpg")
    assert not (folder / "anne.jpg.xmp").exists() and (folder / "bob.jpg.xmp").exists()
    assert "Tag them first" in _error(capsys, folder / "elsewhere")
    assert kindred.main(["write", str(folder / "anne.jpg"), str(folder / "new.jpg")]) == 3
    assert f"{folder / 'new.jpg'}: it is not in the library" in capsys.readouterr().err
    assert (folder / "anne.jpg.xmp").exists()


def test_embedded_names_leave_the_pixels_and_the_library_knows(capsys, folder, home):
    before = content(folder)
    run(capsys, "--embed")
    after = content(folder)
    assert sorted(after) == sorted(before) and after["anne.jpg"] != before["anne.jpg"]
    assert after["anne.jpg"].endswith(before["anne.jpg"][-300:])
    assert written(folder)["anne.jpg"] == ["Anne"]
    with Library(home) as library:  # not one photo has to be tagged again
        assert list(library.photos.todo(folder.glob("*.jpg"), "net-1")) == []
    run(capsys, "--undo")
    assert content(folder) == before
    with Library(home) as library:
        assert list(library.photos.todo(folder.glob("*.jpg"), "net-1")) == []


def test_other_formats_get_a_sidecar_even_when_embedding(capsys, folder, home):
    with Library(home) as library:
        data = encoded(np.zeros((100, 200, 3), np.uint8))
        size = {"width": 200, "height": 100}
        add_photo(library, folder / "p.png", [face(7, "Bob")], data=data, **size)
    run(capsys, folder / "p.png", "--embed")
    assert (folder / "p.png").read_bytes() == data and (folder / "p.png.xmp").exists()


def test_a_changed_name_follows_and_a_rejected_one_goes(capsys, folder, home):
    run(capsys)
    with Library(home) as library:
        library.decisions.rename("Anne", "Anna")
        library.decisions.reject(faces(library, folder / "bob.jpg"), "Bob")
    run(capsys)
    assert written(folder)["anne.jpg"] == ["Anna"] and "Bob" not in written(folder)["bob.jpg"]
    run(capsys, "--undo")  # one run at a time, the last one first
    assert written(folder)["anne.jpg"] == ["Anne"] and written(folder)["bob.jpg"] == ["Bob"]
    run(capsys, "--undo")
    assert not list(folder.glob("*.xmp"))


def test_ignored_people_are_not_written(capsys, folder, home):
    with Library(home) as library:
        library.decisions.ignore_person("Bob")
    run(capsys)
    assert not (folder / "bob.jpg.xmp").exists()


def test_one_photo_that_fails_stops_no_other(capsys, folder):
    (folder / "anne.jpg.xmp").write_text("<broken")
    capsys.readouterr()
    assert kindred.main(["write"]) == 3
    assert "anne.jpg.xmp" in capsys.readouterr().err
    assert (folder / "anne.jpg.xmp").read_text() == "<broken"
    assert written_names(folder / "bob.jpg") == ["Bob"]


@pytest.mark.parametrize("embed", [False, True])
def test_another_picture_at_the_same_place_gets_no_names(capsys, folder, embed):
    (folder / "anne.jpg").write_bytes(jpeg(9))
    before = content(folder)["anne.jpg"]
    capsys.readouterr()
    assert kindred.main(["write", *(["--embed"] if embed else [])]) == 3
    said = capsys.readouterr()
    assert "anne.jpg: The photo has changed since it was tagged. Tag it again" in said.err
    assert "changed 1 photo" in said.out  # Bob's
    assert content(folder)["anne.jpg"] == before and not (folder / "anne.jpg.xmp").exists()


def test_undo_leaves_what_somebody_changed_since(capsys, folder):
    run(capsys)
    other = (folder / "anne.jpg.xmp").read_bytes() + b" "
    (folder / "anne.jpg.xmp").write_bytes(other)
    run(capsys, "--undo", status=3)
    assert (folder / "anne.jpg.xmp").read_bytes() == other
    assert not (folder / "bob.jpg.xmp").exists()


def test_what_somebody_changed_does_not_stand_before_earlier_runs(capsys, folder, home):
    run(capsys)
    with Library(home) as library:
        library.decisions.rename("Anne", "Anna")
    run(capsys)
    sidecar = folder / "anne.jpg.xmp"
    ours, others = sidecar.read_bytes(), sidecar.read_bytes() + b" "
    sidecar.write_bytes(others)
    put_back = f"put back {folder / 'bob.jpg.xmp'}"
    assert run(capsys, "--undo", status=3) == [put_back, "put back 1 photo"]
    assert sidecar.read_bytes() == others
    sidecar.write_bytes(ours)  # the other program's change is taken back
    run(capsys, "--undo")
    assert written(folder)["anne.jpg"] == ["Anne"]
    run(capsys, "--undo")
    assert not list(folder.glob("*.xmp"))


@pytest.mark.parametrize("embed", [False, True])
def test_undo_goes_on_where_it_failed(capsys, folder, home, monkeypatch, embed):
    options = ["--embed"] if embed else []
    before = content(folder)
    run(capsys, *options)
    first = content(folder)
    with Library(home) as library:
        library.decisions.rename("Anne", "Anna")
        library.decisions.rename("Bob", "Rob")
    run(capsys, *options)
    protected = str(folder / ("anne.jpg" if embed else "anne.jpg.xmp"))
    with monkeypatch.context() as patch:  # not by its mode: root may write all the same
        patch.setattr("data.regions.change_journal.os.access", lambda path, _: path != protected)
        for put_back in (1, 0):
            capsys.readouterr()
            assert kindred.main(["write", "--undo"]) == 3
            said = capsys.readouterr()
            assert f"put back {put_back} photo" in said.out
            assert f"{protected}: The file cannot be written" in said.err
            assert "write-protected" in said.err and "Check that it" in said.err
    assert content(folder) != first
    assert run(capsys, "--undo")[-1] == "put back 1 photo"
    assert content(folder) == first
    assert run(capsys, "--undo")[-1] == "put back 2 photos"
    assert content(folder) == before
    assert "no writing that could be taken back" in _error(capsys, "--undo")
    with Library(home) as library:  # not one photo has to be tagged again
        assert list(library.photos.todo(folder.glob("*.jpg"), "net-1")) == []


def test_a_run_killed_between_noting_and_writing_can_be_undone(folder, home, monkeypatch, capsys):
    before = content(folder)

    class Killed(BaseException):
        pass

    def kill(change):
        raise Killed

    monkeypatch.setattr("data.library.name_writer.apply", kill)
    with Library(home) as library, pytest.raises(Killed):
        list(write_names(library, library.records.paths()))
    (journal,) = (home / "writes").iterdir()
    journal.write_text(journal.read_text() + '{"photo": "cut sho')
    assert content(folder) == before
    run(capsys, "--undo")
    assert content(folder) == before


def test_names_that_metadata_cannot_hold_are_an_error_for_that_photo(folder, home, capsys):
    with Library(home) as library:
        library.decisions.rename("Anne", "An\x00ne")
    capsys.readouterr()
    assert kindred.main(["write"]) == 3
    assert "Rename the person" in capsys.readouterr().err
    assert written_names(folder / "bob.jpg") == ["Bob"]


def written_names(path) -> list[str | None]:
    return [region.name for region in read_regions(path)]


def _error(capsys, *arguments) -> str:
    capsys.readouterr()
    assert kindred.main(["write", *map(str, arguments)]) == 1
    return capsys.readouterr().err


def test_the_journal_is_plain_json(capsys, folder, home):
    run(capsys)
    (journal,) = (home / "writes").iterdir()
    photos = [json.loads(line)["photo"] for line in journal.read_text("ascii").splitlines()]
    assert [os.path.basename(photo) for photo in photos] == ["anne.jpg", "bob.jpg"]
