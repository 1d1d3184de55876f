"""Learning how much an embedding is worth: made-up features, and the line that makes parts."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from data.media.quality import UNCLEAR
from model.embedder.quality_output import FEATURES, build_quality_output
from tests.training.embedder.tiny import faces, tiny_network
from training.embedder.quality import Looker, Seen, as_part, expect, fit_quality, see, shrunk

TEMPLATE = np.array([(5, 6), (11, 6), (8, 9), (6, 12), (10, 12)], float)


def test_views_are_compared_with_the_face_as_it_is():
    tiny = tiny_network()
    features = layers.Activation("linear", name=FEATURES)(tiny.get_layer("shrink").output)
    network = keras.Model(tiny.input, tiny.get_layer("embedding")(layers.Flatten()(features)))
    chips = np.stack(faces()[0])
    wide = np.pad(chips, ((0, 0), (4, 4), (4, 4), (0, 0)), mode="edge")
    seen = see(Looker(network), wide, TEMPLATE, margin=4)
    assert seen.features.shape == (32, 4, 3 * 3 * 6) and seen.cosines.shape == (32, 4)
    np.testing.assert_allclose(seen.cosines[:, 0], 1, rtol=0, atol=1e-5)
    assert seen.cosines[:, 1:].max() < 1
    said = network.predict(chips.astype(np.float32), verbose=0)
    kernel = network.get_layer("embedding").get_weights()[0]
    np.testing.assert_allclose(seen.features[:, 0].astype(np.float32) @ kernel, said, atol=0.01)


def test_it_learns_what_a_view_cost():
    rng = np.random.default_rng(0)
    cosines = rng.uniform(0.2, 1, (400, 4)).astype(np.float32)
    features = rng.normal(3, 1, (400, 4, 12))
    features[..., 5] = 50 * cosines - 20  # of another size than the rest
    seen = Seen(features.astype(np.float16), cosines)
    tested = np.arange(400) % 4 == 0
    quality = fit_quality(seen.chosen(~tested), epochs=150)
    expected = expect(quality, seen.chosen(tested).features.reshape(-1, 12))
    assert np.corrcoef(expected, cosines[tested].ravel())[0, 1] > 0.97
    assert np.abs(expected - cosines[tested].ravel()).mean() < 0.06


def test_half_of_the_unclear_faces_are_below_the_limit():
    features = np.random.default_rng(1).normal(size=(1000, 12)).astype(np.float32)
    quality = build_quality_output(12)
    by_value = np.argsort(expect(quality, features))
    unclear, clear = features[by_value[:500]], features[by_value[500:]]
    expected = expect(quality, features)
    zero, one = as_part(quality, expect(quality, clear), expect(quality, unclear))
    parts = quality.predict(features, verbose=0)[:, 0]
    np.testing.assert_allclose(parts, ((expected - zero) / (one - zero)).clip(0, 1), atol=1e-4)
    assert (parts[by_value[:500]] < UNCLEAR).sum() == 250
    assert (parts[by_value[500:]] == 1).sum() == pytest.approx(250, abs=1)


def test_a_face_of_fifteen_pixels():
    """A chip of 128 pixels shows a face of 100: of 15 pixels it has 19, each seven pixels large."""
    board = (np.indices((128, 128)).sum(0) % 2 * 255).astype(np.uint8)
    chips = np.broadcast_to(board[None, ..., None], (2, 128, 128, 3))
    small = shrunk(np.ascontiguousarray(chips), UNCLEAR)
    assert small.shape == chips.shape and small.dtype == np.uint8
    assert np.ptp(small.astype(int)) < 16  # no detail is left
