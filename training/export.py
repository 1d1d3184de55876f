"""Writes the model folder: a SavedModel, the people and the manifest, all or nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from data.errors import ModelError, no_room
from data.recognition.head_file import write_head
from data.recognition.identity import CODE
from data.recognition.scoring import HeadState
from model.classifier.head import Head
from model.graph import FaceGraph
from model.graph_key import describe_graph, graph_key
from model.manifest import FILE, FORMAT, read_manifest
from model.zoo.specs import DetectorSpec, EmbedderSpec
from training.reuse_graph import copy_graph, reuse_graph

DRAFT_SECONDS = 3600.0  # after which nobody writes a draft any more


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
    key = graph_key(networks, graph.min_score) if state.people else None
    manifest = {
        "format": FORMAT,
        "code": CODE,
        "networks": {
            network.task: {
                **network.identity,
                "licence": network.licence,
                **changed.get(network.task, {}),
            }
            for network in networks
        },
        "embedding_dimension": int(state.prototypes.shape[1]),
        **_described(state, graph.min_score),
        **training,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
    with _replacing(folder) as draft:
        # A graph without anybody has no classifier, and tuned weights are one family's alone.
        reused = key is not None and former is not None and not fine_tuned
        reused = reused and reuse_graph(former, draft, graph.head, key)
        if not reused:
            tf.saved_model.save(graph, os.fspath(draft), signatures=graph.signatures())
        if key is not None:
            manifest["graph"] = describe_graph(draft, key) | changed.get("embedder", {})
        _write_notes(draft, state, manifest, card)
        require_same_answers(graph, draft)


def export_classifier(
    former: Path, folder: Path, state: HeadState, *, training: dict, card: str | None = None
) -> None:
    """Writes a former model with another classifier: graph and networks are copied.

    Args:
        former: A model folder; it may be `folder`.
        folder, training, card: As of `export`.
        state: The classifier, of at least one person.

    Raises:
        ModelError: If that does not work with this model, or it names others when it is reloaded.
    """
    refuse_other_content(folder)
    manifest = read_manifest(former)
    manifest |= _described(state, manifest["thresholds"]["detection_score"]) | training
    head = Head(state)
    with _replacing(folder) as draft:
        if not copy_graph(former, draft, head):
            raise ModelError(
                "nothing can be added to this model",
                file=former,
                remedy="Train it again with this version",
            )
        _write_notes(draft, state, manifest, card)
        _check_names(head, tf.saved_model.load(os.fspath(draft)).signatures)


def _described(state: HeadState, min_score: float) -> dict:
    """What the manifest says of a classifier, and of now."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "people": list(state.people),
        "thresholds": {
            "detection_score": min_score,
            "name_probability": round(state.threshold, 6),
            "calibration": {"slope": round(state.slope, 6), "centre": round(state.centre, 6)},
        },
    }


def _write_notes(draft: Path, state: HeadState, manifest: dict, card: str | None) -> None:
    people = "".join(f"{name}\n" for name in state.people)
    (draft / "assets" / "people.txt").write_text(people, encoding="utf-8")
    # Beside the graph, for whoever asks without it: who is nearest, which photo of which file.
    write_head(draft / "assets" / "exemplars.npz", state)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (draft / FILE).write_text(text + "\n", encoding="utf-8")
    if card is not None:
        (draft / "card.html").write_text(card, encoding="utf-8")


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


def require_same_answers(graph: FaceGraph, folder: Path) -> None:
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
    _require_equal(embedding, received)
    _check_names(graph.head, again)


def _check_names(head: Head, signatures) -> None:
    """The same of the classifier alone."""
    state = head.state
    others = np.random.default_rng(0).normal(size=(20, state.prototypes.shape[1]))
    faces = np.concatenate([state.exemplars[:100], others])
    faces = tf.constant(faces / np.linalg.norm(faces, axis=1, keepdims=True), tf.float32)
    names, confidences = head.classify(faces)
    named = signatures["name"](embeddings=faces)
    _require_equal(confidences, named["confidences"])
    if not tf.reduce_all(names == named["names"]):
        raise ModelError("the written model gives other names than the trained one")


def _require_equal(trained: tf.Tensor, written: tf.Tensor) -> None:
    most = float(tf.reduce_max(tf.abs(trained - written)))
    if not most < 1e-5:
        raise ModelError(f"the written model differs from the trained one by {most:.2g}")


def _remove_left_drafts(folder: Path) -> None:
    """Removes drafts of this folder that a process left which was killed while it wrote them."""
    for draft in folder.parent.glob(f".{folder.name}.*"):
        with contextlib.suppress(OSError):
            if folder.exists() and time.time() - draft.stat().st_mtime > DRAFT_SECONDS:
                shutil.rmtree(draft)


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A draft folder beside `folder`, which takes its place when the block ends well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_drafts(folder)
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
