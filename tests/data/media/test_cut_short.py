"""Pictures that are cut short, or damaged where the picture is not, are read as far as they go."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from data.errors import PhotoError
from data.media import photos
from data.regions import Region, read_regions, write_regions
from tests.data.media.test_photos import LOSSY, refusal
from tests.pictures import encoded, exif

NOISE = np.random.default_rng(0).integers(0, 256, (512, 384, 3), np.uint8)
IN_ROWS = ("JPEG", "PNG")


@pytest.mark.parametrize("format", [*LOSSY, "PNG", "TIFF", "WEBP", "GIF", "BMP"])
@pytest.mark.parametrize("kept", [0.05, 0.3, 0.45])
def test_picture_of_which_most_is_missing_is_refused(format, kept):
    data = encoded(NOISE, format)
    said = refusal(data[: int(len(data) * kept)])
    assert "cut short" in said or "damaged" in said


@pytest.mark.parametrize("format", sorted({*LOSSY, "WEBP", "GIF"} - {"JPEG"}))
def test_picture_cut_short_of_other_formats_is_refused(format):
    data = encoded(NOISE, format)
    refusal(data[: int(len(data) * 0.9)])


@pytest.mark.parametrize("format", IN_ROWS)
@pytest.mark.parametrize("lost", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("orientation", [1, 6])
def test_what_is_there_of_a_picture_cut_short_is_read_and_the_rest_is_told(
    format, lost, orientation, tmp_path
):
    """The last bytes are missing, or a share of the file, which is as large a share of the rows."""
    data = encoded(NOISE, format, exif=exif(orientation))
    whole, path = photos.read_photo(data), tmp_path / f"cut.{format.lower()}"
    cut = data[: len(data) - 60 - int(len(data) * lost)]
    path.write_bytes(cut)
    part = photos.read_reduced(path, 10**9)
    assert part.missing == pytest.approx(lost, abs=0.05)
    stored = [np.rot90(picture) if orientation == 6 else picture for picture in (part.image, whole)]
    rows = int(len(NOISE) * (1 - lost)) - 32
    np.testing.assert_array_equal(stored[0][:rows], stored[1][:rows])
    percent = round(100 * part.missing)
    what = f"the last {percent} % of the picture are" if percent else "its end is"
    assert part.remark.startswith(f"The file is cut short: {what} missing. Copy it again")
    np.testing.assert_array_equal(photos.read_photo(cut), part.image)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("bytes_lost", [1, 2, 30])
def test_a_jpeg_without_its_last_bytes_is_read(mode, progressive, bytes_lost):
    stream = io.BytesIO()
    Image.fromarray(NOISE).convert(mode).save(stream, "JPEG", progressive=progressive)
    data = stream.getvalue()
    for least in (10**9, 40_000):
        whole = photos.read_reduced(data, least)
        part = photos.read_reduced(data[:-bytes_lost], least)
        assert whole.remark == "" and part.remark and (part.width, part.height) == (384, 512)
        rows = len(whole.image) * 9 // 10
        np.testing.assert_array_equal(part.image[:rows], whole.image[:rows])


@pytest.mark.parametrize(("format", "mode"), [("JPEG", "CMYK"), ("BMP", "RGB"), ("TIFF", "RGB")])
def test_other_kinds_that_come_in_rows_are_read_as_far_as_they_are_there(format, mode):
    stream = io.BytesIO()
    Image.fromarray(NOISE).convert(mode).save(stream, format)
    data = stream.getvalue()
    whole, part = (photos.read_reduced(d, 10**9) for d in (data, data[: len(data) * 8 // 10]))
    assert whole.remark == "" and "cut short" in part.remark
    rows = slice(-380, None) if format == "BMP" else slice(380)  # which begins with the last row
    np.testing.assert_array_equal(part.image[rows], whole.image[rows])
    assert "more than half" in refusal(data[: len(data) // 4])


def png_with(kind: bytes, content: bytes, *, times: int = 1, sound: bool = True) -> bytes:
    """A PNG with further chunks after its header."""
    data, crc = encoded(NOISE), zlib.crc32(kind + content) ^ (not sound)
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)
    return data[:33] + times * chunk + data[33:]


@pytest.mark.parametrize(
    "data",
    [
        png_with(b"tEXt", b"Comment\0x", sound=False),
        png_with(b"tIME", b"1234567", sound=False),
        png_with(b"iCCP", b"x\0\0" + zlib.compress(bytes(80 << 20))),
        png_with(b"zTXt", b"x\0\0" + zlib.compress(bytes(20 << 20)), times=5),
    ],
    ids=["text", "time", "profile", "many texts"],
)
def test_a_png_whose_other_parts_are_damaged_or_large_is_read(data, tmp_path):
    np.testing.assert_array_equal(photos.read_photo(data), NOISE)
    path = tmp_path / "a.png"
    path.write_bytes(data)
    write_regions(path, [Region("Anne", (0.1, 0.1, 0.3, 0.3))])
    assert [region.name for region in read_regions(path)] == ["Anne"]


def test_a_png_whose_end_is_empty_is_read():
    data = encoded(NOISE)
    part = photos.read_reduced(data[: len(data) * 9 // 10] + bytes(len(data) // 10), 10**9)
    assert part.missing == pytest.approx(0.1, abs=0.05)


@pytest.mark.parametrize("least", [1, 10**9])
def test_a_jpeg_of_which_most_is_missing_is_an_error_at_every_scale(least):
    content = encoded(NOISE, "JPEG")
    for share in (0.1, 0.3):
        with pytest.raises(PhotoError, match="cut short"):
            photos.read_reduced(content[: int(len(content) * share)], least)
