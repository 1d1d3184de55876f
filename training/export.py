"""Writes the model folder: a SavedModel, the people and the manifest, all or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from data.arrays import write_arrays
from data.errors import ModelError, no_room
from model.graph import FaceGraph
from model.identity import CODE
from model.manifest import FILE, FORMAT
from model.zoo.specs import DetectorSpec, EmbedderSpec
from training.reuse_graph import describe_graph, graph_key, reuse_graph


def export(
    graph: FaceGraph,
    folder: Path,
    *,
    networks: tuple[DetectorSpec, EmbedderSpec],
    training: dict,
    fine_tuned: bool = False,
    card: str | None = None,
    former: Path | None = None,
) -> None:
    """Writes the graph and what there is to know about it.

    The folder appears complete or not at all; a model that stood there before stays until then.

    Args:
        folder: The model folder. If it exists it must be empty or hold a Kindred model.
        networks: Whose weights the graph holds.
        training: Summary of the training set and of the measurement, for the manifest.
        fine_tuned: Whether the embedder's weights are no longer those of its files.
        card: The page `card.html` of the model.
        former: A model whose graph may be used again, if it is the same (`training.reuse_graph`).

    Raises:
        ModelError: If the folder holds something else, or the reloaded model disagrees.
    """
    refuse_other_content(folder)
    state = graph.head.state
    changed = {"embedder": {"fine_tuned": _hash_of(graph.embedder)}} if fine_tuned else {}
    # A graph without anybody has no classifier, and tuned weights are one family's alone.
    key = graph_key(networks, graph.min_score) if state.people and not fine_tuned else None
    manifest = {
        "format": FORMAT,
        "code": CODE,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": list(state.people),
        "networks": {
            network.task: {
                **network.identity,
                "licence": network.licence,
                **changed.get(network.task, {}),
            }
            for network in networks
        },
        "embedding_dimension": int(state.prototypes.shape[1]),
        "thresholds": {
            "detection_score": graph.min_score,
            "name_probability": round(state.threshold, 6),
            "calibration": {"slope": round(state.slope, 6), "centre": round(state.centre, 6)},
        },
        **training,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
    with _replacing(folder) as draft:
        reused = key is not None and former is not None
        reused = reused and reuse_graph(former, draft, graph.head, key)
        if not reused:
            tf.saved_model.save(graph, os.fspath(draft), signatures=graph.signatures())
        if key is not None:
            manifest["graph"] = describe_graph(draft, key)
        people = "".join(f"{name}\n" for name in state.people)
        (draft / "assets" / "people.txt").write_text(people, encoding="utf-8")
        # Beside the graph, for `model.inference.explanation`: which photo of which file is nearest.
        write_arrays(draft / "assets" / "exemplars.npz", {"embeddings": state.exemplars})
        text = json.dumps(manifest, indent=2, ensure_ascii=False)
        (draft / FILE).write_text(text + "\n", encoding="utf-8")
        if card is not None:
            (draft / "card.html").write_text(card, encoding="utf-8")
        _check(graph, draft)


def refuse_other_content(folder: Path) -> None:
    """Refuses to replace what is not a model.

    Raises:
        ModelError: If the folder exists with content that is not a Kindred model.
    """
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / FILE).is_file()):
        raise ModelError(
            "something is there that is not a Kindred model, and it was left as it is",
            file=folder,
            remedy="Name a new folder with --model",
        )


def _hash_of(module: tf.Module) -> str:
    """SHA-256 of a module's weights, in hexadecimal."""
    digest = hashlib.sha256()
    for variable in module.network.weights:
        digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(variable)).tobytes())
    return digest.hexdigest()


def _check(graph: FaceGraph, folder: Path) -> None:
    """An export is trusted only after it was reloaded and gave the same vectors and names.

    Raises:
        ModelError: If it did not.
    """
    rng = np.random.default_rng(0)
    size = (97, 131, 3)  # another size than anything before
    image = tf.constant(rng.integers(0, 256, size, np.uint8))
    landmarks = tf.constant([[[40, 40], [70, 40], [55, 55], [42, 70], [68, 70]]], tf.float32)
    again = tf.saved_model.load(os.fspath(folder)).signatures
    embedding = graph.embedder.embed(image, landmarks)
    received = again["embed"](image=image, landmarks=landmarks)["embeddings"]
    state = graph.head.state
    faces = np.concatenate([state.exemplars[:100], rng.normal(size=(20, embedding.shape[1]))])
    faces = tf.constant(faces / np.linalg.norm(faces, axis=1, keepdims=True), tf.float32)
    names, confidences = graph.head.classify(faces)
    named = again["name"](embeddings=faces)
    for difference in (embedding - received, confidences - named["confidences"]):
        most = float(tf.reduce_max(tf.abs(difference)))
        if not most < 1e-5:
            raise ModelError(f"the written model differs from the trained one by {most:.2g}")
    if not tf.reduce_all(names == named["names"]):
        raise ModelError("the written model gives other names than the trained one")


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A draft folder beside `folder`, which takes its place when the block ends well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    former = draft.with_name(draft.name + ".former")
    try:
        draft.chmod(0o755)  # mkdtemp's 0700 would lock out a server of another user
        yield draft
        if folder.exists():
            os.rename(folder, former)
        os.rename(draft, folder)
    except BaseException as error:
        if former.exists() and not folder.exists():
            os.rename(former, folder)
        if no_room(error):
            raise ModelError.unwritable(
                "the model cannot be written", error, file=folder
            ) from error
        raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)
