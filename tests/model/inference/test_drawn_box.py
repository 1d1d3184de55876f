"""A box drawn by hand: landmarks of the detector where it sees the face, else of a template."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from model.inference.drawn_box import TEMPLATE, face_in_box
from tests.stubs import colour_graph, plain


def tagger_with(found):
    """Detects the given (box, landmarks), in the coordinates of what it is shown."""
    graph, seen = colour_graph(), []

    def detect(image, min_score):
        seen.append((image.shape, float(min_score)))
        return {
            "boxes": tf.constant(np.float32([box for box, _ in found]).reshape(-1, 4)),
            "landmarks": tf.constant(np.float32([p for _, p in found]).reshape(-1, 5, 2)),
        }

    functions = {"detect": detect, "embed": graph.embed, "name_photo": graph.name_photo}
    return SimpleNamespace(functions=functions, keep=graph, stepping=nullcontext), seen


BOX = (100.0, 60.0, 120.0, 84.0)


def test_without_a_detection_the_template_lies_in_the_box_and_the_face_is_named():
    image = plain(200, 300, (200, 0, 0))
    tagger, seen = tagger_with([])
    face = face_in_box(tagger, image, BOX)
    np.testing.assert_allclose(face.landmarks, [100, 60] + TEMPLATE * [20, 24], rtol=0, atol=1e-3)
    assert face.name == "Red" and abs(np.linalg.norm(face.embedding) - 1) < 1e-5
    assert face.box.tolist() == list(BOX) and face.score == 1.0
    [(shape, score)] = seen
    assert score < 0.1 and shape[0] == pytest.approx(
        160 * 60 / 24, abs=8
    )  # a small face is enlarged


def test_the_landmarks_of_the_best_overlapping_face_come_back_in_the_photos_pixels():
    image = plain(200, 300, (0, 200, 0))
    scale = 160 / 24
    corner = np.floor(np.float32(BOX[:2]) - 0.75 * 24)
    points = np.float32([(105, 66), (115, 66), (110, 72), (106, 78), (114, 78)])
    near = (np.float32([(101, 61), (121, 85)]) - corner) * scale
    other = near + 90
    found = [
        (other.ravel(), (points - corner) * scale + 90),
        (near.ravel(), (points - corner) * scale),
    ]
    tagger, _ = tagger_with(found)
    face = face_in_box(tagger, image, BOX)
    np.testing.assert_allclose(face.landmarks, points, rtol=0, atol=0.3)
    assert face.name == "Grün"


@pytest.mark.parametrize("box", [(0, 0, 3, 3), (290, 190, 300, 200), (0, 0, 300, 200)])
def test_boxes_at_the_edge_and_of_any_size(box):
    image = plain(200, 300, (0, 0, 200))
    tagger, _ = tagger_with([])
    assert face_in_box(tagger, image, box).name == "蓝"


def test_the_real_networks_agree_with_themselves(untrained_tagger, face, astronaut, monkeypatch):
    tagger = untrained_tagger
    (found,) = tagger.tag(astronaut).faces
    drawn = face_in_box(tagger, astronaut, face.box + np.float32([-6, 4, 5, 8]))
    assert drawn.name is None and float(drawn.embedding @ found.embedding) > 0.97
    # Where nothing is detected the template has to do.
    nothing = {"boxes": tf.zeros([0, 4]), "landmarks": tf.zeros([0, 5, 2])}
    monkeypatch.setitem(tagger.functions, "detect", lambda **_: nothing)
    guessed = face_in_box(tagger, astronaut, face.box + np.float32([-6, 4, 5, 8]))
    # Without age two photos of one person have .80 on average, and those of two people .61 at most.
    assert float(guessed.embedding @ found.embedding) > 0.8
