"""Figures by age: of faces whose file name says how old the person is, as in `001a02.jpg`.

Ageing sets name their photos so: the person's number, `a`, the age in years, and perhaps a letter.
"""

from __future__ import annotations

import os
import re

import numpy as np

_AGE = re.compile(r"\d+a(\d{1,3})[a-z]?", re.IGNORECASE)
_BEYOND = 1000
AGES = ((0, 5), (6, 12), (13, 17), (18, 39), (40, _BEYOND))  # years, both ends included
GAPS = ((0, 4), (5, 9), (10, 19), (20, _BEYOND))
CHILDREN, ADULTS = (0, 12), (18, _BEYOND)


def ages_in_names(paths: list[str]) -> np.ndarray | None:
    """Ages in years, float [N], nan where a name does not say it; `None` if no name does."""
    found = (_AGE.fullmatch(os.path.splitext(os.path.basename(path))[0]) for path in paths)
    ages = np.array([float(match[1]) if match else np.nan for match in found])
    return None if np.isnan(ages).all() else ages


def gaps_to_learned(
    ages: np.ndarray, owners: np.ndarray, learned: np.ndarray, learned_owners: np.ndarray
) -> np.ndarray:
    """Years between each face and the nearest in age that its person was learned from.

    Args:
        ages, owners: float [N], int [N], of the faces.
        learned, learned_owners: float [M], int [M], of those learned from.

    Returns:
        float [N], nan where it is not known.
    """
    gaps = np.abs(ages[:, None] - learned)
    gaps[np.isnan(gaps) | (owners[:, None] != learned_owners)] = np.inf
    nearest = gaps.min(1, initial=np.inf)
    return np.where(np.isfinite(nearest), nearest, np.nan)


def shares_by(years: np.ndarray, right: np.ndarray, groups) -> dict[str, float]:
    """The share of `right`, bool [N], by years, float [N], in words; empty groups are left out."""
    found = {}
    for low, high in groups:
        mine = (years >= low) & (years <= high)
        if mine.any():
            found[f"{in_words(low, high)}, {mine.sum()} faces"] = round(
                float(right[mine].mean()), 4
            )
    return found


def accepted_by_age(embeddings: np.ndarray, people: np.ndarray, ages: np.ndarray) -> dict:
    """Pairs of one person that are accepted when one in 1000 pairs of two people is.

    Args:
        embeddings: float32 [N, D], unit length.
        people: str [N].
        ages: float [N], years.

    Returns:
        The share 0..1 over pairs of two children, of two adults, and over all; each has its own
        threshold. Where there are no such pairs it is left out.
    """
    found = {}
    one, other = np.triu_indices(len(people), 1)
    cosines = (embeddings @ embeddings.T)[one, other]
    same = people[one] == people[other]
    for low, high in (CHILDREN, ADULTS, (0, _BEYOND)):
        there = (ages >= low) & (ages <= high)
        both = there[one] & there[other]
        kin, strange = cosines[both & same], cosines[both & ~same]
        if len(kin) and len(strange):
            share = float((kin > np.quantile(strange, 0.999)).mean())
            found[f"both {in_words(low, high)}"] = round(share, 4)
    return found


def in_words(low: int, high: int) -> str:
    """A range of years: "0 to 5 years", "40 years and more", "of any age"."""
    if high < _BEYOND:
        return f"{low} to {high} years"
    return f"{low} years and more" if low else "of any age"
