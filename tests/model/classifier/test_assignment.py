"""Two faces of a photo compete for a name, and mirrors keep theirs."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from data.recognition.scoring import SECOND_TIME
from model.classifier.assignment import compete
from model.classifier.head import Head
from tests.stubs import colour_head

LOG = float(np.log(SECOND_TIME))


def run(*rows, threshold=0.5) -> np.ndarray:
    return compete(tf.constant(rows, tf.float32), threshold).numpy()


def test_one_face_is_left_alone():
    np.testing.assert_allclose(run([3.0, -1.0]), [[3.0, -1.0]])


def test_the_weaker_of_two_pays():
    np.testing.assert_allclose(run([2.0, 0.0], [4.0, 0.0]), [[2.0 - LOG, 0.0], [4.0, 0.0]])


def test_three_mirrors_pay_once_and_twice():
    np.testing.assert_allclose(run([9.0], [8.0], [7.0]), [[9.0], [8.0 - LOG], [7.0 - 2 * LOG]])


def test_a_name_that_nobody_gets_costs_nobody():
    np.testing.assert_allclose(run([-1.0], [-2.0]), [[-1.0], [-2.0]])


def test_no_face_is_no_face():
    graph = tf.function(
        lambda x: compete(x, 0.5), input_signature=[tf.TensorSpec([None, 3], tf.float32)]
    )
    assert graph(tf.zeros([0, 3])).shape == (0, 3)
    assert graph(tf.zeros([4, 3])).shape == (4, 3)


@given(st.integers(0, 6), st.integers(1, 4), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_it_only_takes_away_and_the_surest_keeps_its_name(faces, people, seed):
    logits = np.random.default_rng(seed).normal(0, 4, (faces, people)).astype(np.float32)
    after = run(*logits) if faces else logits
    assert (after <= logits).all()
    if faces:
        padded = np.pad(logits, [(0, 0), (0, 1)])
        odds = np.exp(padded) / np.exp(padded).sum(1, keepdims=True)
        surest = odds[:, :-1].max(1).argmax()
        np.testing.assert_array_equal(after[surest], logits[surest])


def test_in_one_photo_the_stranger_who_is_alike_loses_the_name():
    # Scores .95 and .9: log odds 3 and 2 against unknown, of which 3 are taken from the second.
    faces = tf.constant([[0.95, 0.31, 0.0], [0.9, 0.43, 0.0]])
    head = Head(colour_head())
    alone, _ = head.classify(faces)
    together, confidence = head.classify(faces, one_photo=True)
    assert [name.decode() for name in alone.numpy()] == ["Red", "Red"]
    assert [name.decode() for name in together.numpy()] == ["Red", ""]
    assert confidence.numpy()[1] > 0.5
