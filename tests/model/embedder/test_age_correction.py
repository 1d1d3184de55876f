"""The layer is the NumPy correction; the shipped numbers are whole and take age out."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from data.errors import ModelError
from data.recognition.age import AGES, AgeCorrection
from model.embedder.age_correction import WithoutAge
from model.embedder.embedder import Embedder
from model.zoo.catalogue import CATALOGUE, LIKENESS, RESNET29, RETAIL_0095
from model.zoo.networks import load_age_correction
from tests.vectors import unit


def some_correction(size: int = 16) -> AgeCorrection:
    rng = np.random.default_rng(1)
    shapes = (size, 7), (7,), (7, size)
    return AgeCorrection(*(rng.normal(0, 0.2, shape).astype(np.float32) for shape in shapes))


def test_the_layer_gives_what_numpy_gives_and_can_be_saved():
    numbers = some_correction()
    faces = unit(np.random.default_rng(0).normal(size=(9, 16)))
    layer = WithoutAge(numbers)
    expected = numbers.correct(faces)
    assert np.abs(expected - faces).max() > 0.05
    np.testing.assert_allclose(layer(faces), expected, rtol=0, atol=1e-5)
    again = WithoutAge.from_config(layer.get_config())
    np.testing.assert_allclose(again(faces), expected, rtol=0, atol=1e-5)
    assert layer.trainable_weights == []


def test_the_embedder_corrects_after_the_mirror_image():
    class Aligner:
        size = 4

    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(16)]
    )
    numbers = some_correction()
    chips = tf.constant(np.random.default_rng(0).uniform(0, 255, (3, 4, 4, 3)), tf.float32)
    plain = Embedder(Aligner(), network).embed_chips(chips).numpy()
    received = Embedder(Aligner(), network, numbers).embed_chips(chips).numpy()
    np.testing.assert_allclose(received, numbers.correct(plain), rtol=0, atol=1e-5)
    nothing = Embedder(Aligner(), network, numbers).embed_chips(chips[:0])
    assert nothing.shape == (0, 16)


@pytest.mark.parametrize(
    ("network", "size"), [(RESNET29, 128), (RETAIL_0095, 256), (LIKENESS, 256)]
)
def test_the_shipped_numbers_are_those_that_are_meant(network, size):
    numbers = load_age_correction(network)
    assert numbers.regression.shape == (size, 7) and numbers.common.shape == (7, size)
    # What a class has in common looks like that class or its neighbour; shares sum to 1.
    seen = numbers.ages(numbers.common).argmax(1)
    assert np.abs(seen - np.arange(len(AGES))).max() <= 1 and seen[0] == 0 and seen[-1] == 6
    np.testing.assert_allclose(numbers.ages(numbers.common).sum(1), 1, rtol=0, atol=0.02)


def test_every_embedder_has_its_own_and_another_file_is_refused():
    embedders = [n for n in CATALOGUE.values() if n.task == "embedder"]
    assert len({n.age.sha256 for n in embedders}) == len(embedders)
    for file in (
        dataclasses.replace(RESNET29.age, sha256="0" * 64),
        dataclasses.replace(RESNET29.age, name="not_there.npz"),
    ):
        with pytest.raises(ModelError, match="Get Kindred again"):
            load_age_correction(dataclasses.replace(RESNET29, age=file))
    assert load_age_correction(dataclasses.replace(RESNET29, age=None)) is None
