"""Searching, listing people, and forgetting one without a trace."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from data.errors import LibraryError
from data.library import Library
from tests.data.library.samples import add_photo, face, family, row_of_faces, vector


@pytest.fixture
def library(tmp_path):
    with family(tmp_path) as library:
        yield library


def found(library, *arguments, **more):
    return [path.name for path in library.find(*arguments, **more)]


@pytest.mark.parametrize(
    ("query", "files"),
    [
        ({}, ["ab.jpg", "a.jpg", "cx.jpg", "none.jpg"]),
        ({"with_": ["Anne"]}, ["ab.jpg", "a.jpg"]),
        ({"with_": ["Anne", "Bob"]}, ["ab.jpg"]),
        ({"with_": ["Anne"], "without": ["Bob"]}, ["a.jpg"]),
        ({"without": ["Anne"]}, ["cx.jpg", "none.jpg"]),
        ({"with_": ["Anne"], "alone": True}, ["a.jpg"]),
        ({"with_": ["Cindy"], "alone": True}, []),  # a stranger is beside her
        ({"with_": ["Anne", "Bob"], "alone": True}, ["ab.jpg"]),
        ({"alone": True}, ["a.jpg"]),
        ({"since": 2019}, ["a.jpg", "cx.jpg"]),
        ({"until": 2019}, ["ab.jpg", "a.jpg"]),
        ({"since": "2019-07-31", "until": "2019-07-31"}, ["a.jpg"]),
        ({"since": "2019-08", "until": "2019-12"}, []),
        ({"until": "2018-05"}, ["ab.jpg"]),
        ({"with_": ["Anne"], "confirmed": True}, []),
    ],
)
def test_find(library, query, files):
    assert found(library, **query) == files


def test_find_sees_decisions(library):
    library.decisions.ignore(5)
    assert found(library, ["Cindy"], alone=True) == ["cx.jpg"]
    library.decisions.confirm(5, "Passer-by")
    assert found(library, ["Cindy"], alone=True) == []
    library.decisions.ignore_person("Passer-by")
    assert found(library, ["Cindy"], alone=True) == ["cx.jpg"]
    assert found(library, ["Passer-by"]) == ["cx.jpg"]
    assert found(library, ["Passer-by"], confirmed=True) == ["cx.jpg"]


def test_find_says_what_it_does_not_know(library):
    with pytest.raises(LibraryError, match=r"nobody is called 'ann'.*Did you mean Anne"):
        library.find(["ann"])
    with pytest.raises(LibraryError, match="Received: 'last year'"):
        library.find(since="last year")


def test_people_are_listed_with_what_is_known(library, tmp_path):
    add_photo(
        library,
        tmp_path / "photos" / "big.jpg",
        [face(1, "Anne", score=0.99)],
        taken=datetime(2021, 1, 1),
    )
    anne = library.people.list()[0]
    assert (anne.name, anne.photos, anne.confirmed, anne.ignored) == ("Anne", 3, 0, False)
    assert (anne.first, anne.last) == ("2018-05-01T12:00:00", "2021-01-01T00:00:00")
    assert anne.key_face == 6
    library.decisions.confirm(3, "Anne")
    anne = library.people.get("Anne")
    assert (anne.key_face, anne.confirmed) == (3, 1)
    assert library.people.faces("Anne") == [(3, True, 1.0), (1, False, 0.8), (6, False, 0.8)]
    nobody = library.people.get(library.people.ensure("Dora"))
    assert (nobody.photos, nobody.first, nobody.key_face) == (0, None, None)


# --- forgetting

SECRET, FORMER = "Annabella Vergissmeinnicht", "Bella Erinnermich"


def traces(home, *needles: bytes):
    """Files below a folder that hold one of these byte strings, or bear it as a name."""
    return [
        file
        for file in home.rglob("*")
        for needle in needles
        if needle in str(file).encode() or (file.is_file() and needle in file.read_bytes())
    ]


def test_forgetting_leaves_no_trace(tmp_path):
    home, folder = tmp_path / "home", tmp_path / "photos"
    folder.mkdir()
    with Library(home) as library:
        for number in range(40):
            faces = [face(number, FORMER), face(1000 + number, "Bob", at=100)]
            add_photo(library, folder / f"{number}.jpg", faces)
        library.decisions.rename(FORMER, SECRET)
        library.decisions.confirm([1, 3, 5], SECRET)
        library.decisions.confirm([1], "Dora")
        library.decisions.confirm([7], "Bellina Zweitname")
        library.decisions.merge([SECRET, "Bellina Zweitname"])
        library.decisions.reject([2, 9], SECRET)
        library.decisions.undo()
        library.suggestions.record("m", {4: [("Bob", 0.9), (FORMER, 0.1)]})
        for name, stays in ((SECRET, False), (FORMER, False), ("Bob", True)):
            (home / "people" / name).mkdir(parents=True)
            (home / "people" / name / "1.jpg").write_bytes(b"reference photo of " + name.encode())
            model = home / "models" / f"model of {stays}" / "assets"
            model.mkdir(parents=True, exist_ok=True)
            (model / "people.txt").write_text(f"Bob\n{name}\n")
        (home / "cache").mkdir()
        (home / "cache" / "vectors.npy").write_bytes(vector(2).tobytes())
        # Face n of photo number k is 2 k + 1 (her) and 2 k + 2 (Bob).
        needles = [name.encode() for name in (SECRET, FORMER, "Bellina Zweitname")]
        needles += [vector(number).tobytes() for number in range(1, 40)]
        assert len(traces(home, *needles)) > 5

        report = library.forget(SECRET)

        assert report.names == tuple(sorted([SECRET, FORMER, "Bellina Zweitname"]))
        assert report.faces == 39  # all but the one that is Dora
        assert (report.reference_photos, report.cache_files) == (2, 1)
        assert [model.name for model in report.models] == ["model of False"]
        (home / "models" / "model of False" / "assets" / "people.txt").unlink()
        assert traces(home, *needles) == []  # while it is open, the log beside it included
        assert [person.name for person in library.people.list()] == ["Bob", "Dora"]
        assert len(list(folder.iterdir())) == 40
        assert (home / "people" / "Bob" / "1.jpg").exists()
        assert library.suggestions.name(1).name == "Dora"
        while library.decisions.undo() is not None:
            pass
        assert library.suggestions.name(1) is None
    assert traces(home, *needles) == []
    with Library(home) as library:  # a forgotten face gets neither embedding nor name again
        add_photo(library, folder / "3.jpg", [face(3, "Carl")], network="net-2")
        again = library.faces.get(7)
        assert again.embedding.shape == (0,) and library.suggestions.name(7) is None


def test_forgetting_touches_nobody_else(tmp_path):
    with family(tmp_path) as library:
        library.decisions.rename("Anne", "Anna")
        library.decisions.confirm(4, "Anne")  # somebody new under the former name
        (library.home / "people" / "Anne").mkdir(parents=True)
        assert library.forget("Anna").reference_photos == 0
        assert (library.home / "people" / "Anne").is_dir()
        # Cindy's only face is Anne's now: she is listed no more, and is not forgotten.
        assert [person.name for person in library.people.list()] == ["Anne", "Bob"]
        assert library.people.find("Cindy") is not None
        np.testing.assert_array_equal(library.faces.get(2).embedding, vector(2))
        with pytest.raises(LibraryError, match="nobody is called"):
            library.forget("Anna")


@pytest.mark.parametrize("name", ["..", "../people", "/", "people/x"])
def test_a_name_leads_out_of_no_folder(tmp_path, name):
    with family(tmp_path) as library:
        outside = tmp_path / "photos" / "ab.jpg"
        (library.home / "people" / "x").mkdir(parents=True)
        library.decisions.confirm(1, name)
        library.forget(name)
        assert outside.exists() and (library.home / "people" / "x").is_dir()


def test_a_link_under_people_is_removed_not_followed(tmp_path):
    with family(tmp_path) as library:
        (library.home / "people").mkdir()
        (library.home / "people" / "Anne").symlink_to(tmp_path / "photos")
        assert library.forget("Anne").reference_photos == 1
        assert len(list((tmp_path / "photos").iterdir())) == 4


def test_an_interrupted_cleaning_is_finished_at_the_next_opening(tmp_path):
    with family(tmp_path) as library:
        home = library.home
        reader = Library(home)
        reader.db.execute("BEGIN")
        reader.db.execute("SELECT COUNT(*) FROM faces").fetchone()
        with pytest.raises(LibraryError, match="is forgotten, but"):
            library.db.execute("PRAGMA busy_timeout = 100")
            library.forget("Anne")
        assert library.people.find("Anne") is None
        reader.db.execute("COMMIT")
        reader.close()
    with Library(home):
        assert traces(home, vector(1).tobytes(), b"Anne") == []


def test_groups_and_people_keep_their_numbers_to_themselves(library):
    """Ids are never given twice, even after their owner is gone."""
    highest = max(person.id for person in library.people.list())
    library.decisions.confirm(5, "Dora")
    library.decisions.undo()
    library.decisions.confirm(5, "Eve")
    assert library.people.find("Eve") == highest + 2
    add_photo(library, library.home / "x.jpg", row_of_faces((1, None)))


def test_what_is_gone_is_not_counted_and_lends_no_face(tmp_path):
    with Library(tmp_path / "home") as library:
        for number in range(3):
            add_photo(library, tmp_path / f"{number}.jpg", row_of_faces((number, "Anne")))
        (anne,) = library.people.list()
        assert anne.photos == 3 == len(library.find(["Anne"]))
        gone = library.faces.get(anne.key_face).photo
        library.photos.paths(gone)[0].unlink()
        library.photos.sweep(tmp_path)
        (anne,) = library.people.list()
        assert anne.photos == 2 == len(library.find(["Anne"]))
        assert library.faces.get(anne.key_face).photo != gone
        assert library.people.get("Anne") == anne


def test_a_person_of_whom_nothing_is_left_is_no_ghost(tmp_path):
    with Library(tmp_path / "home") as library:
        first = add_photo(library, tmp_path / "1.jpg", row_of_faces((1, "Anne"), (2, "Bo")))
        add_photo(library, tmp_path / "2.jpg", row_of_faces((1, "Anne")))
        bo = next(f.id for f in library.faces.of(first) if f.box[0] > 50)
        library.decisions.confirm(bo, "Cleo")  # nobody is Bo any more
        assert {person.name for person in library.people.list()} == {"Anne", "Cleo"}
        library.photos.paths(first)[0].unlink()
        library.photos.sweep(tmp_path)
        found = {person.name: person.photos for person in library.people.list()}
        assert found == {"Anne": 1, "Cleo": 0}  # what somebody decided is not lost


def test_the_sample_family_is_complete(tmp_path):
    with family(tmp_path) as library:
        assert [person.name for person in library.people.list()] == ["Anne", "Bob", "Cindy"]
        assert len(library.find()) == 4
