"""Learning what an embedder makes of age: from made-up faces, and from folders that lack some."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import FamilyError
from data.recognition.age import AGES
from model.zoo.catalogue import KINDRED, RESNET29
from tests.vectors import unit
from training.embedder.learn_age import learn_age, read_crops


def people_of_ages(each, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Faces that are half somebody and half their age, along a direction for each class."""
    classes = np.arange(len(AGES)).repeat(each)
    rng = np.random.default_rng(seed)
    return unit(1.5 * np.eye(32)[classes] + unit(rng.normal(size=(len(classes), 32)))), classes


def test_faces_of_one_age_are_no_longer_alike():
    correction = learn_age(*people_of_ages(80))
    new, classes = people_of_ages(20, seed=1)
    corrected = correction.correct(new)

    def likeness(vectors):
        cosines = vectors @ vectors.T
        same = classes[:, None] == classes
        return cosines[same & ~np.eye(len(classes), dtype=bool)].mean() - cosines[~same].mean()

    assert likeness(new) > 0.5
    assert abs(likeness(corrected)) < 0.1
    assert (correction.ages(new).argmax(1) == classes).mean() > 0.95


def test_a_class_with_many_faces_weighs_no_more():
    faces, classes = people_of_ages(20)
    again = np.concatenate([np.arange(len(faces)), np.repeat(np.flatnonzero(classes == 4), 9)])
    one, other = learn_age(faces, classes), learn_age(faces[again], classes[again])
    np.testing.assert_allclose(one.correct(faces), other.correct(faces), rtol=0, atol=1e-4)


def test_every_class_has_to_be_there(tmp_path):
    faces, classes = people_of_ages(5)
    with pytest.raises(ValueError, match="faces of every age"):
        learn_age(faces[classes != 2], classes[classes != 2])
    (tmp_path / "1").mkdir()
    with pytest.raises(FamilyError, match="expected a folder for each age"):
        list(read_crops(tmp_path, KINDRED, RESNET29))
