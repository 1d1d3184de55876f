"""Photos in: every kind comes out upright and RGB, every broken one as a sentence."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import warnings
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps, features

from data.errors import PhotoError
from data.media import photos
from data.media.folders import find_photos
from data.media.photos import captured_at, read_photo, read_reduced
from tests.pictures import BLUE, GREEN, RED, YELLOW, as_stored, encoded, exif, four_corners, png

ROOT = Path(__file__).resolve().parents[3]
REAL_PHOTOS = ROOT.parent / "shared" / "photos" / "athletes"
# `data.media.photos` silences these for a whole process, but pytest starts each test with its own
# list.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]

LOSSY = {"JPEG": {"quality": 95, "subsampling": 0}, "HEIF": {"quality": 95, "chroma": 444}}
if features.check("avif"):
    LOSSY["AVIF"] = {"quality": 95, "subsampling": "4:4:4"}
LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "BMP": {}, "GIF": {}}


def check_photo(array: np.ndarray) -> None:
    assert array.dtype == np.uint8
    assert array.ndim == 3
    assert array.shape[2] == 3
    assert array.flags.c_contiguous
    assert array.flags.writeable


def check_close(array: np.ndarray, expected: np.ndarray, within: int) -> None:
    check_photo(array)
    assert array.shape == expected.shape
    assert np.abs(array.astype(int) - expected.astype(int)).max() <= within


def refusal(source, **options) -> str:
    with pytest.raises(PhotoError) as caught:
        read_photo(source, **options)
    assert caught.value.remedy
    return str(caught.value)


# Orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", *LOSSY])
def test_every_orientation_comes_out_upright(format, orientation):
    upright = four_corners()
    options = LOSSY.get(format) or LOSSLESS[format]
    data = encoded(as_stored(upright, orientation), format, exif=exif(orientation), **options)
    check_close(read_photo(data), upright, within=6 if format in LOSSY else 0)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_agrees_with_pillow(orientation, tmp_path):
    path = tmp_path / "turned.png"
    noise = np.random.default_rng(orientation).integers(0, 256, (7, 5, 3), np.uint8)
    path.write_bytes(encoded(noise, exif=exif(orientation)))
    with Image.open(path) as image:
        np.testing.assert_array_equal(read_photo(path), ImageOps.exif_transpose(image))


DAMAGED_EXIF = {
    "text": b"Exif\0\0this is not Exif at all",
    "nothing": b"Exif\0\0",
    "offset beyond the end": b"Exif\0\0II*\0\xff\xff\xff\x7f",
    "cut short": exif(6, taken="2019:07:14 12:34:56")[:25],
    "a tag of no known type": exif(6).replace(b"\x01\x12\x00\x03", b"\x01\x12\x00\x63"),
    "orientation 0": exif(0),
    "orientation 9": exif(9),
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("damage", DAMAGED_EXIF)
def test_damaged_exif_counts_as_none(damage, format):
    data = encoded(four_corners(), format, exif=DAMAGED_EXIF[damage], **LOSSY.get(format, {}))
    assert read_photo(data).shape == (32, 48, 3)
    assert captured_at(data) is None


def test_damaged_exif_of_a_heic_counts_as_none():
    whole = exif(1, taken="2019:07:14 12:34:56")[6:]
    data = encoded(four_corners(), "HEIF", exif=b"Exif\0\0" + whole, **LOSSY["HEIF"])
    assert captured_at(data) is not None
    damaged = data.replace(whole, b"\xff" * len(whole))
    assert captured_at(damaged) is None
    check_close(read_photo(damaged), four_corners(), within=6)


def test_damaged_exif_is_nothing_to_speak_of(tmp_path):
    (tmp_path / "a.jpg").write_bytes(
        encoded(four_corners(), "JPEG", exif=DAMAGED_EXIF["cut short"])
    )
    script = "import sys; from data.media.photos import read_photo; read_photo(sys.argv[1])"
    command = [sys.executable, "-c", script, str(tmp_path / "a.jpg")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout + run.stderr == ""


def test_heic_follows_the_container_and_not_its_exif():
    # The standard says so: a phone that writes both would otherwise be turned twice.
    turned = encoded(as_stored(four_corners(), 6), "HEIF", exif=exif(6), **LOSSY["HEIF"])
    misled = turned.replace(exif(6)[6:], exif(3)[6:])
    assert misled != turned
    np.testing.assert_array_equal(read_photo(misled), read_photo(turned))


# Kinds of picture


@pytest.mark.parametrize("format", [*LOSSY, *LOSSLESS])
def test_every_format(format, tmp_path):
    data = encoded(four_corners(), format, **(LOSSY.get(format) or LOSSLESS[format]))
    path = tmp_path / "photo"
    path.write_bytes(data)
    check_close(read_photo(data), four_corners(), within=6 if format in LOSSY else 0)
    np.testing.assert_array_equal(read_photo(path), read_photo(data))
    np.testing.assert_array_equal(read_photo(str(path)), read_photo(data))


@pytest.mark.parametrize(
    ("mode", "format", "within"),
    [
        ("L", "PNG", 1),
        ("LA", "PNG", 1),
        ("P", "PNG", 1),
        ("RGBA", "PNG", 0),
        ("YCbCr", "TIFF", 2),
        ("CMYK", "TIFF", 0),
        ("CMYK", "JPEG", 6),  # Pillow writes it the Adobe way, inverted
    ],
)
def test_every_mode(mode, format, within):
    picture = Image.fromarray(four_corners())
    same = picture.quantize(16) if mode == "P" else picture.convert(mode)
    data = encoded(same, format, **({"quality": 95} if format == "JPEG" else {}))
    expected = picture.convert("L") if mode in ("L", "LA") else picture
    check_close(read_photo(data), np.array(expected.convert("RGB")), within)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "GIF", "BMP"])
def test_one_bit(format):
    black_and_white = Image.fromarray(np.array([[0, 255, 255]], np.uint8)).convert("1")
    assert read_photo(encoded(black_and_white, format))[0].tolist() == [[0] * 3, *[[255] * 3] * 2]


def test_transparency_is_white():
    red_half_nothing = np.array([[[255, 0, 0, 255], [255, 0, 0, 128], [255, 0, 0, 0]]], np.uint8)
    expected = [[255, 0, 0], [255, 127, 127], [255, 255, 255]]
    assert read_photo(encoded(red_half_nothing))[0].tolist() == expected

    grey_and_alpha = Image.fromarray(np.array([[[9, 255], [9, 0]]], np.uint8), "LA")
    assert read_photo(encoded(grey_and_alpha))[0].tolist() == [[9] * 3, [255] * 3]


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_transparent_palette_entry_is_white(format):
    picture = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 40, 50, 60])
    read = read_photo(encoded(picture, format, transparency=1))
    assert read[0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_transparent_colour_is_white():
    two = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    read = read_photo(encoded(two, transparency=(4, 5, 6)))
    assert read[0].tolist() == [[1, 2, 3], [255, 255, 255]]


DEEP = {0: 0, 255: 0, 257: 1, 32768: 128, 65280: 255, 65535: 255}


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bit_grey_is_scaled(order):
    values = np.array([list(DEEP)], order + "u2")
    mode = "I;16" if order == "<" else "I;16B"
    image = Image.frombytes(mode, (len(DEEP), 1), values.tobytes())
    assert read_photo(encoded(image, "TIFF"))[0, :, 0].tolist() == list(DEEP.values())


def test_sixteen_bit_png_is_scaled_alike_in_grey_and_colour():
    values = np.array(list(DEEP), ">u2")
    grey = png(len(DEEP), 1, 16, 0, b"\0" + values.tobytes())
    colour = png(len(DEEP), 1, 16, 2, b"\0" + values.repeat(3).tobytes())
    expected = [[value] * 3 for value in DEEP.values()]
    assert read_photo(grey)[0].tolist() == expected
    assert read_photo(colour)[0].tolist() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 32768, 65535], np.int32), [0, 128, 255]),
        (np.array([0, 100, 255], np.int32), [0, 100, 255]),
        (np.array([0, 1 << 20, 1 << 21], np.int32), [0, 128, 255]),
        (np.array([0, 0, 0], np.int32), [0, 0, 0]),
        (np.array([0, 0.5, 1], np.float32), [0, 128, 255]),
        (np.array([-3, 128, 255], np.float32), [0, 128, 255]),
        (np.array([np.nan, np.inf, 1], np.float32), [0, 0, 255]),
    ],
)
def test_thirty_two_bits_are_scaled(values, expected):
    read = read_photo(encoded(values[None], "TIFF"))
    assert read[0, :, 0].tolist() == expected


def test_first_frame_counts():
    first, second = Image.new("RGB", (16, 16), RED), Image.new("RGB", (16, 16), BLUE)
    more = {"save_all": True, "append_images": [second]}
    kinds = {"GIF": {}, "PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}, "MPO": {"quality": 95}}
    for format, options in kinds.items():
        data = encoded(first, format, **more, **options)
        check_close(read_photo(data), np.array(first), within=3 if format == "MPO" else 0)


def test_colour_profile_is_ignored():
    check_close(read_photo(encoded(four_corners(), icc_profile=b"nonsense")), four_corners(), 0)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20, 20), (1, 300), (300, 1)])
@pytest.mark.parametrize("format", ["PNG", "JPEG", "HEIF"])
def test_small_pictures(format, width, height):
    read = read_photo(encoded(np.full((height, width, 3), 90, np.uint8), format))
    check_close(read, np.full((height, width, 3), 90), within=3)


def test_corners_are_where_they_were_drawn():
    read = read_photo(encoded(four_corners()))
    corners = [tuple(read[y, x].tolist()) for y in (0, -1) for x in (0, -1)]
    assert corners == [RED, GREEN, BLUE, YELLOW]


# Everything that is wrong


def test_missing_file(tmp_path):
    missing = tmp_path / "gone.jpg"
    assert refusal(missing).startswith(f"{missing}: There is no such file. ")


def test_folder_in_place_of_a_photo(tmp_path):
    assert "This is a folder" in refusal(tmp_path)


def test_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "not a photo" in refusal(tmp_path / "pipe.jpg")


def test_empty_file_and_empty_bytes(tmp_path):
    (tmp_path / "empty.jpg").touch()
    expected = "The file is empty. Copy it again from where it came from."
    assert refusal(tmp_path / "empty.jpg") == f"{tmp_path / 'empty.jpg'}: {expected}"
    assert refusal(b"") == expected
    assert refusal(b"", name="holiday.jpg") == f"holiday.jpg: {expected}"


def test_name_that_no_file_can_have():
    assert refusal("a\0b.jpg")
    assert refusal("x" * 5000)


def test_forbidden_file(tmp_path, monkeypatch):
    path = tmp_path / "mine.jpg"
    path.write_bytes(encoded(four_corners(), "JPEG"))

    def forbidden(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(photos, "open", forbidden, raising=False)
    assert "You may not read this file" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_really_forbidden_file_and_folder(tmp_path):
    path = tmp_path / "closed" / "mine.jpg"
    path.parent.mkdir()
    path.write_bytes(encoded(four_corners(), "JPEG"))
    path.chmod(0)
    assert "You may not read this file" in refusal(path)
    path.parent.chmod(0)
    try:
        with pytest.raises(PhotoError, match="closed"):
            list(find_photos([tmp_path]))
    finally:
        path.parent.chmod(0o700)


@pytest.mark.parametrize(
    "data",
    [
        b"Dear Grandma,\nhere are the photos.\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=["a letter", "a program for a printer"],
)
def test_other_files_renamed(data, tmp_path):
    path = tmp_path / "letter.jpg"
    path.write_bytes(data)
    assert "not a picture" in refusal(path)


def test_damaged_bytes_give_a_picture_or_a_refusal():
    random = np.random.default_rng(0)
    for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "HEIF"):
        for _ in range(40):
            data = bytearray(encoded(four_corners(), format))
            data[random.integers(len(data))] = random.integers(256)
            with contextlib.suppress(PhotoError):
                check_photo(read_photo(bytes(data)))


def test_decompression_bomb_is_refused_from_its_header(monkeypatch):
    monkeypatch.setattr("data.media.photos.upright_pixels", None)  # nobody decodes it
    for side in (20_000, 60_000):  # Pillow would warn about the first and refuse the second
        assert "more than 200 megapixels" in refusal(png(side, side, 8, 2, b""))


def test_limit_is_ours_and_not_pillows():
    read_photo(encoded(four_corners()))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # A header of 180 megapixels without any pixels: what is wrong is that, not the size.
        assert "cut short" in refusal(png(18_000, 10_000, 1, 0, b""))
        assert "megapixels" in refusal(png(20_100, 10_000, 1, 0, b""))


def test_limit_includes_its_own_value(monkeypatch):
    monkeypatch.setattr(photos, "MAX_PIXELS", 48 * 32)
    read_photo(encoded(four_corners()))
    assert "megapixels" in refusal(encoded(four_corners(49, 32)))


@pytest.mark.parametrize(
    "error", [SyntaxError("x"), ValueError("x"), OverflowError("x"), MemoryError(), KeyError("x")]
)
def test_whatever_pillow_raises_becomes_a_photo_error(error, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(PhotoError) as caught:
        read_photo(b"something", name="odd.jpg")
    assert caught.value.file == "odd.jpg"
    assert caught.value.__cause__ is error


# Finding

ODD_NAMES = [
    "with space.jpg",
    "new\nline.jpg",
    "\N{FAMILY}\N{BIRTHDAY CAKE}.jpg",
    "\u05d0\u05de\u05d0.jpg",
    "\u0623\u0645\u064a \u0661\u0662.jpg",
    "\u00b2.jpg",
    "quote'\"`$(x).jpg",
    os.fsdecode(b"bad-\xff\xfe.jpg"),
]


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found(*paths, **options) -> list[str]:
    return list(find_photos(paths, **options))


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_any_name_is_found_and_read(name, tmp_path):
    try:
        (tmp_path / name).write_bytes(encoded(four_corners()))
    except OSError:
        pytest.skip("this file system refuses the name")
    assert found(tmp_path) == [os.path.join(tmp_path, name)]
    assert read_photo(found(tmp_path)[0]).shape == (32, 48, 3)
    (tmp_path / name).write_bytes(b"")
    assert refusal(tmp_path / name).startswith(str(tmp_path / name))


def test_folder_is_walked_in_natural_order(tmp_path):
    fill(tmp_path, "b/IMG_10.jpg", "b/IMG_9.JPG", "b/img_8.heic", "a10/x.png", "a9/x.png", "z.jpg")
    fill(tmp_path, "b/notes.txt", "b/clip.mov", "b/no suffix", "b/x.jpg.xmp")
    expected = ["z.jpg", "a9/x.png", "a10/x.png", "b/img_8.heic", "b/IMG_9.JPG", "b/IMG_10.jpg"]
    assert found(tmp_path) == [os.path.join(tmp_path, *name.split("/")) for name in expected]


def test_paths_are_yielded_under_what_was_given(tmp_path, monkeypatch):
    fill(tmp_path, "family/a.jpg")
    monkeypatch.chdir(tmp_path)
    assert found("family") == [os.path.join("family", "a.jpg")]
    assert found(Path("family")) == [os.path.join("family", "a.jpg")]
    assert found(".") == [os.path.join(".", "family", "a.jpg")]


def test_hidden_files_and_recycle_bins_are_skipped(tmp_path):
    fill(
        tmp_path,
        "a.jpg",
        "._a.jpg",
        ".cache/b.jpg",
        "@eaDir/c.jpg",
        "#recycle/d.jpg",
        "@anna/e.jpg",
    )
    assert [os.path.basename(path) for path in found(tmp_path)] == ["a.jpg", "e.jpg"]
    assert found(tmp_path / ".cache") == [os.path.join(tmp_path, ".cache", "b.jpg")]


def test_named_files_are_yielded_whatever_they_are(tmp_path):
    fill(tmp_path, "scan.xyz", ".hidden.jpg")
    named = [str(tmp_path / name) for name in ("scan.xyz", "not there.jpg", ".hidden.jpg")]
    assert found(*named) == named


def test_each_file_once(tmp_path):
    fill(tmp_path, "a/1.jpg", "a/b/2.jpg")
    inner, outer = tmp_path / "a" / "b", tmp_path / "a"
    first, second = str(outer / "1.jpg"), str(inner / "2.jpg")
    assert found(outer, inner, second) == [first, second]
    assert found(inner, outer) == [second, first]
    assert found(first, first, outer) == [first, second]


def test_symlinks_are_followed_and_loops_end(tmp_path):
    fill(tmp_path, "a/1.jpg", "elsewhere/2.jpg")
    (tmp_path / "a" / "loop").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "knot.jpg").symlink_to("knot.jpg")
    paths = found(tmp_path / "a")
    assert [os.path.basename(path) for path in paths] == ["1.jpg", "knot.jpg", "2.jpg"]
    assert refusal(paths[1])


def test_unreadable_folder_is_reported(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.jpg", "closed/2.jpg", "z/3.jpg")
    scandir = os.scandir

    def guarded(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    errors: list[PhotoError] = []
    paths = found(tmp_path, on_error=errors.append)
    assert [os.path.basename(path) for path in paths] == ["1.jpg", "3.jpg"]
    assert [error.file for error in errors] == [str(tmp_path / "closed")]
    with pytest.raises(PhotoError, match=r"closed: The folder cannot be read"):
        found(tmp_path)


def test_one_path_in_place_of_a_list_is_refused(tmp_path):
    for path in (str(tmp_path), tmp_path):
        with pytest.raises(TypeError, match="Received"):
            next(find_photos(path))


# Time


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF"])
def test_captured_at(format):
    stamps = exif(6, taken="2019:07:14 12:34:56", saved="2024:01:01 00:00:00")
    data = encoded(four_corners(), format, exif=stamps)
    assert captured_at(data) == datetime(2019, 7, 14, 12, 34, 56)


@pytest.mark.parametrize(
    ("taken", "saved", "expected"),
    [
        (None, "2024:02:29 23:59:59", datetime(2024, 2, 29, 23, 59, 59)),
        ("0000:00:00 00:00:00", "2024:01:02 03:04:05", datetime(2024, 1, 2, 3, 4, 5)),
        ("2019:02:30 12:00:00", None, None),
        ("    :  :     :  :  ", None, None),
        ("last summer", "", None),
        (None, None, None),
    ],
)
def test_captured_at_makes_sense_or_is_none(taken, saved, expected, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(four_corners(), "JPEG", exif=exif(1, taken, saved)))
    assert captured_at(path) == expected


def test_captured_at_of_what_cannot_be_read(tmp_path):
    assert captured_at(tmp_path / "gone.jpg") is None
    assert captured_at(tmp_path) is None
    assert captured_at(b"") is None
    assert captured_at(b"text") is None


# Real photos, where there are any


def test_every_real_photo_is_readable():
    paths = list(find_photos([REAL_PHOTOS])) if REAL_PHOTOS.is_dir() else []
    if not paths:
        pytest.skip(f"no photos in {REAL_PHOTOS}")
    for path in paths:
        check_photo(read_photo(path))


@pytest.mark.parametrize(
    ("size", "least", "read"),
    [
        ((1600, 400), 240_000, (1600, 400)),  # a part is 600 x 400
        ((1600, 400), 60_000, (800, 200)),  # a part of it is 300 x 200
        ((400, 1600), 60_000, (200, 800)),
        ((1000, 500), 60_000, (500, 250)),  # no panorama: the whole counts
    ],
)
def test_each_part_of_a_panorama_keeps_the_least_pixels(size, least, read):
    data = encoded(np.full((size[1], size[0], 3), 90, np.uint8), "JPEG")
    photo = read_reduced(data, least)
    assert photo.image.shape[:2][::-1] == read and (photo.width, photo.height) == size


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_opencv_decodes_a_jpeg_to_the_bits_of_pillow(orientation, mode, monkeypatch):
    rows, columns = np.indices((203, 301))
    picture = np.stack([rows % 256, columns % 256, rows * columns // 7 % 256], -1).astype(np.uint8)
    stream, noted = io.BytesIO(), Image.Exif()
    noted[ExifTags.Base.Orientation] = orientation
    progressive = orientation % 2 == 0
    options = {"quality": 88, "progressive": progressive, "subsampling": orientation % 3}
    Image.fromarray(picture).convert(mode).save(stream, "JPEG", exif=noted, **options)
    by_opencv = [photos.read_reduced(stream.getvalue(), 61_000 // n**2) for n in (1, 2, 4, 8)]
    monkeypatch.setattr("data.media.pixels.decode_jpeg", lambda *_: None)
    by_pillow = [photos.read_reduced(stream.getvalue(), 61_000 // n**2) for n in (1, 2, 4, 8)]
    assert len({one.image.shape for one in by_opencv}) == 4
    for one, other in zip(by_opencv, by_pillow, strict=True):
        assert (one.width, one.height) == (other.width, other.height)
        np.testing.assert_array_equal(one.image, other.image)
        assert one.image.flags.c_contiguous and one.image.flags.writeable


def test_a_png_with_the_large_colour_profile_of_a_measured_screen_is_read(tmp_path):
    path = tmp_path / "screen.png"
    Image.new("RGB", (8, 6), (10, 20, 30)).save(path, icc_profile=bytes(3_000_000))
    image = photos.read_photo(path)
    assert image.shape == (6, 8, 3) and (image == (10, 20, 30)).all()
