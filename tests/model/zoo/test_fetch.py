"""Getting networks from a publisher (a server on this machine) and from a folder."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import threading
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from data.errors import ModelError
from model.zoo.catalogue import CATALOGUE, RESNET29, choose
from model.zoo.fetch import fetch
from model.zoo.specs import DetectorSpec, NetworkSpec, WeightFile

CONTENT = bytes(range(256)) * 1000


class Publisher(BaseHTTPRequestHandler):
    """Serves one file; `plan` says how it misbehaves, `asked` what it was asked for."""

    def __init__(self, plan: dict, *arguments):
        self.plan = plan
        super().__init__(*arguments)

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.plan.setdefault("asked", []).append(wanted)
        content = self.plan["content"]
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if wanted and self.plan.get("ranges", True):
            self.send_response(206)
        else:
            self.send_response(self.plan.get("status", 200))
            start = 0
        sent = content[start:][: self.plan.get("break_after")]
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


@pytest.fixture
def published(fresh_home):
    """A network whose one file a server on this machine publishes, and the server's plan."""
    plan = {"content": CONTENT}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Publisher, plan))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield network(f"http://127.0.0.1:{server.server_port}/"), plan
    server.shutdown()
    server.server_close()


def network(address: str = "http://127.0.0.1:9/") -> DetectorSpec:
    file = WeightFile("net.bin", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    return DetectorSpec(
        name="test", about="", licence="MIT", source="a test",
        files=(file,), load=lambda files: files, min_score=0.5, address=address,
    )  # fmt: skip


def test_a_download_is_complete_and_tells_how_far_it_is(published):
    net, _ = published
    seen = []
    folder = fetch(net, progress=lambda *step: seen.append(step))
    assert (folder / "net.bin").read_bytes() == CONTENT
    assert seen[-1] == ("net.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert [path.name for path in folder.iterdir()] == ["net.bin"]


def test_what_is_here_is_not_downloaded_again(published):
    net, plan = published
    fetch(net)
    fetch(net)
    assert len(plan["asked"]) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_broken_download_goes_on_where_it_stood(published, ranges):
    net, plan = published
    plan["break_after"] = 100_000
    with pytest.raises(ModelError, match="goes on where it stood"):
        fetch(net)
    assert not net.is_installed()
    plan |= {"break_after": None, "ranges": ranges}
    fetch(net)
    assert plan["asked"] == [None, "bytes=100000-"]
    assert (net.folder / "net.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (CONTENT[:-1] + b"!", "its SHA-256 is"),
        (CONTENT + b"!", "longer than"),
        (CONTENT[:-1], "ended after"),
    ],
)
def test_another_file_is_refused_and_does_not_stay(published, content, sentence):
    net, plan = published
    plan["content"] = content
    with pytest.raises(ModelError, match=sentence):
        fetch(net)
    assert not net.is_installed()


def test_after_a_wrong_file_the_right_one_can_be_had(published):
    net, plan = published
    plan["content"] = CONTENT[::-1]
    with pytest.raises(ModelError):
        fetch(net)
    plan["content"] = CONTENT
    fetch(net)
    assert net.is_installed()


def test_no_server_is_a_sentence_with_a_remedy(fresh_home):
    with pytest.raises(ModelError, match=r"cannot be downloaded .*--from"):
        fetch(network())


def test_from_a_folder(fresh_home, tmp_path):
    (tmp_path / "net.bin").write_bytes(CONTENT)
    folder = fetch(network(), folder=tmp_path)
    assert (folder / "net.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT[::-1]])
def test_from_a_folder_with_another_file(fresh_home, tmp_path, content):
    (tmp_path / "net.bin").write_bytes(content)
    with pytest.raises(ModelError, match="not the file that is meant"):
        fetch(network(), folder=tmp_path)
    assert not network().is_installed()


def test_from_a_folder_without_it(fresh_home, tmp_path):
    with pytest.raises(ModelError, match=r"net\.bin: the file cannot be read"):
        fetch(network(), folder=tmp_path)


def test_a_full_disk_is_called_that(published, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    (tmp_path / "net.bin").write_bytes(CONTENT)
    for folder in (tmp_path, None):
        with pytest.raises(ModelError, match=r"cannot be kept \(the disk is full\)\. Make room"):
            fetch(published[0], folder=folder)
    monkeypatch.undo()
    assert (fetch(published[0]) / "net.bin").read_bytes() == CONTENT


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a disk that is always full")
def test_a_disk_that_fills_up_while_downloading_is_called_that(published):
    net, _ = published
    net.folder.mkdir(parents=True)
    (net.folder / "net.bin.part").symlink_to("/dev/full")
    with pytest.raises(ModelError, match=r"net\.bin\.part: .*\(the disk is full\)\. Make room"):
        fetch(net)


def test_what_comes_with_a_package_is_not_downloaded(fresh_home):
    with pytest.raises(ModelError, match="comes with the Python package face_recognition_models"):
        fetch(RESNET29)


def test_the_best_network_that_is_here_is_chosen(fresh_home, monkeypatch):
    assert (choose("detector").name, choose("embedder").name) == ("kindred", "likeness")
    monkeypatch.setattr(NetworkSpec, "is_installed", lambda self: self.name != "likeness")
    assert (choose("detector").name, choose("embedder").name) == ("kindred", "0095")


def test_choosing_what_is_not_here_says_how_to_get_it(fresh_home):
    with pytest.raises(ModelError, match="networks get yunet"):
        choose("detector", "yunet")
    with pytest.raises(ModelError, match="Known are: resnet29, 0095"):
        choose("embedder", "yunet")


def test_no_network_of_a_kind_here(fresh_home, monkeypatch):
    monkeypatch.setattr(NetworkSpec, "is_installed", lambda self: False)
    with pytest.raises(ModelError, match="no detector is installed"):
        choose("detector")


def test_every_fetched_network_has_an_address_over_tls():
    for net in CATALOGUE.values():
        assert (net.package is None) == (net.address is not None)
        assert net.address is None or net.address.startswith("https://")
        assert replace(net, name="x").size == sum(file.size for file in net.files) > 0
