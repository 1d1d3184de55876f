"""Checkers that many tests share: of a Keras model, of detections, of an exported model folder."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

# Name: what goes in and what comes out, as (dtype, shape); "D" is the length of an embedding.
FACES = {
    "boxes": (tf.float32, [None, 4]),
    "landmarks": (tf.float32, [None, 5, 2]),
    "scores": (tf.float32, [None]),
}
EMBEDDINGS = {"embeddings": (tf.float32, [None, "D"])}
NAMES = {"names": (tf.string, [None]), "confidences": (tf.float32, [None])}
IMAGE = {"image": (tf.uint8, [None, None, 3])}
CONTRACT = {
    "tag": (IMAGE, {**FACES, **NAMES, **EMBEDDINGS}),
    "serving_default": (IMAGE, {**FACES, **NAMES, **EMBEDDINGS}),
    "detect": ({**IMAGE, "min_score": (tf.float32, [])}, FACES),
    "embed": ({**IMAGE, "landmarks": FACES["landmarks"]}, EMBEDDINGS),
}
MANIFEST_KEYS = {
    "format",
    "created",
    "people",
    "networks",
    "embedding_dimension",
    "thresholds",
    "training",
    "measured",
    "versions",
}


def check_model(
    model: keras.Model,
    input_shape: tuple[int, ...],
    output_shapes: list[tuple[int, ...]],
    folder: Path | None = None,
) -> None:
    """One example is a batch of one, results are finite, and a saved model gives the same.

    Args:
        input_shape, output_shapes: Of one example, without the batch.
        folder: Where the model may be saved; without it that is not checked.
    """
    batch = np.random.default_rng(0).uniform(-1, 1, (3, *input_shape)).astype(np.float32)

    def run(network, inputs) -> list[np.ndarray]:
        return [np.asarray(x) for x in keras.tree.flatten(network(inputs, training=False))]

    outputs = run(model, batch)
    assert [x.shape for x in outputs] == [(3, *shape) for shape in output_shapes]
    assert all(x.dtype == np.float32 and np.isfinite(x).all() for x in outputs)
    for whole, alone in zip(outputs, run(model, batch[1:2]), strict=True):
        np.testing.assert_allclose(alone, whole[1:2], rtol=0, atol=1e-5)
    if folder is not None:
        model.save(folder / "model.keras")
        again = keras.saving.load_model(folder / "model.keras")
        assert again is not model
        for one, other in zip(outputs, run(again, batch), strict=True):
            np.testing.assert_allclose(other, one, rtol=0, atol=1e-6)


def check_faces(boxes, landmarks, scores, image_shape, count: int | None = None) -> None:
    """Full rank and dtype however many there are, best first, boxes inside the picture."""
    boxes, landmarks, scores = (np.asarray(x) for x in (boxes, landmarks, scores))
    number = len(boxes)
    assert count is None or number == count
    assert (boxes.shape, landmarks.shape, scores.shape) == ((number, 4), (number, 5, 2), (number,))
    assert all(x.dtype == np.float32 for x in (boxes, landmarks, scores))
    assert np.isfinite(landmarks).all()
    assert (np.diff(scores) <= 0).all() and (scores >= 0).all() and (scores <= 1).all()
    height, width = image_shape[:2]
    assert (boxes >= 0).all() and (boxes <= [width, height, width, height]).all()
    assert (boxes[:, 2:] >= boxes[:, :2]).all()


def check_unit(embeddings) -> None:
    """float32 [N, D], every row of length 1."""
    embeddings = np.asarray(embeddings)
    assert embeddings.dtype == np.float32 and embeddings.ndim == 2
    lengths = np.linalg.norm(embeddings, axis=1)
    np.testing.assert_allclose(lengths, np.ones_like(lengths), rtol=0, atol=1e-5)


def check_export(folder: Path) -> dict:
    """A model folder keeps the contract with every reader of it; returns its manifest."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert set(manifest) >= MANIFEST_KEYS, MANIFEST_KEYS - set(manifest)
    assert manifest["format"] == 1
    for network in manifest["networks"].values():
        assert network["licence"] and network["name"]
        assert all(len(sha) == 64 for sha in network["files"].values())
    people = (folder / "assets" / "people.txt").read_bytes().decode("utf-8")
    assert people.split("\n") == [*manifest["people"], ""]
    dimension = manifest["embedding_dimension"]
    model = tf.saved_model.load(str(folder))
    for name, (inputs, outputs) in CONTRACT.items():
        signature = model.signatures[name]
        _, received = signature.structured_input_signature
        assert _described(received) == _expected(inputs, dimension), name
        assert _described(signature.structured_outputs) == _expected(outputs, dimension), name
    for size in ((64, 48), (1, 1), (33, 120)):  # one graph for all sizes
        image = tf.zeros([*size, 3], tf.uint8)
        found = model.signatures["tag"](image=image)
        served = model.signatures["serving_default"](image=image)
        check_faces(found["boxes"], found["landmarks"], found["scores"], size)
        assert found["embeddings"].shape == [len(found["boxes"]), dimension]
        for key, value in found.items():
            np.testing.assert_array_equal(value.numpy(), served[key].numpy())
    return manifest


def _described(specs: dict) -> dict:
    return {name: (spec.dtype, spec.shape.as_list()) for name, spec in specs.items()}


def _expected(specs: dict, dimension: int) -> dict:
    return {
        name: (dtype, [dimension if side == "D" else side for side in shape])
        for name, (dtype, shape) in specs.items()
    }
