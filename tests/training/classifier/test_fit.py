"""Learning the classifier of a family: what it names, and whether it measures itself rightly."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from data.recognition.calibration import Calibration
from data.recognition.config import HeadConfig
from model.classifier.head import Head
from tests.vectors import unit
from training.classifier.fit import best_confidence, fold_state, learn_head

CONFIG = HeadConfig(
    0.05, 3.0, 10 / 3, genuine=(0.6, 0.1), impostor=(0.3, 0.1), same_person_threshold=0.4
)


pytestmark = pytest.mark.usefixtures("few_steps")


def photos_of(
    people: int, each, seed: int = 0, noise: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings whose cosine is about .6 within a person and 0 between people, shuffled."""
    rng = np.random.default_rng(seed)
    owners = rng.permutation(np.repeat(np.arange(people), each))
    centres = unit(np.random.default_rng(99).normal(size=(people, 64)))
    return unit(centres[owners] + rng.normal(0, noise, (len(owners), 64))), owners


def names_of(state, embeddings) -> list[str]:
    names, _ = Head(state).classify(tf.constant(embeddings))
    return [name.decode() for name in names.numpy()]


def fit_head(*arguments, **options):
    fitted = learn_head(*arguments, **options)
    return fitted.state, fitted.metrics


PEOPLE = ("Zoë", "李雷", "محمد", "Anne")


@pytest.fixture(scope="module")
def family():
    embeddings, owners = photos_of(4, 8)
    return embeddings, owners, *fit_head(embeddings, owners, PEOPLE, CONFIG)


def test_new_photos_get_the_right_name_and_strangers_none(family):
    _, _, state, _ = family
    new, owners = photos_of(4, 10, seed=5)
    assert state.people == PEOPLE
    assert names_of(state, new) == [PEOPLE[k] for k in owners]
    strangers = unit(np.random.default_rng(6).normal(size=(200, 64)))
    assert sum(name != "" for name in names_of(state, strangers)) <= 2


def test_everything_learned_is_in_the_state_person_by_person(family):
    embeddings, owners, state, _ = family
    assert state.prototypes.shape == (4, 64) and state.exemplars.shape == (32, 64)
    assert state.owners.dtype == np.int32 and (np.diff(state.owners) >= 0).all()
    for k in range(4):
        mine = {row.tobytes() for row in state.exemplars[state.owners == k]}
        assert mine == {row.tobytes() for row in embeddings[owners == k]}
    # 8 photos each: the nearest has 8 / (8 + 10/3) of the likeness.
    assert state.nearest_weight == pytest.approx(24 / 34)
    np.testing.assert_allclose(np.linalg.norm(state.prototypes, axis=1), 1, rtol=0, atol=1e-5)
    assert state.slope > 0 and 0.5 < state.threshold < 1


def test_it_measures_itself_on_faces_it_had_not_seen(family):
    _, _, _, measured = family
    assert measured.held_out == 32 and measured.strangers == 32
    assert measured.right == 1.0 and measured.wrong == 0.0 and measured.unknown == 0.0
    assert measured.false_names == 0.0
    assert 0 <= measured.calibration_error < 0.2
    assert measured.false_names_asked == 0.01


def test_a_face_that_nobody_can_know_is_measured_as_such():
    """One photo of each person is noise: held out, it cannot get its name."""
    embeddings, owners = photos_of(4, 8)
    odd = [np.flatnonzero(owners == k)[0] for k in range(4)]
    embeddings[odd] = unit(np.random.default_rng(8).normal(size=(4, 64)))
    _, measured = fit_head(embeddings, owners, PEOPLE, CONFIG)
    assert measured.right == pytest.approx(28 / 32)
    assert measured.right + measured.unknown + measured.wrong == pytest.approx(1)
    assert measured.unknown >= 3 / 32


def test_a_wrong_label_is_measured_as_a_wrong_name():
    embeddings, owners = photos_of(4, 8)
    moved = np.flatnonzero(owners == 0)[0]
    owners[moved] = 1
    _, measured = fit_head(embeddings, owners, PEOPLE, CONFIG)
    assert measured.wrong == pytest.approx(1 / 32)


def test_one_photo_each_is_enough_to_start():
    embeddings, owners = photos_of(3, 1)
    state, measured = fit_head(embeddings, owners, PEOPLE[:3], CONFIG)
    assert (measured.held_out, measured.right, measured.unknown, measured.wrong) == (0, *[None] * 3)
    assert measured.strangers == 3 and measured.false_names == 0.0
    assert names_of(state, embeddings) == [PEOPLE[k] for k in owners]
    new, who = photos_of(3, 5, seed=9, noise=0.05)
    assert names_of(state, new) == [PEOPLE[k] for k in who]


def test_one_photo_of_one_person():
    embeddings, owners = photos_of(1, 1)
    state, measured = fit_head(embeddings, owners, ("Zoë",), CONFIG)
    assert (measured.held_out, measured.strangers) == (0, 0)
    assert measured.right is measured.false_names is measured.calibration_error is None
    assert names_of(state, embeddings) == ["Zoë"]
    assert names_of(state, -embeddings) == [""]


