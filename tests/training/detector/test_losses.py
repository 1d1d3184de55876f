"""The losses of the detector, by hand, and what a teacher says."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from model.detector.single_shot import build_single_shot
from tests.training.detector.labelled import TINY
from training.detector import distill_losses, losses
from training.detector.pictures.targets import BOX, KNOWN, STATE


def one_cell(state=1.0, known=1.0):
    """A face from (-1, -1) to (1, 1) strides round the cell, all landmarks at the cell."""
    truth = np.zeros((1, 2, 16), np.float32)
    truth[0, 0, STATE], truth[0, 0, BOX], truth[0, 0, KNOWN] = state, [-1, -1, 1, 1], known
    return truth


TWO = float(np.log(2))


def says(face=0.0, thing=0.0, box=(0, 0, TWO, TWO), marks=0.0):
    output = np.zeros((1, 2, 16), np.float32)
    output[0, 0] = [face, thing, *box, *[marks] * 10]
    output[0, 1, 1] = -100.0  # the other cell is sure that there is nothing
    return output


def number(loss, truth, output):
    return float(keras.ops.convert_to_numpy(loss(truth, output)))


def test_overlap_of_a_box_moved_by_half_its_width():
    said = losses.boxes_of(says(box=(1, 0, *np.log([2, 2]))))
    found = keras.ops.convert_to_numpy(losses.iou(one_cell()[..., BOX], said))
    assert found[0, 0, 0] == pytest.approx(1 / 3, abs=1e-4)


def test_box_loss_by_hand():
    # IoU 1/3; centres 1 apart; hull 3 x 2: 1 - 1/3 + 1/13
    wrong = says(box=(1, 0, *np.log([2, 2])))
    assert number(losses.box_loss, one_cell(), wrong) == pytest.approx(2 / 3 + 1 / 13, abs=1e-4)
    assert number(losses.box_loss, one_cell(), says()) == pytest.approx(0, abs=1e-4)


def test_score_loss_by_hand():
    # The right box: wanted 1. Score .5: log 2 times .5 squared.
    value = number(losses.score_loss, one_cell(), says(thing=0.0))
    assert value == pytest.approx(np.log(2) / 4, abs=1e-4)
    # No face: sigmoid(1) = .7311; -log(1 - .7311) times .7311 squared.
    value = number(losses.score_loss, one_cell(state=0.0), says(thing=1.0))
    assert value == pytest.approx(1.31326 * 0.73106**2, abs=1e-4)


def test_landmarks_loss_by_hand():
    # Size 2; .2 strides off are .1 of it: .1 - .02 / 2. And .02 off are .01: .01^2 / .04.
    assert number(losses.landmarks_loss, one_cell(), says(marks=0.2)) == pytest.approx(0.09)
    assert number(losses.landmarks_loss, one_cell(), says(marks=0.02)) == pytest.approx(0.0025)
    assert number(losses.landmarks_loss, one_cell(known=0.0), says(marks=0.2)) == 0


def test_what_is_not_asked_costs_nothing():
    truth, output = one_cell(state=-1.0), says(face=3, thing=3, box=(5, 5, 1, 1), marks=4)
    assert number(losses.detection_loss, truth, output) == pytest.approx(0, abs=1e-6)


def beside(said, taught):
    """A row of `distill`: network and teacher; the other cell is empty."""
    return np.concatenate([said, taught], axis=-1)


def test_the_teachers_score_is_learned_by_hand():
    # The teacher is sure of half, sqrt(1 * .25): the network's .5 is right, its .7311 is not.
    teacher = says(face=100.0, thing=float(np.log(1 / 3)))
    right = beside(says(thing=0.0), teacher)
    assert number(distill_losses.taught_score_loss, one_cell(), right) == pytest.approx(0, abs=1e-5)
    wrong = beside(says(thing=1.0), teacher)
    entropy = np.log1p(np.e) - 0.5  # softplus(1) - .5 * 1
    wanted = entropy * (0.73106 - 0.5) ** 2  # the sum of the teacher's scores is below 1
    assert number(distill_losses.taught_score_loss, one_cell(), wrong) == pytest.approx(
        wanted, abs=1e-4
    )


def test_the_teachers_box_is_learned_where_the_teacher_is_sure():
    moved = says(box=(1, 0, *np.log([2, 2])))
    sure = beside(moved, says(face=100.0, thing=100.0))
    assert number(distill_losses.taught_box_loss, one_cell(), sure) == pytest.approx(
        2 / 3 + 1 / 13, abs=1e-4
    )
    unsure = beside(moved, says(face=-10.0, thing=-10.0))
    assert number(distill_losses.taught_box_loss, one_cell(), unsure) == 0


@pytest.mark.parametrize("loss", ["taught_score_loss", "taught_box_loss"])
def test_the_teacher_is_not_asked_where_nobody_is(loss):
    moved = says(thing=1.0, box=(1, 0, *np.log([2, 2])))
    taught = beside(moved, says(face=100.0, thing=100.0))
    learn = getattr(distill_losses, loss)
    assert number(learn, one_cell(state=0.0), taught) == 0
    not_counted = number(learn, one_cell(state=-1.0), taught)
    assert not_counted == number(learn, one_cell(state=1.0), taught) > 0


def test_the_cells_of_all_levels_are_laid_one_after_the_other():
    network = build_single_shot(TINY)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    outputs = network(pixels)
    rows = keras.ops.convert_to_numpy(distill_losses.by_cell(outputs, TINY.strides))
    assert rows.shape == (2, 64 + 16 + 4, 16)
    fine = keras.ops.convert_to_numpy(outputs["map16"])
    np.testing.assert_allclose(rows[1, 64 + 5], fine[1, 1, 1], rtol=1e-5)
