"""Tests that ExifTool, an independent judge, reads what Kindred wrote as it was meant."""

import json
import shutil
import subprocess

import pytest
from PIL import Image

from data.regions import Region, read_regions, write_regions

pytestmark = pytest.mark.skipif(
    shutil.which("exiftool") is None,
    reason="ExifTool is not installed (Debian: libimage-exiftool-perl)",
)

# The vector of the specification: centre .2 .3, size .2 .4, displayed.
ANNE = Region("Anne Österreich", (0.1, 0.1, 0.3, 0.5))
# There are two spellings of this namespace; ExifTool reads ours (digiKam's) and says so.
SPELLING = "[minor] Fixed incorrect URI for xmlns:MicrosoftPhoto"
STORED = {1: (0.2, 0.3, 0.2, 0.4), 6: (0.3, 0.8, 0.4, 0.2), 8: (0.7, 0.2, 0.4, 0.2)}


def photo_in(folder, orientation=1):
    exif = Image.Exif()
    exif[274] = orientation
    Image.radial_gradient("L").resize((80, 60)).convert("RGB").save(folder / "p.jpg", exif=exif)
    return folder / "p.jpg"


def exiftool(*arguments):
    command = ["exiftool", "-charset", "utf8", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


def asked(path):
    return json.loads(exiftool("-json", "-struct", "-G1", "-a", path))[0]


def check_tags(tags, orientation):
    x, y, w, h = STORED[orientation]
    name = ANNE.name
    regions = tags["XMP-mwg-rs:RegionInfo"]
    assert regions["AppliedToDimensions"] == {"W": 80, "H": 60, "Unit": "pixel"}
    (region,) = regions["RegionList"]
    assert (region["Name"], region["Type"]) == (name, "Face")
    assert region["Area"].pop("Unit") == "normalized"
    assert region["Area"] == pytest.approx({"X": x, "Y": y, "W": w, "H": h})
    (region,) = tags["XMP-MP:RegionInfoMP"]["Regions"]
    assert region["PersonDisplayName"] == name
    rectangle = [float(number) for number in region["Rectangle"].split(", ")]
    assert rectangle == pytest.approx([x - w / 2, y - h / 2, w, h])
    (region,) = tags["XMP-iptcExt:ImageRegion"]
    assert (region["Name"], region["PersonInImage"]) == (name, [name])
    boundary = region["RegionBoundary"]
    assert (boundary.pop("RbShape"), boundary.pop("RbUnit")) == ("Rectangle", "Relative")
    assert boundary == pytest.approx({"RbX": x - w / 2, "RbY": y - h / 2, "RbW": w, "RbH": h})
    assert tags["XMP-iptcExt:PersonInImage"] == [name]
    assert tags["XMP-dc:Subject"] == [name]
    assert tags["XMP-digiKam:TagsList"] == [f"People/{name}"]
    assert tags["XMP-lr:HierarchicalSubject"] == [f"People|{name}"]
    assert tags["XMP-microsoft:LastKeywordXMP"] == [f"People/{name}"]
    assert tags.get("ExifTool:Warning") in (None, SPELLING)
    assert "ExifTool:Error" not in tags


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("embed", [False, True])
def test_it_reads_every_tag(tmp_path, orientation, embed):
    path = photo_in(tmp_path, orientation)
    write_regions(path, [ANNE], embed=embed)
    tags = asked(path if embed else f"{path}.xmp")
    check_tags(tags, orientation)
    if not embed:
        turned = {1: "Horizontal (normal)", 6: "Rotate 90 CW", 8: "Rotate 270 CW"}
        assert tags["XMP-tiff:Orientation"] == turned[orientation]


@pytest.mark.parametrize("embed", [False, True])
def test_it_finds_nothing_else_to_complain_about(tmp_path, embed):
    def complaints(path):
        return set(exiftool("-s3", "-validate", "-warning", "-error", "-a", path).splitlines()[1:])

    path = photo_in(tmp_path)
    before = complaints(path)  # Pillow's Exif lacks fields that the standard asks for
    write_regions(path, [ANNE], embed=embed)
    assert complaints(path if embed else f"{path}.xmp") - before <= {SPELLING}


def test_the_other_spelling_of_microsofts_namespace_is_kept(tmp_path):
    path = photo_in(tmp_path)
    exiftool("-q", "-overwrite_original", "-XMP-microsoft:LastKeywordXMP=beach", path)
    write_regions(path, [ANNE], embed=True)
    assert asked(path)["XMP-microsoft:LastKeywordXMP"] == ["beach", f"People/{ANNE.name}"]


def test_what_exiftool_wrote_is_read_kept_and_added_to(tmp_path):
    path = photo_in(tmp_path, 6)
    exiftool(
        "-q", "-overwrite_original",
        "-RegionInfo={AppliedToDimensions={W=80,H=60,Unit=pixel},RegionList=[{Name=Bob,Type=Face,"
        "Area={X=0.3,Y=0.2,W=0.4,H=0.2,Unit=normalized}}]}",
        "-XMP-dc:Subject=beach", "-XMP-dc:Title=Summer", "-XMP-xmp:Rating=4", path,
    )  # fmt: skip
    (bob,) = read_regions(path)
    assert (bob.name, bob.source) == ("Bob", "embedded/mwg-rs")
    assert bob.box == pytest.approx((0.7, 0.1, 0.9, 0.5))
    pixels = exiftool("-b", "-ImageDataHash", path)
    before = asked(path)
    write_regions(path, [ANNE], embed=True)
    after = asked(path)
    assert exiftool("-b", "-ImageDataHash", path) == pixels
    assert [r["Name"] for r in after["XMP-mwg-rs:RegionInfo"]["RegionList"]] == ["Bob", ANNE.name]
    assert after["XMP-dc:Subject"] == ["beach", ANNE.name]
    changing = ("System:", "ExifTool:", "Composite:", "XMP-mwg-rs:", "XMP-dc:Subject")
    kept = {tag: value for tag, value in before.items() if not tag.startswith(changing)}
    assert {tag: after.get(tag) for tag in kept} == kept


def test_exiftool_can_write_after_us_and_we_still_know_our_own(tmp_path):
    path = photo_in(tmp_path)
    write_regions(path, [ANNE], embed=True)
    exiftool("-q", "-overwrite_original", "-XMP-xmp:Rating=5", path)
    change = write_regions(path, [Region("Anna", ANNE.box)], embed=True)
    assert change.notes == (f"renames {ANNE.name} to Anna",)
    assert asked(path)["XMP-dc:Subject"] == ["Anna"]
