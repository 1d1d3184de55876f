"""The protocols by hand, and beside the scripts that the published figures come from."""

from __future__ import annotations

import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data.errors import KindredError
from training.report.protocols import Pair, measure_families, read_pairs, verify

BENCH = Path(__file__).parents[4] / "shared" / "bench"
needs_bench = pytest.mark.skipif(not BENCH.is_dir(), reason="../shared/bench is not there")


def people(count=14, each=12, noise=0.35, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(count, 16))
    owners = np.repeat(np.arange(count), each)
    vectors = centres[owners] + rng.normal(0, noise * 4, (len(owners), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.array([f"p{k:02d}" for k in owners])


def pairs_of(names, count=600, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        a = int(rng.integers(len(names)))
        same = np.flatnonzero((names == names[a]) == (i % 2 == 0))
        b = int(rng.choice(same))
        rows.append(Pair(i % 5, f"{a}.jpg", f"{b}.jpg", bool(names[a] == names[b])))
    return rows


def test_pairs_that_can_be_told_apart_are():
    embeddings = {"a": np.float32([1, 0]), "b": np.float32([1, 0]), "c": np.float32([0, 1])}
    rows = [Pair(f, "a", "b", True) for f in (1, 2)] + [Pair(f, "a", "c", False) for f in (1, 2)]
    result = verify(rows, embeddings)
    assert result["accuracy"] == 1.0 and result["tar_at_far_0.1pct"] == 1.0
    del embeddings["b"]
    missing = verify(rows, embeddings)
    assert missing["pairs_with_a_missing_face"] == 2 and missing["tar_at_far_0.1pct"] == 0.0


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "fold,a,b,same\n1,x,y,1\n1,x,z,0\n"])
def test_what_is_no_list_of_pairs_is_refused(tmp_path, text):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(KindredError):
        read_pairs(tmp_path / "pairs.csv")


def test_too_few_people_are_refused():
    vectors, names = people(count=8)
    with pytest.raises(KindredError, match="more than 8 people"):
        measure_families(vectors, names)


@needs_bench
def test_the_family_protocol_is_that_of_the_script():
    spec = importlib.util.spec_from_file_location("bench", BENCH / "family_protocol.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    vectors, names = people()
    assert measure_families(vectors, names) == script.run(vectors, names)


@needs_bench
def test_the_pairs_are_those_of_the_script(tmp_path):
    vectors, names = people()
    rows = pairs_of(names)
    with (tmp_path / "pairs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["fold", "a", "b", "same"])
        writer.writerows([r.fold, r.a, r.b, int(r.same)] for r in rows)
    files = np.array([f"{i}.jpg" for i in range(3, len(vectors))])
    np.savez(tmp_path / "faces.npz", embeddings=vectors[3:], files=files)
    script = [sys.executable, BENCH / "pairs.py", tmp_path / "pairs.csv", tmp_path / "faces.npz"]
    expected = json.loads(subprocess.run(script, capture_output=True, check=True).stdout)
    read = read_pairs(tmp_path / "pairs.csv")
    assert read == rows
    assert verify(read, dict(zip(files, vectors[3:], strict=True))) == expected
