"""A cluster of two worker processes gives the library of a local run, also when one is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from data.errors import KindredError
from data.library import Library
from model.inference.cluster import cluster_results
from tests.colours import ROOT, command, folder_of_photos, names, read
from tests.training.test_export import export_colours

pytest.importorskip("distributed", reason="tagging on a cluster needs the package distributed")


@contextmanager
def cluster(tmp_path, workers: int = 2):
    """A scheduler and workers, each a process; yields the address and the worker processes."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "KINDRED_HOME": str(tmp_path / "no home"),
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s",
    }
    address_file = tmp_path / "scheduler.json"
    started = []

    def start(*arguments) -> subprocess.Popen:
        log = open(tmp_path / f"log{len(started)}.txt", "wb")  # noqa: SIM115
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            env=environment, cwd=tmp_path, stdout=log, stderr=log,
        )  # fmt: skip
        started.append(process)
        return process

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
              "--scheduler-file", str(address_file))  # fmt: skip
        crew = [
            start(
                "worker",
                "--scheduler-file",
                str(address_file),
                "--nthreads",
                "1",
                "--no-dashboard",
                "--no-nanny",
                "--local-directory",
                str(tmp_path),
            )
            for _ in range(workers)
        ]
        from distributed import Client

        with Client(scheduler_file=str(address_file), timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
            address = client.scheduler.address
        yield address, crew
    finally:
        for process in started:
            process.kill()
            process.wait()


def everything(home) -> dict:
    """What the library says of each photo, numbers left out, since the order may differ."""
    with Library(home) as library:
        found = {}
        for path in library.records.paths():
            photo = library.photos.photo_of(path)
            tags, faces = library.records.tags(path), library.faces.of(photo)
            found[path] = (
                tags.to_json(),
                [(f.network, f.embedding.round(4).tolist(), f.by_hand) for f in faces],
                library.records.state(path).model,
            )
        return found


@pytest.mark.slow
def test_a_worker_that_dies_costs_only_time(tmp_path, monkeypatch):
    model, folder = tmp_path / "model", tmp_path / "photos"
    export_colours(model)
    expected = folder_of_photos(folder, 300)
    out = tmp_path / "out.jsonl"

    def tag(home, *more, on_line=lambda _: None):
        monkeypatch.setenv("KINDRED_HOME", str(home))
        arguments = command("tag", folder, "--model", model, "--json", "-", *more)
        with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process, out.open("wb") as file:
            for number, line in enumerate(process.stdout, 1):
                file.write(line)
                on_line(number)
        assert process.returncode == 0

    tag(tmp_path / "local")
    with cluster(tmp_path) as (address, crew):

        def kill_one(number: int) -> None:
            if number == 40:
                crew[0].kill()

        tag(tmp_path / "cluster", "--scheduler", address, on_line=kill_one)
        assert crew[0].wait(10) != 0 and crew[1].poll() is None
    assert names(read(out)) == expected
    assert everything(tmp_path / "cluster") == everything(tmp_path / "local")


def test_without_a_scheduler(tmp_path, monkeypatch):
    results = cluster_results("tcp://127.0.0.1:9", None, "x")
    monkeypatch.setattr("model.inference.cluster.CONNECT_SECONDS", 1)
    start = time.monotonic()
    with pytest.raises(KindredError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        next(results(iter(()), ()))
    assert time.monotonic() - start < 30


def test_chunks_on_this_computer(tmp_path):
    """What a worker runs, in this process: every photo comes back, the model is loaded once."""
    from data.library import Todo
    from data.library.intake.work import Work
    from model.inference import cluster as module
    from model.inference.tagger import Tagger

    model = tmp_path / "model"
    export_colours(model)
    works = []
    for path in folder_of_photos(tmp_path / "photos", 6):
        status = os.stat(path)
        works.append(Work(path, Todo(path, status.st_size, status.st_mtime_ns)))
    network = Tagger.load(model).network
    found = module.tag_chunk(str(model), network, works)
    assert [tagged.work.photo for tagged in found] == [work.photo for work in works]
    assert [tagged.faces[0].name for tagged in found][:4] == ["Red", "Grün", "蓝", None]
    loaded = module._loaded.copy()
    module.tag_chunk(str(model), network, works[:1])
    assert module._loaded == loaded
    module._loaded.clear()
    with pytest.raises(KindredError, match="a worker has the networks"):
        module.tag_chunk(str(model), "others", works[:1])
