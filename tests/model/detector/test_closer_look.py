"""The closer look: which parts of a photo it takes, and that nothing is lost by looking small."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from data.boxes import iou
from model.detector.closer_look import (
    MARGIN,
    TILE,
    CloserLook,
    build_closer_look,
    cut,
    seen_closer,
    without_margin,
)
from model.detector.decode import decode, doubted
from model.detector.resize import fitted, shrink
from model.detector.second_look.refinement import log_odds
from model.detector.single_shot import build_single_shot
from model.detector.single_shot_detector import kindred_detector
from tests import faces
from tests.model.detector.test_single_shot import TINY, random_model

HALF = np.array([0.5, 0.5], np.float32)
WHOLE = np.ones(2, np.float32)
SIDES = np.array([TILE, TILE], np.int64)


@pytest.fixture(scope="module")
def ours(shipped_detector):
    return shipped_detector.detector


class Marks:
    """Stands for the network: says of the given cells (row, column) that they deserve a look."""

    def __init__(self, *cells: tuple[int, int], odds: float = 1.0):
        self._cells, self._odds = cells, odds

    def __call__(self, *features):
        odds = np.full((1, 30, 40, 1), -100.0, np.float32)
        for row, column in self._cells:
            odds[0, row, column] = self._odds
        return tf.constant(odds)


def parts(*cells, size=(960, 1280), odds=1.0, enlarged=1.0):
    closer = CloserLook(Marks(*cells, odds=odds), build_single_shot(TINY))
    corners, sides = closer.parts([], HALF, np.array(size, np.int32), tf.constant(enlarged))
    return sorted(map(tuple, corners.numpy().tolist())), tuple(sides.numpy())


def test_nothing_marked_is_no_part():
    assert parts()[0] == []


def test_one_cell_is_the_tile_that_it_lies_in():
    # Cell (5, 0) of 16 small pixels is rows 160 to 192, columns 0 to 32 of the photo.
    assert parts((5, 0)) == ([(0, TILE)], (TILE, TILE))


@pytest.mark.parametrize(
    ("odds", "enlarged", "taken"), [(-1.9, 1.0, 1), (-2.1, 1.0, 0), (-0.6, 2.0, 0), (-0.4, 2.0, 1)]
)
def test_a_photo_is_enlarged_only_where_a_face_is_likelier(odds, enlarged, taken):
    assert len(parts((5, 0), odds=odds, enlarged=enlarged)[0]) == taken


def test_cells_far_apart_are_tiles_of_their_own():
    assert parts((0, 0), (29, 39)) == ([(0, 0), (1120, 800)], (TILE, TILE))


def test_cells_side_by_side_are_one_rectangle():
    # Columns 320 to 1024, rows 320 to 352: 5 tiles, or one rectangle of far fewer pixels.
    corners, sides = parts(*((10, column) for column in range(10, 32)))
    assert corners == [(320, 320)] and sides == (64, 736)


def test_a_photo_marked_all_over_is_searched_once_and_whole():
    everywhere = [(row, column) for row in range(30) for column in range(40)]
    corners, sides = parts(*everywhere, size=(950, 1270))
    assert corners == [(0, 0)] and sides == (960, 1280)


def test_parts_are_cut_with_their_surroundings():
    image = np.arange(400 * 500 * 3, dtype=np.int64).reshape(400, 500, 3) % 251
    image = image.astype(np.uint8)
    corners = tf.constant([[0, 0], [320, 320], [160, 160]], tf.int64)
    cuts = cut(tf.constant(image), WHOLE, corners, SIDES).numpy()
    framed = np.pad(image, [(MARGIN, 200), (MARGIN, 200), (0, 0)])
    for (x, y), got in zip(corners.numpy(), cuts, strict=True):
        side = TILE + 2 * MARGIN
        np.testing.assert_array_equal(got, framed[y : y + side, x : x + side])


def test_parts_of_a_larger_photo_show_what_the_whole_would_if_it_were_shrunk():
    image = faces.resized(faces.astronaut(), 1.5)
    size, factors = fitted(tf.constant(image.shape[:2]), 450_000)
    small, _ = shrink(tf.constant(image), 450_000)
    corners = tf.constant([[0, 0], [160, 0], [480, 480]], tf.int64)
    got = cut(tf.constant(image), factors, corners, SIDES)
    expected = cut(small, WHOLE, corners, SIDES)
    assert got.shape == expected.shape and tuple(size) == small.shape[:2]
    differences = np.abs(got - expected)  # where a part begins in the larger photo is rounded
    assert differences.mean() < 2 and (differences > 40).mean() < 0.01


def test_parts_of_a_small_photo_show_it_enlarged():
    image = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 160, axis=0).repeat(3, axis=2)
    size, factors = fitted(tf.constant(image.shape[:2]), 2_000_000, 2.0)
    assert tuple(size) == (320, 400) and factors.numpy().tolist() == [2.0, 2.0]
    (part,) = cut(tf.constant(image), factors, tf.constant([[160, 0]], tf.int64), SIDES).numpy()
    # Column c of the part shows the photo at (c + .5 + 160 - margin) / 2 - .5.
    middle = part[TILE // 2, MARGIN:-MARGIN, 0]
    np.testing.assert_allclose(middle, (np.arange(TILE) + 160.5) / 2 - 0.5, rtol=0, atol=1e-3)


def test_small_faces_of_an_enlarged_photo_are_less_sure():
    boxes = tf.constant([[0, 0, side, side + 9] for side in (12, 20, 28.2843, 40, 90)], tf.float32)
    odds = log_odds(doubted(boxes, tf.fill([5], 0.5), tf.constant(2.0)))
    np.testing.assert_allclose(odds, [-0.6, -0.6, -0.3, 0, 0], rtol=0, atol=1e-4)
    same = doubted(boxes, tf.fill([5], 0.7), tf.constant(1.0))
    np.testing.assert_allclose(same, [0.7] * 5, rtol=0, atol=1e-6)


def test_cells_of_a_part_are_where_they_are_in_the_photo():
    """Each part alone says the same, where it begins added."""
    network = random_model(TINY, 0.15)  # no two cells score the same
    image = np.random.default_rng(0).integers(0, 256, (320, 320, 3), np.uint8)
    corners = tf.constant([[160, 0], [0, 160]], tf.int64)
    cuts = cut(tf.constant(image), WHOLE, corners, SIDES)
    maps = without_margin(network(cuts), TINY.strides)
    assert {name: part.shape[1:3] for name, part in maps.items()} == {
        f"map{stride}": (TILE // stride, TILE // stride) for stride in TINY.strides
    }
    got = decode(maps, TINY.strides, 0.0, corners)
    boxes, points, scores = [], [], []
    for number, corner in enumerate(corners.numpy()):
        one = {name: part[number : number + 1] for name, part in maps.items()}
        alone = [np.asarray(part) for part in decode(one, TINY.strides, 0.0)]
        boxes.append(alone[0] + np.tile(corner, 2))
        points.append(alone[1] + corner)
        scores.append(alone[2])
    order = np.argsort(-np.concatenate(scores), kind="stable")
    for part, expected in zip(got, (boxes, points, scores), strict=True):
        np.testing.assert_allclose(part, np.concatenate(expected)[order], rtol=1e-4, atol=0.05)


def test_only_small_boxes_inside_a_part_are_seen_better_there():
    corners, sides = tf.constant([[160, 0]], tf.int64), tf.constant([TILE, TILE], tf.int64)
    boxes = [[200, 20, 230, 50], [200, 20, 260, 80], [20, 20, 50, 50], [300, 20, 338, 50]]
    seen = seen_closer(tf.constant(boxes, tf.float32), corners, sides)
    assert seen.numpy().tolist() == [True, False, False, True]


# ---- with the shipped weights


@pytest.fixture(scope="module")
def never_closer(ours):
    """The same, if nothing in a photo ever deserves a closer look."""
    network = build_closer_look()
    kernel, bias = network.get_layer("odds_conv").get_weights()
    network.get_layer("odds_conv").set_weights([kernel * 0, bias - 100])
    return kindred_detector(ours.model, second_look=ours.second_look, closer_look=network)


def overlaps(boxes, others):
    return iou(np.asarray(boxes), np.asarray(others)).max(axis=1, initial=0.0)


def test_a_close_up_is_found_by_the_small_look_alone(ours, never_closer):
    picture = faces.resized(faces.astronaut(), 2.5)
    boxes, points, _ = ours.detect(picture, 0.5)
    small = never_closer.detect(picture, 0.5)
    assert len(boxes) == len(small[0]) == 1
    assert overlaps(boxes, small[0])[0] > 0.9
    np.testing.assert_allclose(points, small[1], atol=6)  # of eyes 90 pixels apart


def crowd() -> tuple[np.ndarray, np.ndarray]:
    """Sixteen small people on grey, and where their faces are: about 19 x 24 pixels each."""
    person = faces.resized(faces.astronaut()[:320, 60:400], 0.2)
    picture = np.full((1200, 1600, 3), 120, np.uint8)
    boxes = []
    for number in range(16):
        left, top = 100 + number % 4 * 400, 80 + number // 4 * 300
        picture[top : top + person.shape[0], left : left + person.shape[1]] = person
        face = np.array([178, 55, 271, 177]) - [60, 0, 60, 0]
        boxes.append(face * 0.2 + [left, top, left, top])
    return picture, np.array(boxes, np.float32)


def test_a_larger_photo_is_found_as_one_of_two_megapixels_is(ours):
    """Between them lies what was shrunk, and how well its pixels show the same."""
    picture, _ = crowd()
    boxes, points, scores = map(np.asarray, ours.detect(picture, 0.5))
    larger = ours.detect(faces.resized(picture, 1.9), 0.5)
    others, their_points, their_scores = map(np.asarray, larger)
    assert overlaps(boxes, others / 1.9).min() > 0.85 and len(boxes) == len(others)
    which = iou(boxes, others / 1.9).argmax(axis=1)
    np.testing.assert_allclose(their_points[which] / 1.9, points, atol=2)
    np.testing.assert_allclose(their_scores[which], scores, atol=0.1)


def test_a_crowd_of_small_faces_is_found_by_the_closer_look(ours, never_closer):
    picture, expected = crowd()
    found = ours.detect(picture, 0.5)[0]
    assert (overlaps(expected, found) > 0.5).sum() == len(expected) == len(found)
    small = never_closer.detect(picture, 0.5)[0]
    assert (overlaps(expected, small) > 0.5).sum() < len(expected)


def test_a_photo_of_few_pixels_is_enlarged_for_faces_of_few_pixels(ours, never_closer):
    picture, expected = crowd()
    picture, expected = faces.resized(picture, 0.45), expected * 0.45  # 8 x 11 pixels each
    found = ours.detect(picture, 0.4)[0]
    assert (overlaps(expected, found) > 0.5).sum() == len(expected) == len(found)
    assert len(never_closer.detect(picture, 0.4)[0]) == 0
