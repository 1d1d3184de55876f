"""The cache of faces: what goes in comes out, and damage counts as missing."""

from __future__ import annotations

import numpy as np
import pytest

from data.home import home
from training.dataset.face_cache import FaceCache

CONTENT = "ab" * 32


def found(count: int = 2) -> dict[str, np.ndarray]:
    return {
        "boxes": np.arange(count * 4, dtype=np.float32).reshape(count, 4),
        "embeddings": np.ones((count, 3), np.float32),
        "quality": np.ones((count, 4), np.float32),
        "chips": np.full((count, 8, 8, 3), 7, np.uint8),
        "looks": np.array(2**63 + 1, np.uint64),
        "size": np.array([40, 60]),
    }


@pytest.mark.parametrize("count", [0, 2])
def test_what_goes_in_comes_out(tmp_path, count):
    cache = FaceCache("mtcnn", "resnet29", folder=tmp_path)
    assert cache.get(CONTENT) is None
    cache.put(CONTENT, found(count))
    for name, value in found(count).items():
        np.testing.assert_array_equal(cache.get(CONTENT)[name], value)
    assert FaceCache("mtcnn", "0095", folder=tmp_path).get(CONTENT) is None


def test_it_is_below_the_home(fresh_home):
    FaceCache("x").put(CONTENT, found())
    (file,) = (home() / "cache").rglob("*.npz")
    assert FaceCache("x").get(CONTENT) is not None
    assert file.stem == CONTENT


@pytest.mark.parametrize("damage", ["cut", "text", "pickle", "nan", "fields"])
def test_damage_counts_as_missing(tmp_path, damage):
    cache = FaceCache("x", folder=tmp_path)
    cache.put(CONTENT, found())
    (file,) = tmp_path.rglob("*.npz")
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:300])
    elif damage == "text":
        file.write_text("nothing")
    elif damage == "pickle":
        np.savez(file, **found() | {"chips": np.array([{}], object)})
    elif damage == "nan":
        np.savez(file, **found() | {"embeddings": np.full((2, 3), np.nan, np.float32)})
    else:
        np.savez(file, boxes=np.zeros((1, 4), np.float32))
    assert cache.get(CONTENT) is None
    cache.put(CONTENT, found())
    assert cache.get(CONTENT) is not None


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = FaceCache("x", folder=tmp_path / "file")
    cache.put(CONTENT, found())
    assert cache.get(CONTENT) is None
