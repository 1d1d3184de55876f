"""What a walk leaves alone because it is another program's, or was asked to, and what it says."""

from __future__ import annotations

import os

import pytest

from data.media.folders import (
    LeftOut,
    find_photos,
    is_excluded,
    is_walked,
    program_that_owns,
)

PACKAGES = [
    "Family.photoslibrary", "Old.photolibrary", "My.aplibrary", "Fotos.migratedphotolibrary",
    "Catalog Previews.lrdata", "Catalog Smart Previews.lrdata", "Book.cocatalog", "X.cosession",
    "Eagle.library", "Holiday.imovielibrary", "Time.backupdb", "Disk.sparsebundle",
    "Some.app", "Private.nosync", "Private.noindex", "CaptureOne", "appdata_oc1a2b3c",
    "FAMILY.PHOTOSLIBRARY", "Notes.dtBase2", "Film.iMovieProj",
]  # fmt: skip
MARKS = [".nomedia", ".nosync", ".NoMedia", "CACHEDIR.TAG", ".ppstorage"]


def photo(path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def walk(top, **options) -> tuple[list[str], LeftOut]:
    left_out = LeftOut()
    return list(find_photos([top], left_out=left_out, **options)), left_out


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_and_caches_of_other_programs_are_left_alone_and_named_once(tmp_path, package):
    ours = photo(tmp_path / "ours.jpg")
    for place in ("originals/0/a.jpg", "resources/derivatives/a.jpg", "b.jpg"):
        inside = photo(tmp_path / "Pictures" / package / place)
    found, left_out = walk(tmp_path)
    assert found == [ours] and list(left_out.folders) == [str(tmp_path / "Pictures" / package)]
    (said,) = left_out.sentences()
    assert said.startswith(f"left alone: {tmp_path / 'Pictures' / package} (")
    found, left_out = walk(tmp_path / "Pictures" / package)
    assert found == [] and list(left_out.folders) == [str(tmp_path / "Pictures" / package)]
    assert not is_walked(os.path.dirname(inside), str(tmp_path))
    assert bool(program_that_owns(inside)) is not package.endswith((".nosync", ".noindex"))
    assert list(find_photos([inside])) == [inside]  # named by somebody


@pytest.mark.parametrize("mark", MARKS)
def test_marked_folders_are_left_alone_with_all_below(tmp_path, mark):
    ours = photo(tmp_path / "ours.jpg")
    photo(tmp_path / "marked" / "below" / "a.jpg")
    (tmp_path / "marked" / mark).touch()
    found, left_out = walk(tmp_path)
    assert found == [ours] and list(left_out.folders) == [str(tmp_path / "marked")]
    assert not is_walked(str(tmp_path / "marked" / "below"), str(tmp_path)) or mark == ".NoMedia"
    assert len(walk(tmp_path / "marked")[0]) == 1  # its name was given


@pytest.mark.parametrize("name", ["library", "photoslibrary", "my library", "app", "pages", "keys"])
def test_folders_that_only_sound_alike_are_walked(tmp_path, name):
    ours = photo(tmp_path / name / "a.jpg")
    assert walk(tmp_path)[0] == [ours] and is_walked(str(tmp_path / name), str(tmp_path))
    assert program_that_owns(ours) is None


@pytest.mark.parametrize("catalogue", ["Library6.iPhoto", "Library.iPhoto", "iPhotoMain.db"])
def test_an_old_library_of_iphoto_has_any_name(tmp_path, catalogue):
    ours = photo(tmp_path / "ours.jpg")
    inside = photo(tmp_path / "iPhoto Library" / "Originals" / "2008" / "a.jpg")
    (tmp_path / "iPhoto Library" / catalogue).touch()
    for top, found in ((tmp_path, [ours]), (tmp_path / "iPhoto Library", [])):
        taken, left_out = walk(top)
        assert taken == found
        assert left_out.folders == {str(tmp_path / "iPhoto Library"): "a library of iPhoto"}
    assert program_that_owns(inside) == "a library of iPhoto" and program_that_owns(ours) is None
    assert not is_walked(os.path.dirname(inside), str(tmp_path))


def test_previews_of_immich(tmp_path):
    photo(tmp_path / "thumbs" / "a.jpg")
    ours = photo(tmp_path / "library" / "b.jpg")
    for folder in ("thumbs", "library"):
        (tmp_path / folder / ".immich").touch()
    assert walk(tmp_path)[0] == [ours]


@pytest.mark.parametrize(
    ("pattern", "kept"),
    [
        ("*.png", ["a.jpg", "trash/b.jpg", "x/trash/c.jpg"]),
        ("trash", ["a.jpg", "d.png"]),
        ("./trash", ["a.jpg", "d.png", "x/trash/c.jpg"]),
        ("x/trash", ["a.jpg", "d.png", "trash/b.jpg"]),
        ("x/*", ["a.jpg", "d.png", "trash/b.jpg"]),
        ("[ab].jpg", ["d.png", "x/trash/c.jpg"]),
        ("?.jpg", ["d.png"]),
        ("nothing", ["a.jpg", "d.png", "trash/b.jpg", "x/trash/c.jpg"]),
    ],
)
def test_patterns_that_are_left_out(tmp_path, pattern, kept):
    for file in ("a.jpg", "d.png", "trash/b.jpg", "x/trash/c.jpg"):
        photo(tmp_path / file)
    found = walk(tmp_path, exclude=[pattern])[0]
    assert sorted(os.path.relpath(path, tmp_path) for path in found) == sorted(kept)
    assert not any(is_excluded(path, str(tmp_path), [pattern]) for path in found)


def test_kinds_that_are_not_read_are_counted(tmp_path):
    for name in ("a.psd", "b.PSD", "c.xcf", "d.txt", "e.docx"):
        photo(tmp_path / name)
    found, left_out = walk(tmp_path)
    assert found == [] and left_out.kinds == {"PSD": 2, "XCF": 1}
    assert left_out.sentences() == [
        "not looked at, because of kinds that are not read: 2 PSD and 1 XCF"
    ]
