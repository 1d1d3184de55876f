"""The second look: O-Net's landmarks, the votes by hand, and what a threshold means after them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from skimage import data as pictures

from model.detector.second_look.refinement import SecondLook

BOXES = np.array(
    [[10, 10, 50, 50], [60, 60, 70, 70], [60, 60, 67, 67], [20, 20, 60, 60]], np.float32
)
SCORES = np.array([0.5, 0.5, 0.5, 0.09], np.float32)
# Large; small: judged, but its landmarks stay; too small; hardly a face.
LARGE, SMALL = 0, 1
LANDMARKS = np.zeros((4, 5, 2), np.float32)
IMAGE = np.zeros((80, 80, 3), np.uint8)


def judging(probability: float):
    """A network that sees every point in the middle of the window, and is always as sure."""

    def network(windows):
        count = tf.shape(windows)[0]
        sure = tf.tile([[1.0 - probability, probability]], [count, 1])
        offsets, points = tf.zeros([count, 4]), tf.fill([count, 10], 0.5)
        return [offsets, points, sure] if windows.shape[1] == 48 else [offsets, sure]

    return network


FACE = np.array([[-15, -16], [15, -16], [0, 0], [-12, 16], [12, 16]], np.float32)


def turned(points, degrees):
    """Clockwise round the origin, y downwards."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (points @ np.array([[cosine, sine], [-sine, cosine]])).astype(np.float32)


@pytest.mark.parametrize(
    "onet, rnet, voted",
    [
        (0.5, 0.5, 0.5),
        (0.9, 0.5, 0.5547),  # sigmoid(0.1 * log 9)
        (0.5, 0.9, 0.5547),
        (0.9, 0.9, 0.6081),  # sigmoid(0.2 * log 9)
        (0.9, 0.1, 0.5),
        (1.0, 1.0, 0.7311),  # sigmoid(2 * 0.5): a vote has its limit
        (0.0, 0.5, 0.3775),  # sigmoid(-0.5)
    ],
)
def test_the_votes_by_hand(onet, rnet, voted):
    look = SecondLook(judging(onet), judging(rnet))
    landmarks, scores = look.refine(IMAGE, BOXES, LANDMARKS, SCORES, 0.1)
    np.testing.assert_allclose(scores, [voted, voted, 0.5, 0.09], atol=1e-4)
    # 41 pixels wide, as O-Net counts, and a pixel to the left.
    np.testing.assert_allclose(landmarks[LARGE], np.full((5, 2), 10 - 1 + 20.5), atol=1e-3)
    np.testing.assert_array_equal(landmarks[SMALL:], LANDMARKS[SMALL:])


@pytest.mark.parametrize(
    ("odds", "side", "voted"),
    [
        (0.0, 80, 0.5),
        (9.0, 80, 0.5),  # it says nothing for a face
        (-2.0, 80, 0.1192),  # sigmoid(-2)
        (-2.0, 64, 0.2689),  # half of it: sigmoid(-1)
        (-2.0, 48, 0.5),  # nothing
        (-9.0, 200, 0.0759),  # sigmoid(-2.5), the most
    ],
)
def test_the_veto_by_hand(odds, side, voted):
    def verifier(windows):
        assert windows.shape[1:] == (48, 48, 3)
        return tf.fill([tf.shape(windows)[0], 1], odds)

    look = SecondLook(judging(0.5), judging(0.5), verifier)
    box = np.float32([[10, 10, 10 + side, 10 + side], [0, 0, 40, 40]])
    _, scores = look.refine(IMAGE, box, LANDMARKS[:2], np.float32([0.5, 0.5]), 0.1)
    np.testing.assert_allclose(scores, [voted, 0.5], atol=1e-4)


def test_how_large_a_face_is_counts_as_the_search_saw_it():
    """The votes and the veto, in pixels of an image that is twice as large."""
    look = SecondLook(judging(0.9), judging(0.5), lambda windows: tf.fill([len(windows), 1], -2.0))
    sides = np.float32([160, 90, 20, 14])  # of which the search saw half
    box = np.stack([sides * 0, sides * 0, sides, sides], axis=1)
    landmarks, scores = look.refine(IMAGE, box, LANDMARKS, SCORES * 0 + 0.5, 0.1, (0.5, 0.5))
    # sigmoid(0.1 log 9 - 2): all of the veto; none of it; a vote alone; and too small for one.
    np.testing.assert_allclose(scores, [0.1443, 0.5547, 0.5547, 0.5], atol=1e-4)
    moved = np.any(landmarks != LANDMARKS, axis=(1, 2))
    assert moved.tolist() == [True, True, False, False]


