"""Vectors that stand for embeddings."""

from __future__ import annotations

import numpy as np


def unit(vectors) -> np.ndarray:
    """float32 [..., D] of length 1, in the directions of `vectors` [..., D]."""
    vectors = np.asarray(vectors)
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)
