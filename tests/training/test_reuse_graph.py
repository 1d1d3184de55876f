"""A graph that is used again: the same model as a full export, bit for bit, or a full export."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

import model.graph_key
import training.export
import training.reuse_graph
from data.errors import ModelError
from data.media.photos import read_photo
from data.recognition.scoring import HeadState
from model.classifier.head import Head
from model.graph import FaceGraph
from model.zoo.catalogue import MTCNN, RESNET29, YUNET
from tests.checks import check_export
from tests.pictures import encoded
from tests.stubs import ColourEmbedder, CornerDetector, colour_graph, plain
from training.export import export
from training.reuse_graph import reuse_graph

NETWORKS = (MTCNN, RESNET29)
TRAINING = {"training": {"photos": {}}, "measured": {"held_out": 0}}
OTHERS = HeadState(
    ("Zoë", "B", "李雷", "D"),
    np.float32([[1, 0, 0], [0.6, 0.8, 0], [0, 0.8, 0.6], [0, 0, 1]]),
    np.float32([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.8, 0], [0, 0.6, 0.8], [0, 0, 1]]),
    np.int32([0, 0, 1, 2, 3]),
    nearest_weight=0.6,
    slope=31.0,
    centre=0.85,
    threshold=0.55,
    runner_up_weight=0.1,
    default_runner_up=0.5,
    offsets=np.float32([0.01, 0, 0, 0.02]),
)


def graph_of(state: HeadState) -> FaceGraph:
    return FaceGraph(CornerDetector(), ColourEmbedder(), Head(state), 0.8)


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    folder = tmp_path_factory.mktemp("former") / "model"
    export(colour_graph(), folder, networks=NETWORKS, training=TRAINING)
    return folder


def again(state, former, folder, networks=NETWORKS, **options):
    export(graph_of(state), folder, networks=networks, training=TRAINING, former=former, **options)
    return folder


@pytest.fixture
def saved(monkeypatch):
    """Counts full exports."""
    calls, save = [], tf.saved_model.save

    def counted(*arguments, **options):
        calls.append(arguments)
        return save(*arguments, **options)

    monkeypatch.setattr(tf.saved_model, "save", counted)
    return calls


def answers(folder) -> list[bytes]:
    """All that the signatures say of a few pictures and embeddings."""
    run = tf.saved_model.load(str(folder)).signatures
    rng, found = np.random.default_rng(0), []
    for colour in rng.integers(0, 256, (12, 3)):
        tags = run["tag"](image=tf.constant(plain(40, 50, tuple(colour))))
        found += [tags[key].numpy() for key in sorted(tags)]
    faces = rng.normal(size=(40, 3)).astype(np.float32)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    for name in ("name", "name_photo"):
        named = run[name](embeddings=tf.constant(faces))
        found += [named[key].numpy() for key in sorted(named)]
    return [x.tobytes() if x.dtype != object else b"|".join(x) for x in found]


@pytest.mark.parametrize("people", [1, 4])
def test_it_is_the_full_export_bit_for_bit(former, tmp_path, saved, people):
    rows = OTHERS.owners < people
    state = dataclasses.replace(
        OTHERS,
        people=OTHERS.people[:people],
        prototypes=OTHERS.prototypes[:people],
        exemplars=OTHERS.exemplars[rows],
        owners=OTHERS.owners[rows],
        offsets=OTHERS.offsets[:people],
    )
    reused = again(state, former, tmp_path / "reused")
    assert saved == []
    full = again(state, None, tmp_path / "full")
    assert len(saved) == 1
    assert answers(reused) == answers(full) != answers(former)
    assert check_export(reused)["people"] == list(state.people)


def test_a_reused_graph_is_used_again(former, tmp_path, saved):
    second = again(OTHERS, former, tmp_path / "second")
    third = again(OTHERS, second, tmp_path / "third")
    assert saved == [] and answers(second) == answers(third)
    # In its own place, too.
    again(dataclasses.replace(OTHERS, threshold=0.9), third, third)
    assert saved == [] and answers(third) != answers(second)


def test_everything_else_takes_a_full_export(former, tmp_path, saved, monkeypatch):
    again(OTHERS, former, tmp_path / "a", networks=(YUNET, RESNET29))
    again(HeadState.empty(3), former, tmp_path / "c")
    again(OTHERS, tmp_path / "c", tmp_path / "d")
    again(OTHERS, tmp_path / "nothing", tmp_path / "e")
    assert len(saved) == 4
    monkeypatch.setattr(tf, "__version__", "0.1")
    again(OTHERS, former, tmp_path / "f")
    assert len(saved) == 5


def test_the_code_of_the_graph_is_part_of_the_key(tmp_path, monkeypatch):
    keys = []
    for text in ("one", "two"):
        (tmp_path / "__init__.py").write_text(text)
        monkeypatch.setattr(model.graph_key, "__file__", str(tmp_path / "graph_key.py"))
        keys.append(model.graph_key.graph_key(NETWORKS, 0.8))
    assert keys[0] != keys[1] and model.graph_key.graph_key(NETWORKS, 0.7) not in keys


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "harm"),
    [
        ("saved_model.pb", flip),
        ("saved_model.pb", cut),
        ("variables/variables.data-00000-of-00001", flip),
        ("variables/variables.data-00000-of-00001", cut),
        ("variables/variables.index", cut),
        ("manifest.json", cut),
    ],
)
def test_a_damaged_model_is_not_built_upon(former, tmp_path, saved, file, harm):
    damaged = tmp_path / "damaged"
    again(OTHERS, former, damaged)
    harm(damaged / file)
    new = again(OTHERS, damaged, tmp_path / "new")
    assert len(saved) == 1 and check_export(new)["people"] == list(OTHERS.people)


def test_when_reuse_fails_half_way_the_former_model_stays(former, tmp_path, monkeypatch):
    model = again(OTHERS, former, tmp_path / "models" / "family")
    before = {p: p.read_bytes() for p in model.rglob("*") if p.is_file()}

    def fail(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(training.reuse_graph, "same_tensors", fail)
    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises((OSError, ModelError)):
        again(dataclasses.replace(OTHERS, threshold=0.9), model, model)
    assert {p: p.read_bytes() for p in model.rglob("*") if p.is_file()} == before
    assert [entry.name for entry in model.parent.iterdir()] == ["family"]


def test_a_reused_graph_that_answers_otherwise_is_not_kept(former, tmp_path, monkeypatch):
    def reuse_for_others(former, draft, head, key):
        return reuse_graph(former, draft, Head(OTHERS), key)

    monkeypatch.setattr(training.export, "reuse_graph", reuse_for_others)
    with pytest.raises(ModelError, match="the written model"):
        again(dataclasses.replace(OTHERS, centre=0.5), former, tmp_path / "family")
    assert list(tmp_path.iterdir()) == []


def test_the_real_networks_find_the_same_faces_and_new_people(
    trained, trained_tagger, tmp_path, astronaut
):
    manifest = json.loads((trained.model / "manifest.json").read_text("utf-8"))
    with np.load(trained.model / "assets" / "exemplars.npz") as file:
        known = file["embeddings"]
    state = HeadState(
        ("Somebody", "Nobody"), known[[0, 5]], known[[0, 5]], np.int32([0, 1]),
        0.5, 50.0, 0.8, 0.5,
    )  # fmt: skip
    draft = tmp_path / "draft"
    draft.mkdir()
    assert reuse_graph(trained.model, draft, Head(state), manifest["graph"]["key"])
    image = tf.constant(read_photo(encoded(astronaut)))
    one = trained_tagger.functions["tag"](image=image)
    reused = tf.saved_model.load(str(draft))
    other = reused.signatures["tag"](image=image)
    for key in ("boxes", "landmarks", "scores", "embeddings"):
        np.testing.assert_array_equal(one[key], other[key])
    assert other["names"].numpy().tolist() == [b"Somebody"]
    names, confidences = Head(state).classify(other["embeddings"], one_photo=True)
    assert names.numpy().tolist() == [b"Somebody"]
    np.testing.assert_allclose(other["confidences"], confidences, rtol=0, atol=1e-6)
