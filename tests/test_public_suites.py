"""Photos that other programs are tested with: read, or refused in a sentence, and never harmed.

Slow, and runs where `KINDRED_SUITES` names a folder with one folder for each suite:

    exiftool/                    github.com/exiftool/exiftool, t/images
    exiv2/                       github.com/Exiv2/exiv2, test/data
    metadata-extractor-images/   github.com/drewnoakes/metadata-extractor-images
    exif-samples/                github.com/ianare/exif-samples
    exif-orientation-examples/   github.com/recurser/exif-orientation-examples
    pillow_heif/                 github.com/bigcat88/pillow_heif, tests/images
    test-assets/                 github.com/immich-app/test-assets

    KINDRED_SUITES=~/suites python -m pytest -m slow -s tests/test_public_suites.py
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import kindred
from data.errors import PhotoError
from data.media.folders import find_photos
from data.media.photos import read_photo
from data.regions import Region, read_regions, undo, write_regions
from tests.training.test_export import export_colours

SUITES = Path(os.environ.get("KINDRED_SUITES") or "/nowhere").expanduser()
NAMES = (
    "exiftool",
    "exiv2",
    "metadata-extractor-images",
    "exif-samples",
    "exif-orientation-examples",
    "pillow_heif",
    "test-assets",
)
ANNE = Region("Anne Österreich", (0.0, 0.0, 0.03, 0.03))  # where nobody is named
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # what damaged files make their readers say
    pytest.mark.skipif(not SUITES.is_dir(), reason="KINDRED_SUITES names no folder"),
]


@pytest.fixture(scope="module", params=NAMES)
def suite(request) -> Path:
    folder = SUITES / request.param
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.fixture(scope="module")
def photos(suite) -> list[Path]:
    found = [Path(path) for path in find_photos([suite])]
    assert found
    return found


def picture_of(path: Path) -> np.ndarray | None:
    """A photo's pixels; `None` if it is refused, which must be in a sentence that names it."""
    try:
        picture = read_photo(path)
    except PhotoError as error:
        assert str(path) in str(error) and str(error).endswith(".")
        return None
    assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3
    return picture


def is_refused(action) -> bool:
    try:
        action()
    except PhotoError as error:
        assert str(error).endswith(".")
        return True
    return False


def test_every_photo_is_read_or_refused_in_a_sentence(suite, photos):
    said = Counter("read" if picture_of(path) is not None else "refused" for path in photos)
    said["names refused"] = sum(is_refused(lambda path=path: read_regions(path)) for path in photos)
    print(f"\n{suite.name}: {dict(said)}")
    assert said["read"]


def test_fuzzed_files_are_read_or_refused_whatever_they_are_called(suite):
    files = [path for path in suite.rglob("*") if path.suffix in (".fuzzed", ".exv", ".psd")]
    for path in files:
        picture_of(path)
        is_refused(lambda path=path: read_regions(path))


@pytest.mark.parametrize("embed", [False, True], ids=["sidecar", "embedded"])
def test_writing_a_name_harms_nothing_and_can_be_undone(suite, photos, tmp_path, embed):
    written = 0
    for number, path in enumerate(photos):
        folder = tmp_path / str(number)
        folder.mkdir()
        copy = Path(shutil.copy(path, folder))
        before, picture = copy.read_bytes(), picture_of(copy)
        try:
            change = write_regions(copy, [ANNE], embed=embed)
        except PhotoError as error:
            assert str(error).endswith(".")
            assert copy.read_bytes() == before and os.listdir(folder) == [copy.name]
            continue
        written += 1
        assert ANNE.name in [region.name for region in read_regions(copy)], path
        if picture is not None:
            np.testing.assert_array_equal(picture_of(copy), picture, err_msg=str(path))
        undo(change)
        assert copy.read_bytes() == before and os.listdir(folder) == [copy.name], path
        shutil.rmtree(folder)
    print(f"\n{suite.name}: a name was written into {written} of {len(photos)}, embed={embed}")
    assert written


def test_the_whole_suite_is_tagged_and_again_without_a_change(suite, tmp_path, fresh_home):
    model, out = tmp_path / "model", tmp_path / "out.jsonl"
    export_colours(model)
    arguments = ["tag", str(suite), "--model", str(model), "--json", str(out)]
    status = kindred.main(arguments)
    first = out.read_bytes()
    records = [json.loads(line) for line in first.splitlines()]
    told = sorted(record.get("photo") or record["video"] for record in records)
    assert status in (0, 3) and told == sorted(find_photos([suite], films=True))
    assert kindred.main(arguments) == status
    assert out.read_bytes() == first
