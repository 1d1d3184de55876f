"""The classifier in NumPy says what the graph says, and what a person can check by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from data.recognition.scoring import (
    HeadState,
    classify,
    discount_second_time,
    less_runner_up,
    likeness,
    probabilities,
    scores,
)
from model.classifier.assignment import compete
from model.classifier.head import Head
from tests.vectors import unit


def family(people: int, seed: int = 0) -> HeadState:
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 6, people)
    owners = np.arange(people).repeat(counts).astype(np.int32)
    prototypes = unit(rng.normal(size=(people, 16)))
    photos = unit(prototypes[owners] + rng.normal(0, 0.1, (len(owners), 16)))
    return HeadState(
        tuple(f"person {k}" for k in range(people)), prototypes, photos, owners,
        nearest_weight=0.4, slope=12.0, centre=0.6, threshold=0.55, runner_up_weight=0.15,
        default_runner_up=0.2, offsets=rng.uniform(0, 0.05, people).astype(np.float32),
        common=0.1 * rng.normal(size=16).astype(np.float32),
    )  # fmt: skip


def faces_of(state: HeadState, count: int = 60) -> np.ndarray:
    rng = np.random.default_rng(5)
    near = state.prototypes[rng.integers(0, len(state.people), count)]
    return unit(near + rng.normal(0, 0.25, (count, 16)))


@pytest.mark.parametrize("people", [1, 2, 7])
def test_the_graph_gives_the_same_scores(people):
    state = family(people)
    faces = faces_of(state)
    head = Head(state)
    for ours, theirs in ((likeness, head.likeness), (scores, head.scores)):
        np.testing.assert_allclose(ours(state, faces), theirs(faces).numpy(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("one_photo", [False, True])
@pytest.mark.parametrize("people", [1, 2, 7])
def test_the_graph_gives_the_same_names(people, one_photo):
    state = family(people)
    faces = faces_of(state)
    rows, sure = classify(state, faces, one_photo=one_photo)
    names, confidences = Head(state).classify(tf.constant(faces), one_photo=one_photo)
    words = [(*state.people, "")[row].encode() for row in rows]
    assert words == names.numpy().tolist()
    assert (rows >= 0).any() and (rows < 0).any()
    np.testing.assert_allclose(sure, confidences.numpy(), rtol=0, atol=1e-4)


def test_second_times_are_discounted_as_in_the_graph():
    logits = np.random.default_rng(3).normal(1.0, 2.0, (9, 4)).astype(np.float32)
    ours = discount_second_time(logits, 0.5)
    assert (ours <= logits + 1e-6).all() and (ours < logits - 1.0).any()
    np.testing.assert_allclose(ours, compete(tf.constant(logits), 0.5).numpy(), rtol=0, atol=1e-5)


def test_probabilities_by_hand():
    shares = probabilities(np.array([[math.log(3.0), 0.0], [-np.inf, 0.0]]))
    np.testing.assert_allclose(shares, [[0.6, 0.2, 0.2], [0, 0.5, 0.5]])


def test_the_runner_up_by_hand():
    alike = np.array([[0.8, 0.5, -np.inf], [0.8, -np.inf, -np.inf]])
    found = less_runner_up(alike, 0.2, 0.25)
    # .8 - .2 (.5 - .25) and .5 - .2 (.8 - .25); of one person alone nothing is taken off.
    np.testing.assert_allclose(found[:, :2], [[0.75, 0.39], [0.8, -np.inf]])


def test_nobody_is_known_and_nobody_is_there():
    for one_photo in (False, True):
        rows, sure = classify(HeadState.empty(16), np.ones((2, 16)), one_photo=one_photo)
        assert rows.tolist() == [-1, -1] and sure.tolist() == [1.0, 1.0]
        rows, sure = classify(family(3), np.zeros((0, 16), np.float32), one_photo=one_photo)
        assert rows.shape == sure.shape == (0,)


def test_a_batch_is_its_faces_one_by_one():
    state = dataclasses.replace(family(5), offsets=0.0)
    faces = faces_of(state, 12)
    rows, sure = classify(state, faces)
    for face, row, confidence in zip(faces, rows, sure, strict=True):
        one, alone = classify(state, face[None])
        assert one[0] == row and alone[0] == pytest.approx(confidence, abs=1e-6)
