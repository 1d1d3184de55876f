"""Zips of person folders: good ones arrive, hostile ones leave no trace."""

import io
import stat
import zipfile

import pytest

from data.errors import FamilyError
from data.family import read_family
from data.media.uploads import Limits, safe_name, unpack_people
from tests.pictures import encoded, four_corners

PHOTO = encoded(four_corners(64, 48), "JPEG")
OTHER = encoded(four_corners(48, 64), "JPEG")


def zipped(*entries, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def everything_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("top", ["", "family/"])
def test_people_arrive_with_or_without_a_folder_around_them(tmp_path, top):
    source = zipped(
        (f"{top}Anne/1.jpg", PHOTO),
        (f"{top}Anne/2019/2.jpg", OTHER),
        (f"{top}小明/a.png", PHOTO),
        (f"{top}小明/notes.txt", b"no photo"),
        (f"__MACOSX/{top}Anne/._1.jpg", b"clutter"),
    )
    found = unpack_people(source, tmp_path / "people")
    assert dict(found.photos) == {"Anne": 2, "小明": 1}
    assert found.left_out == [(f"{top}小明/notes.txt", "it is not a photo")]
    assert set(read_family(tmp_path / "people").photos) == {"Anne", "小明"}


def test_stray_files_in_the_outer_folder_do_not_make_a_person_of_it(tmp_path):
    source = zipped(
        ("family/Anne/1.jpg", PHOTO),
        ("family/Anne/2.jpg", OTHER),
        ("family/Bo/1.jpg", PHOTO),
        ("family/all of us.jpg", OTHER),
        ("family/list.txt", b"Anne, Bo"),
        ("read me.txt", b"made with a program"),
    )
    found = unpack_people(source, tmp_path / "people")
    assert dict(found.photos) == {"Anne": 2, "Bo": 1}
    assert ("family/all of us.jpg", "it is not in a person's folder") in found.left_out


def test_the_years_of_one_person_are_no_people(tmp_path):
    source = zipped(("Anne/2019/1.jpg", PHOTO), ("Anne/2020-07/2.jpg", OTHER))
    assert dict(unpack_people(source, tmp_path / "people").photos) == {"Anne": 2}


def test_what_is_there_already_is_not_doubled_and_nothing_is_replaced(tmp_path):
    people = tmp_path / "people"
    unpack_people(zipped(("Anne/1.jpg", PHOTO)), people)
    again = unpack_people(zipped(("Anne/1.jpg", PHOTO), ("Bo/1.jpg", PHOTO)), people)
    assert again.known == 1 and dict(again.photos) == {"Anne": 0, "Bo": 1}
    unpack_people(zipped(("Anne/1.jpg", OTHER)), people)
    assert everything_under(people) == ["Anne/1 (2).jpg", "Anne/1.jpg", "Bo/1.jpg"]
    assert (people / "Anne" / "1.jpg").read_bytes() == PHOTO


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../etc/passwd.jpg", "outside"),
        ("Anne/../../x.jpg", "outside"),
        ("/etc/x.jpg", "outside"),
        ("C:\\Windows\\x.jpg", "outside"),
        ("..\\..\\x.jpg", "outside"),
    ],
)
def test_no_entry_is_written_outside(tmp_path, name, said):
    with pytest.raises(FamilyError, match=said):
        unpack_people(zipped(("Anne/1.jpg", PHOTO), (name, PHOTO)), tmp_path / "people")
    assert everything_under(tmp_path) == []


def test_a_link_is_left_out(tmp_path):
    link = zipfile.ZipInfo("Anne/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    found = unpack_people(zipped(("Anne/1.jpg", PHOTO), (link, "/etc/passwd")), tmp_path / "people")
    assert "link" in found.left_out[0][1]
    assert everything_under(tmp_path) == ["people/Anne/1.jpg"]


def test_bombs(tmp_path):
    with pytest.raises(FamilyError, match="bomb"):
        unpack_people(zipped(("Anne/1.jpg", bytes(5_000_000))), tmp_path / "people")
    many = zipped(*((f"Anne/{i}.jpg", PHOTO) for i in range(12)))
    with pytest.raises(FamilyError, match="12 entries"):
        unpack_people(many, tmp_path / "people", limits=Limits(files=10))
    with pytest.raises(FamilyError, match="GB"):
        unpack_people(many, tmp_path / "people", limits=Limits(total=1000))
    assert everything_under(tmp_path) == []


def test_an_entry_that_lies_about_its_size_is_damaged(tmp_path):
    content = zipped(("Anne/1.jpg", PHOTO)).getvalue()
    size = len(PHOTO).to_bytes(4, "little")
    lying = content.replace(size, (10).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(FamilyError):
        unpack_people(io.BytesIO(lying), tmp_path / "people")
    assert everything_under(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a zip"),
        (b"Dear diary", "not a zip"),
        (zipped(("Anne/1.jpg", PHOTO)).getvalue()[:-40], "not a zip"),
        (zipped(("loose.jpg", PHOTO)).getvalue(), "no photo of anybody"),
        (zipped(("Anne/a.txt", b"x")).getvalue(), "no photo of anybody"),
    ],
)
def test_what_is_of_no_use_is_a_sentence(tmp_path, content, said):
    with pytest.raises(FamilyError, match=said):
        unpack_people(io.BytesIO(content), tmp_path / "people")
    assert everything_under(tmp_path) == []


def test_an_encrypted_zip_is_refused(tmp_path):
    content = bytearray(zipped(("Anne/1.jpg", PHOTO)).getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FamilyError, match="encrypted"):
        unpack_people(io.BytesIO(bytes(content)), tmp_path / "people")


def test_names_that_every_system_takes():
    assert safe_name("Anne/..") == "Anne_"
    assert safe_name("con.jpg") == "_con.jpg" and safe_name("..") == "_"
    assert safe_name("a<b>:c?.jpg") == "a_b__c_.jpg"
    assert safe_name(" 小 明. ") == "小 明" and safe_name(".hidden") == "_.hidden"
    assert len(safe_name("ü" * 300 + ".jpg").encode()) <= 200
