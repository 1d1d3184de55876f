"""Box arithmetic: overlaps by hand, suppression across chunks, squares and clipping."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from model.detector import box_ops as bx

SQUARE = [0.0, 0.0, 10.0, 10.0]


def overlaps(one, other, over="union"):
    return bx.overlap(tf.constant([one]), tf.constant([other]), over=over).numpy()[0, 0]


@pytest.mark.parametrize(
    ("other", "union", "smaller"),
    [
        (SQUARE, 1.0, 1.0),
        ([5.0, 0.0, 15.0, 10.0], 50 / 150, 50 / 100),
        ([5.0, 5.0, 15.0, 15.0], 25 / 175, 25 / 100),
        ([2.0, 2.0, 4.0, 4.0], 4 / 100, 1.0),  # inside
        ([0.0, 0.0, 20.0, 20.0], 100 / 400, 1.0),  # around
        ([10.0, 0.0, 20.0, 10.0], 0.0, 0.0),  # side by side
        ([20.0, 20.0, 30.0, 30.0], 0.0, 0.0),  # apart on both axes: -10 times -10 is not 100
        ([3.0, 3.0, 3.0, 3.0], 0.0, 0.0),  # a point: no division by nothing
    ],
)
def test_overlap_by_hand(other, union, smaller):
    assert overlaps(SQUARE, other) == pytest.approx(union, abs=1e-7)
    assert overlaps(other, SQUARE) == pytest.approx(union, abs=1e-7)
    assert overlaps(SQUARE, other, "smaller") == pytest.approx(smaller, abs=1e-7)


def test_overlap_is_a_table_of_rows_and_columns():
    table = bx.overlap(tf.constant([SQUARE, [0, 0, 5, 10]]), tf.constant([SQUARE] * 3))
    np.testing.assert_allclose(table, [[1, 1, 1], [0.5, 0.5, 0.5]], rtol=0, atol=1e-7)


def test_overlap_says_what_it_knows():
    with pytest.raises(ValueError, match=r"'union' or 'smaller'. Received: over='both'"):
        overlaps(SQUARE, SQUARE, "both")


def kept(boxes, scores, limit=0.5, **options) -> list[int]:
    boxes = tf.constant(np.reshape(boxes, [-1, 4]), tf.float32)
    stays = bx.suppress(boxes, tf.constant(scores, tf.float32), limit, **options)
    assert stays.dtype == tf.int32 and stays.shape.rank == 1
    return stays.numpy().tolist()


def test_suppression_of_nothing_and_of_one():
    assert kept([], []) == []
    assert kept([SQUARE], [0.3]) == [0]


def test_the_better_of_two_stays_and_the_best_comes_first():
    near, far = [1, 0, 11, 10], [50, 50, 60, 60]
    assert kept([SQUARE, near, far], [0.6, 0.7, 0.9]) == [2, 1]
    assert kept([SQUARE, near, far], [0.7, 0.6, 0.1]) == [0, 2]


def test_of_equal_scores_the_first_stays():
    assert kept([SQUARE, SQUARE, SQUARE], [0.5, 0.5, 0.5]) == [0]


def test_an_overlap_of_just_the_limit_is_allowed():
    half = [0, 0, 5, 10]
    assert kept([SQUARE, half], [0.9, 0.8], 0.5) == [0, 1]
    assert kept([SQUARE, half], [0.9, 0.8], 0.49) == [0]


def test_a_box_inside_another_goes_only_by_the_smaller_area():
    inside = [2, 2, 4, 4]
    assert kept([SQUARE, inside], [0.9, 0.8]) == [0, 1]
    assert kept([SQUARE, inside], [0.9, 0.8], over="smaller") == [0]


def test_a_box_that_went_still_suppresses():
    chain = [[0, 0, 10, 10], [4, 0, 14, 10], [8, 0, 18, 10]]  # neighbours overlap by 6 / 14
    assert kept(chain, [0.9, 0.8, 0.7], 0.4) == [0]


def by_numpy(boxes, scores, limit) -> list[int]:
    boxes = boxes[order := np.argsort(-scores, kind="stable")]
    low, high = np.maximum(boxes[:, None], boxes), np.minimum(boxes[:, None], boxes)
    both = np.prod(np.maximum(high[..., 2:] - low[..., :2], 0), axis=2)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    iou = both / (area[:, None] + area - both)
    return order[~(np.tril(iou, -1) > limit).any(1)].tolist()


@pytest.mark.parametrize("count", [2, 511, 512, 513, 1025])
def test_suppression_is_the_same_in_numpy(count):
    rng = np.random.default_rng(count)
    corner = rng.uniform(0, 400, (count, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 60, (count, 2))], 1).astype(np.float32)
    scores = rng.permutation(count).astype(np.float32) / count
    expected = by_numpy(boxes, scores, 0.3)
    assert kept(boxes, scores, 0.3) == expected
    assert count < 500 or 1 < len(expected) < count


def test_a_box_of_the_first_chunk_suppresses_one_of_the_second():
    corner = np.arange(600)[:, None] * [20, 0]
    boxes = np.concatenate([corner, corner + 10], 1)
    boxes[599] = boxes[0]
    assert kept(boxes, np.linspace(1, 0, 600)) == list(range(599))


def test_suppression_is_one_graph_for_any_number():
    traced = []

    @tf.function(
        input_signature=[tf.TensorSpec([None, 4], tf.float32), tf.TensorSpec([None], tf.float32)]
    )
    def graph(boxes, scores):
        traced.append(1)
        return bx.suppress(boxes, scores, 0.5)

    for count in (0, 1, 700):
        shift = 20.0 * tf.range(count, dtype=tf.float32)[:, None]
        assert len(graph(tf.constant([SQUARE]) + shift, tf.ones([count]))) == count
    assert len(traced) == 1


def outlasting(boxes, *odds):
    return bx.not_outdone(tf.constant(boxes), tf.constant(odds), 0.4, 3.0).numpy().tolist()


def test_a_surer_box_outdoes_a_part_of_itself_and_what_is_round_it():
    boxes = [[0, 0, 10, 10], [2, 2, 6, 6], [7, 0, 17, 10], [20, 0, 30, 10.0]]
    assert outlasting(boxes, 3.0, 2.2, 1.0, 0.0) == [0, 2, 3]  # the third shares .3, and stays
    assert outlasting(boxes, 3.0, 2.3, 1.0, 0.0) == [0, 1, 2, 3]
    assert outlasting(boxes, 0.0, 2.0, 0.0, 0.0) == [1, 2, 3]  # the large one goes, too
    assert bx.not_outdone(tf.zeros([0, 4]), tf.zeros([0]), 0.4, 3.0).shape == (0,)


def test_the_less_two_boxes_share_the_surer_the_one_must_be():
    half = [[0, 0, 10, 10], [5, 0, 15, 10.0]]
    most = [[0, 0, 10, 10], [2, 0, 12, 10.0]]
    assert outlasting(half, 4.0, 2.6) == [0, 1]  # two heads, one before the other
    assert outlasting(half, 4.0, 2.4) == [0]
    assert outlasting(most, 4.0, 3.3) == [0, 1]
    assert outlasting(most, 4.0, 3.2) == [0]


def test_squared_grows_the_shorter_side_about_the_centre():
    boxes = tf.constant([[0.0, 0.0, 10.0, 4.0], [1.0, 1.0, 3.0, 9.0], SQUARE])
    expected = [[0, -3, 10, 7], [-2, 1, 6, 9], SQUARE]
    np.testing.assert_allclose(bx.squared(boxes), expected, rtol=0, atol=1e-6)


def test_clipped_cuts_at_all_four_borders():
    boxes = tf.constant(
        [[-5.0, -6.0, 120.0, 50.0], [3.0, 4.0, 5.0, 6.0], [150.0, -9.0, 160.0, -2.0]]
    )
    expected = [[0, 0, 100, 40], [3, 4, 5, 6], [100, 0, 100, 0]]
    received = bx.clipped(boxes, tf.constant(40.0), tf.constant(100.0))
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-6)
