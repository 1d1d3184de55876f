"""Tests that hostile and damaged metadata give a clear error, quickly, and lose nothing."""

import os
import random
import struct
import time
import tracemalloc

import pytest
from PIL import Image

from data.errors import PhotoError
from data.regions import Region, read_regions, undo, write_regions
from data.regions.jpeg import XMP

ANNE = Region("Anne", (0.1, 0.1, 0.3, 0.5))
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
EMPTY = f'<rdf:RDF {RDF}><rdf:Description rdf:about=""/></rdf:RDF>'

LAUGHS = (
    '<!DOCTYPE rdf:RDF [<!ENTITY l0 "ha">'
    + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    + f"]><rdf:RDF {RDF}><rdf:Description rdf:about=''>&l9;</rdf:Description></rdf:RDF>"
)
QUADRATIC = (
    f'<!DOCTYPE r [<!ENTITY a "{"x" * 50_000}">]>'
    f"<rdf:RDF {RDF}><rdf:Description>{'&a;' * 20_000}</rdf:Description></rdf:RDF>"
)


def external(target):
    return (
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "{target}">]><rdf:RDF {RDF}>'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:subject>&x;'
        "</dc:subject></rdf:Description></rdf:RDF>"
    )


HOSTILE = {
    "billion laughs": LAUGHS,
    "quadratic": QUADRATIC,
    "external entity": external("file:///etc/passwd"),
    "external address": external("http://127.0.0.1:9/"),
    "parameter entity": '<!DOCTYPE r [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>' + EMPTY,
    "external subset": f'<!DOCTYPE r SYSTEM "file:///etc/passwd">{EMPTY}',
    "innocent doctype": f"<!DOCTYPE r>{EMPTY}",
    "doctype after a comment": f"<?xml version='1.0'?><!-- x --><!DOCTYPE r>{EMPTY}",
}
BROKEN = {
    "empty": "",
    "not xml": "Once upon a time",
    "cut short": EMPTY[:60],
    "other xml": "<html><body/></html>",
    "undeclared entity": EMPTY.replace('""/>', '"">&nope;</rdf:Description>'),
    "undeclared prefix": EMPTY.replace('""/>', '"" x:y="1"/>'),
    "deep": f"<rdf:RDF {RDF}>" + "<rdf:li>" * 100_000 + "</rdf:li>" * 100_000 + "</rdf:RDF>",
}
CASES = HOSTILE | BROKEN


def photo_in(folder, packet=None, name="photo.jpg"):
    options = {} if packet is None else {"xmp": packet}
    Image.new("RGB", (80, 60), "navy").save(folder / name, **options)
    return folder / name


def check_refused(path, file, match=".", embed=False):
    """Reading and writing raise for `file`, in no time, and change nothing in the folder."""
    before = {p.name: p.is_file() and p.stat().st_mtime_ns for p in path.parent.iterdir()}
    started = time.process_time()
    for call in (
        lambda: read_regions(path),
        lambda: write_regions(path, [ANNE], embed=embed),
    ):
        with pytest.raises(PhotoError, match=match) as caught:
            call()
        assert caught.value.file == str(file)
        assert caught.value.remedy
        assert "\n" not in str(caught.value)
    assert time.process_time() - started < 5
    assert {p.name: p.is_file() and p.stat().st_mtime_ns for p in path.parent.iterdir()} == before


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_sidecars(tmp_path, case, encoding):
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_bytes(CASES[case].encode(encoding))
    match = "DOCTYPE" if case in HOSTILE else "."
    check_refused(photo_in(tmp_path), sidecar, match)


@pytest.mark.parametrize("case", [c for c in CASES if c != "empty" and len(CASES[c]) < 60_000])
def test_embedded_packets(tmp_path, case):
    path = photo_in(tmp_path, CASES[case].encode())
    check_refused(path, path, embed=True)


