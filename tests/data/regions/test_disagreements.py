"""Metadata that disagree: about the frame, about who it is, and about whose they are."""

from __future__ import annotations

import itertools

import pytest
from PIL import Image

from data.regions import Region, read_regions, write_regions
from data.regions.frames import Frame
from tests.data.films.test_header import movie
from tests.data.regions.test_writing import photo_in, snapshot

STORED = (0.1, 0.1, 0.3, 0.5)
ELSEWHERE = (0.7, 0.6, 0.8, 0.8)
HEAD = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
 xmlns:MP="http://ns.microsoft.com/photo/1.2/"
 xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
 xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"><rdf:Description rdf:about="" xmp:Rating="4">"""
TAIL = "</rdf:Description></rdf:RDF>"


def mwg(faces, size=(80, 60)) -> str:
    """MWG regions of (name, corners)."""
    areas = (
        (name, (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0) for name, (x0, y0, x1, y1) in faces
    )
    items = "".join(
        f'<rdf:li><rdf:Description mwg-rs:Name="{name}" mwg-rs:Type="Face"><mwg-rs:Area'
        f' stArea:x="{x}" stArea:y="{y}" stArea:w="{w}" stArea:h="{h}"/></rdf:Description></rdf:li>'
        for name, x, y, w, h in areas
    )
    return (
        '<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions'
        f' stDim:w="{size[0]}" stDim:h="{size[1]}" stDim:unit="pixel"/><mwg-rs:RegionList>'
        f"<rdf:Bag>{items}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"
    )


def microsoft(faces) -> str:
    """Microsoft's regions of (name, corners)."""
    items = "".join(
        f'<rdf:li><rdf:Description MPReg:PersonDisplayName="{name}"'
        f' MPReg:Rectangle="{x0}, {y0}, {x1 - x0}, {y1 - y0}"/></rdf:li>'
        for name, (x0, y0, x1, y1) in faces
    )
    return (
        '<MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>'
        f"{items}</rdf:Bag></MPRI:Regions></MP:RegionInfo>"
    )


def packet(*lists: str) -> str:
    return HEAD + "".join(lists) + TAIL


def found(path) -> list[tuple[str, tuple]]:
    return [(r.name, tuple(round(edge, 4) for edge in r.box)) for r in read_regions(path)]


def displayed(orientation, box=STORED):
    return tuple(round(edge, 4) for edge in Frame(80, 60, orientation).displayed(box))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("embedded", [False, True])
def test_the_size_of_a_turned_photo_may_be_given_as_displayed(tmp_path, orientation, embedded):
    for size in ((80, 60), (60, 80)):
        text = packet(mwg([("Anne", STORED)], size))
        path = photo_in(tmp_path, text if embedded else None, orientation=orientation)
        if not embedded:
            (tmp_path / "photo.jpg.xmp").write_text(text)
        is_cropped = size == (60, 80) and orientation <= 4  # another shape: not its regions
        assert found(path) == ([] if is_cropped else [("Anne", displayed(orientation))])


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("size", [(61, 61), (60, 100), (100, 60)])
def test_another_shape_is_dropped_however_the_photo_is_turned(tmp_path, orientation, size):
    path = photo_in(tmp_path, packet(mwg([("Anne", STORED)], size)), orientation=orientation)
    assert found(path) == []


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("embed", [False, True])
def test_no_other_name_is_written_onto_a_face_that_such_a_list_names(tmp_path, orientation, embed):
    path = photo_in(tmp_path, packet(mwg([("Anne", STORED)], (60, 80))), orientation=orientation)
    before = snapshot(tmp_path)
    change = write_regions(path, [Region("Bob", displayed(orientation))], embed=embed)
    assert [name for name, _ in found(path)] == ["Anne"]
    assert not any(b"Bob" in content for content in snapshot(tmp_path).values())
    assert change.notes or snapshot(tmp_path) == before


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("place", ["one packet", "sidecar and photo", "photo and sidecar"])
def test_two_lists_in_two_frames_are_one_person_each(tmp_path, orientation, turned, place):
    """MWG leads; Microsoft's boxes are in the stored frame, or wrongly in the displayed one."""
    people = [("Anne", STORED), ("Bob", ELSEWHERE)]
    frame = Frame(80, 60, orientation)
    others = [(name, frame.displayed(box) if turned else box) for name, box in people]
    lists = [mwg(people), microsoft(others)]
    if place == "one packet":
        path = photo_in(tmp_path, packet(*lists), orientation=orientation)
    else:
        beside, inside = lists if place == "sidecar and photo" else lists[::-1]
        path = photo_in(tmp_path, packet(inside), orientation=orientation)
        (tmp_path / "photo.xmp").write_text(packet(beside))
    expected = [(name, displayed(orientation, box)) for name, box in people]
    assert sorted(found(path)) == sorted(expected)


def test_a_name_that_one_list_gives_twice_stays_two_faces(tmp_path):
    twice = [("Anne", STORED), ("Anne", ELSEWHERE)]  # in a mirror
    path = photo_in(tmp_path, packet(mwg(twice)))
    assert [name for name, _ in found(path)] == ["Anne", "Anne"]


SHARING = [
    "photo.heic", "photo.HEIC", "photo.Heic", "photo.png", "photo.nef", "photo.CR2", "photo.tif",
    "photo.avi", "photo.MP4", "photo.mpg",
]  # fmt: skip


@pytest.mark.parametrize("other", SHARING)
@pytest.mark.parametrize(
    "text", [packet(), packet(mwg([("Anne", STORED)]))], ids=["rated", "named"]
)
def test_a_sidecar_that_two_pictures_share_is_trusted_for_neither(tmp_path, other, text):
    path, shared = photo_in(tmp_path), tmp_path / "photo.xmp"
    Image.new("RGB", (80, 60), "white").save(tmp_path / other, "PNG")
    shared.write_text(text)
    assert found(path) == []
    write_regions(path, [Region("Bob", ELSEWHERE)])
    assert shared.read_text() == text and [name for name, _ in found(path)] == ["Bob"]
    assert (tmp_path / "photo.jpg.xmp").exists()


def test_each_of_two_pictures_has_its_own_people(tmp_path):
    one, two = photo_in(tmp_path), tmp_path / "photo.png"
    Image.new("RGB", (80, 60), "white").save(two)
    (tmp_path / "photo.xmp").write_text(packet())
    for path, name in itertools.permutations([(one, "Anne"), (two, "Bob")]):
        write_regions(path[0], [Region(path[1], STORED)])
        write_regions(name[0], [Region(name[1], ELSEWHERE)])
    assert {name for name, _ in found(one)} == {"Anne"}
    assert {name for name, _ in found(two)} == {"Bob"}


@pytest.mark.parametrize("beside", ["photo.txt", "photo.jpg.bak", "photo", "photos.png", None])
def test_a_sidecar_is_the_photos_own_where_no_other_picture_is(tmp_path, beside):
    path = photo_in(tmp_path)
    if beside == "photo":
        (tmp_path / beside).mkdir()
    elif beside:
        (tmp_path / beside).touch()
    (tmp_path / "photo.xmp").write_text(packet(mwg([("Anne", STORED)])))
    assert [name for name, _ in found(path)] == ["Anne"]


@pytest.mark.parametrize("name", ["", " ", "Unknown", "unconfirmed", "Ignored", "Person 12", "?"])
def test_a_region_of_nobody_has_no_name(tmp_path, name):
    for text in (mwg([(name, STORED)]), microsoft([(name, STORED)])):
        assert [name for name, _ in found(photo_in(tmp_path, packet(text)))] in ([], [None])


@pytest.mark.parametrize("damage", ["<x:xmpmeta", "no XML at all", HEAD, "<a/>"])
@pytest.mark.parametrize("beside", [False, True])
def test_a_damaged_packet_in_the_photo_keeps_no_name_out_of_the_sidecar(tmp_path, damage, beside):
    path = photo_in(tmp_path, damage)
    if beside:
        (tmp_path / "photo.jpg.xmp").write_text(packet(mwg([("Anne", STORED)])))
        assert [name for name, _ in found(path)] == ["Anne"]
    before = path.read_bytes()
    change = write_regions(path, [Region("Bob", ELSEWHERE)])
    names = {region.name for region in read_regions(path, on_problem=lambda error: None)}
    assert names == ({"Anne", "Bob"} if beside else {"Bob"}) and path.read_bytes() == before
    assert any("own metadata" in note for note in change.notes)


@pytest.mark.parametrize(("seconds", "is_own"), [(2.9, True), (30, False)])
def test_the_film_of_a_live_photo_shares_no_name_with_it(tmp_path, seconds, is_own):
    path = photo_in(tmp_path)
    (tmp_path / "photo.mov").write_bytes(movie(seconds))
    (tmp_path / "photo.xmp").write_text(packet(mwg([("Anne", STORED)])))
    assert [name for name, _ in found(path)] == ["Anne"] * is_own
