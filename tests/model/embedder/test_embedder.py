"""The embedder: unit length, batches, mirrored and resized photos, people told apart."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model.embedder.embedder import BATCH
from tests import faces
from tests.checks import check_unit


@pytest.fixture(scope="module")
def crowd(face) -> np.ndarray:
    """Landmarks of one face more than a batch holds, each a little aside of the real one."""
    aside = np.random.default_rng(0).normal(0, 4, (BATCH + 1, 5, 2))
    return (face.landmarks + aside).astype(np.float32)


def test_embeddings_have_unit_length_and_cross_the_batch(astronaut, embed, crowd):
    together = embed(astronaut, crowd)
    assert together.shape == (BATCH + 1, 128)
    check_unit(together)
    assert np.abs(together[1:] - together[:-1]).max(1).min() > 0.005  # no row is a copy
    for i in (0, BATCH - 1, BATCH):
        np.testing.assert_allclose(embed(astronaut, crowd[i : i + 1])[0], together[i], atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_faces(astronaut, embed, crowd, count):
    received = embed(astronaut, crowd[:count])
    assert received.shape == (count, 128)
    check_unit(received)


def test_chips_and_photos_give_the_same(astronaut, embedder, face):
    chips = embedder.aligner.chips(tf.constant(astronaut), tf.constant(face.landmarks[None]))
    assert tuple(chips.shape[1:]) == embedder.chip_shape
    np.testing.assert_allclose(embedder.embed_chips(chips)[0], face.embedding, rtol=0, atol=1e-4)


def test_a_mirrored_chip_has_the_same_embedding(astronaut, embedder, face):
    chips = embedder.aligner.chips(tf.constant(astronaut), tf.constant(face.landmarks[None]))
    mirrored = embedder.embed_chips(chips[:, :, ::-1])
    np.testing.assert_allclose(mirrored[0], face.embedding, rtol=0, atol=1e-4)
    plain, other = embedder.network(tf.concat([chips, chips[:, :, ::-1]], 0)).numpy()
    assert np.abs(plain - other).max() > 0.01  # the network alone does not do that


def test_a_mirrored_photo_has_nearly_the_same_embedding(astronaut, embed, face):
    points = face.landmarks[[1, 0, 2, 4, 3]] * [-1, 1] + [511, 0]
    mirrored = embed(faces.mirrored(astronaut), points[None])[0]
    assert mirrored @ face.embedding > 0.998


@pytest.mark.parametrize(("factor", "least"), [(0.5, 0.985), (2, 0.995), (3, 0.99)])
def test_a_resized_photo_has_nearly_the_same_embedding(find, embed, face, factor, least):
    image = faces.resized(faces.astronaut(), factor)
    received = embed(image, find(image)[1])
    assert received[0] @ face.embedding > least


def test_a_turned_or_dark_photo_shows_the_same_person_and_others_are_others(find, embed, face):
    def embedding(image):
        return embed(image, find(image)[1])[0]

    eileen = [faces.turned(faces.astronaut(), 10), faces.darker(faces.astronaut())]
    others = [faces.portrait(number) for number in (0, 1, 26)]
    same = [embedding(image) @ face.embedding for image in eileen]
    different = [embedding(image) @ face.embedding for image in others]
    assert min(same) > 0.99 and max(different) < 0.9
