"""A folder of everything that goes wrong, through `tag` and `write`: each named, others done."""

from __future__ import annotations

import builtins
import os

import pytest

import kindred
from data.regions import read_regions
from tests.colours import BLUE, GREEN, RED, picture, tag
from tests.pictures import encoded, exif, four_corners, png
from tests.training.test_export import export_colours
from ui.terminal.output import printable

ODD_NAMES = (
    b"two\nlines.png",
    b"\"quoted\" 'twice' $(reboot) ; %s \\.png",
    "family 👨‍👩‍👧‍👦.png".encode(),
    b"half \xed\xa0\xbd of a pair.png",
    b"Ren\xe9 in Latin-1.png",
    b"-rf.png",
)
NOT_READABLE = {  # a remedy's words, by file
    "empty.jpg": "Copy it again",
    "letter.jpg": "save it there as JPEG",
    "cut short.jpg": "Copy it again",
    "gigantic.png": "Save a smaller copy",
    "locked.png": "change its permissions",
    "vanishing.png": "Check its name",
    "circle.png": "Remove the link",
}
TAGGED = {"damaged exif.jpg": None, "png in truth.jpg": "Grün", "large notes.png": "蓝"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    jpeg = encoded(four_corners(), "JPEG", quality=95, exif=exif(6, taken="2019:07:31 12:00:00"))
    damaged = bytearray(jpeg)
    at = damaged.index(b"Exif\0\0") + 10  # the offset of its first directory, and what follows
    damaged[at : at + 40] = b"\xff" * 40
    files = {
        "empty.jpg": b"",
        "letter.jpg": b"Dear aunt, this is no photo.\n" * 50,
        "cut short.jpg": jpeg[: len(jpeg) // 2],
        "gigantic.png": png(60_000, 60_000, 8, 2, b"\0"),
        "locked.png": picture(RED, 1),
        "vanishing.png": picture(RED, 2),
        "damaged exif.jpg": bytes(damaged),
        "png in truth.jpg": picture(GREEN, 3),
        "large notes.png": picture(BLUE, 4),
        "below/fine.png": picture(RED, 5),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with open(folder / "large notes.png.xmp", "wb") as file:
        file.truncate(2 << 30)  # takes no room on disk
    (folder / "circle.png").symlink_to("circle.png")
    (folder / "below" / "up again").symlink_to(folder)
    for number, name in enumerate(ODD_NAMES):
        try:
            with open(os.path.join(os.fsencode(folder), name), "wb") as file:
                file.write(picture(RED, 10 + number))
        except OSError:
            pass  # this file system takes only valid names
    (folder / "locked.png").chmod(0)

    def open_(path, *args, **options):
        """What root may read all the same, and a photo that goes when it is about to be read."""
        if str(path).endswith("locked.png"):
            raise PermissionError(13, "Permission denied", path)
        if str(path).endswith("vanishing.png") and os.path.exists(path):
            os.unlink(path)
        return builtins.open(path, *args, **options)

    for module in ("data.library.intake.prefetch", "data.media.photos", "data.regions.embedded"):
        monkeypatch.setattr(f"{module}.open", open_, raising=False)
    return folder


def test_everything_that_goes_wrong_at_once(folder, tmp_path, fresh_home, capsys):
    model, out = tmp_path / "model", tmp_path / "out.jsonl"
    export_colours(model)
    capsys.readouterr()
    found = tag(folder, "--model", model, out=out, status=3)
    said = capsys.readouterr().err.splitlines()

    odd = [name for name in os.listdir(os.fsencode(folder)) if name in ODD_NAMES]
    expected = {os.path.join(folder, name): who for name, who in TAGGED.items()}
    expected |= {os.path.join(folder, os.fsdecode(name)): "Red" for name in odd}
    expected[str(folder / "below" / "fine.png")] = "Red"
    failed = {os.path.join(folder, name) for name in NOT_READABLE}
    assert set(found) == set(expected) | failed  # each once, in spite of the links
    for photo, who in expected.items():
        (face,) = found[photo]["faces"]
        assert found[photo]["error"] is None and face["name"] == who, photo
    for name, remedy in NOT_READABLE.items():
        (line,) = [line for line in said if f"{os.sep}{name}:" in line]
        assert remedy in line and "Traceback" not in line
        assert found[str(folder / name)]["error"] in line
    (line,) = [line for line in said if "large notes.png.xmp" in line]
    assert "more than 16 MiB" in line and "Move it away" in line
    assert said[-1] == f"kindred: {len(failed)} of {len(found)} could not be read"

    # The same again: nothing of it was forgotten, and what failed is tried once more.
    again = tag(folder, "--model", model, out=out, status=3)
    del found[str(folder / "vanishing.png")]
    assert again == found

    capsys.readouterr()
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.is_file()}
    assert kindred.main(["write", str(folder)]) == 3
    written = capsys.readouterr()
    assert written.err.count("large notes.png.xmp") == 1 and "Move it away" in written.err
    named = {photo for photo, who in expected.items() if who and "large notes" not in photo}
    for photo in named:
        assert [region.name for region in read_regions(photo)] == [expected[photo]]
        assert f"changed {printable(photo)}.xmp" in written.out
    assert written.out.splitlines()[-1] == f"changed {len(named)} photos"
    assert all((folder / name).stat().st_mtime_ns == time for name, time in before.items())
    assert kindred.main(["write", "--undo"]) == 0
    left = {path.name for path in folder.rglob("*.xmp")}
    assert left == {"large notes.png.xmp"}
