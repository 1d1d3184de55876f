"""RAW and JPEG XL, where the packages of `requirements-formats.txt` are; one sentence without."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from data.errors import PhotoError
from data.media.folders import LeftOut, find_photos
from data.media.photos import captured_at, count_pixels, read_photo, read_reduced
from data.regions import Region, read_regions, write_regions
from data.regions.embedded import read_embedded
from tests.faces import astronaut
from tests.pictures import encoded, exif


def write_dng(path, picture, *, orientation=1, preview=None, taken="2019:07:31 12:00:00"):
    """Writes a picture uint8 [H, W, 3] as a camera would: one colour a pixel, and a preview."""
    tifffile = pytest.importorskip("tifffile")
    mosaic = picture[..., 1].copy()
    mosaic[0::2, 0::2], mosaic[1::2, 1::2] = picture[0::2, 0::2, 0], picture[1::2, 1::2, 2]
    tags = [
        (274, "H", 1, orientation, True),
        (271, "s", 0, "Kindred", True),
        (272, "s", 0, "Drawn", True),
        (306, "s", 0, taken, True),
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, bytes((0, 1, 1, 2)), True),
        (50706, "B", 4, bytes((1, 4, 0, 0)), True),
        (50708, "s", 0, "Kindred Drawn", True),
        (50721, "2i", 9, (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1), True),
        (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),
    ]
    values = mosaic.astype(np.uint16) << 8
    with tifffile.TiffWriter(path) as writer:
        writer.write(values, photometric="CFA", extratags=tags, metadata=None)
        if preview is not None:
            writer.write(
                iter([encoded(preview, "JPEG", quality=95)]),
                shape=preview.shape,
                dtype=np.uint8,
                photometric="YCBCR",
                compression="JPEG",
                rowsperstrip=preview.shape[0],
                subsampling=(2, 2),
                subfiletype=1,
                metadata=None,
            )
    return path


@pytest.fixture
def rawpy():
    return pytest.importorskip("rawpy")


@pytest.fixture
def imagecodecs():
    return pytest.importorskip("imagecodecs")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_raw_photo_is_read_upright_from_a_development(tmp_path, rawpy, orientation):
    path = write_dng(tmp_path / "a.dng", astronaut(), orientation=orientation)
    image = read_photo(path)
    turns = {1: 0, 3: 2, 6: 3, 8: 1}[orientation]
    expected = np.rot90(astronaut(), turns)
    assert image.shape[:2] == (256, 256)
    seen, meant = image[::4, ::4].mean(2).ravel(), expected[::8, ::8].mean(2).ravel()
    assert np.corrcoef(seen, meant)[0, 1] > 0.8
    embedded = read_embedded(str(path))
    assert (embedded.frame.width, embedded.frame.height) == (512, 512)
    assert embedded.frame.orientation == orientation and not embedded.is_jpeg


def test_a_preview_counts_if_it_is_large_enough(tmp_path, rawpy):
    preview = astronaut()[:, ::-1]
    large = write_dng(tmp_path / "large.dng", astronaut(), preview=preview, orientation=3)
    image = read_photo(large)
    assert image.shape == (512, 512, 3)
    assert np.abs(image.astype(int) - preview[::-1, ::-1]).mean() < 4
    small = write_dng(tmp_path / "small.dng", astronaut(), preview=preview[::4, ::4])
    assert read_photo(small).shape == (256, 256, 3)


def test_bytes_of_a_raw_photo_are_read_by_their_name(tmp_path, rawpy):
    data = write_dng(tmp_path / "a.dng", astronaut()).read_bytes()
    assert read_reduced(data, 1000, name="b.DNG").image.shape == (256, 256, 3)
    assert count_pixels(data, name="b.dng") == 256 * 256
    assert captured_at(tmp_path / "a.dng").isoformat() == "2019-07-31T12:00:00"


def test_names_go_beside_a_raw_photo_and_lightrooms_file_is_kept(tmp_path, rawpy):
    path = write_dng(tmp_path / "a.dng", astronaut(), orientation=6)
    content, region = path.read_bytes(), Region("Anne", (0.25, 0.125, 0.5, 0.375))
    write_regions(path, [region])
    assert (tmp_path / "a.dng.xmp").is_file() and path.read_bytes() == content
    (found,) = read_regions(path)
    assert found.name == "Anne" and np.allclose(found.box, region.box, atol=1e-3)
    os.remove(tmp_path / "a.dng.xmp")
    (tmp_path / "a.xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf='
        '"http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
        'xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" '
        'photoshop:SidecarForExtension="DNG" crs:Exposure2012="+0.50"/></rdf:RDF></x:xmpmeta>'
    )
    write_regions(path, [region])
    assert not (tmp_path / "a.dng.xmp").exists()
    text = (tmp_path / "a.xmp").read_text("utf-8")
    assert "+0.50" in text and "Anne" in text


def test_damaged_raw_photos_are_a_sentence(tmp_path, rawpy):
    data = write_dng(tmp_path / "a.dng", astronaut()).read_bytes()
    random = np.random.default_rng(1)
    for number in range(30):
        broken = bytearray(data)
        for at in random.integers(0, len(data) if number % 2 else 2000, 20):
            broken[at] = random.integers(256)
        path = tmp_path / f"{number}.dng"
        path.write_bytes(broken[: random.integers(1, len(data))] if number % 3 else broken)
        try:
            image = read_photo(path)
        except PhotoError as error:
            assert str(path) in str(error)
            assert "b'" not in str(error)  # LibRaw's texts are bytes
        else:
            assert image.dtype == np.uint8 and image.shape[2] == 3


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_jpeg_xl_is_read(tmp_path, imagecodecs, dtype):
    picture = astronaut()
    values = {"uint8": picture, "uint16": picture.astype(np.uint16) * 257}
    values["float32"] = picture.astype(np.float32) / 255
    data = imagecodecs.jpegxl_encode(values[dtype], lossless=True)
    (tmp_path / "a.jxl").write_bytes(data)
    image = read_photo(tmp_path / "a.jxl")
    assert image.shape == picture.shape and np.abs(image.astype(int) - picture).max() <= 1
    assert count_pixels(data) == 512 * 512
    frame = read_embedded(str(tmp_path / "a.jxl")).frame
    assert (frame.width, frame.height, frame.orientation) == (512, 512, 1)


@pytest.mark.parametrize("size", [(8, 8), (40, 60), (300, 200), (1000, 8), (256, 256), (90, 160)])
def test_the_size_is_in_the_header_of_jpeg_xl(imagecodecs, size):
    data = imagecodecs.jpegxl_encode(np.zeros((*size, 3), np.uint8))
    image = read_photo(data, name="a.jxl")
    assert image.shape[:2] == size and count_pixels(data) == size[0] * size[1]


def test_damaged_jpeg_xl_is_a_sentence(tmp_path, imagecodecs):
    data = imagecodecs.jpegxl_encode(astronaut())
    for number, broken in enumerate((data[:40], data[:3], b"\xff\x0a", data[:500] + bytes(500))):
        path = tmp_path / f"{number}.jxl"
        path.write_bytes(broken)
        with pytest.raises(PhotoError) as raised:
            read_photo(path)
        assert raised.value.file == str(path)


@pytest.mark.parametrize(("module", "name"), [("rawpy", "a.nef"), ("imagecodecs", "a.jxl")])
def test_without_its_package_a_named_photo_says_what_to_install(
    tmp_path, monkeypatch, module, name
):
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / name
    path.write_bytes(b"\xff\x0a\x00\x90\x01\x00\x00\x00" * 10)
    with pytest.raises(PhotoError, match=f"pip install {module}"):
        read_photo(path)


def test_what_could_be_read_is_counted_with_the_way_to_do_it(tmp_path):
    for name in ("a.nef", "b.NEF", "c.psd", "d.mpg"):
        (tmp_path / name).write_bytes(b"x")
    left_out = LeftOut()
    found = list(find_photos([tmp_path], left_out=left_out, films=True))
    said = left_out.sentences()
    if not found:
        assert said.pop(0) == "2 NEF were not looked at: pip install rawpy"
    assert said == ["not looked at, because of kinds that are not read: 1 MPG and 1 PSD"]


def test_a_jpeg_with_a_film_appended_is_the_photo(tmp_path):
    jpeg = encoded(astronaut(), "JPEG", exif=exif(taken="2020:01:02 03:04:05"))
    path = tmp_path / "PXL.MP.jpg"
    path.write_bytes(jpeg + b"\0\0\0\x18ftypmp42" + bytes(100_000))
    assert np.array_equal(read_photo(path), read_photo(jpeg))
    assert captured_at(path).year == 2020
    assert list(find_photos([tmp_path], films=True)) == [str(path)]
