"""The model folder: its contract, a fresh process that knows nothing of Kindred, all or nothing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import training.export
from data.errors import ModelError
from data.media.photos import read_photo
from model.zoo.catalogue import KINDRED, MTCNN, RESNET29
from tests import faces
from tests.checks import check_export
from tests.conftest import EILEEN, LEI
from tests.pictures import encoded
from tests.stubs import colour_graph, plain
from training.export import export

NETWORKS = (MTCNN, RESNET29)
TRAINING = {"training": {"photos": {}}, "measured": {"held_out": 0}}


def export_colours(folder, people=("Red", "Grün", "蓝")) -> None:
    export(colour_graph(people), folder, networks=NETWORKS, training=TRAINING)


@pytest.fixture
def model(tmp_path):
    """A model folder, alone in its parent folder."""
    folder = tmp_path / "models" / "family"
    export_colours(folder)
    return folder


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        tf.errors.ResourceExhaustedError(None, None, "variables.data; No space left on device"),
    ],
)
def test_a_full_disk_is_called_that_and_the_former_model_stays(model, monkeypatch, error):
    def full(*_, **__):
        raise error

    monkeypatch.setattr(tf.saved_model, "save", full)
    with pytest.raises(ModelError, match=r"family: .* written \(the disk is full\)\. Make room"):
        export_colours(model, ("Somebody",))
    assert [path.name for path in model.parent.iterdir()] == [model.name]
    assert names(model) == ["Grün"]


def names(folder, colour=(0, 250, 0)) -> list[str]:
    run = tf.saved_model.load(str(folder)).signatures["tag"]
    return [n.decode() for n in run(image=tf.constant(plain(50, 40, colour)))["names"].numpy()]


def test_the_trained_model_keeps_the_contract(trained):
    manifest = check_export(trained.model)
    assert manifest["people"] == [EILEEN, LEI]
    assert manifest["embedding_dimension"] == 256
    assert set(manifest["networks"]) == {"detector", "embedder"}
    assert 0.5 < manifest["thresholds"]["name_probability"] < 1
    assert manifest["thresholds"]["detection_score"] == pytest.approx(KINDRED.min_score)
    assert set(manifest["versions"]) == {"python", "tensorflow", "keras", "numpy"}


def test_the_contract_holds_for_other_networks_and_for_nobody(tmp_path):
    export_colours(tmp_path / "three")
    assert check_export(tmp_path / "three")["people"] == ["Red", "Grün", "蓝"]
    export_colours(tmp_path / "nobody", ())
    assert check_export(tmp_path / "nobody")["people"] == []
    assert names(tmp_path / "three") == ["Grün"]
    assert names(tmp_path / "nobody") == [""]


SCRIPT = """
import json, sys
import numpy as np, tensorflow as tf
from PIL import Image
model = tf.saved_model.load(sys.argv[1])
for path in sys.argv[2:]:
    image = tf.constant(np.asarray(Image.open(path).convert("RGB")))
    found = {key: value.numpy() for key, value in model.signatures["tag"](image=image).items()}
    found["names"] = np.array([name.decode() for name in found["names"]])
    print(json.dumps({key: value.tolist() for key, value in found.items()}))
