"""Kindred's own family folder: people in it are renamed, joined and left out."""

import pytest

from data.errors import FamilyError
from data.family import read_family
from data.own_people import LEFT_OUT, bring_back, leave_out, left_out, rename
from tests.pictures import encoded, four_corners


@pytest.fixture
def people(tmp_path):
    photo = encoded(four_corners(), "JPEG")
    for name, count in (("Anne", 2), ("Bo", 1)):
        (tmp_path / name).mkdir()
        for number in range(count):
            (tmp_path / name / f"{number}.jpg").write_bytes(photo + bytes(number))
    return tmp_path


def photos(people):
    return {name: len(files) for name, files in read_family(people).photos.items()}


def test_a_person_gets_another_name(people):
    assert rename(people, "Bo", "  Björn ") == "Björn"
    assert photos(people) == {"Anne": 2, "Björn": 1}


def test_a_name_that_somebody_has_makes_them_one_person_and_no_photo_is_lost(people):
    assert rename(people, "Bo", "Anne") == "Anne"
    assert photos(people) == {"Anne": 3} and not (people / "Bo").exists()


@pytest.mark.parametrize("new", ["", "  ", "unknown", "?"])
def test_what_is_no_name_is_refused(people, new):
    with pytest.raises(FamilyError):
        rename(people, "Bo", new)
    assert photos(people) == {"Anne": 2, "Bo": 1}


def test_a_name_leads_nowhere_else(people):
    name = rename(people, "Bo", "../../Bo")
    assert (people / name).is_dir() and "/" not in name
    assert not (people.parent / "Bo").exists()


def test_who_is_left_out_comes_back(people):
    leave_out(people, "Bo")
    assert photos(people) == {"Anne": 2} and left_out(people) == {"Bo": 1}
    assert (people / LEFT_OUT / "Bo" / "0.jpg").is_file()
    bring_back(people, "Bo")
    assert photos(people) == {"Anne": 2, "Bo": 1} and left_out(people) == {}


def test_who_is_gone_is_told(people):
    with pytest.raises(FamilyError, match="not there any more"):
        leave_out(people, "Cleo")
