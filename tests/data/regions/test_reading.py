"""Tests of reading regions, from packets in the styles of several programs and from Picasa."""

import io

import pytest
from PIL import Image, PngImagePlugin

from data.regions import read_regions

BOX = (0.1, 0.1, 0.3, 0.5)  # centre .2 .3, size .2 .4

HEAD = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">"""
TAIL = "</rdf:RDF></x:xmpmeta>"
MWG = """xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" """

LIGHTROOM = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{HEAD}
 <rdf:Description rdf:about="" {MWG} xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3">
  <mwg-rs:Regions rdf:parseType="Resource">
   <mwg-rs:AppliedToDimensions stDim:w="800" stDim:h="600" stDim:unit="pixel"/>
   <mwg-rs:RegionList><rdf:Bag>
    <rdf:li><rdf:Description mwg-rs:Name="Anne" mwg-rs:Type="Face" mwg-rs:Rotation="0">
      <mwg-rs:Area stArea:x="0.2" stArea:y="0.3" stArea:w="0.2" stArea:h="0.4"/>
    </rdf:Description></rdf:li>
    <rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet">
      <mwg-rs:Area stArea:x="0.7" stArea:y="0.3" stArea:w="0.2" stArea:h="0.4"/>
    </rdf:Description></rdf:li>
   </rdf:Bag></mwg-rs:RegionList>
  </mwg-rs:Regions>
 </rdf:Description>{TAIL}<?xpacket end="w"?>"""

DIGIKAM = f"""<?xml version="1.0" encoding="UTF-8"?>{HEAD}
 <rdf:Description rdf:about="" {MWG} xmlns:digiKam="http://www.digikam.org/ns/1.0/">
  <digiKam:TagsList><rdf:Seq><rdf:li>People/Anne</rdf:li></rdf:Seq></digiKam:TagsList>
  <mwg-rs:Regions rdf:parseType="Resource">
   <mwg-rs:AppliedToDimensions rdf:parseType="Resource">
    <stDim:w>80</stDim:w><stDim:h>60</stDim:h><stDim:unit>pixel</stDim:unit>
   </mwg-rs:AppliedToDimensions>
   <mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource">
    <mwg-rs:Name>
      Anne
    </mwg-rs:Name>
    <mwg-rs:Type>Face</mwg-rs:Type>
    <mwg-rs:Area rdf:parseType="Resource"><stArea:x>0.2</stArea:x><stArea:y>0.3</stArea:y>
     <stArea:w>0.2</stArea:w><stArea:h>0.4</stArea:h><stArea:unit>normalized</stArea:unit>
    </mwg-rs:Area>
   </rdf:li></rdf:Bag></mwg-rs:RegionList>
  </mwg-rs:Regions>
 </rdf:Description>{TAIL}"""

# Nested descriptions everywhere, and a Title in place of the Name.
PICASA = f"""{HEAD}<rdf:Description rdf:about="" {MWG}><mwg-rs:Regions><rdf:Description>
   <mwg-rs:AppliedToDimensions><rdf:Description stDim:w="80" stDim:h="60" stDim:unit="pixel"/>
   </mwg-rs:AppliedToDimensions>
   <mwg-rs:RegionList><rdf:Seq><rdf:li><rdf:Description>
     <mwg-rs:Title>Anne</mwg-rs:Title><mwg-rs:Type>Face</mwg-rs:Type>
     <mwg-rs:Area><rdf:Description stArea:x="0.2" stArea:y="0.3" stArea:w="0.2" stArea:h="0.4"
       stArea:unit="normalized"/></mwg-rs:Area>
   </rdf:Description></rdf:li></rdf:Seq></mwg-rs:RegionList>
  </rdf:Description></mwg-rs:Regions></rdf:Description>{TAIL}"""

# No xmpmeta around it, prefixes of its own, and a person without a rectangle.
WINDOWS = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 ><rdf:Description rdf:about="uuid:faf5bdd5" xmlns:prefix0="http://ns.microsoft.com/photo/1.2/"
 ><prefix0:RegionInfo><rdf:Description xmlns:ri="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
 ><ri:Regions><rdf:Bag xmlns:r="http://ns.microsoft.com/photo/1.2/t/Region#">
 <rdf:li><rdf:Description r:PersonDisplayName="Anne" r:Rectangle="0.1, 0.1, 0.2, 0.4"/></rdf:li>
 <rdf:li><rdf:Description><r:PersonDisplayName>Uncle</r:PersonDisplayName></rdf:Description></rdf:li>
 </rdf:Bag></ri:Regions></rdf:Description></prefix0:RegionInfo></rdf:Description></rdf:RDF>"""

