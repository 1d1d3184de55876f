"""A full disk, or a quota that is used up, is called that wherever something is written."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
import zipfile

import pytest

from data.errors import FamilyError, KindredError, LibraryError, PhotoError, no_room
from data.jobs import DONE, FAILED, Jobs, work
from data.library import Library
from data.library.intake.keeping import keep_photo
from data.library.name_writer import write_names
from data.library.views import LibraryViews
from data.media.uploads import unpack_people
from data.regions import Region, write_regions
from data.tags import PhotoTags
from tests.data.library.samples import family
from tests.pictures import encoded, four_corners

WORDS = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota of the disk is used up"}


@pytest.fixture(params=list(WORDS), ids=["full", "quota"])
def full_disk(request, monkeypatch):
    """A function from which on there is no room for another file; it returns what is to be said."""

    def full(*_, **__):
        raise OSError(request.param, os.strerror(request.param))

    def begin() -> str:
        for name in ("mkstemp", "mkdtemp"):
            monkeypatch.setattr(tempfile, name, full)
        return rf"\({WORDS[request.param]}\)\. Make room and try again\.$"

    return begin


def test_only_what_is_full_is_called_full():
    for number, words in WORDS.items():
        assert no_room(OSError(number, "anything")) == words
        assert no_room(RuntimeError(f"variables: {os.strerror(number)}; writing")) == words
    assert no_room(PermissionError(errno.EACCES, "Permission denied")) == ""
    denied = KindredError.unwritable("no", OSError(errno.EACCES, "Denied"), file="f", remedy="Ask")
    assert str(denied) == "f: no (Denied). Ask."


def test_a_sidecar_and_a_photo(tmp_path, full_disk):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(before := encoded(four_corners(), "JPEG"))
    said, anne = full_disk(), Region("Anne", (0.2, 0.2, 0.6, 0.6))
    for embed in (False, True):
        with pytest.raises(PhotoError, match=rf"photo\.jpg.*cannot be written {said}"):
            write_regions(photo, [anne], embed=embed)
    assert photo.read_bytes() == before and os.listdir(tmp_path) == ["photo.jpg"]


def test_an_uploaded_photo_and_a_zip_of_people(tmp_path, full_disk):
    picture, archive = encoded(four_corners(), "JPEG"), tmp_path / "family.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Anne/1.jpg", picture)
    with LibraryViews(tmp_path / "home") as library:
        said = full_disk()
        with pytest.raises(LibraryError, match=rf"1\.jpg: the photo cannot be kept {said}"):
            keep_photo(library, picture, PhotoTags("1.jpg", 48, 32), network="n", model="m")
        assert library.find() == []
    with pytest.raises(FamilyError, match=f"the photos cannot be stored {said}"):
        unpack_people(archive, tmp_path / "home" / "people")


def test_the_journal_of_writing(tmp_path, monkeypatch):
    with family(tmp_path) as library:
        photo = tmp_path / "photos" / "a.jpg"
        picture = encoded(four_corners(640, 480), "JPEG")
        photo.write_bytes(picture)
        library.photos.rewritten(photo, b"0" * 32)

        def full(descriptor):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(KindredError, match=r"nothing more is changed.*\(the disk is full\)"):
            list(write_names(library, [str(photo)]))
    assert photo.read_bytes() == picture and not list(photo.parent.glob("*.xmp"))


def test_a_home_folder_that_cannot_be_made(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("data.library.library.make_private", full)
    with pytest.raises(LibraryError, match=r"cannot be made \(the disk is full\). Make room"):
        Library(tmp_path / "home")


def test_a_job_that_cannot_be_started(tmp_path, full_disk):
    said = full_disk()
    with pytest.raises(KindredError, match=f"the work cannot be started {said}"):
        Jobs(tmp_path, ["true"]).start("tag", {})


def test_a_job_says_how_it_ended_where_there_is_no_room(tmp_path, full_disk):
    """It reports while there is no room, and that it broke off, in the place of its last report."""
    jobs = Jobs(tmp_path, ["true"])
    folder = jobs.folder / "1-tag"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"kind": "tag", "arguments": {}, "at": 0}))

    def fill_the_disk(arguments, report):
        report.progress("tagging photos", 1, 2)
        fill_the_disk.said = full_disk()
        report.progress("still", 2, 2)
        report.figures({"loss": 1.0})
        tempfile.mkstemp()

    assert work(folder, {"tag": fill_the_disk}) == FAILED
    job = jobs.get("1-tag")
    assert job.status == FAILED
    assert re.search(f"^It broke off: there was no room {fill_the_disk.said}", job.error)


def test_a_job_that_needs_no_room_goes_on(tmp_path, full_disk):
    jobs = Jobs(tmp_path, ["true"])
    folder = jobs.folder / "1-tag"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"kind": "tag", "arguments": {}, "at": 0}))

    def needs_nothing(arguments, report):
        report.progress("tagging photos", 1, 2)
        full_disk()
        report.progress("still", 2, 2)
        return {"photos": 2}

    assert work(folder, {"tag": needs_nothing}) == DONE
    assert (jobs.get("1-tag").status, jobs.get("1-tag").result) == (DONE, {"photos": 2})