print(json.dumps(sorted({"data", "model", "training", "keras"} & set(sys.modules))))
"""


def test_an_empty_script_somewhere_else_gives_the_same(trained, trained_tagger, tmp_path):
    pictures = {
        "one.png": faces.astronaut(),
        "two.png": faces.on_black(
            420, 700, (faces.portrait(26), 20, 30), (faces.portrait(0), 360, 90)
        ),
        "none.png": plain(30, 90, (10, 200, 30)),
    }
    for file, picture in pictures.items():
        (tmp_path / file).write_bytes(encoded(picture))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(trained.model), *pictures],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *records, imported = map(json.loads, run.stdout.splitlines())
    assert not {"data", "model", "training"} & set(imported)
    seen = []
    for file, record in zip(pictures, records, strict=True):
        tags = trained_tagger.tag(read_photo(tmp_path / file))
        assert record["names"] == [f.name or "" for f in tags.faces]
        for key, ours in {
            "boxes": [f.box for f in tags.faces],
            "landmarks": [f.landmarks for f in tags.faces],
            "scores": [f.score for f in tags.faces],
            "confidences": [f.confidence for f in tags.faces],
            "embeddings": [f.embedding for f in tags.faces],
        }.items():
            theirs = np.reshape(record[key], np.shape(ours))
            np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-4, err_msg=key)
        seen.append(sorted(record["names"]))
    assert seen == [[EILEEN], ["", LEI], []]


def test_the_signatures_of_one_model_agree_with_each_other(trained_tagger, astronaut):
    run = trained_tagger.functions
    image = tf.constant(astronaut)
    tagged = run["tag"](image=image)
    found = run["detect"](image=image, min_score=tf.constant(0.8))
    embedded = run["embed"](image=image, landmarks=found["landmarks"])
    assert len(found["boxes"]) == 1
    for key, value in {**found, **embedded}.items():
        np.testing.assert_allclose(value, tagged[key], rtol=0, atol=1e-4)
    assert len(run["detect"](image=image, min_score=tf.constant(0.9999))["boxes"]) == 0
    none = run["embed"](image=image, landmarks=tf.zeros([0, 5, 2]))["embeddings"]
    assert none.shape == [0, 256]


def test_a_server_calls_by_name_and_reads_names_as_bytes(model):
    """As TensorFlow Serving does: keywords, tensors, any size, no Python of ours."""
    loaded = tf.saved_model.load(str(model))
    for height, width in ((480, 640), (31, 20), (20, 1000)):
        image = tf.constant(plain(height, width, (255, 255, 255)))
        found = loaded.signatures["serving_default"](image=image)
        assert found["boxes"].numpy().tolist() == [[0, 0, width / 2, height / 2]]
        assert found["names"].dtype == tf.string
    with pytest.raises((TypeError, ValueError)):
        loaded.signatures["tag"](picture=tf.zeros([4, 4, 3], tf.uint8))


def test_writing_again_replaces_the_model(model):
    export_colours(model, ("Red",))
    assert names(model) == [""]
    assert (model / "assets" / "people.txt").read_text("utf-8") == "Red\n"
    assert [entry.name for entry in model.parent.iterdir()] == ["family"]


def fail_saving(monkeypatch):
    def save(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(tf.saved_model, "save", save)


def fail_half_way(monkeypatch):
    def dumps(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(training.export.json, "dumps", dumps)


def fail_checking(monkeypatch):
    def check(*_):
        raise ModelError("the written model differs from the trained one by 1")

    monkeypatch.setattr(training.export, "require_same_answers", check)


def fail_moving(monkeypatch):
    rename = os.rename

    def renamed(source, target):
        if os.path.basename(target) == "family" and not str(source).endswith(".former"):
            raise OSError("the disk is gone")
        rename(source, target)

    monkeypatch.setattr(os, "rename", renamed)


def stop(monkeypatch):
    def check(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.export, "require_same_answers", check)


@pytest.mark.parametrize("fail", [fail_saving, fail_half_way, fail_checking, fail_moving, stop])
def test_when_writing_fails_the_former_model_stays(model, monkeypatch, fail):
    before = {p: p.read_bytes() for p in model.rglob("*") if p.is_file()}
    with monkeypatch.context() as patch:
        fail(patch)
        with pytest.raises((OSError, ModelError, KeyboardInterrupt)):
            export_colours(model, ("Red",))
    assert {p: p.read_bytes() for p in model.rglob("*") if p.is_file()} == before
    assert [entry.name for entry in model.parent.iterdir()] == ["family"]
    assert names(model) == ["Grün"]


def test_what_a_killed_process_left_goes_when_the_model_is_written_again(model):
    old, new = (model.with_name(f".{model.name}.{name}") for name in ("old", "new"))
    for draft in (old, new):
        (draft / "variables").mkdir(parents=True)
    os.utime(old, (0, 0))
    export_colours(model, ("Red",))
    assert not old.exists() and new.exists(), "somebody may write that one just now"
    assert names(model) == [""], "it knows nobody green any more"


@pytest.mark.parametrize("fail", [fail_saving, fail_checking])
def test_when_the_first_writing_fails_nothing_is_left(tmp_path, monkeypatch, fail):
    fail(monkeypatch)
    with pytest.raises((OSError, ModelError)):
        export_colours(tmp_path / "family")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_reloads_with_other_numbers_is_not_kept(tmp_path, monkeypatch):
    graph = colour_graph()
    save = tf.saved_model.save

    def saved(*arguments, **options):
        graph.embedder.one.assign(-1.0)  # what is written differs from what was trained
        save(*arguments, **options)
        graph.embedder.one.assign(1.0)

    monkeypatch.setattr(tf.saved_model, "save", saved)
    with pytest.raises(ModelError, match="differs from the trained one by"):
        export(graph, tmp_path / "family", networks=NETWORKS, training=TRAINING)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_can_be_read_by_a_server_of_another_user(model):
    assert model.stat().st_mode & 0o055 == 0o055


def test_what_is_not_a_model_is_never_replaced(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "wedding.jpg").write_bytes(b"precious")
    file = tmp_path / "notes.txt"
    file.write_text("precious")
    for target in (photos, file):
        with pytest.raises(ModelError, match="not a Kindred model") as caught:
            export_colours(target)
        assert str(target) in str(caught.value) and "--model" in caught.value.remedy
    assert (photos / "wedding.jpg").read_bytes() == b"precious" and file.read_text() == "precious"


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "new").mkdir()
    export_colours(tmp_path / "new")
    assert names(tmp_path / "new") == ["Grün"]


def test_folders_on_the_way_are_made(tmp_path):
    export_colours(tmp_path / "a" / "b c" / "模型")
    assert names(tmp_path / "a" / "b c" / "模型") == ["Grün"]


def test_one_trace_for_all_sizes():
    graph = colour_graph()
    for size in ((1, 1, 3), (40, 50, 3), (50, 40, 3)):
        graph.tag(tf.zeros(size, tf.uint8))
        graph.embed(tf.zeros(size, tf.uint8), tf.zeros([size[0] % 3, 5, 2]))
    assert graph.tag.traced.experimental_get_tracing_count() == 1
    assert graph.embed.traced.experimental_get_tracing_count() == 1
