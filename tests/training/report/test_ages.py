"""Figures by age: ages from file names, groups, gaps and pairs, by hand."""

from __future__ import annotations

import numpy as np

from training.report.ages import (
    AGES,
    GAPS,
    accepted_by_age,
    ages_in_names,
    gaps_to_learned,
    shares_by,
)


def test_ages_are_read_from_names_that_say_them():
    names = ["x/001a02.jpg", "082a18b.JPG", "anna.jpg", "IMG_12.jpg", "7a101.png"]
    ages = ages_in_names(names)
    np.testing.assert_array_equal(ages, [2, 18, np.nan, np.nan, 101])
    assert ages_in_names(["anna.jpg", "a02.jpg"]) is None


def test_the_gap_is_to_the_nearest_photo_of_the_same_person():
    gaps = gaps_to_learned(
        np.array([10.0, 30.0, np.nan, 5.0]), np.array([0, 1, 0, 2]),
        np.array([12.0, 40.0, 29.0, np.nan]), np.array([0, 0, 1, 1]),
    )  # fmt: skip
    np.testing.assert_array_equal(gaps, [2, 1, np.nan, np.nan])


def test_shares_in_words():
    years = np.array([0, 5, 6, 17, 40, 80, np.nan])
    right = np.array([True, False, True, False, True, True, True])
    assert shares_by(years, right, AGES) == {
        "0 to 5 years, 2 faces": 0.5,
        "6 to 12 years, 1 faces": 1.0,
        "13 to 17 years, 1 faces": 0.0,
        "40 years and more, 2 faces": 1.0,
    }
    assert shares_by(np.array([25.0]), np.array([False]), GAPS) == {
        "20 years and more, 1 faces": 0.0
    }


def test_children_who_look_alike_are_told_apart_less_often():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(60), 4).astype(str)
    ages = np.tile([5.0, 8.0, 30.0, 40.0], 60)
    own = np.repeat(rng.normal(size=(60, 32)), 4, axis=0)
    faces = own + 0.5 * rng.normal(size=own.shape)
    faces[ages < 18] += 1.2 * rng.normal(size=(1, 32)) + 0.8 * rng.normal(size=(120, 32))
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    found = accepted_by_age(faces.astype(np.float32), people, ages)
    assert set(found) == {"both 0 to 12 years", "both 18 years and more", "both of any age"}
    assert found["both 0 to 12 years"] < found["both 18 years and more"] - 0.2
    assert accepted_by_age(faces[:4], people[:4], ages[:4]) == {}  # one person: nobody else
