"""The age correction by hand, what it learns, and files of it that are damaged."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import ModelError
from data.recognition.age import (
    AGES,
    AgeCorrection,
    read_age_correction,
    write_age_correction,
)
from tests.vectors import unit


def by_hand() -> AgeCorrection:
    """The first coordinate says how much of a child somebody is, and children share (1, 1, 0)."""
    regression, intercept = np.zeros((3, 7), np.float32), np.zeros(7, np.float32)
    regression[0, 0], regression[0, 6], intercept[6] = 1.0, -1.0, 1.0
    common = np.zeros((7, 3), np.float32)
    common[0] = 0.5, 0.5, 0.0
    return AgeCorrection(regression, intercept, common)


def test_the_correction_by_hand():
    correction = by_hand()
    faces = np.float32([[0.6, 0.0, 0.8], [0.0, 0.6, 0.8]])
    np.testing.assert_allclose(correction.ages(faces)[:, [0, 6]], [[0.6, 0.4], [0, 1]], atol=1e-6)
    # .6 of (.5, .5, 0) goes from the first; the second is no child.
    expected = unit(np.float32([[0.3, -0.3, 0.8], [0.0, 0.6, 0.8]]))
    received = correction.correct(faces)
    assert received.dtype == np.float32
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)
    assert correction.correct(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_it_is_written_in_a_few_kilobytes_and_read_again(tmp_path):
    rng = np.random.default_rng(0)
    numbers = AgeCorrection(
        *(rng.normal(0, 0.1, shape).astype(np.float32) for shape in ((64, 7), (7,), (7, 64)))
    )
    write_age_correction(tmp_path / "age.npz", numbers)
    assert (tmp_path / "age.npz").stat().st_size < 4000
    again = read_age_correction(tmp_path / "age.npz")
    faces = unit(rng.normal(size=(20, 64)))
    np.testing.assert_allclose(again.correct(faces), numbers.correct(faces), rtol=0, atol=1e-3)
    assert len(AGES) == again.common.shape[0]


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "age.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"age\.npz.*Get Kindred again"):
        read_age_correction(path)
