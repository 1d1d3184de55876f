"""The file beside a film: names where other programs look, times, and taking both back."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from data.errors import PhotoError
from data.regions.change_journal import undo
from data.regions.film_sidecar import Appearance, read_appearances, write_appearances
from data.regions.xmp import packet as xmp

ANNE = Appearance("Anne", ((0.0, 3.5), (7.0, 9.25)))
BO = Appearance("小明 / Bo", ((1.0, 2.0),))


@pytest.fixture
def film(tmp_path):
    path = tmp_path / "party.mp4"
    path.write_bytes(b"a film")
    return path


def beside(film):
    return film.with_name(film.name + ".xmp")


def test_names_and_times_are_read_back_and_the_film_is_not_touched(film):
    change = write_appearances(film, [BO, ANNE])
    assert change.notes == ("adds Anne", "adds 小明 / Bo")
    assert read_appearances(xmp.parse(beside(film).read_bytes())) == [ANNE, BO]
    assert film.read_bytes() == b"a film"


def test_twice_is_once_and_undo_leaves_nothing(film):
    first = write_appearances(film, [ANNE])
    assert not write_appearances(film, [ANNE])
    undo(first)
    assert not beside(film).exists()


def test_dry_run_writes_nothing(film):
    assert write_appearances(film, [ANNE], dry_run=True)
    assert not beside(film).exists()


def test_who_is_not_meant_any_more_goes_and_what_others_wrote_stays(film):
    beside(film).write_bytes(
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
        b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject><rdf:Bag><rdf:li>beach</rdf:li>'
        b"<rdf:li>Cleo</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    cleo = Appearance("Cleo", ((0.0, 1.0),))
    write_appearances(film, [ANNE, cleo])
    change = write_appearances(film, [])
    assert change.notes == ("takes Anne away", "takes Cleo away")
    text = beside(film).read_text("utf-8")
    assert "beach" in text and "Anne" not in text
    assert text.count("Cleo") == 1  # the keyword that was there before us


def test_a_name_that_xml_cannot_hold_and_a_damaged_sidecar_are_errors(film):
    with pytest.raises(PhotoError, match="cannot hold"):
        write_appearances(film, [Appearance("A\x00", ((0.0, 1.0),))])
    beside(film).write_bytes(b"not xml")
    with pytest.raises(PhotoError) as raised:
        write_appearances(film, [ANNE])
    assert raised.value.file == str(beside(film)) and beside(film).read_bytes() == b"not xml"
    with pytest.raises(PhotoError, match="no such file"):
        write_appearances(film.with_name("gone.mp4"), [ANNE])


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="ExifTool is not installed")
def test_exiftool_reads_the_names(film):
    write_appearances(film, [ANNE, BO])
    read = subprocess.run(
        ["exiftool", "-j", "-charset", "utf8", str(beside(film))],
        capture_output=True,
        text=True,
        check=True,
    )
    (found,) = json.loads(read.stdout)
    assert found["PersonInImage"] == found["Subject"] == ["Anne", "小明 / Bo"]
    assert found["TagsList"] in ("People/Anne", ["People/Anne"])


@pytest.mark.parametrize("other", ["party.mov", "party.JPG", "party.wmv"])
def test_a_file_that_it_shares_with_another_is_left_alone(film, other):
    (film.parent / other).write_bytes(b"another")
    shared = film.with_suffix(".xmp")
    shared.write_bytes(xmp.empty(str(film)).to_bytes())
    before = shared.read_bytes()
    write_appearances(film, [ANNE])
    assert shared.read_bytes() == before and beside(film).exists()
