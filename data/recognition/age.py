"""Takes age out of embeddings: less what faces of the same age have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.arrays import read_arrays, write_arrays
from data.errors import ModelError

AGES = (1, 5, 10, 16, 28, 51, 75)  # years, in the middle of each class
_ARRAYS = ("regression", "intercept", "common")


@dataclass(frozen=True)
class AgeCorrection:
    """What one embedder makes of age; no person's embedding is among the numbers.

    The age is read from the embedding itself, softly: a ridge regression gives every class a share.

    Attributes:
        regression: float32 [D, 7], embedding to the shares of `AGES`.
        intercept: float32 [7].
        common: float32 [7, D], what the faces of each class have in common and is taken off.
    """

    regression: np.ndarray
    intercept: np.ndarray
    common: np.ndarray

    def ages(self, embeddings: np.ndarray) -> np.ndarray:
        """Shares of the classes, float32 [N, 7], of float32 [N, D]; each row's sum is 1."""
        return embeddings @ self.regression + self.intercept

    def correct(self, embeddings: np.ndarray) -> np.ndarray:
        """The embeddings without age.

        Args:
            embeddings: float32 [N, D], unit length, as the network gives them; N may be 0.

        Returns:
            float32 [N, D], unit length.
        """
        rest = embeddings - self.ages(embeddings) @ self.common
        length = np.linalg.norm(rest, axis=1, keepdims=True)
        return (rest / np.maximum(length, 1e-9)).astype(np.float32)


def read_age_correction(path: Path) -> AgeCorrection:
    """Reads the numbers that `python -m training.embedder age` wrote.

    Raises:
        ModelError: If they are damaged.
    """
    try:
        arrays = read_arrays(path)
        return AgeCorrection(*(arrays[name].astype(np.float32) for name in _ARRAYS))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"the numbers of the age correction cannot be read ({error})",
            file=path,
            remedy="Get Kindred again: a file that belongs to it is damaged",
        ) from error


def write_age_correction(path: Path, correction: AgeCorrection) -> None:
    """Writes the numbers as float16, a few kilobytes."""
    halves = {name: getattr(correction, name).astype(np.float16) for name in _ARRAYS}
    write_arrays(path, halves)