IPTC = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"><rdf:Description rdf:about="">
 <i:ImageRegion><rdf:Bag>
  <rdf:li rdf:parseType="Resource"><i:RegionBoundary i:rbShape="rectangle" i:rbUnit="pixel"
   i:rbX="8" i:rbY="6" i:rbW="16" i:rbH="24"/>
   <i:PersonInImage><rdf:Bag><rdf:li>Anne</rdf:li></rdf:Bag></i:PersonInImage></rdf:li>
  <rdf:li rdf:parseType="Resource"><i:RegionBoundary i:rbShape="rectangle" i:rbUnit="relative"
   i:rbX="0" i:rbY="0" i:rbW="1" i:rbH="1"/>
   <i:Name><rdf:Alt><rdf:li xml:lang="x-default">Crop for print</rdf:li></rdf:Alt></i:Name></rdf:li>
 </rdf:Bag></i:ImageRegion></rdf:Description></rdf:RDF>"""

STYLES = {
    "lightroom": (LIGHTROOM, "mwg-rs"),
    "digikam": (DIGIKAM, "mwg-rs"),
    "picasa": (PICASA, "mwg-rs"),
    "windows": (WINDOWS, "mp"),
    "iptc": (IPTC, "iptc"),
}


def photo_in(folder, packet=None, *, name="photo.jpg", size=(80, 60), orientation=None, **options):
    exif = Image.Exif()
    if orientation:
        exif[274] = orientation
    if packet is not None:
        options["xmp"] = packet if isinstance(packet, bytes) else packet.encode()
    path = folder / name
    Image.new("RGB", size, "navy").save(path, exif=exif, **options)
    return path


def only_region(path):
    (region,) = read_regions(path)
    return region


def check_anne(region, source):
    assert (region.name, region.kind, region.source) == ("Anne", "face", source)
    assert region.box == pytest.approx(BOX)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_styles_of_other_programs_in_a_sidecar(tmp_path, style, encoding):
    packet, vocabulary = STYLES[style]
    path = photo_in(tmp_path)
    (tmp_path / "photo.jpg.xmp").write_bytes(packet.encode(encoding))
    check_anne(only_region(path), f"sidecar/{vocabulary}")


@pytest.mark.parametrize("style", STYLES)
def test_styles_of_other_programs_embedded(tmp_path, style):
    packet, vocabulary = STYLES[style]
    check_anne(only_region(photo_in(tmp_path, packet + "\0 \n")), f"embedded/{vocabulary}")


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "heic"])
def test_packets_embedded_in_other_formats(tmp_path, suffix):
    options = {"packet": DIGIKAM}
    if suffix == "png":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", DIGIKAM)
        options = {"pnginfo": text}
    if suffix == "tif":
        options = {"tiffinfo": {700: DIGIKAM.encode()}}
    if suffix == "heic":
        pytest.importorskip("pillow_heif").register_heif_opener()
    path = photo_in(tmp_path, name=f"photo.{suffix}", **options)
    check_anne(only_region(path), "embedded/mwg-rs")


@pytest.mark.parametrize("name", ["photo.jpg.xmp", "photo.xmp", "photo.XMP"])
def test_sidecar_names(tmp_path, name):
    path = photo_in(tmp_path)
    (tmp_path / name).write_text(DIGIKAM)
    check_anne(only_region(path), "sidecar/mwg-rs")


def test_the_sidecar_of_a_raw_file_is_not_the_jpegs(tmp_path):
    path = photo_in(tmp_path)
    marked = DIGIKAM.replace(
        'rdf:about=""',
        'rdf:about="" xmlns:ps="http://ns.adobe.com/photoshop/1.0/" ps:SidecarForExtension="CR2"',
        1,
    )
    (tmp_path / "photo.xmp").write_text(marked)
    assert read_regions(path) == []
    (tmp_path / "photo.xmp").write_text(marked.replace("CR2", "JPG"))
    assert only_region(path).name == "Anne"


@pytest.mark.parametrize(("shift", "names"), [(0.0, ["Annie"]), (0.5, ["Annie", "Anne"])])
def test_a_sidecar_goes_before_the_embedded_packet(tmp_path, shift, names):
    path = photo_in(tmp_path, DIGIKAM)
    other = DIGIKAM.replace("Anne\n", "Annie\n")
    other = other.replace("<stArea:x>0.2", f"<stArea:x>{0.2 + shift}")
    (tmp_path / "photo.jpg.xmp").write_text(other)
    assert [region.name for region in read_regions(path)] == names


def test_a_name_is_taken_from_whoever_has_one(tmp_path):
    unnamed = DIGIKAM.replace("Anne\n", "\n")
    path = photo_in(tmp_path, DIGIKAM)
    (tmp_path / "photo.jpg.xmp").write_text(unnamed)
    check_anne(only_region(path), "embedded/mwg-rs")
    path = photo_in(tmp_path, unnamed)
    assert only_region(path).name is None


@pytest.mark.parametrize(
    ("size", "count"), [((160, 120), 1), ((60, 80), 0), ((80, 80), 0), ((79, 60), 1)]
)
def test_regions_for_another_shape_are_not_trusted(tmp_path, size, count):
    assert len(read_regions(photo_in(tmp_path, DIGIKAM, size=size))) == count


@pytest.mark.parametrize("old", ["<stDim:w>80</stDim:w>", "80"])
def test_a_missing_or_senseless_size_is_no_reason_for_distrust(tmp_path, old):
    packet = DIGIKAM.replace(old, "0" if old == "80" else "")
    check_anne(only_region(photo_in(tmp_path, packet)), "embedded/mwg-rs")


@pytest.mark.parametrize(
    ("old", "new"),
    [("<stArea:x>0.2", "<stArea:x>1.2"), ("<stArea:x>0.2", "<stArea:x>nan"),
     ("<stArea:x>0.2", "<stArea:x>1e999"), ("<stArea:w>0.2", "<stArea:w>1e-17"),
     ("<stArea:w>0.2", "<stArea:w>-0.2"), ("<stArea:w>0.2", "<stArea:w>zwei"),
     ("<stArea:w>0.2</stArea:w>", ""), ("normalized", "pixel"),
     ("<mwg-rs:Type>Face", "<mwg-rs:Type>Focus")],
)  # fmt: skip
def test_regions_that_say_nothing_usable_are_left_out(tmp_path, old, new):
    assert old in DIGIKAM
    assert read_regions(photo_in(tmp_path, DIGIKAM.replace(old, new))) == []


@pytest.mark.parametrize("orientation", [*range(1, 9), 0, 9, None])
def test_stored_boxes_come_out_displayed(tmp_path, orientation):
    region = only_region(photo_in(tmp_path, DIGIKAM, orientation=orientation))
    by_hand = {
        2: (0.7, 0.1, 0.9, 0.5), 3: (0.7, 0.5, 0.9, 0.9), 4: (0.1, 0.5, 0.3, 0.9),
        5: (0.1, 0.1, 0.5, 0.3), 6: (0.5, 0.1, 0.9, 0.3), 7: (0.5, 0.7, 0.9, 0.9),
        8: (0.1, 0.7, 0.5, 0.9),
    }  # fmt: skip
    assert region.box == pytest.approx(by_hand.get(orientation, BOX))


def test_a_tiff_arrives_turned(tmp_path):
    path = photo_in(tmp_path, name="photo.tif", orientation=6)
    (tmp_path / "photo.tif.xmp").write_text(DIGIKAM)
    assert only_region(path).box == pytest.approx((0.5, 0.1, 0.9, 0.3))


@pytest.mark.parametrize(
    ("orientation", "box"),
    [(1, BOX), (3, (0.7, 0.5, 0.9, 0.9)), (6, (0.5, 0.1, 0.9, 0.3)), (8, (0.1, 0.7, 0.5, 0.9)),
     (2, (0.7, 0.1, 0.9, 0.5)), (5, (0.1, 0.1, 0.5, 0.3))],
)  # fmt: skip
def test_heic_is_turned_by_its_boxes(tmp_path, orientation, box):
    pytest.importorskip("pillow_heif").register_heif_opener()
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "photo.heic"
    Image.new("RGB", (80, 60)).save(path, exif=exif.tobytes())
    assert (b"irot" in path.read_bytes()) == (orientation not in (1, 2))
    (tmp_path / "photo.heic.xmp").write_text(DIGIKAM)
    assert only_region(path).box == pytest.approx(box)


def test_heic_is_not_turned_by_exif_alone(tmp_path):
    pytest.importorskip("pillow_heif").register_heif_opener()
    path = photo_in(tmp_path, name="photo.heic", orientation=6)
    assert b"irot" not in path.read_bytes()
    (tmp_path / "photo.heic.xmp").write_text(DIGIKAM)
    check_anne(only_region(path), "sidecar/mwg-rs")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_counts_as_upright(tmp_path):
    stream = io.BytesIO()
    Image.new("RGB", (80, 60)).save(stream, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    path = tmp_path / "photo.jpg"
    path.write_bytes(stream.getvalue())
    (tmp_path / "photo.jpg.xmp").write_text(DIGIKAM)
    check_anne(only_region(path), "sidecar/mwg-rs")


def picasa(faces, *rest):
    return "\r\n".join(["[Picasa]", "name=50%", "[PHOTO.jpg]", f"faces={faces}", "star=yes", *rest])


# left .1, top .2, right .3, bottom .4, each times 65535
RECT = "rect64(1999" + "3333" + "4ccc" + "6666)"


def test_picasa_ini(tmp_path):
    path = photo_in(tmp_path, orientation=6)
    faces = f"{RECT},1a2b;rect64(99980000b3321999),ffffffffffffffff;rect64(0000),77;nonsense"
    (tmp_path / ".picasa.ini").write_text(
        picasa(faces, "[Contacts2]", "1A2B=Anne Müller;a@example.org;", "ff=;;"), "utf-8"
    )
    first, second = read_regions(path)
    assert (first.name, first.source) == ("Anne Müller", "picasa")
    assert first.box == pytest.approx((0.6, 0.1, 0.8, 0.3), abs=1e-4)
    assert second.name is None


def test_picasa_pads_short_numbers(tmp_path):
    path = photo_in(tmp_path)
    (tmp_path / ".picasa.ini").write_text(picasa("rect64(333333336666),7"))
    assert only_region(path).box == pytest.approx((0, 0.2, 0.2, 0.4), abs=1e-4)


def test_picasa_contacts_file(tmp_path):
    folder = tmp_path / "albums" / "2008" / "05" / "one"  # contacts are looked for around it
    folder.mkdir(parents=True)
    path = photo_in(folder)
    (folder / ".picasa.ini").write_text(picasa(f"{RECT},c0ffee"))
    assert only_region(path).name is None
    contacts = '<contacts><contact id="c0ffee" name="Anne" display="A"/><contact/></contacts>'
    (folder / "contacts.xml").write_text(contacts)
    assert only_region(path).name == "Anne"


@pytest.mark.parametrize("known", [
    "2008/05/two", "2008/05", "2008/05/two/below", "2008/04/party", "2007/12/31", ".",
])  # fmt: skip
def test_a_picasa_contact_that_another_folder_knows(tmp_path, known):
    folder = tmp_path / "albums" / "2008" / "05" / "one"
    for place in (folder, tmp_path / "albums" / known):
        place.mkdir(parents=True, exist_ok=True)
    path = photo_in(folder)
    # What was found around a folder is kept for a while: another contact for every test.
    contact = known.encode().hex()[:15]
    (folder / ".picasa.ini").write_text(picasa(f"{RECT},{contact}"))
    there = tmp_path / "albums" / known / ".picasa.ini"
    there.write_text(f"[Contacts2]\n{contact}=Anne;;")
    assert only_region(path).name == "Anne"


@pytest.mark.parametrize("name", ["Ignored", "unknown person", " ", "Person 3", "\u3164"])
def test_a_picasa_contact_that_is_nobody_has_no_name(tmp_path, name):
    path = photo_in(tmp_path)
    ini = picasa(f"{RECT},c0ffe3", "[Contacts2]", f"c0ffe3={name};;")
    (tmp_path / ".picasa.ini").write_text(ini, "utf-8")
    assert only_region(path).name is None


def test_picasa_gives_way_to_xmp_on_the_same_face(tmp_path):
    path = photo_in(tmp_path, DIGIKAM)
    (tmp_path / ".picasa.ini").write_text(
        picasa("rect64(19991999" + "4ccc8000),1;rect64(b3323333e6656666),1",
               "[Contacts2]", "1=Annemarie;;")
    )  # fmt: skip
    assert [(r.name, r.source) for r in read_regions(path)] == [
        ("Anne", "embedded/mwg-rs"),
        ("Annemarie", "picasa"),
    ]


def test_nothing_is_an_empty_list(tmp_path):
    assert read_regions(photo_in(tmp_path)) == []
    assert read_regions(str(photo_in(tmp_path, name="photo.png"))) == []
