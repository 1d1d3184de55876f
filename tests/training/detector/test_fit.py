"""The training loop of the detector: checkpoints, a teacher, one picture by heart."""

from __future__ import annotations

import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image

from model.detector.single_shot import build_single_shot, split_map
from tests.training.detector.labelled import TINY, folder_of
from training.detector.fit import Schedule, fit
from training.detector.pictures.samples import read_samples
from training.l2sp import L2SP


def test_training_goes_on_from_its_checkpoint(eager, tmp_path):
    entries = {f"{i}.png": {"boxes_xywh": [[20, 20, 30, 30]]} for i in range(3)}
    samples = read_samples(folder_of(tmp_path, entries))
    run = tmp_path / "run"
    short = Schedule(epochs=1, steps=2, batch=2, side=64)
    fit(samples, [], run, short, TINY)
    model = fit(samples, samples[:1], run, Schedule(epochs=2, steps=2, batch=2, side=64), TINY)
    rows = (run / "log.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1"]
    assert all(np.isfinite(w).all() for w in model.get_weights())
    check_one_score(model)
    assert not list(run.glob("part-*"))


def test_what_goes_on_from_a_checkpoint_is_still_held_to_its_start(eager, tmp_path):
    samples = read_samples(folder_of(tmp_path, {"0.png": {"boxes_xywh": [[20, 20, 30, 30]]}}))
    for epochs in (1, 2):
        keras.utils.set_random_seed(3)  # the same start each time
        start = build_single_shot(dataclasses.replace(TINY, batch_norm=False))
        before = [np.asarray(weight) for weight in start.trainable_weights]
        schedule = Schedule(epochs=epochs, steps=2, batch=2, side=64)
        network = fit(samples, [], tmp_path / "run", schedule, TINY, start=start, l2sp=0.5)
    pairs = zip(before, network.trainable_weights, strict=True)
    expected = sum(float(L2SP(then, 0.5)(np.asarray(now))) for then, now in pairs)
    assert float(sum(network.losses)) == pytest.approx(expected, rel=1e-4) and expected > 0


def test_training_with_a_teacher_leaves_the_teacher_as_it_is_and_can_be_gone_on_with(
    eager, tmp_path
):
    entries = {f"{i}.png": {"boxes_xywh": [[20, 20, 30, 30]]} for i in range(3)}
    samples = read_samples(folder_of(tmp_path, entries))
    teacher = build_single_shot(dataclasses.replace(TINY, stem_channels=6, batch_norm=False))
    before = [w.copy() for w in teacher.get_weights()]
    for epochs in (1, 2):
        schedule = Schedule(epochs=epochs, steps=2, batch=2, side=64)
        network = fit(samples, [], tmp_path / "run", schedule, TINY, teacher=teacher)
    for one, two in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert len(rows) == 3 and "taught_score_loss" in rows[0]
    assert "head8_map_conv" in {layer.name for layer in network.layers}


def test_the_score_of_a_separable_network_is_that_of_one_branch_as_well(eager, tmp_path):
    samples = read_samples(folder_of(tmp_path, {"0.png": {"boxes_xywh": [[20, 20, 30, 30]]}}))
    schedule = Schedule(epochs=1, steps=1, batch=1, side=64)
    separable = dataclasses.replace(TINY, separable=True)
    check_one_score(fit(samples, [], tmp_path / "run", schedule, separable))


def check_one_score(network) -> None:
    """Both parts of the score, whose mean it is, are the same."""
    maps = network(np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32))
    for output in maps.values():
        parts = {name: keras.ops.convert_to_numpy(x) for name, x in split_map(output).items()}
        np.testing.assert_array_equal(parts["face"], parts["object"])
        assert np.ptp(parts["object"]) > 0


def test_training_learns_one_picture_by_heart(tmp_path):
    pixels = np.full((96, 96, 3), 60, np.uint8)
    pixels[30:62, 30:62] = (220, 180, 150)
    (tmp_path / "images").mkdir()
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")
    (tmp_path / "boxes.json").write_text(json.dumps({"a.png": {"boxes_xywh": [[30, 30, 32, 32]]}}))
    samples = read_samples(tmp_path)
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["loss"])
    )
    schedule = Schedule(epochs=8, steps=15, batch=4, side=64, rate=5e-3)
    fit(samples, [], tmp_path / "run", schedule, TINY, callbacks=[note])
    assert seen[-1] < 0.75 * seen[0]
