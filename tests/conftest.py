"""What many tests need and is slow to make: the default networks, a real face, a trained model."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests import faces
from tests.pictures import encoded


@pytest.fixture(scope="session", autouse=True)
def home_of_the_tests(tmp_path_factory):
    """`KINDRED_HOME` is an empty folder: no test sees, or changes, what the user has."""
    former = os.environ.get("KINDRED_HOME")
    folder = tmp_path_factory.mktemp("kindred_home")
    os.environ["KINDRED_HOME"] = str(folder)
    yield folder
    if former is None:
        del os.environ["KINDRED_HOME"]
    else:
        os.environ["KINDRED_HOME"] = former


@pytest.fixture
def fresh_home(tmp_path, monkeypatch) -> Path:
    """A `KINDRED_HOME` of the test's own, which does not exist yet."""
    folder = tmp_path / "fresh home"
    monkeypatch.setenv("KINDRED_HOME", str(folder))
    return folder


@pytest.fixture
def few_steps(monkeypatch):
    """Prototypes, which start at the means, are fitted by 25 steps instead of 200."""
    monkeypatch.setattr("training.classifier.prototypes.EPOCHS", 1)
    monkeypatch.setattr("training.classifier.prototypes.STEPS", 25)


@pytest.fixture
def eager(monkeypatch):
    """Keras takes its steps one by one: tracing a graph takes longer than a few of them."""
    import keras

    monkeypatch.setattr(keras.Model, "run_eagerly", property(lambda _: True, lambda *_: None))


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """uint8 [512, 512, 3] with one face; not to be written to."""
    picture = faces.astronaut()
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def detector():
    """The detector that comes with the installation."""
    from model.zoo.catalogue import MTCNN
    from model.zoo.networks import load_detector

    return load_detector(MTCNN)


@pytest.fixture(scope="session")
def cascade(detector):
    """The same without the search in parts and turned photos."""
    return detector.detector


@pytest.fixture(scope="session")
def shipped_detector():
    """Our own detector, the default one; not to be changed."""
    from model.zoo.catalogue import KINDRED
    from model.zoo.networks import load_detector

    return load_detector(KINDRED)


@pytest.fixture(scope="session")
def embedder():
    """The embedder that comes with the installation, in its own space: age is left in."""
    from model.zoo.catalogue import RESNET29
    from model.zoo.networks import load_embedder

    return load_embedder(RESNET29, correct_age=False)


@pytest.fixture(scope="session")
def find(detector):
    """Photo (and least score) to boxes, landmarks and scores, as arrays: the detector's graph."""
    return _finder(detector)


@pytest.fixture(scope="session")
def find_upright(cascade):
    """The same for the cascade alone."""
    return _finder(cascade)


def _finder(detector):
    import tensorflow as tf

    from model.graph import IMAGE, MIN_SCORE

    graph = tf.function(detector.detect, input_signature=[IMAGE, MIN_SCORE])

    def run(image: np.ndarray, min_score: float = 0.8) -> tuple[np.ndarray, ...]:
        return tuple(x.numpy() for x in graph(tf.constant(image), min_score))

    run.graph = graph
    return run


@pytest.fixture(scope="session")
def embed(embedder):
    """Photo and landmarks to embeddings, as an array: the embedder's graph."""
    import tensorflow as tf

    from model.graph import IMAGE, LANDMARKS

    graph = tf.function(embedder.embed, input_signature=[IMAGE, LANDMARKS])

    def run(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return graph(tf.constant(image), tf.constant(landmarks, tf.float32)).numpy()

    return run


@dataclass(frozen=True)
class Face:
    """The astronaut's face, as the default networks see it."""

    box: np.ndarray
    landmarks: np.ndarray
    score: float
    embedding: np.ndarray


@pytest.fixture(scope="session")
def face(astronaut, find, embed) -> Face:
    boxes, landmarks, scores = find(astronaut)
    assert len(boxes) == 1
    return Face(boxes[0], landmarks[0], float(scores[0]), embed(astronaut, landmarks)[0])


EILEEN, LEI = "Eileen Collins", "李 雷 👪"


@pytest.fixture(scope="session")
def family(tmp_path_factory) -> Path:
    """Two people's photos, and everything that goes wrong in family folders."""
    folder = tmp_path_factory.mktemp("family")
    eileen, lei = faces.astronaut(), faces.portrait(26)
    half = faces.resized(eileen, 0.5)
    blurred = faces.resized(faces.resized(eileen, 1 / 8), 8)
    party = faces.on_black(
        512, 900, (eileen, 0, 0), (faces.resized(faces.portrait(0), 1.2), 520, 80)
    )
    photos = {
        EILEEN: {
            "portrait.png": eileen,
            "mirror.png": faces.mirrored(eileen),
            "evening.png": faces.darker(eileen),
            "2019/tilted.png": faces.turned(eileen, 8),
            "2019/party.png": party,
            "copy of portrait.png": eileen,
            "blurred.png": blurred,
            "sky.png": np.full((90, 120, 3), 180, np.uint8),
            "friend.png": faces.resized(lei, 0.9),
        },
        LEI: {
            "1.png": lei,
            "2.png": faces.mirrored(lei),
            "3.png": faces.darker(lei, 0.7),
            "4.png": faces.turned(lei, 6),
            "5.png": faces.resized(lei, 1.3),
        },
        "Nobody": {"night.png": np.zeros((64, 64, 3), np.uint8)},
    }
    for name, files in photos.items():
        for file, picture in files.items():
            path = folder / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(picture))
    (folder / EILEEN / "broken.png").write_bytes(encoded(half)[:5000])
    (folder / "empty").mkdir()
    (folder / "loose.png").write_bytes(encoded(half))
    return folder


@pytest.fixture(scope="session")
def trained(family, tmp_path_factory):
    """The report of `train` on that family; `trained.model` is the model folder."""
    from training.train import train

    return train(family, tmp_path_factory.mktemp("model") / "family model")


@pytest.fixture(scope="session")
def trained_tagger(trained):
    """What tags with that model; not to be changed."""
    from model.inference.tagger import Tagger

    return Tagger.load(trained.model)


@pytest.fixture(scope="session")
def untrained_tagger():
    """What tags with the networks of the installation; not to be changed."""
    from model.inference.tagger import Tagger

    return Tagger.untrained()


@pytest.fixture(scope="session")
def colour_model(tmp_path_factory) -> Path:
    """A model that knows "Red", "Grün" and "蓝" by their colours; not to be written to."""
    from tests.training.test_export import export_colours

    folder = tmp_path_factory.mktemp("colours") / "model"
    export_colours(folder)
    return folder
