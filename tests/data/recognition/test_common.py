"""What a collection's faces have in common, and what is left without it."""

from __future__ import annotations

import numpy as np

from data.recognition.common import common_part, without

PRIOR = 4.0


def unit(rows) -> np.ndarray:
    rows = np.asarray(rows, np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def collection(people: int, photos: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Faces of different people with one direction in common, and whose they are."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), photos)
    own = rng.normal(size=(people, 64)) / 8
    faces = own[who] + 0.5 * rng.normal(size=(len(who), 64)) / 8
    faces[:, 0] += 0.8
    return unit(faces), who


def test_the_common_part_by_hand():
    faces = unit([[1, 0], [0, 1], [0, 1]])
    expected = np.array([0.5, 0.5]) * 1 / (1 + PRIOR)  # everybody counts once
    np.testing.assert_allclose(common_part(faces, np.array([0, 1, 1]), PRIOR), expected, atol=1e-6)
    assert not common_part(np.zeros((0, 4), np.float32), np.zeros(0, int), PRIOR).any()


def test_without_it_strangers_of_the_same_photos_are_like_other_strangers():
    family, owners = collection(30, 4)
    same_photos, _ = collection(200, 1, seed=1)
    elsewhere = unit(np.random.default_rng(2).normal(size=(200, 64)))
    common = common_part(family, owners, PRIOR)

    def apart(take_off) -> float:
        known, near, far = (without(x, take_off) for x in (family, same_photos, elsewhere))
        return float((near @ known.T).mean() - (far @ known.T).mean())

    assert apart(0.0) > 0.3 and abs(apart(common)) < 0.06
    faces = without(family, common)
    np.testing.assert_allclose(np.linalg.norm(faces, axis=1), 1, atol=1e-6)
    assert without(family, 0.0) is family


def test_the_more_people_the_more_is_taken_off_and_of_one_person_nothing():
    sizes = [np.linalg.norm(common_part(*collection(people, 3), PRIOR)) for people in (1, 2, 7, 30)]
    assert sizes[0] == 0 and sizes == sorted(sizes) and 0.5 < sizes[-1] < 1
    assert not common_part(*collection(7, 3), np.inf).any()
