"""The variables that a model folder keeps, by their names in its checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

CHECKPOINT = Path("variables") / "variables"  # in a model folder


def variable_key(name: str) -> str:
    """What a checkpoint calls a variable: "head/prototypes" of the graph, say."""
    return f"{name}/.ATTRIBUTES/VARIABLE_VALUE"


def open_checkpoint(folder: Path):
    """A reader of the checkpoint of a model folder.

    Raises:
        OSError, RuntimeError, ValueError, tf.errors.OpError: There is none, or it is damaged.
    """
    return tf.train.load_checkpoint(str(folder / CHECKPOINT))


def read_checkpoint(folder: Path) -> dict[str, np.ndarray]:
    """Every tensor of it by its key, whose sums are checked by that.

    Raises:
        OSError, RuntimeError, ValueError, tf.errors.OpError: There is none, or it is damaged.
    """
    reader = open_checkpoint(folder)
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
