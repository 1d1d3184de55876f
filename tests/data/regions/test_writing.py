"""Tests of writing regions: merging them into packets, and the choice of sidecars."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from data.errors import PhotoError
from data.names import clean_name
from data.regions import Change, Region, read_regions, undo, write_regions

ANNE = Region("Anne", (0.1, 0.1, 0.3, 0.5))
BOB = Region("Bob", (0.6, 0.1, 0.8, 0.4))

FOREIGN = """<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Other"><!-- a comment -->
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:acme="http://acme.example/ns/" acme:secret="4 &lt; 5 &amp; 6"
  xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
  xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
  xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
  <acme:tree rdf:parseType="Resource"><acme:leaf xml:lang="eo"><![CDATA[<folio>]]></acme:leaf>
  </acme:tree>
  <dc:subject><rdf:Bag><rdf:li>beach</rdf:li></rdf:Bag></dc:subject>
  <mwg-rs:Regions rdf:parseType="Resource">
   <mwg-rs:AppliedToDimensions stDim:w="80" stDim:h="60" stDim:unit="pixel"/>
   <mwg-rs:RegionList><rdf:Bag>
    <rdf:li><rdf:Description mwg-rs:Type="Face" acme:mood="merry" NAME>
      <mwg-rs:Area stArea:x="0.2" stArea:y="0.3" stArea:w="0.24" stArea:h="0.44"/>
    </rdf:Description></rdf:li>
    <rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet">
      <mwg-rs:Area stArea:x="0.7" stArea:y="0.25" stArea:w="0.2" stArea:h="0.3"/>
    </rdf:Description></rdf:li>
   </rdf:Bag></mwg-rs:RegionList>
  </mwg-rs:Regions>
 </rdf:Description></rdf:RDF></x:xmpmeta>"""


def foreign(name=None):
    return FOREIGN.replace("NAME", f'mwg-rs:Name="{name}"' if name else "")


def photo_in(folder, packet=None, *, name="photo.jpg", size=(80, 60), orientation=None):
    exif = Image.Exif()
    if orientation:
        exif[274] = orientation
    options = {} if packet is None else {"xmp": packet.encode()}
    gradient = Image.radial_gradient("L").resize(size).convert("RGB")
    gradient.save(folder / name, exif=exif, **options)
    return folder / name


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(path):
    return [region.name for region in read_regions(path)]


def nodes(data):
    """Everything a packet says, element by element, in its order."""
    root = etree.fromstring(data[data.index(b"<x:xmpmeta") : data.index(b"</x:xmpmeta>") + 12])
    return [(str(e.tag), dict(e.attrib), (e.text or "").strip()) for e in root.iter()]


def keyword_lists(path):
    root = etree.parse(path).getroot()
    found = {}
    for prop in root.find(".//{*}Description"):
        if len(prop) and etree.QName(prop[0]).localname in ("Bag", "Seq"):
            found[etree.QName(prop).localname] = [li.text for li in prop[0]]
    return found


def check_round_trip(folder, path, embed):
    before = snapshot(folder)
    change = write_regions(path, [ANNE, BOB], embed=embed)
    assert change and change.applied
    regions = read_regions(path)
    assert [r.name for r in regions] == ["Anne", "Bob"]
    for got, put in zip(regions, (ANNE, BOB), strict=True):
        assert got.box == pytest.approx(put.box, abs=2e-6)
    after = snapshot(folder)
    again = write_regions(path, [ANNE, BOB], embed=embed)
    assert not again
    assert snapshot(folder) == after
    assert undo(Change.from_json(json.loads(json.dumps(change.to_json()))))
    assert snapshot(folder) == before
    assert not undo(change)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("embed", [False, True])
def test_round_trip_of_every_orientation(tmp_path, orientation, embed):
    check_round_trip(tmp_path, photo_in(tmp_path, orientation=orientation), embed)


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "heic", "gif", "bmp"])
def test_round_trip_of_other_formats_in_a_sidecar(tmp_path, suffix, orientation):
    if suffix == "heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    path = photo_in(tmp_path, name=f"photo.{suffix}", orientation=orientation)
    check_round_trip(tmp_path, path, embed=False)
    assert not (tmp_path / "photo.xmp").exists()


def test_a_picture_above_pillows_own_limit_gets_its_name_without_a_warning(tmp_path):
    """195 megapixels by its header, which is all that is read; photos up to 200 are.

    In a fresh process, where Pillow's limit is as it comes.
    """
    path = photo_in(tmp_path)
    header = bytearray(path.read_bytes())
    at = header.index(b"\xff\xc0") + 5  # height and width, two bytes each
    header[at : at + 4] = (13000).to_bytes(2, "big") + (15000).to_bytes(2, "big")
    path.write_bytes(header)
    script = (
        "from data.regions import Region, write_regions\n"
        "for embed in (False, True):\n"
        "    anne = Region('Anne', (.1, .1, .3, .5))\n"
        f"    assert write_regions({str(path)!r}, [anne], embed=embed).edits\n"
    )
    root = Path(__file__).resolve().parents[3]
    run = subprocess.run([sys.executable, "-W", "error", "-c", script], cwd=root, stderr=-1)
    assert (run.returncode, run.stderr) == (0, b"") and names(path) == ["Anne"]


@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_other_formats_cannot_be_embedded_in(tmp_path, suffix):
    path = photo_in(tmp_path, name=f"photo.{suffix}")
    with pytest.raises(PhotoError, match="sidecar"):
        write_regions(path, [ANNE], embed=True)


def test_all_keyword_lists(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [ANNE, Region("Sinéad/O|Connor", BOB.box)])
    lists = keyword_lists(f"{path}.xmp")
    assert lists["subject"] == lists["PersonInImage"] == ["Anne", "Sinéad/O|Connor"]
    assert lists["TagsList"] == lists["LastKeywordXMP"] == ["People/Anne"]
    assert lists["hierarchicalSubject"] == ["People|Anne"]


def test_everything_of_others_is_kept(tmp_path):
    path = photo_in(tmp_path, foreign("Old Name"))
    old = nodes(foreign("Old Name").encode())
    write_regions(path, [BOB], embed=True)
    new = iter(nodes(path.read_bytes()))
    # Each old node is there, unchanged and in its order; the new ones lie between.
    assert all(any(node == other for other in new) for node in old)
    assert names(path) == ["Old Name", "Bob"]
    assert b"<![CDATA[<folio>]]>" in path.read_bytes()
    assert b"<!-- a comment -->" in path.read_bytes()


def test_the_name_of_another_program_stays(tmp_path):
    path = photo_in(tmp_path, foreign("Annie"))
    before = snapshot(tmp_path)
    change = write_regions(path, [ANNE], embed=True)
    assert not change
    assert change.notes == ("keeps Annie, by another program, where Anne was found",)
    assert snapshot(tmp_path) == before
    write_regions(path, [ANNE, BOB])
    assert names(path) == ["Annie", "Bob"]
    assert "Anne" not in keyword_lists(f"{path}.xmp")["subject"]


def test_a_face_without_a_name_gets_one_and_keeps_its_box(tmp_path):
    path = photo_in(tmp_path, foreign())
    write_regions(path, [ANNE], embed=True)
    (region,) = read_regions(path)
    assert region.name == "Anne"
    assert region.box == pytest.approx((0.08, 0.08, 0.32, 0.52))
    assert b'acme:mood="merry"' in path.read_bytes()


def test_not_to_recognise_somebody_clears_nothing(tmp_path):
    path = photo_in(tmp_path, foreign("Anne"))
    assert not write_regions(path, [], embed=True)
    assert not write_regions(path, [Region(None, ANNE.box), Region(None, BOB.box)])
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]
    write_regions(path, [BOB])
    write_regions(path, [])
    assert names(path) == ["Anne", "Bob"]


def test_our_own_region_follows_a_changed_name(tmp_path):
    path = photo_in(tmp_path, foreign("Old Name"))
    write_regions(path, [BOB])
    change = write_regions(path, [Region("Robert", BOB.box)])
    assert change.notes == ("renames Bob to Robert",)
    assert names(path) == ["Old Name", "Robert"]
    lists = keyword_lists(f"{path}.xmp")
    assert lists["subject"] == ["beach", "Robert"]
    assert lists["TagsList"] == ["People/Robert"]
    assert "Bob" not in (tmp_path / "photo.jpg.xmp").read_text().replace("Robert", "")


def test_a_keyword_that_was_there_before_us_survives_a_changed_name(tmp_path):
    path = photo_in(tmp_path, foreign().replace("beach", "Bob"))
    write_regions(path, [BOB])
    write_regions(path, [Region("Robert", BOB.box)])
    assert keyword_lists(f"{path}.xmp")["subject"] == ["Bob", "Robert"]


def test_a_keyword_that_is_there_decomposed_is_not_written_again(tmp_path):
    path = photo_in(tmp_path, foreign().replace("beach", "Zoe\u0308"))
    write_regions(path, [Region("Zo\u00eb", BOB.box)])
    assert keyword_lists(f"{path}.xmp")["subject"] == ["Zoe\u0308"]


def test_a_keyword_stays_while_another_face_needs_it(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [BOB, Region("Bob", (0.1, 0.6, 0.3, 0.9))])
    write_regions(path, [Region("Robert", BOB.box)])
    assert keyword_lists(f"{path}.xmp")["subject"] == ["Bob", "Robert"]


def test_what_somebody_renamed_since_is_theirs(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [ANNE])
    sidecar = tmp_path / "photo.jpg.xmp"
    text = sidecar.read_text()
    for field in ("mwg-rs:Name", "MPReg:PersonDisplayName"):
        text = text.replace(f"<{field}>Anne", f"<{field}>Annie")
    sidecar.write_text(text)
    change = write_regions(path, [ANNE])
    assert not change
    assert names(path) == ["Annie"]
    write_regions(path, [Region("Annie", ANNE.box)])  # now the IPTC region follows
    assert "<rdf:li>Anne</rdf:li>" not in sidecar.read_text()


def test_a_rejected_name_is_taken_away_if_it_is_ours(tmp_path):
    path = photo_in(tmp_path, foreign("Anne"))
    write_regions(path, [BOB])
    change = write_regions(path, [], rejected=[BOB, ANNE])
    assert change.notes == ("takes Bob away",)
    assert names(path) == ["Anne", None]
    lists = keyword_lists(f"{path}.xmp")
    assert lists["subject"] == ["beach"]
    assert "TagsList" not in lists
    write_regions(path, [Region("Robert", BOB.box)])
    assert names(path) == ["Anne", "Robert"]


def test_two_faces_may_have_one_name(tmp_path):
    path = photo_in(tmp_path)
    mirror = Region("Anne", (0.5, 0.5, 0.7, 0.9))
    write_regions(path, [ANNE, mirror])
    assert names(path) == ["Anne", "Anne"]
    assert keyword_lists(f"{path}.xmp")["subject"] == ["Anne"]


def test_regions_for_another_shape_are_left_alone(tmp_path):
    path = photo_in(tmp_path, foreign("Old Name"), size=(60, 60))
    change = write_regions(path, [BOB])
    assert "another shape" in change.notes[0]
    assert [(r.name, r.source) for r in read_regions(path)] == [("Bob", "sidecar/mp")]
    assert not write_regions(path, [BOB])
    assert 'mwg-rs:Name="Old Name"' in (tmp_path / "photo.jpg.xmp").read_text()


def test_no_vocabulary_is_trusted_after_a_crop(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [ANNE])
    photo_in(tmp_path, size=(60, 60))
    assert read_regions(path) == []
    shifted = Region("Anne", (0.2, 0.1, 0.45, 0.5))
    write_regions(path, [shifted])
    assert [region.box for region in read_regions(path)] == [pytest.approx(shifted.box)]
    assert not write_regions(path, [shifted])


@pytest.mark.parametrize(
    "name", ["Zoë 李雷 🙂", '<b> & "quotes" \']]>', "two\nlines", "People/Anne", "a" * 2000]
)
def test_names_of_every_kind(tmp_path, name):
    path = photo_in(tmp_path)
    write_regions(path, [Region(name, ANNE.box)], embed=True)
    assert names(path) == [clean_name(name)]
    assert not write_regions(path, [Region(name, ANNE.box)], embed=True)


@pytest.mark.parametrize("name", ["nul\0", "bell\a", "half \ud800", "\ufffe"])
def test_names_that_xml_cannot_hold(tmp_path, name):
    with pytest.raises(PhotoError, match="Rename the person"):
        write_regions(photo_in(tmp_path), [Region(name, ANNE.box)])
    assert len(list(tmp_path.iterdir())) == 1


def test_malformed_lists_are_completed_not_lost(tmp_path):
    loose = foreign().replace("<rdf:Bag><rdf:li>beach</rdf:li></rdf:Bag>", "beach")
    attribute = foreign().replace("acme:secret=", 'dc:title="beach" acme:secret=')
    attribute = attribute.replace(foreign()[foreign().index("  <dc:subject") :
                                            foreign().index("  <mwg-rs:Regions")], "")  # fmt: skip
    attribute = attribute.replace("dc:title", "dc:subject")
    for packet in (loose, attribute):
        path = photo_in(tmp_path, packet)
        write_regions(path, [ANNE])
        assert keyword_lists(f"{path}.xmp")["subject"] == ["beach", "Anne"]
        os.unlink(f"{path}.xmp")


# Sidecars


def test_a_new_sidecar_copies_the_embedded_packet_and_the_orientation(tmp_path):
    path = photo_in(tmp_path, foreign("Old Name"), orientation=6)
    pixels = path.read_bytes()
    write_regions(path, [Region("Bob", (0.1, 0.7, 0.3, 0.9))])
    text = (tmp_path / "photo.jpg.xmp").read_text()
    assert "tiff:Orientation" in text and ">6<" in text
    assert "acme:leaf" in text and "Old Name" in text
    assert path.read_bytes() == pixels


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_new_sidecar_is_as_readable_as_its_photo(tmp_path):
    path = photo_in(tmp_path)
    os.chmod(path, 0o640)
    write_regions(path, [ANNE])
    assert os.stat(f"{path}.xmp").st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_sidecar_of_a_write_protected_photo_can_be_written_again(tmp_path):
    path = photo_in(tmp_path)
    os.chmod(path, 0o444)
    write_regions(path, [ANNE])
    assert os.stat(f"{path}.xmp").st_mode & 0o777 == 0o644
    assert write_regions(path, [Region("Bob", (0.5, 0.5, 0.6, 0.6))]).edits


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("embed", [True, False])
def test_what_root_writes_belongs_to_the_owner_of_the_photo(tmp_path, embed):
    path = photo_in(tmp_path)
    os.chown(path, 1234, 4321)
    (edit,) = write_regions(path, [ANNE], embed=embed).edits
    status = os.stat(edit.path)
    assert (status.st_uid, status.st_gid) == (1234, 4321)


def test_other_names_of_the_file_are_told_of(tmp_path):
    path = photo_in(tmp_path)
    os.link(path, tmp_path / "another.jpg")
    change = write_regions(path, [ANNE], embed=True, dry_run=True)
    assert any("hard links" in note and "photo.jpg" in note for note in change.notes)
    assert not any("hard links" in note for note in write_regions(path, [ANNE]).notes)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs extended attributes")
def test_extended_attributes_stay(tmp_path):
    path = photo_in(tmp_path)
    try:
        os.setxattr(path, "user.colour", b"red")
    except OSError:
        pytest.skip("this disk keeps no extended attributes")
    write_regions(path, [ANNE], embed=True)
    assert os.getxattr(path, "user.colour") == b"red"


def test_an_existing_sidecar_is_updated_in_place_of_a_new_one(tmp_path):
    path = photo_in(tmp_path)
    (tmp_path / "photo.xmp").write_text(foreign("Old Name"))
    write_regions(path, [BOB])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photo.jpg", "photo.xmp"]
    assert "acme:leaf" in (tmp_path / "photo.xmp").read_text()
    assert names(path) == ["Old Name", "Bob"]


def test_sidecars_never_disagree(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [ANNE])
    write_regions(path, [Region("Anna", ANNE.box)], embed=True)
    assert "Anna" in (tmp_path / "photo.jpg.xmp").read_text()
    assert names(path) == ["Anna"]
    change = write_regions(path, [Region("Anke", ANNE.box)], embed=True)
    assert [os.path.basename(edit.path) for edit in change.edits] == ["photo.jpg", "photo.jpg.xmp"]
    undo(change)
    assert names(path) == ["Anna"]


RATED = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF>"""


