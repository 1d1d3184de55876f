"""Distillation of a tiny network: the space, the start, the losses, and going on after a kill.

Runs on any Keras backend.
"""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from model.embedder.mobilenet_0095 import Embedder0095Config, build_0095
from tests.vectors import unit
from training.embedder.distill import (
    Batches,
    Schedule,
    cosine_loss,
    distil,
    similarity_loss,
)
from training.embedder.joint_space import fit_last_layer, joint_space, targets_in, weighed
from training.embedder.student_views import student_views
from training.embedder.teacher_faces import TeacherFaces

TINY = Embedder0095Config(
    input_size=16, stem_channels=8, stages=((16, 8, 1, 2),), head_channels=16, embedding_size=6
)
MARGIN = 3
TEMPLATE = np.array([(5, 7), (11, 7), (8, 10), (6, 13), (10, 13)])
FAST = Schedule(epochs=2, steps=3, batch=8, rate=1e-3)


@pytest.fixture(scope="module")
def faces() -> TeacherFaces:
    """Chips of one colour each, of which the teachers see the colour."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (60, 1, 1, 3))
    chips = (colours + rng.normal(0, 4, (60, 22, 22, 3))).clip(0, 255).astype(np.uint8)
    seen = colours[:, 0, 0] / 127.5 - 1.0
    vectors = unit(seen @ rng.normal(size=(3, 9)) + rng.normal(size=9))
    return TeacherFaces(chips, vectors, np.arange(60) // 3)


@pytest.fixture
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build_0095(TINY)


def batches_of(faces: TeacherFaces, targets, schedule: Schedule, **options) -> Batches:
    def draw(rows, rng):
        return student_views(faces.chips[rows], MARGIN, TEMPLATE, rng)

    return Batches(draw, targets, faces.photos, schedule, **options)


def test_the_joint_space_keeps_cosines_and_drops_what_is_least(faces):
    space = joint_space(faces.vectors, 6)
    assert space.shape == (9, 6)
    targets = targets_in(faces.vectors, space)
    np.testing.assert_allclose(np.linalg.norm(targets, axis=1), 1, rtol=1e-5)
    # The colours have three dimensions and the middle one more.
    np.testing.assert_allclose(
        targets @ targets.T, faces.vectors @ faces.vectors.T, rtol=0, atol=1e-5
    )


def test_teachers_have_their_weights():
    one, other = unit(np.random.default_rng(0).normal(size=(2, 5, 4)))
    vectors = weighed(np.concatenate([one, other], 1) / np.sqrt(2), (4, 4), (0.25, 0.75))
    expected = 0.25 * one @ one.T + 0.75 * other @ other.T
    np.testing.assert_allclose(vectors @ vectors.T, expected, rtol=0, atol=1e-6)


def test_the_last_layer_comes_close_to_the_targets_at_once(faces, network):
    targets = targets_in(faces.vectors, joint_space(faces.vectors, 6))
    chips = faces.chips[:, MARGIN:-MARGIN, MARGIN:-MARGIN].astype(np.float32)

    def off() -> float:
        said = unit(ops.convert_to_numpy(network(chips)))
        return float(1 - (said * targets).sum(1).mean())

    before = off()
    fit_last_layer(network, faces.chips, targets, MARGIN)
    assert off() < 0.2 < before


def test_the_losses_by_hand():
    wanted = np.array([[1, 0, 7], [0.6, 0.8, 7], [0, 1, 8]], np.float32)
    said = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    assert float(cosine_loss(wanted, said)) == pytest.approx(1 - (1 + 0.8 + 1) / 3, abs=1e-6)
    # The first two are of one photo: they may be as unlike as they are, whatever the teachers say.
    assert float(similarity_loss(wanted, said)) == pytest.approx((1 - 0.8) ** 2 / 3, abs=1e-6)


def test_each_face_comes_once_and_those_of_one_photo_together(faces):
    targets = np.arange(60, dtype=np.float32)[:, None].repeat(6, axis=1)
    schedule = dataclasses.replace(FAST, steps=5, batch=12)
    views = batches_of(faces, targets, schedule)
    batches = [views[i] for i in range(len(views))]
    assert batches[0][0].shape == (12, 16, 16, 3)
    wanted = np.concatenate([wanted for _, wanted in batches])
    assert sorted(wanted[:, 5].tolist()) == list(range(60))
    assert all(len(set(wanted[i : i + 3, 6])) == 1 for i in range(0, 60, 3))
    views.on_epoch_end()
    assert not np.array_equal(views[0][1], batches[0][1])


def test_training_comes_closer_and_goes_on_after_a_kill(faces, network, tmp_path):
    targets = targets_in(faces.vectors, joint_space(faces.vectors, 6))
    fit_last_layer(network, faces.chips, targets, MARGIN)
    longer = dataclasses.replace(FAST, epochs=6, steps=8, rate=5e-3)
    rows: list[dict] = []
    log = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: rows.append(dict(logs)))
    run = {"folder": tmp_path, "callbacks": [log]}

    def fit(schedule):
        learned = batches_of(faces, targets, longer)
        return distil(
            network,
            learned,
            batches_of(faces, targets, longer, fixed=True),
            schedule=schedule,
            **run,
        )

    first = [np.array(weight) for weight in network.get_weights()]
    fit(dataclasses.replace(longer, epochs=2))
    assert len(rows) == 2
    student = fit(longer)
    assert len(rows) == 6
    assert rows[-1]["val_loss"] < rows[0]["val_loss"]
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 7
    assert student.output_shape == (None, 6)
    for before, after in zip(first, network.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
