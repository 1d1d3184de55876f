"""Scores of held-out faces are the classifier's own; offsets rise where strangers look alike."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from data.recognition.config import HeadConfig
from data.recognition.scoring import HeadState
from model.classifier.head import Head
from tests.vectors import unit
from training.classifier.held_out import (
    NOBODY,
    OFFSET_PRIOR,
    HeldOutScores,
    person_offsets,
    score_held_out,
    scores,
)
from training.dataset.face_finder import Face, Sighting
from training.dataset.folder_questions import bystanders, one_person_twice
from training.dataset.selection import Example

CONFIG = HeadConfig(
    0.05, 3.0, 10 / 3, (0.6, 0.1), (0.3, 0.1), 0.4, runner_up_weight=0.5, default_runner_up=0.25
)


def state_of(people: int) -> HeadState:
    rng = np.random.default_rng(people)
    photos = unit(rng.normal(size=(3 * people, 16)))
    return HeadState(
        tuple(map(str, range(people))), photos[::3], photos,
        np.repeat(np.arange(people), 3).astype(np.int32), 0.6, 10.0, 0.3, 0.5,
        0.2, 0.25,
        rng.uniform(0, 0.1, people).astype(np.float32),
    )  # fmt: skip


@pytest.mark.parametrize("people", [1, 2, 5])
def test_the_scores_are_the_heads_own(people):
    state, faces = state_of(people), unit(np.random.default_rng(0).normal(size=(9, 16)))
    plain = dataclasses.replace(state, offsets=0.0)
    rows = np.arange(9)
    held_out = score_held_out(plain, np.arange(people), people, faces, rows * 0, rows)
    ours = scores(held_out, state.offsets, CONFIG)
    theirs = Head(state).scores(tf.constant(faces)).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_the_runner_up_by_hand():
    held_out = HeldOutScores(
        np.float32([[0.8, 0.5, -np.inf]]), np.float32([0.2]),
        np.array([0]), np.zeros(1), np.zeros(1, bool), np.zeros(1, int),
    )  # fmt: skip
    # .8 - .2 (.5 - .25) and .5 - .2 (.8 - .25)
    found = scores(held_out, np.zeros(3), CONFIG)
    np.testing.assert_allclose(found[0, :2], [0.75, 0.39], atol=1e-6)
    assert found[0, 2] == -np.inf and held_out.known.all()


def test_who_looks_like_strangers_has_to_score_more():
    count = 500
    likeness = np.tile(np.float32([0.3, 0.3, 0.5]), (count, 1))
    nobody = np.full(count, NOBODY)
    held_out = HeldOutScores(
        likeness, np.zeros(count), nobody, np.arange(count), np.ones(count, bool), nobody + 1
    )
    offsets = person_offsets(held_out)
    np.testing.assert_allclose(offsets, [0, 0, 0.2 * count / (count + OFFSET_PRIOR)], atol=1e-6)
    assert (person_offsets(HeldOutScores.join([], 3)) == 0).all()


def face(*vector) -> Face:
    return Face(np.float32([0, 0, 50, 50]), unit(np.float32(vector)), np.ones(4, np.float32))


def test_two_halves_of_one_person_are_found_and_siblings_are_not():
    rng = np.random.default_rng(0)

    def person(centre, name, count=8):
        vectors = centre + rng.normal(0, 0.15, (count, 8))
        return [Example(name, f"{name}{i}", face(*v)) for i, v in enumerate(vectors)]

    one, sibling = np.eye(8)[0], np.eye(8)[0] + 0.6 * np.eye(8)[1]
    examples = person(one, "Anna") + person(one, "Anne") + person(sibling, "Bob")
    assert one_person_twice(examples, 0.4) == [("Anna", "Anne")]


def test_bystanders_are_like_nobody():
    anne, guest, mirror = face(1, 0, 0), face(0, 1, 0), face(0.99, 0.1, 0)
    sighting = Sighting("Anne", "a.jpg", "1", (anne, guest, mirror))
    again = Sighting("Bob", "b.jpg", "1", (anne, guest, mirror))
    examples = [Example("Anne", "a.jpg", anne), Example("Bob", "b.jpg", mirror)]
    assert bystanders([sighting, again], examples, 0.5) == [guest]
    assert bystanders([sighting], [], 0.5) == []
