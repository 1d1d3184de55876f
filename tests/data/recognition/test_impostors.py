"""Strangers' scores: measured on pairs of people, and extrapolated to families of any size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.recognition.config import HeadConfig
from data.recognition.impostors import COLLECTIONS_APART, SOME, measure_impostors

CONFIG = HeadConfig(
    0.05, 3.0, 5.0, (0.6, 0.1), (0.1, 0.1), 0.4, default_runner_up=0.2, log_count_rise=0.04
)
NONE = np.zeros((0, 1))


def measured(people=8, likeness=NONE, pairs=0.0, photos=5.0, weight=0.2):
    return measure_impostors(likeness, pairs, people, photos, weight, CONFIG)


def simulated(people, mean, spread, weight=0.2, count=200_000) -> np.ndarray:
    """Scores of strangers, drawn person by person."""
    likeness = np.random.default_rng(3).normal(mean, spread, (count, people))
    two = np.sort(likeness, axis=1)[:, -2:]
    return two[:, 1] - weight * (two[:, 0] - CONFIG.default_runner_up)


@pytest.mark.parametrize("share", [0.2, 0.01])
def test_the_cut_is_that_of_drawn_strangers(share, people=SOME):
    likeness = np.random.default_rng(0).normal(0.2, 0.08, (4000, people))
    cut = measured(people, likeness, pairs=1e6).cut(share)
    named = (simulated(people, 0.2, 0.08) > cut).mean()
    assert named == pytest.approx(share, rel=0.25)


def test_more_people_and_more_photos_take_a_higher_cut():
    cuts = [measured(people).cut(0.01) for people in (2, 5, 8, 40, 200)]
    assert cuts[0] == cuts[1] and cuts == sorted(cuts) and cuts[-1] - cuts[0] > 0.05
    assert measured(photos=40.0).cut(0.01) > measured(photos=5.0).cut(0.01) + 0.05


def test_a_collection_counts_more_the_more_pairs_of_people_it_has():
    alike = np.random.default_rng(0).normal(0.3, 0.1, (500, 8))
    cuts = [measured(8, alike, pairs).cut(0.01) for pairs in (0, 3, 30, 3000)]
    assert cuts == sorted(cuts)
    assert cuts[0] == measured().cut(0.01)
    assert cuts[-1] - cuts[0] == pytest.approx(0.8 * 0.2, abs=0.03)  # the runner-up takes a fifth


def test_a_longer_upper_tail_takes_a_higher_cut():
    skew = measure_impostors(NONE, 0.0, 8, 5.0, 0.2, replace(CONFIG, impostor_skew=0.3))
    assert skew.cut(0.01) > measured().cut(0.01) + 0.02
    assert skew.cut(0.5) == pytest.approx(measured().cut(0.5), abs=0.02)


def test_photos_in_a_wrong_folder_hardly_move_it():
    likeness = np.random.default_rng(0).normal(0.1, 0.1, (500, 8))
    some = likeness.copy()
    some[:20, 0] = 0.7  # their own person is a stranger to them
    assert measured(8, some, 1000).cut(0.01) == pytest.approx(
        measured(8, likeness, 1000).cut(0.01), abs=0.01
    )


def test_the_less_is_known_the_wider_the_share_may_lie():
    likeness = np.random.default_rng(0).normal(0.1, 0.1, (500, 8))

    def width(pairs) -> float:
        model = measured(8, likeness, pairs)
        low, high = model.interval(model.cut(0.01))
        assert low < 0.01 < high
        return high / low

    widths = [width(pairs) for pairs in (0.0, 10.0, 100.0, 10_000.0)]
    assert widths == sorted(widths, reverse=True) and widths[0] > 5 > 2 > widths[-1]
    assert COLLECTIONS_APART > 0
