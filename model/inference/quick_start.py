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
from model.classifier.head import Head
from model.graph import FaceGraph
from model.graph_key import describe_graph, graph_key
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector, load_embedder

_CHECKPOINT = Path("variables") / "variables"
_KEY = "{}/.ATTRIBUTES/VARIABLE_VALUE"  # of a variable, in a checkpoint


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
        reader = tf.train.load_checkpoint(str(folder / _CHECKPOINT))
        # All of them, those that are not needed here as well: their sums are checked.
        values = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
        for name, variable in head.learned().items():
            variable.assign(values[_KEY.format(f"head/{name}")])
        for number, weight in enumerate(embed.weights):
            weight.assign(values[_KEY.format(f"embedder/_traced/weights/{number}")])
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
