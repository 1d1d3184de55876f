"""Tests of embedding: every byte of a JPEG but those of its packet stays."""

import io
import struct

import pytest
from PIL import Image

from data.errors import PhotoError
from data.regions import Region, read_regions, write_regions
from data.regions.jpeg import MAX_PACKET, XMP
from tests.data.regions.test_writing import ANNE, BOB, foreign, names, photo_in, snapshot


def segment(marker, content):
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def jpeg_with(*segments):
    """A small JPEG with the segments put in behind JFIF's, and that part of it on its own."""
    stream = io.BytesIO()
    Image.radial_gradient("L").resize((80, 60)).convert("RGB").save(stream, "JPEG")
    data = stream.getvalue()
    return data[:20] + b"".join(segments) + data[20:]


EXTRA = [
    segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"F" * 32 + bytes(8) + b"part"),
    segment(0xE2, b"ICC_PROFILE\0\x01\x01" + bytes(range(256))),
    segment(0xED, b"Photoshop 3.0\0" + b"8BIM" + bytes(50)),
    segment(0xEF, b"whatever"),
    segment(0xFE, b"a comment"),
]


@pytest.mark.parametrize("packet", [None, foreign("Old Name")])
def test_every_other_byte_of_the_jpeg_stays(tmp_path, packet):
    path = tmp_path / "photo.jpg"
    old = segment(0xE1, XMP + packet.encode()) if packet else b""
    data = jpeg_with(*EXTRA[:3], old, *EXTRA[3:]) + b"a trailer, as phones put there"
    path.write_bytes(data)
    (edit,) = write_regions(path, [Region("Bob", (0.1, 0.6, 0.3, 0.9))], embed=True).edits
    new = path.read_bytes()
    at = data.index(old) if old else data.index(EXTRA[1])
    length = struct.unpack(">H", new[at + 2 : at + 4])[0] + 2
    assert new[at : at + 4 + len(XMP)] == segment(0xE1, XMP)[:2] + new[at + 2 : at + 4] + XMP
    assert new[:at] + old + new[at + length :] == data
    assert len(edit.before) == len(old)  # the journal holds the segment, not the photo
    assert Image.open(io.BytesIO(new)).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_a_packet_too_large_for_a_jpeg(tmp_path):
    path = photo_in(tmp_path, foreign().replace("<folio>", "x" * (MAX_PACKET - 4000)))
    before = snapshot(tmp_path)
    with pytest.raises(PhotoError, match=r"65502.*sidecar"):
        write_regions(path, [ANNE, BOB], embed=True)
    assert snapshot(tmp_path) == before
    write_regions(path, [ANNE])
    assert names(path) == ["Anne"]


def extended(packet, digest=b"A" * 32, size=40000):
    parts = [packet[at : at + size] for at in range(0, len(packet), size)]
    return [
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + digest
                + struct.pack(">II", len(packet), at * size) + part)
        for at, part in enumerate(parts)
    ]  # fmt: skip


MAIN = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="%s"/></rdf:RDF></x:xmpmeta>"""


def test_extended_packets_are_read_copied_and_left_in_place(tmp_path):
    path = tmp_path / "photo.jpg"
    bulky = foreign("Old Name").replace(
        "<acme:tree", f"<acme:depth>{'x' * 300_000}</acme:depth><acme:tree"
    )
    main = segment(0xE1, XMP + (MAIN % ("A" * 32)).encode())
    path.write_bytes(jpeg_with(main, *reversed(extended(bulky.encode()))))
    before = path.read_bytes()
    assert names(path) == ["Old Name"]
    with pytest.raises(PhotoError, match="extended packet"):
        write_regions(path, [BOB], embed=True)
    write_regions(path, [BOB])
    text = (tmp_path / "photo.jpg.xmp").read_text()
    assert names(path) == ["Old Name", "Bob"]
    assert "acme:leaf" in text and "acme:depth" not in text and "HasExtendedXMP" not in text
    assert path.read_bytes() == before


@pytest.mark.parametrize("fault", ["missing", "other digest", "longer claim"])
def test_incomplete_extended_packets_count_as_none(tmp_path, fault):
    path = tmp_path / "photo.jpg"
    parts = extended(foreign("Old Name").encode(), size=500)
    if fault == "missing":
        del parts[1]
    if fault == "longer claim":
        parts = [part.replace(part[71:75], b"\xff\xff\xff\xff", 1) for part in parts]
    digest = "B" * 32 if fault == "other digest" else "A" * 32
    path.write_bytes(jpeg_with(segment(0xE1, XMP + (MAIN % digest).encode()), *parts))
    assert read_regions(path) == []
    write_regions(path, [BOB], embed=True)
    assert all(part in path.read_bytes() for part in parts)


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
def test_an_index_of_several_pictures_is_not_broken(tmp_path):
    path = tmp_path / "photo.jpg"
    index = segment(0xE2, b"MPF\0" + bytes(20))
    path.write_bytes(jpeg_with(index))
    write_regions(path, [ANNE], embed=True)  # goes in before the index, which moves as a whole
    assert path.read_bytes().index(XMP) < path.read_bytes().index(b"MPF\0")
    path.write_bytes(jpeg_with(index, segment(0xE1, XMP + foreign().encode())))
    with pytest.raises(PhotoError, match="several pictures"):
        write_regions(path, [ANNE], embed=True)
