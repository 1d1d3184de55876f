"""Turns scores into probabilities, and finds the probability from which a name is given."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from data.recognition.config import HeadConfig
from data.recognition.impostors import Impostors

GENUINE_PRIOR = 30.0  # faces that the prior over the family's own scores counts for
COUNTED = 10  # strangers above the threshold from which they are counted, whatever their spread
# No name that is less likely than not. A little more than half, because two people who score alike
# can have all the probability between them.
LEAST_PROBABILITY = 0.501
LEAST_SLOPE = 1.0  # log odds a unit of cosine
_QUANTILES = (np.arange(200) + 0.5) / 200


@dataclass(frozen=True)
class Calibration:
    """Probability of a person against unknown = sigmoid(slope * (score - centre))."""

    slope: float
    centre: float
    threshold: float

    @property
    def cut(self) -> float:
        """The score from which a name is given."""
        odds = self.threshold / max(1.0 - self.threshold, 1e-12)
        return self.centre + float(np.log(odds)) / self.slope

    def probability(self, scores: np.ndarray) -> np.ndarray:
        """Of scores of any shape: 0..1."""
        return 1.0 / (1.0 + np.exp(-self.slope * (np.asarray(scores, float) - self.centre)))


def calibrate(
    right: np.ndarray,
    confused: np.ndarray,
    strangers: np.ndarray,
    impostors: Impostors,
    config: HeadConfig,
    false_names: float,
) -> Calibration:
    """Fits the calibration on scores of faces that the classifier had not seen.

    Faces of the family and of strangers count as equally frequent. The family's own scores are
    mixed with a prior (`HeadConfig.genuine`), so that one photo a person is enough to start.
    What strangers score follows from pairs of different people (`data.recognition.impostors`).
    Only where there are so many strangers that ten of them may get a name they are counted.

    Args:
        right: Best scores of faces whose best person was the right one.
        confused: Best scores of faces of the family whose best person was a wrong one.
        strangers: Best scores of faces of nobody the classifier had learned.
        impostors: What such faces score as far as the collection tells.
        false_names: The share of strangers that may get a name, 0..1.

    Returns:
        Slope and centre by logistic regression (Platt 1999), and the threshold that meets
        `false_names`, but never less than `LEAST_PROBABILITY`.
    """
    right, right_weight = _with_prior(right, config.genuine, GENUINE_PRIOR)
    given = np.asarray(strangers, float)
    strangers = np.quantile(impostors.scores(), _QUANTILES)
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
        cut = impostors.cut(false_names)
    if slope < LEAST_SLOPE:  # strangers score like the family: a score says next to nothing
        slope, centre = LEAST_SLOPE, cut
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
