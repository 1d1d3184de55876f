"""Calibration: logistic regression against brute force, the threshold, golden errors by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from data.recognition import impostors
from data.recognition.calibration import (
    LEAST_PROBABILITY,
    Calibration,
    _logistic,
    calibrate,
    expected_calibration_error,
)
from data.recognition.config import HeadConfig
from data.recognition.impostors import _best_of, measure_impostors
from model.zoo.catalogue import LIKENESS

CONFIG = HeadConfig(
    0.05, 3.0, 10 / 3, genuine=(0.6, 0.1), impostor=(0.3, 0.1), same_person_threshold=0.4
)
NONE = np.zeros(0)


def fit(right=NONE, confused=NONE, strangers=NONE, false_names=0.01, config=CONFIG) -> Calibration:
    arrays = [np.asarray(x, float) for x in (right, confused, strangers)]
    given = arrays[2]
    # A family of one: a stranger's best score is its likeness to that person. Ten faces each.
    others = measure_impostors(given[:, None], len(given) / 10, 1, 5.0, 0.0, config)
    others = replace(others, standard=_best_of(1, 0.0, config.impostor_skew))
    return calibrate(*arrays, others, config, false_names)


def test_the_probability_by_hand():
    calibration = Calibration(slope=10.0, centre=0.5, threshold=0.5)
    received = calibration.probability([0.5, 0.6, 0.3])
    np.testing.assert_allclose(received, [0.5, 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(2))])


def test_logistic_regression_finds_the_best_of_a_fine_grid():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0.6, 0.1, 60), rng.normal(0.4, 0.1, 80)])
    truth = np.repeat([1.0, 0.0], [60, 80])
    weights = rng.uniform(0.5, 2.0, 140)
    slope, centre = _logistic(scores, truth, weights)

    def loss(slopes, centres):
        log_odds = slopes[..., None] * (scores - centres[..., None])
        signed = np.where(truth == 1, log_odds, -log_odds)
        return (weights * np.logaddexp(0, -signed)).sum(-1)

    slopes, centres = np.meshgrid(np.linspace(10, 40, 151), np.linspace(0.4, 0.6, 101))
    table = loss(slopes, centres)
    best = np.unravel_index(table.argmin(), table.shape)
    assert 10 < slopes[best] < 40 and 0.4 < centres[best] < 0.6
    assert slope == pytest.approx(slopes[best], abs=0.25)
    assert centre == pytest.approx(centres[best], abs=0.002)


def test_scores_that_do_not_overlap_give_finite_numbers():
    slope, centre = _logistic(
        np.array([0.1, 0.2, 0.8, 0.9]), np.array([0.0, 0, 1, 1]), np.full(4, 0.25)
    )
    assert math.isfinite(slope) and slope > 10
    assert centre == pytest.approx(0.5, abs=1e-6)


def test_the_prior_alone_is_enough(monkeypatch):
    monkeypatch.setattr(impostors, "COLLECTIONS_APART", 0.0)
    # Two bells of one width: the log odds are linear, slope (m1 - m0) / s^2, centre in the middle.
    calibration = fit()
    assert calibration.slope == pytest.approx(0.3 / 0.1**2, rel=0.03)
    assert calibration.centre == pytest.approx(0.45, abs=0.003)
    assert 0.5 < calibration.threshold < 1


def test_the_prior_of_the_default_network_names_one_stranger_in_a_hundred():
    calibration = fit(config=LIKENESS.head)
    usual = measure_impostors(np.zeros((0, 1)), 0.0, 1, 5.0, 0.0, LIKENESS.head)
    one = _best_of(1, 0.0, LIKENESS.head.impostor_skew)
    strangers = replace(usual, standard=one).scores()
    assert strangers.std() > 0.09
    named = calibration.probability(strangers) >= calibration.threshold
    assert named.mean() == pytest.approx(0.01, abs=0.001)
    kin = np.random.default_rng(0).normal(*LIKENESS.head.genuine, 100_000)
    assert (calibration.probability(kin) >= calibration.threshold).mean() > 0.6


@pytest.mark.parametrize("false_names", [0.001, 0.01, 0.05, 0.2])
def test_the_threshold_keeps_to_the_share_on_the_strangers_it_was_given(false_names):
    rng = np.random.default_rng(1)
    strangers = rng.normal(0.35, 0.12, 20_000)  # so many that the prior hardly counts
    calibration = fit(rng.normal(0.6, 0.1, 300), NONE, strangers, false_names)
    named = (calibration.probability(strangers) >= calibration.threshold).mean()
    assert named <= false_names * 1.1
    if calibration.threshold > LEAST_PROBABILITY:
        assert named > false_names * 0.7


def test_fewer_false_names_take_a_higher_threshold():
    thresholds = [fit(false_names=share).threshold for share in (0.3, 0.05, 0.01, 0.002)]
    assert thresholds == sorted(thresholds) and thresholds[0] < thresholds[-1] < 1


@pytest.mark.parametrize("false_names", [0.3, 0.9, 0.999])
def test_no_name_is_given_that_is_less_likely_than_not(false_names):
    assert fit(false_names=false_names).threshold == LEAST_PROBABILITY > 0.5


@pytest.mark.parametrize("false_names", [1e-9, 1e-4])
def test_hardly_any_false_name_is_still_a_threshold(false_names):
    calibration = fit(false_names=false_names)
    assert 0.9 < calibration.threshold <= 1
    assert calibration.probability(0.9) >= calibration.threshold  # the surest are named


def test_the_familys_own_faces_move_the_centre():
    alone = fit()
    bell = np.random.default_rng(0).normal(0, 0.1, 500)
    # The middle between two bells of one width.
    for scores, middle in (
        ({"right": 0.5 + bell}, 0.4),
        ({"right": 0.8 + bell}, 0.55),
        ({"strangers": 0.4 + bell}, 0.5),
    ):
        assert fit(**scores).centre == pytest.approx(middle, abs=0.035)
        assert abs(middle - alone.centre) > 0.04


def test_faces_taken_for_somebody_else_make_names_rarer():
    right = np.random.default_rng(0).normal(0.6, 0.1, 200)
    sure = fit(right)
    confused = fit(right, confused=np.full(40, 0.6))
    assert confused.probability(0.6) < sure.probability(0.6) - 0.05


def test_strangers_who_score_more_than_the_family_leave_the_order_of_scores():
    bell = np.random.default_rng(0).normal(0, 0.02, 4000)
    calibration = fit(0.6 + bell, NONE, 0.97 + bell)
    assert calibration.slope > 0
    assert calibration.probability(0.5) < calibration.threshold
    named = calibration.probability(0.97 + bell) >= calibration.threshold
    assert named.mean() < 0.05


def test_few_faces_hardly_move_the_prior():
    alone, little = fit(), fit(right=[0.9], strangers=[0.1])
    assert little.centre == pytest.approx(alone.centre, abs=0.01)
    assert little.threshold == pytest.approx(alone.threshold, abs=0.02)


def test_the_order_of_scores_does_not_matter():
    rng = np.random.default_rng(0)
    right, strangers = rng.normal(0.6, 0.1, 50), rng.normal(0.3, 0.1, 50)
    one, other = fit(right, NONE, strangers), fit(right[::-1], NONE, rng.permutation(strangers))
    for key in ("slope", "centre", "threshold"):
        assert getattr(one, key) == pytest.approx(getattr(other, key), abs=1e-9)


def test_probabilities_of_new_faces_are_right_as_often_as_they_say():
    """The point of it all: calibrated on one half, measured on the other."""
    rng = np.random.default_rng(4)
    scores = np.concatenate([rng.normal(0.65, 0.08, 4000), rng.normal(0.4, 0.1, 4000)])
    truth = np.repeat([True, False], 4000)
    half = rng.permutation(8000)[:4000]
    rest = np.setdiff1d(np.arange(8000), half)
    calibration = fit(scores[half][truth[half]], NONE, scores[half][~truth[half]])
    probability = calibration.probability(scores[rest])
    assert expected_calibration_error(probability, truth[rest]) < 0.04
    assert expected_calibration_error(scores[rest], truth[rest]) > 0.1  # raw scores are not


def test_calibration_error_by_hand():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.65, 0.65])
    right = np.array([True, True, True, False, True, False])
    # 4 of 6 faces say .95 and are right in .75; 2 of 6 say .65 and are right in .5.
    expected = 4 / 6 * 0.20 + 2 / 6 * 0.15
    assert expected_calibration_error(confidence, right) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        ([], [], 0.0),
        ([1.0], [True], 0.0),  # 1 belongs to the last bin
        ([1.0, 1.0], [True, False], 0.5),
        ([0.0], [True], 1.0),
        ([0.95, 0.05], [True, False], 0.05),
        ([0.62, 0.68], [True, False], 0.15),  # within a bin only the means count
    ],
)
def test_calibration_error_at_the_edges(confidence, right, error):
    received = expected_calibration_error(np.array(confidence), np.array(right, bool))
    assert received == pytest.approx(error, abs=1e-12)


def test_calibration_error_adds_up_over_bins_and_never_cancels():
    confidence = np.repeat([0.85, 0.75], 20)
    right = np.concatenate([np.ones(20, bool), np.arange(20) < 12])
    # Too modest by .15 here, too bold by .15 there.
    assert expected_calibration_error(confidence, right) == pytest.approx(0.15, abs=1e-12)
