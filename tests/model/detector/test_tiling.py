"""Where a detector looks: whole photos, parts of panoramas, photos that lie on their side."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model.detector.tiling import Search, turned_back


class RedDetector(tf.Module):
    """Finds the red rectangle of a picture, if its brighter end is up and it is not small."""

    def __init__(self, least_share=0.0, score=0.97, copies=1):
        super().__init__()
        self.second_look, self.copies = None, copies
        self.least_share, self.score, self.seen = least_share, score, []

    def detect(self, image, min_score):
        boxes, landmarks, scores = tf.numpy_function(
            self._detect, [image, min_score], [tf.float32] * 3
        )
        boxes, scores = tf.ensure_shape(boxes, [None, 4]), tf.ensure_shape(scores, [None])
        return boxes, tf.ensure_shape(landmarks, [None, 5, 2]), scores

    def _detect(self, image, min_score):
        self.seen.append(image.shape[:2])
        rows, columns = np.nonzero((image[..., 0] > 200) & (image[..., 1] < 100))
        faces = np.zeros((0, 4), np.float32)
        if len(rows):
            x0, x1, y0, y1 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
            column = (x0 + x1) // 2
            upright = y1 - y0 > x1 - x0 and image[y0 + 1, column, 0] > image[y1 - 2, column, 0]
            if upright and (x1 - x0) / max(image.shape) >= self.least_share:
                faces = np.array([[x0, y0, x1, y1]], np.float32)
        if self.score < min_score:
            faces = faces[:0]
        faces = np.repeat(faces, self.copies, axis=0)
        corner = faces[:, None, :2] + np.arange(5, dtype=np.float32)[:, None]
        scores = np.full(len(faces), self.score, np.float32)
        return faces, corner.astype(np.float32), scores


def photo(height, width, box):
    image = np.full((height, width, 3), 90, np.uint8)
    x0, y0, x1, y1 = box
    image[y0:y1, x0:x1] = (255, 0, 0)
    image[(y0 + y1) // 2 : y1, x0:x1] = (230, 0, 0)
    return tf.constant(image)


def found(detector, image, min_score=0.5):
    boxes, landmarks, scores = Search(detector).detect(image, tf.constant(min_score))
    return boxes.numpy(), landmarks.numpy(), scores.numpy()


def test_an_upright_face_is_found_at_one_look():
    detector = RedDetector()
    boxes, _, _ = found(detector, photo(60, 90, (10, 20, 20, 40)))
    assert boxes.tolist() == [[10, 20, 20, 40]] and detector.seen == [(60, 90)]


@pytest.mark.parametrize("turns", [1, 3])
def test_a_face_on_its_side_is_found_where_it_lies(turns):
    upright = photo(60, 90, (10, 20, 20, 40))
    expected = found(RedDetector(), upright)
    lying = tf.image.rot90(upright, turns)
    boxes, landmarks, scores = found(RedDetector(), lying)
    image = lying.numpy()
    x0, y0, x1, y1 = boxes[0].astype(int)
    assert (image[y0:y1, x0:x1, 0] >= 230).all() and (x1 - x0, y1 - y0) == (20, 10)
    # The landmarks lie where the same points of the upright photo went.
    back = turned_back(tf.constant(landmarks), turns, np.array([60, 90], np.float32))
    np.testing.assert_allclose(back, expected[1], atol=1e-4)
    assert scores.tolist() == pytest.approx([0.97])


def test_a_large_photo_on_its_side_is_found_in_its_own_pixels():
    lying = tf.image.rot90(photo(900, 1200, (300, 400, 400, 600)), 1)
    boxes, _, _ = found(RedDetector(), lying)
    x0, y0, x1, y1 = boxes[0]
    inside = lying.numpy()[int(y0) + 3 : int(y1) - 3, int(x0) + 3 : int(x1) - 3, 0]
    assert (inside >= 230).all() and (x1 - x0, y1 - y0) == pytest.approx((200, 100), abs=6)


@pytest.mark.parametrize("score, faces", [(0.55, 0), (0.65, 3)])
def test_turned_faces_must_be_surer(score, faces):
    lying = tf.image.rot90(photo(60, 90, (10, 20, 20, 40)), 1)
    assert len(found(RedDetector(score=score, copies=3), lying)[0]) == faces


@pytest.mark.parametrize("box", [(10, 20, 30, 60), (50, 20, 250, 280)])
@pytest.mark.parametrize("score, faces", [(0.8, 0), (0.9, 1)])
def test_one_face_is_worth_a_turn_only_if_it_is_sure(box, score, faces):
    lying = tf.image.rot90(photo(300, 400, box), 1)
    assert len(found(RedDetector(score=score), lying)[0]) == faces


class FixedDetector(tf.Module):
    """Finds the same faces in every picture, best first; they look upright."""

    def __init__(self, boxes, scores):
        super().__init__()
        self.second_look = None
        self.boxes, self.scores = np.array(boxes, np.float32), np.array(scores, np.float32)

    def detect(self, image, min_score):
        points = tf.constant([[0.3, 0.3], [0.7, 0.3], [0.5, 0.5], [0.35, 0.7], [0.65, 0.7]])
        corner, size = self.boxes[:, None, :2], (self.boxes[:, 2:] - self.boxes[:, :2])[:, None]
        return tf.constant(self.boxes), corner + points * size, tf.constant(self.scores)


HEAD = [100, 100, 200, 200]


@pytest.mark.parametrize(
    "other, score, stay",
    [
        ([120, 120, 180, 180], 0.6, 1),  # a part of the face
        ([90, 90, 260, 260], 0.6, 1),  # the face with what is round it
        ([120, 120, 180, 180], 0.97, 2),  # a child before its father: as sure
        ([170, 100, 270, 200], 0.6, 2),  # cheek to cheek: they share .3
        ([150, 110, 250, 210], 0.96, 2),  # one half before the other
    ],
)
def test_a_box_that_a_much_surer_one_covers_goes_and_heads_cheek_to_cheek_stay(other, score, stay):
    picture = np.zeros((300, 300, 3), np.uint8)
    boxes, landmarks, scores = found(FixedDetector([HEAD, other], [0.98, score]), picture)
    assert boxes.tolist() == [HEAD, other][:stay]
    assert len(landmarks) == len(scores) == stay


@pytest.mark.parametrize("turns", range(4))
def test_faces_say_from_which_side_they_stand(turns, astronaut, shipped_detector):
    look = shipped_detector.second_look
    lying = np.ascontiguousarray(np.rot90(astronaut, turns))
    corners = np.array([[[182, 64], [265, 171]]], np.float32)
    for _ in range(turns):  # as `np.rot90` turns them
        corners = np.stack([corners[..., 1], 512 - corners[..., 0]], axis=-1)
    boxes = np.concatenate([corners.min(1), corners.max(1)], axis=1)
    odds = look.standing(lying, boxes).numpy()
    assert odds.shape == (1, 4) and odds.argmax() == -turns % 4
    assert np.sort(odds[0])[-1] - np.sort(odds[0])[-2] > 3.0
    assert look.standing(lying, boxes[:0]).shape == (0, 4)


@pytest.mark.parametrize("turns", range(1, 4))
def test_our_detector_finds_a_photo_from_each_side(turns, astronaut, shipped_detector):
    (upright, points, _), (boxes, landmarks, _) = (
        [
            part.numpy()
            for part in shipped_detector.detect(np.ascontiguousarray(np.rot90(astronaut, n)), 0.5)
        ]
        for n in (0, turns)
    )
    back = turned_back(tf.constant(boxes.reshape(-1, 2, 2)), turns, np.float32([512, 512]))
    assert len(upright) == len(boxes) == 1
    corners = np.concatenate([np.min(back, 1), np.max(back, 1)], axis=1)
    np.testing.assert_allclose(corners, upright, atol=1.0)
    back = turned_back(tf.constant(landmarks), turns, np.float32([512, 512]))
    np.testing.assert_allclose(back, points, atol=1.0)


def test_nothing_stays_nothing_of_full_rank():
    boxes, landmarks, scores = found(RedDetector(), photo(60, 90, (0, 0, 0, 0)))
    assert boxes.shape == (0, 4) and landmarks.shape == (0, 5, 2) and scores.shape == (0,)
    assert boxes.dtype == landmarks.dtype == scores.dtype == np.float32


@pytest.mark.parametrize("place", [0, 130, 155, 480, 588])
@pytest.mark.parametrize("upended", [False, True])
def test_parts_of_a_panorama_are_searched_closely(place, upended):
    image, box = photo(100, 600, (place, 40, place + 12, 60)), [place, 40, place + 12, 60]
    if upended:
        image = photo(600, 100, (40, place, 52, place + 20 if place < 580 else 600))
        box = [40, place, 52, min(place + 20, 600)]
        if box[3] - box[1] <= 12:
            pytest.skip("no longer higher than wide")
    detector = RedDetector(least_share=0.05)  # too small in the whole, large enough in a part
    boxes, _, _ = found(detector, image)
    assert boxes.tolist() == [box]
    assert max(max(size) for size in detector.seen[1:]) <= 150


def test_a_face_seen_in_two_parts_is_one():
    boxes, _, _ = found(RedDetector(), photo(100, 600, (120, 40, 140, 80)))
    assert boxes.tolist() == [[120, 40, 140, 80]]


def test_runs_as_one_graph_for_all_sizes(detector, astronaut):
    run = tf.function(
        detector.detect,
        input_signature=[tf.TensorSpec([None, None, 3], tf.uint8), tf.TensorSpec([], tf.float32)],
    )
    upright = run(astronaut, 0.8)[0].numpy()
    lying, marks, _ = (x.numpy() for x in run(np.ascontiguousarray(np.rot90(astronaut)), 0.8))
    assert len(upright) == len(lying) == 1
    side = astronaut.shape[1]
    x0, y0, x1, y1 = lying[0]
    expected = [side - y1, x0, side - y0, x1]
    np.testing.assert_allclose(upright[0], expected, atol=8)
    assert marks[0, 0, 1] > marks[0, 1, 1]  # the left eye of a face turned to the left is below
    wide = np.concatenate([np.full((512, 1600, 3), 114, np.uint8), astronaut], axis=1)
    assert len(run(wide, 0.8)[0]) == 1
    assert run.experimental_get_tracing_count() == 1
