"""Faces of training photos are the same whether the networks run step by step or as graphs."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model.graph_function import GraphFunction
from model.zoo.catalogue import KINDRED, RESNET29
from model.zoo.networks import load_detector, load_embedder
from tests.faces import astronaut
from tests.pictures import encoded
from tests.stubs import ColourEmbedder
from training.dataset import face_finder as faces
from training.dataset.face_finder import FaceFinder


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "astronaut.png"
    path.write_bytes(encoded(astronaut(), "PNG"))
    return str(path)


def test_the_first_photos_do_not_wait_for_graphs(photo, monkeypatch):
    monkeypatch.setattr(faces, "STEP_BY_STEP", 1)
    detector, embedder = load_detector(KINDRED), load_embedder(RESNET29)
    finder = FaceFinder(detector, embedder, KINDRED.min_score)
    traced = embedder.graph.traced.experimental_get_tracing_count
    sightings = finder.look_at([("", photo)] * 2)
    [stepped] = next(sightings).faces
    assert traced() == 0
    [traced_face] = next(sightings).faces
    assert traced() == 1
    np.testing.assert_allclose(stepped.box, traced_face.box, rtol=0, atol=1e-2)
    np.testing.assert_allclose(stepped.embedding, traced_face.embedding, rtol=0, atol=1e-4)
    np.testing.assert_allclose(stepped.quality, traced_face.quality, rtol=0, atol=1e-4)


class Broken:
    def detect(self, image, min_score):
        raise RuntimeError("broken")


def test_a_failure_leaves_graphs_as_they_were(photo):
    finder = FaceFinder(Broken(), ColourEmbedder(), 0.5)
    with pytest.raises(RuntimeError, match="broken"):
        list(finder.look_at([("", photo)]))
    identity = GraphFunction(lambda number: number, tf.TensorSpec([], tf.float32))
    identity(tf.constant(1.0))
    assert identity.traced.experimental_get_tracing_count() == 1
