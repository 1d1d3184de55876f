"""Keeps a classifier in a file of arrays beside its graph, for whoever runs without TensorFlow."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data.arrays import read_arrays, write_arrays
from data.recognition.scoring import HeadState

_NUMBERS = (
    *("nearest_weight", "slope", "centre", "threshold"),
    *("runner_up_weight", "default_runner_up"),
)


def write_head(path: Path, head: HeadState) -> None:
    """Writes everything but the names: exemplars (as `embeddings`), prototypes, calibration."""
    write_arrays(
        path,
        {
            "embeddings": head.exemplars,
            "prototypes": head.prototypes,
            "owners": head.owners,
            "common": np.broadcast_to(np.float32(head.common), head.prototypes.shape[1]),
            "offsets": np.broadcast_to(np.float32(head.offsets), len(head.people)),
            **{name: np.float64(getattr(head, name)) for name in _NUMBERS},
        },
    )


def read_head(path: Path, people: tuple[str, ...]) -> HeadState | None:
    """Reads it.

    Args:
        people: The names, in the classifier's order.

    Returns:
        `None` if there is none, it is damaged, or it is from before more than the exemplars was
        written.
    """
    try:
        kept = read_arrays(path)
        head = HeadState(
            people,
            kept["prototypes"],
            kept["embeddings"],
            kept["owners"],
            offsets=kept["offsets"],
            common=kept["common"],
            **{name: float(kept[name]) for name in _NUMBERS},
        )
    except (OSError, ValueError, LookupError, TypeError):
        return None
    sound = len(head.prototypes) == len(people) and len(head.owners) == len(head.exemplars)
    return head if sound and len(people) else None
