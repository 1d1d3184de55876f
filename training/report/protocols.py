"""The protocols that Kindred is measured by: verification of pairs, and open-set naming.

Both do the same arithmetic as the scripts that the published figures of the project come from:
the accuracy of LFW (Huang et al. 2007: the threshold of a fold is chosen on the other folds), and
the detection and identification rate of an open set (Phillips et al., "Evaluation methods in face
recognition", 2011).
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.errors import KindredError, PhotoError

# Learns from embeddings float32 [N, D] and owners int [N]; what it returns predicts for faces
# float32 [M, D]: the best person int [M], and how sure it is float [M].
Rule = Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]]

MISSING = 2.0  # the distance of a pair of which a face was not found: more than any other


@dataclass(frozen=True)
class Pair:
    """Two photos by their paths in the data set's folder, and whether they show one person."""

    fold: int
    a: str
    b: str
    same: bool


def read_pairs(path: str | os.PathLike) -> list[Pair]:
    """Reads a CSV file with the columns fold, a, b, same (1 or 0).

    Raises:
        KindredError: If it is not such a file.
    """
    how = "Give a CSV file with the columns fold,a,b,same"
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = [
                Pair(int(row["fold"]), row["a"], row["b"], row["same"].strip() == "1")
                for row in csv.DictReader(file)
            ]
    except OSError as error:
        raise PhotoError(f"the pairs cannot be read ({error.strerror})", file=path) from error
    except (KeyError, ValueError, TypeError, AttributeError, csv.Error) as error:
        raise KindredError("this is no list of pairs", file=path, remedy=how) from error
    if len({pair.fold for pair in rows}) < 2 or len({pair.same for pair in rows}) < 2:
        raise KindredError(
            "expected pairs of one person and of two, in at least two folds", file=path, remedy=how
        )
    return rows


def verify(pairs: list[Pair], embeddings: dict[str, np.ndarray]) -> dict:
    """Tells pairs of one person from pairs of two by the cosine of their embeddings.

    Args:
        pairs: What to tell apart.
        embeddings: float32 [D], unit length, by path. A pair with a missing one counts as of two
            people.

    Returns:
        `accuracy` over the folds; `tar_at_far_0.1pct`, the share of pairs of one person that are
        accepted when one pair in a thousand of two people is; numbers of pairs.
    """
    same = np.array([pair.same for pair in pairs])
    fold = np.array([pair.fold for pair in pairs])
    found = np.array([pair.a in embeddings and pair.b in embeddings for pair in pairs])
    distance = np.full(len(pairs), MISSING, np.float32)
    for i in np.flatnonzero(found):
        distance[i] = 1.0 - embeddings[pairs[i].a] @ embeddings[pairs[i].b]
    accuracies = []
    for number in np.unique(fold):
        rest, test = fold != number, fold == number
        cuts = np.unique(np.quantile(distance[rest], np.linspace(0.1, 0.9, 800)))
        correct = (distance[rest][None] < cuts[:, None]) == same[rest]
        cut = cuts[correct.mean(1).argmax()]
        accuracies.append(float(((distance[test] < cut) == same[test]).mean()))
    accepted = distance[same] < np.quantile(distance[~same], 1e-3)
    return {
        "accuracy": round(float(np.mean(accuracies)), 4),
        "tar_at_far_0.1pct": round(float(accepted.mean()), 4),
        "pairs": len(pairs),
        "pairs_with_a_missing_face": int((~found).sum()),
    }


def nearest_mean(embeddings: np.ndarray, owners: np.ndarray):
    """The rule to beat: whose mean direction is nearest."""
    means = np.stack([embeddings[owners == k].mean(0) for k in range(owners.max() + 1)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)

    def predict(faces: np.ndarray):
        cosines = faces @ means.T
        return cosines.argmax(1), cosines.max(1)

    return predict


@dataclass(frozen=True)
class Draw:
    """One drawn family: rows of the data set to learn from and to test on.

    Attributes:
        train, test, strangers: int, rows.
        train_owners, test_owners: int, 0..family-1.
    """

    train: np.ndarray
    train_owners: np.ndarray
    test: np.ndarray
    test_owners: np.ndarray
    strangers: np.ndarray


def draw_families(
    people: np.ndarray, *, draws: int = 40, family: int = 8, shots: int = 5, strangers: int = 200
) -> list[Draw]:
    """Draws families from a data set with a seeded generator.

    Args:
        people: str [N], one face a photo.
        shots: Photos of each person to learn from; whoever has at least four more can be drawn.

    Raises:
        KindredError: If there are too few people with enough photos.
    """
    rng = np.random.default_rng(0)
    names, counts = np.unique(people, return_counts=True)
    drawable = names[counts >= shots + 4]
    if len(drawable) < family or len(names) <= family:
        raise KindredError(
            f"expected more than {family} people, {family} of them with at least {shots + 4} "
            f"photos of a face, and found {len(names)} and {len(drawable)}"
        )
    result = []
    for _ in range(draws):
        chosen = rng.choice(drawable, family, replace=False)
        train, test = [], []
        for person in chosen:
            mine = rng.permutation(np.flatnonzero(people == person))
            train.append(mine[:shots])
            test.append(mine[shots:])
        others = np.flatnonzero(~np.isin(people, chosen))
        others = rng.choice(others, min(strangers, len(others)), replace=False)
        owners = [np.repeat(np.arange(family), [len(rows) for rows in x]) for x in (train, test)]
        result.append(
            Draw(np.concatenate(train), owners[0], np.concatenate(test), owners[1], others)
        )
    return result


def measure_families(
    embeddings: np.ndarray, people: np.ndarray, rule: Rule = nearest_mean, **options
) -> dict:
    """Open-set naming over drawn families.

    Returns:
        `closed_set`, the share of known faces whose best person is right; `dir_at_fpir_1pct`, the
        share that also gets the name at the threshold at which one stranger in a hundred would get
        one.
    """
    drawn = draw_families(people, **options)
    rows = []
    for draw in drawn:
        predict = rule(embeddings[draw.train], draw.train_owners)
        best, sure = predict(embeddings[draw.test])
        _, of_strangers = predict(embeddings[draw.strangers])
        right = best == draw.test_owners
        rows.append((right.mean(), (right & (sure > np.quantile(of_strangers, 0.99))).mean()))
    closed, identified = np.mean(rows, axis=0)
    return {
        "closed_set": round(float(closed), 4),
        "dir_at_fpir_1pct": round(float(identified), 4),
        "draws": len(drawn),
    }
