"""The classifier's arithmetic in NumPy: likeness, scores, probabilities, names of a photo.

`model.classifier.head.Head` computes the same in a graph; `tests/model/classifier/test_head.py`
compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.recognition.common import without

# Odds against a person being in a photo a second time. They do occur: mirrors, collages, pictures
# on the wall. So a face that is surely the same person keeps the name all the same.
SECOND_TIME = 20.0
# No name is more probable than this: only a person's word is certain.
MOST_SURE = 0.9999


@dataclass(frozen=True)
class HeadState:
    """What was learned about a family: all that the classifier needs.

    Attributes:
        people: Names, K of them, in the order of the rows below.
        prototypes: float32 [K, D], unit length.
        exemplars: float32 [M, D], unit length: the photos' embeddings, person by person.
        owners: int32 [M], ascending: the row of each exemplar's person.
        nearest_weight: Weight of the nearest photo in a person's likeness; the prototype has the
            rest.
        slope, centre: Calibration: the log odds of a person against unknown are
            slope * (score - centre).
        threshold: Least probability at which a name is given, 0..1.
        runner_up_weight: How much of the runner-up's likeness counts against the best person.
        default_runner_up: See `data.recognition.config.HeadConfig`.
        common: float32 [D] or 0: what faces of this collection have in common; it is taken off
            every face (`data.recognition.common`). Exemplars still have it, prototypes do not.
        offsets: float32 [K] or one number: by how much each person has to score more than others,
            because strangers look like this person or find a like photo among many.
    """

    people: tuple[str, ...]
    prototypes: np.ndarray
    exemplars: np.ndarray
    owners: np.ndarray
    nearest_weight: float
    slope: float
    centre: float
    threshold: float
    runner_up_weight: float = 0.0
    default_runner_up: float = 0.0
    offsets: np.ndarray | float = 0.0
    common: np.ndarray | float = 0.0

    @classmethod
    def empty(cls, dimension: int) -> HeadState:
        """Nobody enrolled: every face is unknown."""
        none = np.zeros((0, dimension), np.float32)
        return cls((), none, none, np.zeros(0, np.int32), 0.0, 1.0, 0.0, 1.0)


def likeness(state: HeadState, embeddings: np.ndarray) -> np.ndarray:
    """How alike faces and people are.

    Args:
        state: The classifier, of K >= 1 people, each with a photo.
        embeddings: float32 [N, D], unit length.

    Returns:
        float32 [N, K], cosines less offsets.
    """
    embeddings, exemplars = (without(x, state.common) for x in (embeddings, state.exemplars))
    to_prototypes = embeddings @ state.prototypes.T
    starts = np.searchsorted(state.owners, np.arange(len(state.people)))
    nearest = np.maximum.reduceat(embeddings @ exemplars.T, starts, axis=1)
    weight = np.float32(state.nearest_weight)
    offsets = np.asarray(state.offsets, np.float32)
    return (1 - weight) * to_prototypes + weight * nearest - offsets


def less_runner_up(
    likeness: np.ndarray, weight: np.ndarray | float, default_runner_up: float
) -> np.ndarray:
    """Takes a part of the runner-up's likeness off.

    Args:
        likeness: float [N, K]; -inf for somebody who was not learned.
        weight: What part, one number or float [N].
        default_runner_up: Likeness of the runner-up at which nothing is taken off.

    Returns:
        float [N, K], scores. For the best person the runner-up is the second best, for all others
        it is the best. Of one person alone nothing is taken off.
    """
    if likeness.shape[1] < 2:
        return likeness
    best = likeness.argmax(1)
    top = np.partition(likeness, -2, axis=1)[:, -2:]
    rival = np.repeat(top[:, 1:], likeness.shape[1], axis=1)
    rival[np.arange(len(best)), best] = top[:, 0]
    weight = np.broadcast_to(weight, len(best))[:, None]
    return likeness - np.where(np.isfinite(top[:, :1]), weight * (rival - default_runner_up), 0.0)


def scores(state: HeadState, embeddings: np.ndarray) -> np.ndarray:
    """float32 [N, D] to float [N, K]; K >= 1."""
    alike = likeness(state, embeddings)
    return less_runner_up(alike, state.runner_up_weight, state.default_runner_up)


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Log odds float [N, K] of every person against unknown, to shares of 1, float [N, K + 1].

    The last column is unknown. Two people who score alike share the probability.
    """
    powers = np.zeros((len(logits), logits.shape[1] + 1))  # not `np.pad`: it is called by photo
    powers[:, :-1] = logits
    powers -= powers.max(1, keepdims=True)
    np.exp(powers, out=powers)
    return powers / powers.sum(1, keepdims=True)


def classify(
    state: HeadState, embeddings: np.ndarray, *, one_photo: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Names faces.

    Args:
        state: The classifier; it may know nobody.
        embeddings: float32 [N, D], unit length; N may be 0.
        one_photo: Whether the faces are those of one photo, where a person is rarely seen twice.

    Returns:
        int [N], rows of `state.people`, -1 for unknown; float [N], 0..1: the probability of that
        person, or of unknown.
    """
    if not state.people or not len(embeddings):
        return np.full(len(embeddings), -1), np.ones(len(embeddings))
    logits = state.slope * (scores(state, embeddings) - state.centre)
    if one_photo:
        logits = discount_second_time(logits, state.threshold)
    shares = probabilities(logits)
    best = shares[:, :-1].argmax(1)
    confidence = shares[np.arange(len(best)), best]
    named = confidence >= state.threshold
    confidence = np.where(named, np.minimum(confidence, MOST_SURE), shares[:, -1])
    return np.where(named, best, -1), confidence


def discount_second_time(logits: np.ndarray, threshold: float) -> np.ndarray:
    """Makes a name less probable for every face of a photo but the surest one.

    The faces choose one after the other, the surest first. Whoever takes a name divides the odds of
    that name by `SECOND_TIME` for all who have not chosen yet.

    Args:
        logits: float [N, K], log odds of every person against unknown; N may be 0, K >= 1.
        threshold: Least probability that takes a name.

    Returns:
        float [N, K], discounted log odds.
    """
    logits = np.array(logits, float)
    waiting = np.ones(len(logits), bool)
    for _ in range(len(logits)):
        shares = probabilities(logits)[:, :-1]
        face = int(np.where(waiting, shares.max(1), -1.0).argmax())
        name = int(shares[face].argmax())
        waiting[face] = False
        if shares[face, name] >= threshold:
            logits[waiting, name] -= np.log(SECOND_TIME)
    return logits
