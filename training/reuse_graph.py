"""Writes a model's graph from a former model's: with the same networks only variables differ.

Tracing and saving the graph takes most of the time of learning one photo more. The classifier keeps
all that it learned in variables (`model.classifier.head.Head`), so the file of the graph is the
same for every family and is copied; the checkpoint is written with the classifier's new variables.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import ModelError
from data.recognition.scoring import HeadState
from model.checkpoint import CHECKPOINT, open_checkpoint, read_checkpoint, variable_key
from model.classifier.head import Head
from model.graph_key import GRAPH, describe_graph
from model.manifest import read_manifest


def reuse_graph(former: Path, draft: Path, head: Head, key: str) -> bool:
    """Writes graph and variables from a former model and a new classifier.

    Args:
        former: A model folder.
        draft: An empty folder, where the graph appears if all goes well.
        head: The classifier, of at least one person.
        key: `graph_key` of the new model.

    Returns:
        Whether it was done; it is not when anything about the former model is different, missing
        or damaged. Then `draft` may hold files to be overwritten.
    """
    try:
        if read_manifest(former).get("graph") != describe_graph(former, key):
            return False
    except (OSError, ModelError):
        return False
    return copy_graph(former, draft, head)


def holds(former: Path, head: Head) -> bool:
    """Whether a former model's graph has everything that this classifier learned; damaged: no."""
    try:
        kept = open_checkpoint(former).get_variable_to_shape_map()
        return set(map(_key, head.learned())) <= kept.keys()
    except (OSError, RuntimeError, ValueError, tf.errors.OpError):
        return False


def copy_graph(former: Path, draft: Path, head: Head) -> bool:
    """Writes a former model's graph and networks beside a new classifier.

    Args:
        former, draft, head: As above.

    Returns:
        Whether it was done; it is not when the former model is damaged or has another classifier.
    """
    try:
        graph = (former / GRAPH).read_bytes()
        values = read_checkpoint(former)  # and checks its sums
        learned = {_key(name): value.numpy() for name, value in head.learned().items()}
        if not learned.keys() <= values.keys():
            return False
        values |= learned
        for folder in ("assets", "variables"):
            (draft / folder).mkdir(exist_ok=True)
        names = list(values)
        tf.raw_ops.SaveV2(
            prefix=str(draft / CHECKPOINT),
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tf.constant(value) for value in values.values()],
        )
        (draft / GRAPH).write_bytes(graph)
        return same_tensors(values, read_checkpoint(draft))
    except (
        OSError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
        tf.errors.OpError,
    ):
        return False


def read_learned(folder: Path) -> dict[str, np.ndarray]:
    """What the classifier of a model folder learned, by the names of `Head.learned`.

    Raises:
        tf.errors.OpError, LookupError: The model is damaged, or has another classifier.
    """
    reader = open_checkpoint(folder)
    names = Head(HeadState.empty(1)).learned()
    return {name: reader.get_tensor(_key(name)) for name in names}


def _key(name: str) -> str:
    """What a checkpoint calls what the classifier learned by that name."""
    return variable_key(f"head/{name}")


def same_tensors(one: dict, other: dict) -> bool:
    """Whether two checkpoints hold the same arrays, by name, dtype and bit."""
    return one.keys() == other.keys() and all(
        np.asarray(one[name]).dtype == np.asarray(other[name]).dtype
        and np.array_equal(one[name], other[name])
        for name in one
    )
