"""The measurements: what is counted, what is left out, and that nothing but photos is needed."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from bench import contestants
from bench.table import measure_all, measure_if_possible
from bench.timing import measure
from data.errors import ModelError
from tests.pictures import encoded


def test_the_first_run_warms_up_and_is_not_counted(monkeypatch):
    clocks = {"perf_counter": 0.0, "process_time": 0.0}
    for name in clocks:
        monkeypatch.setattr(f"bench.timing.time.{name}", partial(clocks.get, name))
    runs = iter([(90.0, 90.0), (0.2, 0.3), (0.4, 0.8), (5.0, 0.1)])  # seconds of both clocks

    def work() -> int:
        for name, seconds in zip(clocks, next(runs), strict=True):
            clocks[name] += seconds
        return 7

    timing = measure("sum", work, photos=2, repeats=3)
    assert next(runs, None) is None and timing.faces == 7
    assert (timing.wall, timing.cpu) == (200.0, 150.0), "milliseconds a photo, medians"
    assert timing.to_json().keys() == {"name", "wall", "cpu", "faces"}


def test_what_is_missing_is_a_row_that_says_so():
    def missing():
        raise ModelError("the weights cannot be read", remedy="Get them")

    row = measure_if_possible("peer", missing, photos=1, repeats=1)
    assert row.wall is None and "weights cannot be read" in row.error


def test_decoding_reads_every_photo(tmp_path, monkeypatch):
    paths = [str(tmp_path / f"{i}.jpg") for i in range(3)]
    for path in paths:
        (tmp_path / path).write_bytes(encoded(np.zeros((40, 60, 3), np.uint8), "JPEG"))
    read, real = [], contestants.read_reduced
    monkeypatch.setattr(contestants, "read_reduced", lambda p, n: read.append(p) or real(p, n))
    assert contestants.decoding(paths)() is None and read == paths


def test_a_program_that_ends_its_process_is_a_row_and_the_others_are_measured(
    tmp_path, monkeypatch
):
    names = ["decoding, reduced", "decoding, reduced"]
    monkeypatch.setattr("bench.table.contestants", lambda paths, model: names)
    ways = iter([os._exit, abs])
    real = ProcessPoolExecutor.submit
    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda s, f, *a: real(s, next(ways), 3))
    ended, other = measure_all([], None, repeats=1)
    assert "terminated" in ended.error and other == 3


def test_who_can_be_measured_here_is_measured_in_a_process_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.table.contestants", lambda paths, model: ["decoding, reduced"])
    photo = tmp_path / "one.jpg"
    photo.write_bytes(encoded(np.zeros((40, 60, 3), np.uint8), "JPEG"))
    [row] = measure_all([str(photo)], None, repeats=1)
    assert (row.name, row.faces, row.error) == ("decoding, reduced", None, None)
    assert row.wall > 0 and row.cpu > 0
