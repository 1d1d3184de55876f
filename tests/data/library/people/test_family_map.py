"""The library as a whole: photos a year, who with whom, faces through the years, birthdays."""

from datetime import date

import pytest

from data.errors import LibraryError
from data.library.people.family_map import next_birthdays
from data.library.views import LibraryViews
from tests.libraries import add_photo, face, small_library


@pytest.fixture
def library(tmp_path):
    small_library(tmp_path)
    with LibraryViews(tmp_path) as library:
        yield library


def test_nobody_is_on_the_map_of_an_empty_library(tmp_path):
    with LibraryViews(tmp_path) as library:
        found = library.overview.family_map()
    assert found.people == () and found.pairs == () and found.span is None


def test_everybody_is_counted_by_year_and_with_whom(library):
    anne, bo = library.people.find("Anne"), library.people.find("Bo <b>")
    found = library.overview.family_map()
    assert [person.id for person in found.people] == [anne, bo]
    assert found.years == {
        anne: dict.fromkeys(range(2015, 2021), 1),
        bo: dict.fromkeys(range(2015, 2018), 1),
    }
    assert found.pairs == ((anne, bo, 3),) and found.undated == {} and found.span == (2015, 2020)


def test_photos_without_a_date_and_two_faces_on_one_photo_are_counted_once(library, tmp_path):
    anne = library.people.find("Anne")
    twice = [face("Anne", 10, number=8), face("Anne", 60, number=9)]
    add_photo(library, tmp_path / "collage.jpg", twice, 2016)
    add_photo(library, tmp_path / "old.jpg", [face("Anne", number=10)])
    found = library.overview.family_map()
    assert found.years[anne][2016] == 2 and found.undated == {anne: 1}


def test_who_is_hidden_is_not_on_the_map(library):
    library.decisions.ignore_person(library.people.find("Bo <b>"))
    found = library.overview.family_map()
    assert [person.name for person in found.people] == ["Anne"]
    assert found.pairs == () and len(found.years) == 1


def test_missing_photos_do_not_count(library, tmp_path):
    path = tmp_path / "trip" / "anne 0.jpg"
    path.unlink()
    assert library.photos.sweep(path.parent) == 1
    found = library.overview.family_map()
    assert 2015 not in found.years[library.people.find("Anne")]
    assert found.pairs[0][2] == 2
    assert {one.year for one in library.overview.faces_by_year("Anne", 9)} == {*range(2016, 2021)}


def test_every_year_gives_its_best_face_before_any_gives_a_second(library, tmp_path):
    for number, quality in ((20, 0.3), (21, 0.9), (22, 0.6)):
        add_photo(
            library,
            tmp_path / f"{number}.jpg",
            [face("Anne", number=number, quality=quality)],
            2020,
        )
    best = library.overview.faces_by_year("Anne", 6)
    assert [one.year for one in best] == [2015, 2016, 2017, 2018, 2019, 2020]
    paths = library.places([best[-1].face])[best[-1].face].path
    assert paths.endswith("21.jpg")
    more = library.overview.faces_by_year("Anne", 7)
    assert [one.year for one in more].count(2020) == 2 and {*best} < {*more}
    assert len(library.overview.faces_by_year("Anne", 100)) == 9


def test_a_confirmed_face_stands_for_its_year_and_a_photo_gives_one_face(library, tmp_path):
    clear, named = face("Anne", 10, number=30, quality=0.9), face("Anne", 60, number=31)
    photo = add_photo(library, tmp_path / "two.jpg", [clear, named], 2030)
    mine = library.faces.of(photo)[1].id
    library.decisions.confirm([mine], "Anne")
    found = [one for one in library.overview.faces_by_year("Anne", 100) if one.photo == photo]
    assert [one.face for one in found] == [mine]


def test_somebody_who_is_not_known_has_no_faces(library):
    with pytest.raises(LibraryError):
        library.overview.faces_by_year("Nobody", 3)


def test_birthdays_come_in_order_and_leap_days_count(library):
    library.decisions.describe("Anne", born="2016-02-29")
    library.decisions.describe("Bo <b>", born="2015-02-27")
    found = library.overview.family_map()
    coming = next_birthdays(found.people, date(2023, 2, 28))
    assert [(one.person.name, one.day, one.age) for one in coming] == [
        ("Anne", date(2023, 3, 1), 7),
        ("Bo <b>", date(2024, 2, 27), 9),
    ]
    library.decisions.describe("Anne", born="2016")
    assert len(next_birthdays(library.overview.family_map().people, date(2023, 2, 28))) == 1
