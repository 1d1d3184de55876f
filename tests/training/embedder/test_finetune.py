"""Fine-tuning of a tiny network: both parts, the pull, half precision. On any Keras backend."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest

from tests.training.embedder.tiny import FAST, HEAD, PREFIXES, faces, tiny_network
from training.callbacks import Epochs
from training.embedder.finetune import DEFAULTS, BalancedBatches, People, embed, fine_tune
from training.embedder.frozen_features import Features, extract, split_network
from training.not_finite import NotFinite


@pytest.fixture
def network() -> keras.Model:
    return tiny_network()


def test_both_parts_together_are_the_network(network):
    lower, upper = split_network(network, PREFIXES)
    chips = np.stack(faces()[0]).astype(np.float32)
    found = np.asarray(upper(lower(chips)))
    np.testing.assert_allclose(found, np.asarray(network(chips)), rtol=0, atol=1e-5)
    assert lower.output.shape[1:] == (11, 11, 6)
    assert {w.path for w in upper.weights} < {w.path for w in network.weights}


def test_prefixes_of_no_layer_are_refused(network):
    with pytest.raises(ValueError, match="Expected prefixes"):
        split_network(network, ("nothing_",))


def test_batches_hold_everybody_equally_often(network):
    chips, owners = faces(each=1)
    chips, owners = chips + chips[:1] * 9, np.concatenate([owners, np.zeros(9, int)])
    lower, _ = split_network(network, PREFIXES)
    features = extract(lower, chips, chips[:2], [], 2)
    teacher = np.ones((2, 2, 12), np.float32)
    batches = BalancedBatches(features, owners, np.ones(13, bool), teacher, DEFAULTS)
    x, y = batches[0]
    assert len(x) == 48 and y["people"][:32].sum(0).tolist() == [8] * 4
    assert (y["people"][32:] == 0).all() and (y["embedding"][:32] == 0).all()


def test_an_embedder_without_mirror_images_sees_the_face_alone(network):
    lower, upper = split_network(network, PREFIXES)
    chips, _ = faces(2, 1)
    features = extract(lower, chips, chips, [], 3, mirror=False)
    expected = np.array(network(np.stack(chips).astype(np.float32)))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    for some in (features.family, features.strangers):
        np.testing.assert_allclose(embed(upper, some), expected, rtol=0, atol=5e-3)


def prepared(network):
    chips, owners = faces()
    lower, upper = split_network(network, PREFIXES)
    others, _ = faces(6, 2, seed=5)
    return upper, extract(lower, chips, others, others[:3], 4), owners


def test_people_move_together_and_the_given_network_does_not_change(network):
    upper, features, owners = prepared(network)
    before, weights = embed(upper, features.family), upper.get_weights()
    rows = np.arange(len(owners)) % 4 != 0
    run = fine_tune(upper, features, owners, rows, HEAD, FAST, watch=True)
    after = run.embeddings[-1][0]
    np.testing.assert_allclose(after, embed(run.upper, features.family), rtol=0, atol=1e-5)
    held = ~rows

    def apart(vectors):
        cosines = vectors[held] @ vectors[rows].T
        same = owners[held][:, None] == owners[rows]
        return cosines[same].mean() - cosines[~same].mean()

    assert apart(after) > apart(before)
    for now, then in zip(upper.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)
    assert len(run.history["val_loss"]) == len(run.embeddings)


def test_the_pull_keeps_it_near_what_it_was(network):
    upper, features, owners = prepared(network)
    rows, before = np.ones(len(owners), bool), embed(upper, features.family)
    moved = []
    for l2sp in (0.0, 100.0):
        run = fine_tune(upper, features, owners, rows, HEAD, dataclasses.replace(FAST, l2sp=l2sp))
        moved.append(1 - (embed(run.upper, features.family) * before).sum(1).mean())
    assert moved[1] < moved[0] / 2


def test_in_half_precision_it_learns_the_same(network):
    upper, features, owners = prepared(network)
    rows = np.ones(len(owners), bool)
    full = fine_tune(upper, features, owners, rows, HEAD, FAST)
    half = fine_tune(upper, features, owners, rows, HEAD, FAST, mixed=True)
    assert half.upper.get_layer("top_conv").compute_dtype == "float16"
    assert full.upper.get_layer("top_conv").compute_dtype == "float32"
    # The weights stay in full precision, and so can be copied back.
    assert {str(weight.dtype) for weight in half.upper.weights} == {"float32"}
    one, other = (embed(run.upper, features.family) for run in (full, half))
    assert np.abs((one * other).sum(1)).min() > 0.99
    assert half.history["loss"] == pytest.approx(full.history["loss"], rel=0.1)


def test_the_peoples_directions_can_be_made_again():
    layer = People(np.array([[3.0, 4.0], [0.0, 2.0]]), name="people")
    cosines = np.asarray(layer(np.array([[1.0, 0.0]], np.float32)))
    np.testing.assert_allclose(cosines, [[0.6, 0.0]], rtol=0, atol=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    np.testing.assert_array_equal(np.asarray(again(np.array([[1.0, 0.0]], np.float32))), cosines)


def test_without_strangers(network):
    upper, features, owners = prepared(network)
    features = Features(features.family, features.strangers[:0], features.validation[:0])
    run = fine_tune(upper, features, owners, np.ones(len(owners), bool), HEAD, FAST, watch=True)
    assert run.embeddings[0][1].shape == (0, 12)


def test_a_loss_that_is_no_number_is_refused(network):
    upper, features, owners = prepared(network)
    options = dataclasses.replace(FAST, rate=float("nan"))
    with pytest.raises(NotFinite):
        fine_tune(upper, features, owners, np.ones(len(owners), bool), HEAD, options)


def test_who_listens_to_epochs_may_end_it(network):
    def stop(_):
        raise KeyboardInterrupt

    upper, features, owners = prepared(network)
    with pytest.raises(KeyboardInterrupt):
        fine_tune(
            upper, features, owners, np.ones(len(owners), bool), HEAD, FAST,
            callbacks=[Epochs("all", stop)],
        )  # fmt: skip
