"""A cluster of two worker processes gives the library of a local run, also when one is killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from importlib import metadata

import pytest

from data.errors import KindredError
from data.library import Library, Todo
from data.library.intake.work import Work
from model.inference.cluster import cluster_results
from model.inference.cluster_check import check_workers
from model.inference.tagger import Tagger
from tests.colours import command, folder_of_photos, names, read
from tests.training.test_export import export_colours

pytest.importorskip("distributed", reason="tagging on a cluster needs the package distributed")


@contextmanager
def cluster(tmp_path, workers: int = 2):
    """A scheduler and workers, each a process; yields the address and the worker processes.

    They are started in a folder of their own, which has other packages of our packages' names.
    """
    elsewhere = tmp_path / "elsewhere"
    for room in ("data", "model"):
        (elsewhere / room).mkdir(parents=True)
        (elsewhere / room / "__init__.py").write_text("raise ImportError('not ours')")
    environment = {
        **os.environ,
        "PYTHONPATH": str(elsewhere),
        "KINDRED_HOME": str(tmp_path / "no home"),
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s",
    }
    address_file = tmp_path / "scheduler.json"
    started = []

    def start(*arguments) -> subprocess.Popen:
        with open(tmp_path / f"log{len(started)}.txt", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
                env=environment, cwd=elsewhere, stdout=log, stderr=log,
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


def works_of(paths) -> list[Work]:
    works = []
    for path in paths:
        status = os.stat(path)
        works.append(Work(path, Todo(path, status.st_size, status.st_mtime_ns)))
    return works


def test_workers_started_elsewhere_get_the_code_and_are_asked_first(tmp_path):
    model = tmp_path / "model"
    export_colours(model)
    expected = folder_of_photos(tmp_path / "photos", 5)
    network = Tagger.load(model).network
    works = [Work("done.png", None), *works_of(expected)]

    def found(folder, works=works):
        return list(cluster_results(address, folder, network)(iter(works), ()))

    with cluster(tmp_path, 1) as (address, crew):
        tagged = {one.work.photo: one for one in found(model)[1:]}
        assert {photo: one.faces[0].name for photo, one in tagged.items()} == expected
        with pytest.raises(KindredError, match=r"the photo .*nowhere.png is not to be seen on tcp"):
            found(model, [Work("x", Todo(str(tmp_path / "nowhere.png"), 1, 1))])
        crew[0].kill()
        crew[0].wait()
        with pytest.raises(KindredError, match=r"has no workers. Start some with: dask worker tcp"):
            found(model)


def answer(**changed) -> dict:
    """What a worker says that has all that is needed."""
    versions = {"tensorflow": "2.18.1", "keras": "3.8.0", "numpy": "2.0", "cv2": True}
    return {
        "python": (3, 11), "versions": versions, "manifest": "{}", "error": None, "sees": True
    } | changed  # fmt: skip


class Workers:
    """A client whose workers give these answers."""

    def __init__(self, **answers):
        self.answers = answers

    def run(self, function, on_error):
        return self.answers


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"python": (3, 9)}, "Python 3.9 is too old on b"),
        ({"versions": {"cv2": False}}, "the package cv2 is not installed on b"),
        ({"versions": {"tensorflow": "2.1.0"}}, r"tensorflow is 2.1.0 instead of .* on b"),
        ({"manifest": "other"}, "another model lies in .* on b"),
        (
            {"manifest": None, "error": "Permission denied"},
            r"the model .* cannot be read \(Permission denied\) on b",
        ),
        ({"sees": False}, "the photo p.jpg is not to be seen on b"),
    ],
)
def test_what_is_missing_is_said_with_the_worker(tmp_path, lacking, said):
    model, manifest = tmp_path, '{"format": 1}'
    (model / "manifest.json").write_text(manifest)
    versions = {name: metadata.version(name) for name in ("tensorflow", "keras")}
    good = answer(manifest=manifest, versions=versions)
    check_workers(Workers(a=good), str(model), "p.jpg")
    with pytest.raises(KindredError, match=f"the cluster cannot tag: {said}. Give the workers"):
        check_workers(Workers(a=good, b=good | lacking), str(model), "p.jpg")
    with pytest.raises(KindredError, match=r"cannot tag: OSError: broken on every worker"):
        check_workers(Workers(a=OSError("broken"), b=OSError("broken")), str(model), "p.jpg")


def test_without_a_scheduler(tmp_path, monkeypatch):
    results = cluster_results("tcp://127.0.0.1:9", None, "x")
    monkeypatch.setattr("model.inference.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(KindredError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        next(results(iter(()), ()))


def test_chunks_on_this_computer(tmp_path, monkeypatch):
    """What a worker runs, in this process: every photo comes back, the model is loaded once."""
    from model.inference import cluster_worker as module

    model = tmp_path / "model"
    export_colours(model)
    works = works_of(folder_of_photos(tmp_path / "photos", 6))
    network = Tagger.load(model).network
    found = module.tag_chunk(str(model), network, works)
    assert [tagged.work.photo for tagged in found] == [work.photo for work in works]
    assert [tagged.faces[0].name for tagged in found][:4] == ["Red", "Grün", "蓝", None]
    with monkeypatch.context() as patch:
        patch.setattr(Tagger, "load", lambda _: pytest.fail("it is loaded already"))
        module.tag_chunk(str(model), network, works[:1])
    other = shutil.copytree(model, tmp_path / "other")
    with pytest.raises(KindredError, match="a worker has the networks"):
        module.tag_chunk(str(other), "others", works[:1])
