"""Family folders: who is in them, names in any script, what is left out and why."""

from __future__ import annotations

import os

import pytest

import data.family
from data.errors import FamilyError
from data.family import read_family


def make(folder, *files: str) -> None:
    """Empty files; a name that ends with a slash is a folder."""
    for file in files:
        path = folder / file
        if file.endswith("/"):
            path.mkdir(parents=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")


def relative(folder, paths) -> list[str]:
    return [os.path.relpath(path, folder) for path in paths]


def test_one_folder_a_person_and_folders_further_down(tmp_path):
    make(tmp_path, "Anne/b.jpg", "Anne/a.JPG", "Anne/2019/summer/c.heic", "Bob/1.png", "Bob/2.webp")
    family = read_family(str(tmp_path))
    assert family.folder == tmp_path and family.left_out == ()
    assert list(family.photos) == ["Anne", "Bob"]
    found = {name: relative(tmp_path, paths) for name, paths in family.photos.items()}
    assert found == {
        "Anne": ["Anne/a.JPG", "Anne/b.jpg", "Anne/2019/summer/c.heic"],
        "Bob": ["Bob/1.png", "Bob/2.webp"],
    }


def test_what_is_not_a_persons_photo_is_left_out_with_a_reason(tmp_path):
    make(tmp_path, "Anne/a.jpg", "Anne/notes.txt", "loose.jpg", "Empty/", "Texts/a.txt")
    family = read_family(tmp_path)
    assert list(family.photos) == ["Anne"] and len(family.photos["Anne"]) == 1
    assert {os.path.relpath(path, tmp_path): why for path, why in family.left_out} == {
        "loose.jpg": "it is not in a person's folder",
        "Empty": "there is no photo in it",
        "Texts": "there is no photo in it",
    }


def test_hidden_files_and_folders_are_nobodys(tmp_path):
    make(tmp_path, "Anne/a.jpg", "Anne/.b.jpg", "Anne/.thumbs/c.jpg", ".git/a.jpg", ".DS_Store")
    family = read_family(tmp_path)
    assert {n: len(p) for n, p in family.photos.items()} == {"Anne": 1}
    assert family.left_out == ()


NAMES = ["Zoë O'Neil-Smith", "李雷", "محمد", "👩‍🚀 Eileen", "a.b", "Ольга", "3"]


def test_names_in_any_script(tmp_path):
    make(tmp_path, *(f"{name}/1.jpg" for name in NAMES))
    family = read_family(tmp_path)
    assert set(family.photos) == set(NAMES)
    for name, (path,) in family.photos.items():
        assert path == str(tmp_path / name / "1.jpg")


def test_white_space_in_a_name_is_one_space_so_that_a_name_is_one_line(tmp_path):
    make(tmp_path, " Anne \n  Marie\u2028B /1.jpg", "Bob\tC/1.jpg")
    assert set(read_family(tmp_path).photos) == {"Anne Marie B", "Bob C"}


def test_folders_of_the_same_name_are_one_person(tmp_path):
    make(tmp_path, "Anne Marie/1.jpg", "Anne  Marie/2.jpg")
    (paths,) = read_family(tmp_path).photos.values()
    assert sorted(map(os.path.basename, paths)) == ["1.jpg", "2.jpg"]


def test_a_name_that_is_not_valid_text(tmp_path):
    folder = os.fsencode(tmp_path) + b"/Ren\xe9"
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system takes only valid names")
    with open(folder + b"/1.jpg", "wb"):
        pass
    ((name, (path,)),) = read_family(tmp_path).photos.items()
    assert name == "Ren\ufffd" and name.encode()  # can be written anywhere
    assert os.fsencode(path) == folder + b"/1.jpg"


def test_links_to_photos_and_folders_are_followed(tmp_path):
    make(tmp_path, "elsewhere/x.jpg", "elsewhere/more/y.jpg", "family/Anne/")
    (tmp_path / "family" / "Anne" / "x.jpg").symlink_to(tmp_path / "elsewhere" / "x.jpg")
    (tmp_path / "family" / "Bob").symlink_to(tmp_path / "elsewhere" / "more")
    family = read_family(tmp_path / "family")
    assert {n: relative(tmp_path / "family", p) for n, p in family.photos.items()} == {
        "Anne": ["Anne/x.jpg"],
        "Bob": ["Bob/y.jpg"],
    }


def test_a_folder_that_cannot_be_read_is_left_out_and_the_others_are_not(tmp_path, monkeypatch):
    make(tmp_path, "Anne/a.jpg", "Anne/locked/b.jpg", "Locked/c.jpg")
    scandir = os.scandir

    def guarded(path):
        if os.fspath(path).lower().endswith("locked"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    family = read_family(tmp_path)
    assert {n: relative(tmp_path, p) for n, p in family.photos.items()} == {"Anne": ["Anne/a.jpg"]}
    left_out = [(os.path.relpath(path, tmp_path), why) for path, why in family.left_out]
    for folder in ("Anne/locked", "Locked"):
        assert any(path == folder and "Permission denied" in why for path, why in left_out)


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ((), "nobody"),
        (("a.jpg", "b.jpg"), "nobody"),
        (("Anne/", "Bob/notes.txt"), "nobody"),
        ((".hidden/a.jpg",), "nobody"),
    ],
)
def test_nobody_in_the_folder(tmp_path, files, match):
    make(tmp_path, *files)
    with pytest.raises(FamilyError, match=match) as caught:
        read_family(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "one folder for each person" in caught.value.remedy


def test_no_such_folder(tmp_path):
    make(tmp_path, "file")
    for path in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(FamilyError, match="cannot be read") as caught:
            read_family(path)
        assert str(path) in str(caught.value) and caught.value.remedy


def test_the_module_needs_no_network():
    assert not hasattr(data.family, "tf")


def test_kinds_that_are_not_read_are_told(tmp_path):
    make(tmp_path, "Anne/a.psd", "Anne/b.PSD", "Bob/c.xcf", "loose.txt")
    with pytest.raises(FamilyError, match=r"nobody in this folder\. Anne: .*2 PSD\. Bob: .*1 XCF"):
        read_family(tmp_path)
    make(tmp_path, "Anne/1.jpg", "Cleo/Cleo.photoslibrary/1.jpg")
    left_out = {os.path.basename(path): why for path, why in read_family(tmp_path).left_out}
    assert "2 PSD" in left_out["Anne"] and "a library of Apple Photos" in left_out["Cleo"]
    assert "1 XCF" in left_out["Bob"]
