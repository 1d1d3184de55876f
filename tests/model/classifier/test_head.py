"""The classifier: posteriors by hand, unknown, twins, nobody enrolled, names in any script."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import tensorflow as tf

from data.recognition.calibration import calibrate
from data.recognition.impostors import measure_impostors
from data.recognition.scoring import HeadState
from model.classifier.head import Head
from model.zoo.catalogue import RESNET29

TWO = HeadState(
    people=("Anne", "Bob"),
    prototypes=np.float32([[1, 0], [0, 1]]),
    exemplars=np.float32([[1, 0], [0, 1]]),
    owners=np.int32([0, 1]),
    nearest_weight=0.5,
    slope=10.0,
    centre=0.7,
    threshold=0.5,
)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def classify(state: HeadState, *embeddings) -> tuple[list[str], list[float]]:
    dimension = state.prototypes.shape[1]
    given = tf.constant(np.reshape(embeddings, [-1, dimension]), tf.float32)
    names, confidences = Head(state).classify(given)
    assert names.dtype == tf.string and confidences.dtype == tf.float32
    assert names.shape == confidences.shape == [len(embeddings)]
    return [name.decode() for name in names.numpy()], confidences.numpy().tolist()


def test_the_posterior_by_hand():
    # Scores .8 and .6: log odds 10 (.8 - .7) = 1 and -1, against 0 for unknown.
    # e / (e + 1/e + 1) = 2.71828 / 4.08616
    names, confidences = classify(TWO, [0.8, 0.6], [0.6, 0.8])
    assert names == ["Anne", "Bob"]
    assert confidences == pytest.approx([0.665241, 0.665241], abs=1e-5)


def test_below_the_threshold_it_is_unknown_with_the_probability_of_unknown():
    strict = dataclasses.replace(TWO, threshold=0.67)
    names, confidences = classify(strict, [0.8, 0.6])
    assert names == [""]
    assert confidences == pytest.approx([1 / 4.08616], abs=1e-5)
    assert classify(dataclasses.replace(TWO, threshold=0.66), [0.8, 0.6])[0] == ["Anne"]


def test_a_stranger_is_unknown_with_confidence():
    names, (confidence,) = classify(TWO, [-0.8, -0.6])
    # Scores -.8 and -.6: log odds -15 and -13.
    assert names == [""]
    assert confidence == pytest.approx(1 / (1 + math.exp(-15) + math.exp(-13)), abs=1e-6)


def test_the_score_is_a_mean_of_prototype_and_nearest_photo():
    state = HeadState(
        ("Anne", "Bob"),
        prototypes=np.float32([[0.6, 0.8], [-1, 0]]),
        exemplars=np.float32([[0, 1], [1, 0], [0.8, 0.6]]),
        owners=np.int32([0, 0, 1]),
        nearest_weight=0.6,
        slope=1.0,
        centre=0.0,
        threshold=0.5,
    )
    scores = Head(state).scores(tf.constant([[1.0, 0.0]])).numpy()
    # Anne: .4 * .6 + .6 * max(0, 1). Bob: .4 * -1 + .6 * .8.
    np.testing.assert_allclose(scores, [[0.84, 0.08]], rtol=0, atol=1e-6)


def test_the_runner_up_and_the_offset_by_hand():
    state = dataclasses.replace(
        TWO, runner_up_weight=0.2, default_runner_up=0.3, offsets=np.float32([0, 0.1])
    )
    scores = Head(state).scores(tf.constant([[0.8, 0.6]])).numpy()
    # Likeness .8 and .6 - .1; less .2 (.5 - .3) and .2 (.8 - .3).
    np.testing.assert_allclose(scores, [[0.76, 0.4]], rtol=0, atol=1e-6)


def calibrated_threshold() -> float:
    """The lowest threshold that training gives: any stranger may get a name."""
    none = np.zeros(0)
    impostors = measure_impostors(np.zeros((0, 2)), 0.0, 2, 5.0, 0.1, RESNET29.head)
    return calibrate(none, none, none, impostors, RESNET29.head, false_names=0.99).threshold


@pytest.mark.parametrize("slope", [1.0, 10.0, 1000.0])
def test_twins_share_the_probability_and_are_not_named(slope):
    alike = np.float32([[1, 0], [1, 0]])
    least = calibrated_threshold()
    twins = dataclasses.replace(
        TWO, prototypes=alike, exemplars=alike, slope=slope, threshold=least
    )
    names, (unknown,) = classify(twins, [1.0, 0.0])
    assert names == [""]
    odds = math.exp(min(slope * 0.3, 700))
    assert unknown == pytest.approx(1 / (1 + 2 * odds), abs=1e-6)


def test_nobody_enrolled_is_everybody_unknown():
    empty = HeadState.empty(3)
    assert classify(empty, [1, 0, 0], [0, 1, 0]) == (["", ""], [1.0, 1.0])
    assert classify(empty) == ([], [])


def test_no_face_has_no_name():
    assert classify(TWO) == ([], [])


def test_one_person_alone():
    one = dataclasses.replace(
        TWO, people=("Anne",), prototypes=np.float32([[1, 0]]), exemplars=np.float32([[1, 0]]),
        owners=np.int32([0]),
    )  # fmt: skip
    names, confidences = classify(one, [1, 0], [0.7, math.sqrt(0.51)])
    assert names == ["Anne", "Anne"]
    assert confidences == pytest.approx([1 / (1 + math.exp(-3)), 0.5], abs=1e-6)


def test_one_face_is_a_batch_of_one():
    rng = np.random.default_rng(0)
    faces = rng.normal(size=(40, 2))
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    names, confidences = classify(TWO, *faces)
    assert set(names) == {"Anne", "Bob", ""}
    for face, name, confidence in zip(faces, names, confidences, strict=True):
        assert classify(TWO, face) == ([name], pytest.approx([confidence], abs=1e-6))


def test_names_in_any_script():
    people = ("Zoë", "李雷", "محمد", "Ольга", "👩‍🚀", "a b\u00a0c", "e\u0301")
    axes = np.eye(len(people), dtype=np.float32)
    state = HeadState(people, axes, axes, np.arange(len(people)), 0.5, 50.0, 0.5, 0.5)
    assert classify(state, *axes)[0] == list(people)


def test_it_keeps_its_scores_for_many_photos_of_a_person():
    rng = np.random.default_rng(1)
    photos = unit(rng.normal(size=(300, 8)))
    owners = np.sort(rng.integers(0, 5, 300)).astype(np.int32)
    prototypes = rng.normal(size=(5, 8)).astype(np.float32)
    state = HeadState(tuple("abcde"), prototypes, photos, owners, 0.3, 1.0, 0.0, 0.5)
    faces = unit(rng.normal(size=(4, 8)))
    expected = np.stack(
        [
            0.7 * faces @ prototypes[k] + 0.3 * (faces @ photos[owners == k].T).max(1)
            for k in range(5)
        ],
        axis=1,
    )
    received = Head(state).scores(tf.constant(faces))
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)