def test_a_sidecar_without_regions_takes_over_the_embedded_ones(tmp_path):
    path = photo_in(tmp_path, foreign("Annie"))
    sidecar = tmp_path / "photo.jpg.xmp"
    sidecar.write_text(RATED)
    assert not write_regions(path, [ANNE])
    assert sidecar.read_text() == RATED
    write_regions(path, [ANNE, BOB])
    photo_in(tmp_path)  # the same photo without a packet
    assert names(path) == ["Annie", "Bob"]
    assert 'xmp:Rating="5"' in sidecar.read_text()


def test_what_is_ours_stays_ours_when_a_sidecar_takes_it_over(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [ANNE], embed=True)
    (tmp_path / "photo.jpg.xmp").write_text(RATED)
    write_regions(path, [Region("Anna", ANNE.box)])
    assert names(path) == ["Anna"]


def test_names_of_files_need_not_be_utf8(tmp_path):
    path = os.fsencode(tmp_path) + b"/new\nline \xff.jpg"
    try:
        os.rename(photo_in(tmp_path), path)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    change = write_regions(os.fsdecode(path), [ANNE])
    assert names(os.fsdecode(path)) == ["Anne"]
    assert os.path.exists(path + b".xmp")
    assert undo(Change.from_json(json.loads(json.dumps(change.to_json()))))
    assert not os.path.exists(path + b".xmp")


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """A POSIX access list as Linux keeps it: (tag, permissions, id) after the version."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs Linux")
@pytest.mark.parametrize("embed", [True, False])
def test_access_lists_stay(tmp_path, embed):
    path = photo_in(tmp_path)
    if not embed:
        write_regions(path, [ANNE])
    written = path if embed else tmp_path / "photo.jpg.xmp"
    anybody = 0xFFFFFFFF
    access = access_list((1, 6, anybody), (2, 6, 1000), (4, 4, anybody), (16, 6, anybody),
                         (32, 0, anybody))  # fmt: skip
    try:
        os.setxattr(written, "system.posix_acl_access", access)
    except OSError:
        pytest.skip("this disk keeps no access lists")
    change = write_regions(path, [BOB], embed=embed)
    for _ in "12":  # after writing, and after taking it back
        assert os.getxattr(written, "system.posix_acl_access") == access
        undo(change)
