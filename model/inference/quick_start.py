"""A trained model's graph made by the code at hand, which the first photos can run step by step.

Loading a SavedModel and running it for the first time takes as long as a few dozen photos do step
by step. Where it was written by the same code, libraries and networks, that code finds and names
the same; the classifier, and the embedder, which may be fine-tuned, come from the model folder.
"""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from data.errors import ModelError
from data.recognition.head_file import read_head
from model.checkpoint import read_checkpoint, variable_key
from model.classifier.head import Head
from model.graph import FaceGraph
from model.graph_key import describe_graph, graph_key
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector, load_embedder


def rebuild_graph(folder: Path, manifest: dict) -> FaceGraph | None:
    """The graph of a model folder with its weights, not traced.

    Returns:
        `None` if anything about it is different, missing or damaged; loading the SavedModel says
        what is wrong.
    """
    try:
        networks = [
            choose(task, manifest["networks"][task]["name"]) for task in ("detector", "embedder")
        ]
        min_score = manifest["thresholds"]["detection_score"]
        kept = describe_graph(folder, graph_key(networks, min_score))
        state = read_head(folder / "assets" / "exemplars.npz", tuple(manifest["people"]))
        if state is None or not kept.items() <= manifest["graph"].items():
            return None
        detector, embedder = networks
        embed, head = load_embedder(embedder), Head(state)
        # All of them, those that are not needed here as well: their sums are checked.
        values = read_checkpoint(folder)
        for name, variable in head.learned().items():
            variable.assign(values[variable_key(f"head/{name}")])
        for number, weight in enumerate(embed.weights):
            weight.assign(values[variable_key(f"embedder/_traced/weights/{number}")])
        return FaceGraph(load_detector(detector), embed, head, min_score)
    except (
        ModelError,
        OSError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
        AttributeError,
        tf.errors.OpError,
    ):
        return None