@pytest.mark.parametrize("suffix", ["webp", "tif"])
def test_embedded_packets_of_other_formats(tmp_path, suffix):
    options = {"tiffinfo": {700: LAUGHS.encode()}} if suffix == "tif" else {"xmp": LAUGHS.encode()}
    path = tmp_path / f"photo.{suffix}"
    Image.new("RGB", (80, 60)).save(path, **options)
    before = path.read_bytes()
    with pytest.raises(PhotoError, match="DOCTYPE"):
        read_regions(path)
    # It is not copied, and keeps nobody's name out of a sidecar.
    change = write_regions(path, [ANNE])
    assert "DOCTYPE" in change.notes[0] and path.read_bytes() == before
    assert "DOCTYPE" not in (tmp_path / f"photo.{suffix}.xmp").read_text()
    assert [region.name for region in read_regions(path)] == ["Anne"]


def test_a_declaration_that_lies_about_the_encoding(tmp_path):
    hidden = '<?xml version="1.0" encoding="UTF-7"?>' + LAUGHS.replace("<!", "+ADwAIQ-")
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_text(hidden)
    check_refused(photo_in(tmp_path), sidecar)


def test_bytes_that_are_not_utf8(tmp_path):
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_bytes(EMPTY.encode().replace(b'""', b'"\xff\xfe\xfa"'))
    check_refused(photo_in(tmp_path), sidecar)


def test_a_packet_of_fifty_megabytes(tmp_path):
    path, sidecar = photo_in(tmp_path), tmp_path / "photo.jpg.xmp"
    sidecar.write_bytes(EMPTY.replace("/>", ">" + " " * 50_000_000 + "</rdf:Description>").encode())
    tracemalloc.start()
    check_refused(path, sidecar, "MiB")
    assert tracemalloc.get_traced_memory()[1] < 40 << 20
    tracemalloc.stop()


def test_two_gigabytes_of_segments(tmp_path):
    """A sparse file: the segments claim the space and hold nothing."""
    path = photo_in(tmp_path)
    data = path.read_bytes()
    head = struct.pack(">BBH", 0xFF, 0xE1, 0xFFFF) + XMP
    with open(path, "wb") as file:
        file.write(data[:20])
        for at in range(1100):
            file.seek(20 + at * 65537)
            file.write(head)
        file.seek(20 + 1100 * 65537)
        file.write(data[20:])
        file.truncate(900 << 20)
    check_refused(path, path, "64 MiB of metadata", embed=True)
    os.truncate(path, 2 << 30)
    check_refused(path, path, "1 GiB", embed=True)


@pytest.mark.parametrize("kept", [0, 1, 2, 10, 100, 300])
def test_a_jpeg_that_is_cut_short_in_its_header(tmp_path, kept):
    path = photo_in(tmp_path, EMPTY.encode())
    path.write_bytes(path.read_bytes()[:kept])
    check_refused(path, path, embed=True)


def test_a_jpeg_that_is_cut_short_in_its_picture_can_be_read(tmp_path):
    path = photo_in(tmp_path, EMPTY.encode())
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    assert read_regions(path) == []
    write_regions(path, [ANNE], embed=True)
    assert path.read_bytes().endswith(data[-120:-20])


def test_stray_bytes_between_segments(tmp_path):
    path = photo_in(tmp_path, EMPTY.encode())
    data = path.read_bytes()
    path.write_bytes(data[:20] + b"\0\0\xff\xff" + data[20:])
    write_regions(path, [ANNE], embed=True)
    assert [region.name for region in read_regions(path)] == ["Anne"]
    assert path.read_bytes()[:24] == data[:20] + b"\0\0\xff\xff"


