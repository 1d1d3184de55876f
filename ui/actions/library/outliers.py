"""Which of a person's faces look unlike the others, and are likely somebody else."""

from __future__ import annotations

import numpy as np

LEAST_FACES = 5  # below it, nobody can say what is usual
_DEVIATIONS = 3.5


def outliers(embeddings: np.ndarray) -> np.ndarray:
    """Which embeddings lie far from the others, compared with how far these usually lie.

    Args:
        embeddings: float32 [N, D], unit length, of one network.

    Returns:
        bool [N].
    """
    count = len(embeddings)
    if count < LEAST_FACES:
        return np.zeros(count, bool)
    cosines = embeddings @ embeddings.T
    np.fill_diagonal(cosines, np.nan)
    # The median of all others: one wrong face does not move it, and a twin of it does not hide it.
    typical = np.nanmedian(cosines, axis=1)
    middle = np.median(typical)
    spread = max(1.4826 * float(np.median(np.abs(typical - middle))), 0.01)
    return typical < middle - _DEVIATIONS * spread
