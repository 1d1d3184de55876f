"""What strangers score in one collection: measured on pairs of different people, then extrapolated.

How much a stranger is like one person depends on the photos: children and scans are alike, press
photos of adults are not. A family has few strangers, but many pairs of different people. Mean and
spread of their likeness are measured, shrunk towards those that are usual by the number of pairs,
and what the best of K people scores follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np

from data.recognition.common import common_share
from data.recognition.config import HeadConfig
from data.recognition.mean_head import USUAL

# Pairs of people that the usual mean and spread count for; and how far those of collections lie
# from them, in units of the usual spread.
PRIOR_PAIRS, COLLECTIONS_APART = 10.0, 0.15
# Fewer people than `SOME` count as so many: they say too little of a collection to be bold. The
# more people there are, the more of them resemble each other: beyond `SOME` of them the best one
# scores as if they were fewer, by this power.
SOME, CROWD = 5, 0.7
_Z = np.linspace(-9.0, 9.0, 18001)
_CDF = np.array([0.5 * (1.0 + erf(z / sqrt(2.0))) for z in _Z])
_SAMPLES, _COLLECTIONS = 8192, 15


@dataclass(frozen=True)
class Impostors:
    """How strangers score with a classifier.

    Attributes:
        means, spreads: float [C], what mean and spread of a stranger's likeness to one person may
            be, each as probable: the less is known, the further apart.
        standard: float [S], ascending: a stranger's score for likenesses of mean 0 and spread 1.
        weight: Of the runner-up in the score.
        default_runner_up: See `data.recognition.config.HeadConfig`.
    """

    means: np.ndarray
    spreads: np.ndarray
    standard: np.ndarray
    weight: float
    default_runner_up: float

    def shares_above(self, cut: float) -> np.ndarray:
        """The share of strangers who score more, 0..1, float [C], for each mean and spread."""
        at = (cut - self._shift(self.means)) / self.spreads
        below = np.searchsorted(self.standard, at, side="right")
        return 1.0 - below / len(self.standard)

    def cut(self, share: float) -> float:
        """The score that this share of strangers, 0..1, exceeds."""
        return float(np.quantile(self.scores(), 1.0 - share))

    def interval(self, cut: float) -> tuple[float, float]:
        """Between which shares, 0..1, that of strangers who score more lies in 90 % of cases."""
        low, high = np.quantile(self.shares_above(cut), [0.05, 0.95])
        return float(low), float(high)

    def scores(self) -> np.ndarray:
        """Strangers' best scores, float [C * S], ascending."""
        found = self._shift(self.means)[:, None] + self.spreads[:, None] * self.standard
        return np.sort(found.ravel())

    def _shift(self, means: np.ndarray) -> np.ndarray:
        return means - self.weight * (means - self.default_runner_up)


def measure_impostors(
    likeness: np.ndarray,
    pairs: float,
    people: int,
    photos: float,
    runner_up_weight: float,
    config: HeadConfig,
) -> Impostors:
    """The strangers of a collection, for a classifier of `people`.

    Args:
        likeness: float [S, K], of strangers to people; -inf for who was not compared.
        pairs: How many pairs of different people these are; 0 if there are none.
        people: How many people the classifier knows; at least 1.
        photos: How many photos of each it has.
        runner_up_weight: Of the classifier.
        config: Of the embedder: what is usual.
    """
    usual_mean, usual_spread = config.impostor
    mean = usual_mean + config.log_count_rise * np.log(max(photos, 1.0) / USUAL)
    # Of few people little of what they have in common is taken off, and nobody knows how much.
    left = config.common_likeness * (1.0 - common_share(people, config.common_prior)) ** 2
    mean, spread = mean + left, usual_spread
    values = likeness[np.isfinite(likeness)]
    if len(values) and pairs:
        # Median and the middle 68 %: photos in a wrong folder make strangers of people's own.
        low, middle, high = np.quantile(values, [0.1587, 0.5, 0.8413])
        known = pairs / (pairs + PRIOR_PAIRS)
        mean = known * middle + (1 - known) * mean
        spread = sqrt(known * ((high - low) / 2) ** 2 + (1 - known) * spread**2)
    little = 1.0 / sqrt(1.0 + pairs / PRIOR_PAIRS)
    apart = COLLECTIONS_APART * usual_spread * little
    rng = np.random.default_rng(0)
    means = mean + np.hypot(apart, left / 5 * little) * _strata(_COLLECTIONS)
    spreads = np.maximum(spread + apart * rng.permutation(_strata(_COLLECTIONS)), spread / 2)
    alone = people < 2
    return Impostors(
        means,
        spreads,
        _best_of(max(people, SOME), 0.0 if alone else runner_up_weight, config.impostor_skew),
        0.0 if alone else runner_up_weight,
        config.default_runner_up,
    )


def _best_of(people: float, weight: float, skew: float) -> np.ndarray:
    """The best of several likenesses less a part of the second, ascending, float [_SAMPLES]."""
    rng = np.random.default_rng(0)
    if people > SOME:
        people = SOME * (people / SOME) ** CROWD
    first = ((np.arange(_SAMPLES) + 0.5) / _SAMPLES) ** (1.0 / people)
    score = _skewed(np.interp(first, _CDF, _Z), skew)
    if weight:
        second = first * rng.random(_SAMPLES) ** (1.0 / (people - 1))
        score = score - weight * _skewed(np.interp(second, _CDF, _Z), skew)
    return np.sort(score)


def _skewed(z: np.ndarray, skew: float) -> np.ndarray:
    """Normal numbers made skew (Cornish and Fisher 1938, first term)."""
    return z + (z**2 - 1.0) * skew / 6.0


def _strata(count: int) -> np.ndarray:
    """Numbers that stand for a normal distribution of spread 1, float [count]."""
    return np.interp((np.arange(count) + 0.5) / count, _CDF, _Z)
