"""Whether fine-tuning is tried, and kept, and what is told of it."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from tests.training.embedder.tiny import FAST, HEAD, PREFIXES, faces, tiny_network
from training.callbacks import Epochs
from training.embedder import stages


@pytest.fixture
def network() -> keras.Model:
    return tiny_network()


def decide(network, **options):
    chips, owners = faces(each=7)
    return stages.try_fine_tuning(
        network, PREFIXES, chips, owners, np.arange(len(owners)), [], [],
        ("a", "b", "c", "d"), HEAD, false_names=0.01, options=dataclasses.replace(FAST, **options),
    )  # fmt: skip


def test_the_network_changes_only_when_fine_tuning_is_kept(eager, few_steps, network):
    before = network.get_weights()
    result = decide(network)
    same = all((a == b).all() for a, b in zip(before, network.get_weights(), strict=True))
    assert same != result.kept and (result.fitted is not None) == result.kept
    assert result.held_out > 0 and result.to_json()["stage"] == 1 + result.kept
    assert len(result.curves) == 2


def test_a_win_on_held_out_faces_is_kept(eager, few_steps, network, monkeypatch):
    won = stages.FineTuningResult(True, "won", stages.Rates(0.9, 0.5), stages.Rates(0.95, 0.7), 9)
    monkeypatch.setattr(stages, "compare", lambda *_: won)
    before = network.get_layer("low_conv").get_weights()[0]
    result = decide(network)
    assert result.kept and result.fitted.state.people == ("a", "b", "c", "d")
    assert result.fitted.state.exemplars.shape == (28, 12)
    chips, _owners = faces(each=7)
    vectors = np.asarray(network(np.stack(chips).astype(np.float32)))
    vectors = vectors + np.asarray(network(np.stack(chips)[:, :, ::-1].astype(np.float32)))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(result.fitted.state.exemplars, vectors, rtol=0, atol=2e-3)
    np.testing.assert_array_equal(network.get_layer("low_conv").get_weights()[0], before)


def test_a_loss_that_is_no_number_leaves_the_network_as_it_was(eager, few_steps, network):
    before = network.get_weights()
    result = decide(network, rate=float("nan"))
    assert not result.kept and "stopped being a finite number" in result.reason
    for now, then in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_too_small_a_family_is_not_tried():
    owners = np.repeat([0, 1, 2], [5, 5, 4])
    reason = stages.why_not(owners, np.arange(14))
    assert reason.startswith("fine-tuning was not tried") and "there are 2" in reason
    assert stages.why_not(np.repeat([0, 1, 2], 5), np.arange(15)) is None
    assert stages.why_not(np.repeat([0, 1, 2], 5), np.arange(15) // 3) is not None


def test_every_epoch_is_told(eager, few_steps, network):
    rows, steps = [], []
    chips, owners = faces(each=7)
    stages.try_fine_tuning(
        network, PREFIXES, chips, owners, np.arange(len(owners)), [], [],
        ("a", "b", "c", "d"), HEAD, false_names=0.01, options=FAST,
        callbacks=lambda run: [Epochs(run, rows.append, steps.append)],
    )  # fmt: skip
    assert [(row["run"], row["epoch"]) for row in rows[:4]] == [
        *(("split 1", 1), ("split 1", 2), ("split 2", 1), ("split 2", 2))
    ]
    assert all(0 <= row["val_accuracy"] <= 1 and row["loss"] > 0 for row in rows[:4])
    assert all(0 < row["val_faces"] < len(owners) for row in rows[:4])
    assert steps[0] == 0 and max(steps) == 2
