"""Names in JSON beside a photo: which file belongs to it, and what the file says."""

from __future__ import annotations

import json

import pytest

from data.regions.people_notes import note_paths, read_people_notes


@pytest.mark.parametrize(
    ("photo", "note"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1.jpg", "IMG_1.jpg.supplemental-meta.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg(2).json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metadata(2).json"),
        ("IMG_1-edited.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1-bearbeitet(1).jpg", "IMG_1.jpg.supplemental-metadata(1).json"),
        ("a" * 47 + ".jpg", "a" * 46 + ".json"),
        ("a" * 40 + ".jpg", "a" * 40 + ".jpg.s.json"),
        ("IMG_1.jpg", "IMG_1.json"),
        ("IMG_1.jpg", "IMG_1.jpg..json"),
        ("IMG_1-EFFECTS.jpg", "IMG_1.jpg.supplemental-metadata.json"),
        ("IMG_1-modifie\u0301.jpg", "IMG_1.jpg.json"),
        ("IMG_1(2).jpg", "IMG_1.jpg.supplemental-metada(2).json"),
        ("a" * 43 + "-edi.jpg", "a" * 43 + ".jp.json"),
        ("Zo\u00eb.jpg", "Zoe\u0308.jpg.supplemental-metadata.json"),
        ("Zoe\u0308.jpg", "Zo\u00eb.jpg.supplemental-metadata.json"),
    ],
)
def test_the_note_of_a_photo(photo, note):
    others = {"IMG_2.jpg.json", "IMG_1.jpg(3).json", "IMG_11.jpg.json", "metadata.json"}
    assert note_paths(f"/p/{photo}", others | {note}) == [f"/p/{note}"]


def note(folder, said, name="a.jpg.supplemental-metadata.json", problems=None):
    problems = [] if problems is None else problems
    (folder / "a.jpg").write_bytes(b"any")
    (folder / name).write_text(said if isinstance(said, str) else json.dumps(said), "utf-8")
    found = read_people_notes(str(folder / "a.jpg"), problems.append)
    return [(n.names, n.program) for n in found]


def test_takeouts_people(tmp_path):
    people = [{"name": "Anne"}, {"name": "Zoe\u0308"}, {"name": " "}, {"name": "Unknown"}, {}, 7]
    assert note(tmp_path, {"title": "a.jpg", "people": people}) == [
        (("Anne", "Zoë"), "Google Takeout")
    ]


def test_a_name_written_as_for_a_web_page(tmp_path):
    people = [{"name": "Anne O&#39;Hara"}]
    assert note(tmp_path, {"people": people}) == [(("Anne O'Hara",), "Google Takeout")]


@pytest.mark.parametrize(("title", "is_its"), [("a.JPG", True), ("a.HEIC", False), (None, True)])
def test_a_note_by_stem_may_be_of_another_picture(tmp_path, title, is_its):
    found = note(tmp_path, {"title": title, "people": [{"name": "Anne"}]}, "a.json")
    assert bool(found) is is_its


@pytest.mark.parametrize("key", ["PersonInImage", "XMP:PersonInImage", "XMP-iptcExt:PersonInImage"])
@pytest.mark.parametrize("named", ["Anne", ["Anne"]])
def test_what_osxphotos_exports(tmp_path, key, named):
    said = [{"SourceFile": "/Users/x/a.jpg", key: named}]
    assert note(tmp_path, said, "a.json") == [(("Anne",), "osxphotos")]


@pytest.mark.parametrize(
    "said", [{"people": "Anne"}, {}, [], [{"SourceFile": "a.mov", "PersonInImage": "Anne"}], "3"]
)
def test_other_files_say_nothing(tmp_path, said):
    assert note(tmp_path, said) == []


def test_a_damaged_note_is_named(tmp_path):
    problems = []
    assert note(tmp_path, "{", problems=problems) == []
    (problem,) = problems
    assert str(tmp_path / "a.jpg.supplemental-metadata.json") in str(problem)
    assert "no JSON" in str(problem)


def test_a_damaged_note_does_not_hide_another(tmp_path):
    note(tmp_path, [{"PersonInImage": "Anne"}], "a.json")
    assert note(tmp_path, "{") == [(("Anne",), "osxphotos")]
