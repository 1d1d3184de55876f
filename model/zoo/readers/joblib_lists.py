"""Reads the weight lists of the `mtcnn` package: pickled lists of arrays, written by joblib.

A pickle can run code when it is opened. The caller must have checked the file's hash before.
"""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np


def read_arrays(path: Path) -> list[np.ndarray]:
    """The arrays of the file, in Keras' order of weights."""
    return [np.asarray(array, np.float32) for array in joblib.load(path)]
