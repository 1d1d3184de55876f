"""The second output: what it says of a face seen well and badly, and through batch and mirror."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image, ImageFilter

from model.embedder.aligner import Aligner
from model.embedder.embedder import BATCH, Embedder
from model.embedder.quality_output import build_quality_output, with_quality
from model.zoo.catalogue import LIKENESS
from model.zoo.networks import load_embedder, load_trainable
from tests import faces
from tests.checks import check_unit


@pytest.fixture(scope="module")
def likeness() -> Embedder:
    return load_embedder(LIKENESS)


@pytest.fixture(scope="module")
def chip(likeness, face) -> np.ndarray:
    """A face seen well, float32 [S, S, 3]."""
    return likeness.aligner.chips(tf.constant(faces.astronaut()), face.landmarks[None])[0].numpy()


def filtered(chip: np.ndarray, change) -> np.ndarray:
    picture = change(Image.fromarray(chip.round().clip(0, 255).astype(np.uint8)))
    return np.asarray(picture, np.float32)


def quality_of(embedder: Embedder, *chips: np.ndarray) -> np.ndarray:
    return embedder.describe_chips(tf.constant(np.stack(chips)))["quality"].numpy()


def test_the_worse_a_face_is_seen_the_less_it_says(likeness, chip):
    blurred = [
        filtered(chip, lambda x, radius=radius: x.filter(ImageFilter.GaussianBlur(radius)))
        for radius in (0, 2, 4, 8)
    ]
    said = quality_of(likeness, *blurred)
    assert said[0] > 0.8 and (np.diff(said) <= 0).all() and said[2] < 0.7 and said[3] < 0.1


def test_a_covered_face_is_not_clear_though_it_is_sharp(likeness, chip):
    covered = chip.copy()
    covered[:, : chip.shape[1] // 2] = 40
    said = quality_of(likeness, chip, covered)
    assert said[1] < said[0] - 0.2


def test_it_says_the_same_in_any_batch(likeness, chip):
    rng = np.random.default_rng(0)
    chips = (chip + rng.normal(0, 30, (BATCH + 1, *chip.shape))).astype(np.float32)
    said = likeness.describe_chips(tf.constant(chips))
    assert said["embeddings"].shape == (BATCH + 1, 256) and said["quality"].shape == (BATCH + 1,)
    check_unit(said["embeddings"].numpy())
    for i in (0, BATCH):
        np.testing.assert_allclose(quality_of(likeness, chips[i])[0], said["quality"][i], atol=1e-4)
    none = likeness.describe_chips(tf.constant(chips[:0]))
    assert none["embeddings"].shape == (0, 256) and none["quality"].shape == (0,)


def test_embeddings_are_those_of_the_network_alone(likeness, chip):
    alone = LIKENESS.for_inference(load_trainable(LIKENESS))
    alone = Embedder(likeness.aligner, alone, mirror=False)
    both = load_embedder(LIKENESS, correct_age=False)
    chips = tf.constant(chip[None])
    np.testing.assert_allclose(both.embed_chips(chips), alone.embed_chips(chips), atol=1e-5)
    assert "quality" not in alone.describe_chips(chips)


def test_a_mirrored_face_has_the_same_where_mirror_images_are_looked_at():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 3))
    features = layers.Flatten(name="flat")(layers.Conv2D(4, 3, name="head_depthwise")(inputs))
    network = keras.Model(inputs, layers.Dense(5)(features))
    quality = build_quality_output(6 * 6 * 4)
    aligner = Aligner(8, LIKENESS.template)
    embedder = Embedder(aligner, with_quality(network, quality), mirror=True)
    chips = np.random.default_rng(0).uniform(0, 0.5, (2, 8, 8, 3)).astype(np.float32)
    said, mirrored = quality_of(embedder, *chips), quality_of(embedder, *chips[:, :, ::-1])
    np.testing.assert_allclose(said, mirrored, atol=1e-6)
    plain = with_quality(network, quality)(np.concatenate([chips, chips[:, :, ::-1]]))[1].numpy()
    np.testing.assert_allclose(said, plain[:, 0].reshape(2, 2).mean(0), atol=1e-6)