def test_many_photos_of_one_person():
    embeddings, owners = photos_of(1, 7)
    _, measured = fit_head(embeddings, owners, ("Zoë",), CONFIG)
    assert (measured.held_out, measured.right, measured.strangers) == (7, 1.0, 0)
    assert measured.false_names is None


def test_people_with_one_photo_among_people_with_many():
    embeddings, owners = photos_of(4, [1, 12, 1, 5])
    state, measured = fit_head(embeddings, owners, PEOPLE, CONFIG)
    # The two single photos are strangers in the fold of photos as well.
    assert (measured.held_out, measured.strangers) == (17, 19 + 2)
    assert names_of(state, embeddings) == [PEOPLE[k] for k in owners]


def test_the_order_of_the_photos_changes_no_name():
    embeddings, owners = photos_of(3, 4)
    new, _ = photos_of(3, 10, seed=3)
    order = np.random.default_rng(1).permutation(12)
    one, _ = fit_head(embeddings, owners, PEOPLE[:3], CONFIG)
    other, _ = fit_head(embeddings[order], owners[order], PEOPLE[:3], CONFIG)
    assert names_of(one, new) == names_of(other, new)


def test_asking_for_fewer_false_names_raises_the_threshold():
    embeddings, owners = photos_of(3, 4)
    states = [
        fit_head(embeddings, owners, PEOPLE[:3], CONFIG, false_names=share)
        for share in (0.2, 0.01, 0.001)
    ]
    thresholds = [state.threshold for state, _ in states]
    assert thresholds == sorted(thresholds) and thresholds[0] < thresholds[-1]
    assert [measured.false_names_asked for _, measured in states] == [0.2, 0.01, 0.001]


def test_the_confidence_that_is_measured_is_the_classifiers_own(family):
    _, _, state, _ = family
    rng = np.random.default_rng(7)
    embeddings = unit(state.prototypes[rng.integers(0, 4, 50)] + rng.normal(0, 0.22, (50, 64)))
    head = Head(state)
    scores = head.scores(tf.constant(embeddings)).numpy()
    ours = best_confidence(scores, Calibration(state.slope, state.centre, state.threshold))
    names, confidences = (x.numpy() for x in head.classify(tf.constant(embeddings)))
    named = names != b""
    assert 5 < named.sum() < 50
    np.testing.assert_array_equal(ours >= state.threshold, named)
    np.testing.assert_allclose(ours[named], confidences[named], rtol=0, atol=1e-5)


def test_the_measurement_is_written_as_plain_json(family):
    *_, measured = family
    record = json.loads(json.dumps(measured.to_json()))
    assert record["held_out"] == 32 and record["right"] == 1.0
    assert set(record) == set(measured.__dataclass_fields__)


def test_the_more_photos_the_more_the_nearest_one_says():
    """And the less the prototype and the runner-up do; a stranger finds a like photo among many."""
    config = dataclasses.replace(
        CONFIG, half_weight_count=5.0, runner_up_weight=0.3, log_count_shift=0.01
    )
    embeddings, owners = photos_of(2, (15, 135))  # typically 45: the geometric mean
    everything = np.ones(len(owners), bool)
    prototypes = unit(np.random.default_rng(0).normal(size=(2, 64)))
    state, _ = fold_state(embeddings, owners, everything, prototypes, config)
    assert state.nearest_weight == pytest.approx(0.9)
    assert state.runner_up_weight == pytest.approx(0.03)
    assert state.offsets == pytest.approx(0.01 * np.log(9))


def test_two_hundred_people():
    people = tuple(f"person {k}" for k in range(200))
    embeddings, owners = photos_of(200, 3, noise=0.06)
    state, measured = fit_head(embeddings, owners, people, CONFIG)
    assert measured.held_out == measured.strangers == 600
    assert measured.right > 0.95 and measured.wrong < 0.01 and measured.false_names < 0.03
    new, who = photos_of(200, 1, seed=3, noise=0.06)
    names = names_of(state, new)
    assert np.mean([name == people[k] for name, k in zip(names, who, strict=True)]) > 0.95


def test_few_people_cannot_tell_how_many_strangers_get_a_name_and_many_can():
    ranges = {}
    for people in (3, 60):
        embeddings, owners = photos_of(people, 4)
        names = tuple(map(str, range(people)))
        _, measured = fit_head(embeddings, owners, names, CONFIG)
        ranges[people] = measured.false_names_range, measured.cannot_tell
    (low, high), vague = ranges[3]
    assert vague and low < 0.01 < high
    (low, high), vague = ranges[60]
    assert not vague and low < 0.015 and high < 0.02


def test_strangers_of_a_collection_that_is_alike_need_a_higher_score():
    """Measured on pairs of people: the family's own faces say how alike strangers are."""
    cuts = []
    for alike in (0.0, 0.7):
        embeddings, owners = photos_of(12, 4)
        shared = np.zeros(embeddings.shape[1])
        shared[: len(shared) // 2] = alike * np.random.default_rng(1).normal(size=len(shared) // 2)
        each = np.random.default_rng(2).normal(size=(12, 1))[owners]
        moved = unit(embeddings + each * shared / np.sqrt(len(shared)))
        state, _ = fit_head(moved, owners, tuple(map(str, range(12))), CONFIG)
        cuts.append(Calibration(state.slope, state.centre, state.threshold).cut)
    assert cuts[1] > cuts[0] + 0.02
