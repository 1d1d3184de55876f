"""The first photos of a model run step by step: the same faces and names, and earlier."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from data.errors import ModelError
from data.library.intake.work import Work
from model.inference import tagger as tagging
from model.inference.quick_start import rebuild_graph
from model.inference.tagger import Tagger
from model.manifest import read_manifest
from tests import faces
from tests.pictures import encoded


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of the trained model, to be damaged."""
    return shutil.copytree(trained.model, tmp_path / "copy")


def half(path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def assert_same(tags, expected):
    assert len(tags.faces) == len(expected.faces) > 0
    for one, other in zip(tags.faces, expected.faces, strict=True):
        assert one.name == other.name
        np.testing.assert_allclose(one.box, other.box, rtol=0, atol=1e-2)
        np.testing.assert_allclose(one.embedding, other.embedding, rtol=0, atol=1e-4)
        assert one.confidence == pytest.approx(other.confidence, abs=1e-3)


def test_the_first_photos_get_the_same_names_and_the_saved_model_follows(
    trained, trained_tagger, tmp_path, monkeypatch
):
    monkeypatch.setattr(tagging, "STEP_BY_STEP", 2)
    path = tmp_path / "one.png"
    path.write_bytes(encoded(faces.astronaut()))
    expected = trained_tagger.tag(path)
    tagger = Tagger.load(trained.model, quickly=True)
    detect = tagger.functions["detect"]
    for _ in range(2):
        assert tagger.functions["detect"] is detect
        assert_same(tagger.tag(path), expected)
    assert detect.traced.experimental_get_tracing_count() == 0
    assert tagger.functions["detect"] is not detect
    assert_same(tagger.tag(path), expected)
    batch = list(Tagger.load(trained.model, quickly=True).run([Work.at(path)] * 4))
    for tags in batch:
        assert_same(tags, expected)


def test_prepared_nothing_is_run_step_by_step(trained, trained_tagger, astronaut):
    tagger = Tagger.load(trained.model, quickly=True)
    detect = tagger.functions["detect"]
    tagger.prepare()
    assert tagger.functions["detect"] is not detect
    assert_same(tagger.tag(astronaut), trained_tagger.tag(astronaut))
    prepared = tagger.functions["detect"]
    tagger.prepare()
    assert tagger.functions["detect"] is prepared


def test_tuned_weights_are_those_of_the_model(copy):
    manifest = read_manifest(copy)
    graph = rebuild_graph(copy, manifest)
    tuned = json.loads((copy / "manifest.json").read_text("utf-8"))
    tuned["graph"] |= {"fine_tuned": "of this family"}
    assert rebuild_graph(copy, tuned) is not None
    chips = np.full((1, *graph.embedder.chip_shape), 90, np.float32)
    expected = Tagger.load(copy).functions["embed_chips"](chips=chips)["embeddings"]
    for weight in graph.embedder.weights:
        weight.assign(weight * 0)
    assert not np.allclose(graph.embedder.embed_chips(chips), expected, atol=1e-3)
    again = rebuild_graph(copy, tuned)
    np.testing.assert_allclose(again.embedder.embed_chips(chips), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda m: half(m / "saved_model.pb"),
        lambda m: half(next((m / "variables").glob("*.data*"))),
        lambda m: half(m / "variables" / "variables.index"),
    ],
)
def test_a_damaged_model_is_refused_as_without_haste(copy, damage):
    damage(copy)
    assert rebuild_graph(copy, read_manifest(copy)) is None
    with pytest.raises(ModelError, match="damaged"):
        Tagger.load(copy, quickly=True)


@pytest.mark.parametrize("key", ["key", "sha256"])
def test_a_model_of_other_code_is_loaded_as_it_is(copy, key):
    manifest = read_manifest(copy)
    manifest["graph"][key] = "0" * 64
    assert rebuild_graph(copy, manifest) is None


def test_other_networks_than_the_catalogues_are_loaded_as_they_are(colour_model):
    assert rebuild_graph(colour_model, read_manifest(colour_model)) is None


def test_photos_that_are_only_named_are_not_named_step_by_step_for_ever(
    trained, trained_tagger, astronaut, monkeypatch
):
    monkeypatch.setattr(tagging, "STEP_BY_STEP", 2)
    embeddings = np.stack([face.embedding for face in trained_tagger.tag(astronaut).faces])
    ((expected, sure),) = trained_tagger.name(embeddings)
    tagger = Tagger.load(trained.model, quickly=True)
    traced = tagger.functions["name_photo"].traced.experimental_get_tracing_count
    for traces in (0, 0, 1, 1):
        assert tagger.name(embeddings) == [(expected, pytest.approx(sure, abs=1e-3))]
        assert traced() == traces
