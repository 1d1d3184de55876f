"""Turns scores into probabilities, and finds the probability from which a name is given."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from data.recognition.config import HeadConfig

# How many faces the prior over scores counts for, beside those of the family itself. A percent of
# strangers is read off the far tail, for which a family has too few faces: so their mean and their
# spread are measured, and the tail follows from them. A spread takes more faces than a mean.
GENUINE_PRIOR, IMPOSTOR_PRIOR, SPREAD_PRIOR = 30.0, 100.0, 200.0
FEWEST = 4  # strangers from which they are measured
COUNTED = 10  # strangers above the threshold from which they are counted, whatever their spread
# No name that is less likely than not. A little more than half, because two people who score alike
# can have all the probability between them.
LEAST_PROBABILITY = 0.501
_QUANTILES = (np.arange(200) + 0.5) / 200


@dataclass(frozen=True)
class Calibration:
    """Probability of a person against unknown = sigmoid(slope * (score - centre))."""

    slope: float
    centre: float
    threshold: float

    def probability(self, scores: np.ndarray) -> np.ndarray:
        """Of scores of any shape: 0..1."""
        return 1.0 / (1.0 + np.exp(-self.slope * (np.asarray(scores, float) - self.centre)))


def calibrate(
    right: np.ndarray,
    confused: np.ndarray,
    strangers: np.ndarray,
    config: HeadConfig,
    false_names: float,
) -> Calibration:
    """Fits the calibration on scores of faces that the classifier had not seen.

    Faces of the family and of strangers count as equally frequent. The family's own scores are
    mixed with a prior (`HeadConfig.genuine`), so that one photo a person is enough to start.
    Strangers' scores are taken for normal, with a mean and a spread between the family's own and
    the prior (`HeadConfig.impostor`): how strangers score depends on what the photos are like.

    Args:
        right: Best scores of faces whose best person was the right one.
        confused: Best scores of faces of the family whose best person was a wrong one.
        strangers: Best scores of faces of nobody the classifier had learned.
        false_names: The share of strangers that may get a name, 0..1.

    Returns:
        Slope and centre by logistic regression (Platt 1999), and the threshold that meets
        `false_names`, but never less than `LEAST_PROBABILITY`.
    """
    right, right_weight = _with_prior(right, config.genuine, GENUINE_PRIOR)
    given = np.asarray(strangers, float)
    impostors = _impostors(given, NormalDist(*config.impostor))
    strangers = np.array([impostors.inv_cdf(q) for q in _QUANTILES])
    confused_weight = np.full(len(confused), right_weight[0])
    slope, centre = _logistic(
        np.concatenate([right, confused, strangers]),
        np.repeat([1.0, 0.0, 0.0], [len(right), len(confused), len(strangers)]),
        np.concatenate(
            [right_weight, confused_weight, np.full(len(strangers), 1 / len(strangers))]
        ),
    )
    if len(given) * false_names >= COUNTED:
        cut = np.nextafter(np.quantile(given, 1.0 - false_names, method="higher"), np.inf)
    else:
        cut = impostors.inv_cdf(min(max(1.0 - false_names, 1e-6), 1.0 - 1e-6))
    threshold = float(Calibration(slope, centre, 0.5).probability(cut))
    return Calibration(slope, centre, max(LEAST_PROBABILITY, threshold))


@dataclass(frozen=True)
class Bin:
    """Faces of about the same confidence: how sure and how right they are on average, 0..1."""

    count: int
    confidence: float
    accuracy: float


def reliability(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> list[Bin]:
    """The reliability diagram: accuracy in equal bins of confidence (Guo et al. 2017, fig. 1).

    Args:
        confidence: float [N], 0..1.
        right: bool [N].

    Returns:
        The bins that are not empty, by confidence.
    """
    which = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    return [
        Bin(int(mine.sum()), float(confidence[mine].mean()), float(right[mine].mean()))
        for b in range(bins)
        if (mine := which == b).any()
    ]


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Mean distance between confidence and accuracy over equal bins (Guo et al. 2017, eq. 3).

    Args:
        confidence: float [N], 0..1.
        right: bool [N].
    """
    diagram = reliability(confidence, right, bins)
    gaps = [b.count * abs(b.confidence - b.accuracy) for b in diagram]
    return float(sum(gaps) / max(len(confidence), 1))


def _impostors(strangers: np.ndarray, prior: NormalDist) -> NormalDist:
    """The distribution of strangers' best scores, as far as the strangers can tell.

    Median and the middle 68 %, because photos in a wrong folder make strangers of the family's own
    people.
    """
    count = len(strangers)
    if count < FEWEST:
        return prior
    low, middle, high = np.quantile(strangers, [0.1587, 0.5, 0.8413])
    mean = (count * middle + IMPOSTOR_PRIOR * prior.mean) / (count + IMPOSTOR_PRIOR)
    variance = count * ((high - low) / 2) ** 2 + SPREAD_PRIOR * prior.variance
    return NormalDist(mean, float(np.sqrt(variance / (count + SPREAD_PRIOR))))


def _with_prior(scores, normal: tuple[float, float], weight: float):
    prior = np.array([NormalDist(*normal).inv_cdf(q) for q in _QUANTILES])
    total = len(scores) + weight
    weights = np.full(len(scores) + len(prior), 1.0 / total)
    weights[len(scores) :] = weight / len(prior) / total
    return np.concatenate([scores, prior]), weights


def _logistic(scores, truth, weights) -> tuple[float, float]:
    """Weighted logistic regression of one variable by Newton's method: slope and centre."""
    middle, spread = scores.mean(), scores.std()
    x = np.stack([(scores - middle) / spread, np.ones(len(scores))], axis=1)
    beta = np.zeros(2)
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-x @ beta))
        gradient = x.T @ (weights * (truth - p)) - 1e-4 * beta
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + 1e-4 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        beta += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    slope = beta[0] / spread
    return float(slope), float(middle - beta[1] / slope)