def test_the_verifier_sees_what_is_round_a_face():
    """The face is 48 / 1.36 = 35 pixels of the window."""
    seen = []

    def verifier(windows):
        seen.append(windows.numpy())
        return tf.zeros([tf.shape(windows)[0], 1])

    image = np.zeros((200, 200, 3), np.uint8)
    image[50:150, 50:150] = 255
    SecondLook(judging(0.5), judging(0.5), verifier).refine(
        image, np.float32([[50, 50, 150, 150]]), LANDMARKS[:1] + np.float32(90), SCORES[:1], 0.1
    )
    window = seen[0][0, :, :, 0]
    assert (window > 0).any(axis=0).sum() == pytest.approx(35, abs=1)
    np.testing.assert_array_equal(seen[0][1], seen[0][0, :, ::-1])  # and in the mirror


def test_a_face_that_cannot_reach_the_threshold_is_not_looked_at():
    look = SecondLook(judging(1.0), judging(1.0))
    for min_score, reached in ((0.731, 0.7311), (0.732, 0.5)):  # sigmoid(2 * 0.5) = .7311
        _, scores = look.refine(IMAGE, BOXES, LANDMARKS, SCORES, min_score)
        assert float(scores[LARGE]) == pytest.approx(reached, abs=1e-4)


def test_the_mirror_image_counts_as_much():
    """The left eye is on the bright line, all else in the middle; in the mirror it is the right."""

    def network(windows):
        count = tf.shape(windows)[0]
        line = tf.argmax(tf.reduce_mean(windows, axis=[1, 3]), axis=1)
        left_eye = tf.cast(line, tf.float32)[:, None] / 47.0
        points = tf.concat([left_eye, tf.fill([count, 9], 0.5)], axis=1)
        sure = 0.5 + 0.4 * tf.sign(left_eye - 0.5)
        return [tf.zeros([count, 4]), points, tf.concat([1.0 - sure, sure], axis=1)]

    image = IMAGE.copy()
    image[:, 46:48] = 255  # in the first box, of 10 to 50, at nine tenths
    points, sure = SecondLook(network, judging(0.5)).landmarks_in(image, BOXES[:1])
    middle, line = 10 - 1 + 20.5, 10 - 1 + 0.91 * 41
    x = [(line + middle) / 2, (line + middle) / 2, middle, middle, middle]
    np.testing.assert_allclose(points[0, :, 0], x, atol=1.0)  # a pixel of the window
    np.testing.assert_allclose(points[0, :, 1], middle, atol=1e-3)
    np.testing.assert_allclose(sure, 0.5, atol=1e-5)  # .9 here and .1 in the mirror


@pytest.mark.parametrize("degrees", [-40, 25])
def test_the_landmarks_of_a_tilted_face_are_those_of_the_upright_one(degrees, shipped_detector):
    look = shipped_detector.detector.second_look
    photo = Image.fromarray(pictures.astronaut())
    middle, score = np.array([224, 118], np.float32), np.array([0.9], np.float32)
    box = np.array([[*(middle - 50), *(middle + 50)]], np.float32)
    tilted = photo.rotate(-degrees, Image.Resampling.BICUBIC, center=tuple(middle))
    found = []
    for image, points in ((photo, FACE), (tilted, turned(FACE, degrees))):
        points, scores = look.refine(np.asarray(image), box, points[None] + middle, score, 0.5)
        found.append((points[0].numpy() - middle, float(scores[0])))
    (upright, sure), (leaning, also_sure) = found
    np.testing.assert_allclose(turned(leaning, -degrees), upright, atol=1.0)
    assert abs(sure - also_sure) < 0.01


def test_no_face_is_no_trouble():
    none = np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
    landmarks, scores = SecondLook(judging(0.5), judging(0.5)).refine(IMAGE, *none, 0.5)
    assert landmarks.shape == (0, 5, 2) and scores.shape == (0,)


def test_a_higher_threshold_gives_the_first_of_the_same_faces(shipped_detector):
    detect = shipped_detector.detect
    image = pictures.astronaut()
    many, few = (detect(image, np.float32(least)) for least in (0.05, 0.5))
    scores = many[2].numpy()
    assert len(scores) > 1 and (np.diff(scores) <= 0).all()
    count = int((scores >= 0.5).sum())
    assert len(few[2]) == count >= 1
    for more, less in zip(many, few, strict=True):
        np.testing.assert_allclose(more[:count], less, atol=1e-3)