def test_a_jpeg_of_stray_bytes(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8" + bytes(5_000_000))
    check_refused(path, path, embed=True)


@pytest.mark.parametrize("name", ["photo.jpg.xmp", "photo.xmp"])
def test_a_folder_in_place_of_a_sidecar(tmp_path, name):
    (tmp_path / name).mkdir()
    check_refused(photo_in(tmp_path), tmp_path / name, "sidecar was expected")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_place_of_a_sidecar(tmp_path):
    os.mkfifo(tmp_path / "photo.jpg.xmp")
    check_refused(photo_in(tmp_path), tmp_path / "photo.jpg.xmp", "sidecar was expected")


@pytest.mark.parametrize("target", ["photo.jpg.xmp", "nowhere"])
def test_a_link_in_a_circle_or_to_nowhere(tmp_path, target):
    try:
        (tmp_path / "photo.jpg.xmp").symlink_to(tmp_path / target)
    except OSError:
        pytest.skip("no symbolic links here")
    check_refused(photo_in(tmp_path), tmp_path / "photo.jpg.xmp", "sidecar was expected")


def test_a_photo_that_is_none(tmp_path):
    check_refused(tmp_path / "photo.jpg", tmp_path / "photo.jpg", "no such file")
    (tmp_path / "photo.jpg").mkdir()
    check_refused(tmp_path / "photo.jpg", tmp_path / "photo.jpg")


def test_a_million_regions(tmp_path):
    many = "<rdf:li r:Rectangle='0.1,0.1,0.2,0.2'/>" * 200_000
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_text(
        f'<rdf:RDF {RDF} xmlns:m="http://ns.microsoft.com/photo/1.2/"'
        ' xmlns:i="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"'
        ' xmlns:r="http://ns.microsoft.com/photo/1.2/t/Region#"><rdf:Description rdf:about="">'
        f"<m:RegionInfo><rdf:Description><i:Regions><rdf:Bag>{many}</rdf:Bag></i:Regions>"
        "</rdf:Description></m:RegionInfo></rdf:Description></rdf:RDF>"
    )
    check_refused(photo_in(tmp_path), sidecar, "200000 face regions")


def test_a_number_without_end(tmp_path):
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_text(
        f'<rdf:RDF {RDF}><rdf:Description rdf:about="" xmlns:m="http://ns.microsoft.com/photo/1.2/"'
        ' xmlns:i="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"'
        ' xmlns:r="http://ns.microsoft.com/photo/1.2/t/Region#"><m:RegionInfo><rdf:Description>'
        f'<i:Regions><rdf:Bag><rdf:li r:Rectangle="{"1" * 2_000_000}x, 0, 1, 1"/></rdf:Bag>'
        "</i:Regions></rdf:Description></m:RegionInfo></rdf:Description></rdf:RDF>"
    )
    started = time.process_time()
    assert read_regions(photo_in(tmp_path)) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize("part", ["header", "packet"])
def test_damage_anywhere_is_a_photo_error_or_none(tmp_path, part):
    """Changed, lost and doubled bytes: never another exception, never a lost photo."""
    path = photo_in(tmp_path)
    write_regions(path, [ANNE, Region("Bob", (0.6, 0.1, 0.8, 0.4))], embed=True)
    data = path.read_bytes()
    chance = random.Random(5)
    start = data.index(XMP)
    end = data.index(b"<?xpacket end")
    for _ in range(150):
        at = chance.randrange(2, start) if part == "header" else chance.randrange(start, end)
        length = chance.choice((1, 1, 8, 60))
        new = chance.choice((b"", chance.randbytes(length), data[at : at + length] * 2))
        damaged = data[:at] + new + data[at + length :]
        path.write_bytes(damaged)
        try:
            read_regions(path)
            undo(write_regions(path, [Region("Cleo", (0.1, 0.6, 0.3, 0.9))], embed=True))
        except PhotoError as error:
            assert error.remedy
        assert path.read_bytes() == damaged


def test_picasa_files(tmp_path):
    path = photo_in(tmp_path)
    ini, contacts = tmp_path / ".picasa.ini", tmp_path / "contacts.xml"
    ini.write_bytes(b"[photo.jpg]\nfaces=rect64(1999199940004000),1\n\xff\xfe[[=]\n[\n=\n")
    contacts.write_text(LAUGHS)
    with pytest.raises(PhotoError, match="DOCTYPE"):
        read_regions(path)
    contacts.unlink()
    assert len(read_regions(path)) == 1
    ini.write_bytes(bytes(17 << 20))
    with pytest.raises(PhotoError, match="16 MiB"):
        read_regions(path)
    ini.unlink()
    ini.mkdir()
    with pytest.raises(PhotoError, match="Picasa"):
        read_regions(path)
