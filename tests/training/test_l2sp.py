"""Held close to its start: the loss by hand, and what a regularizer says of itself."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from training.l2sp import L2SP, hold_close


def test_the_loss_by_hand():
    """Two of four weights moved by 1, mean square 4: 100 * .5 / 4 / 4 * 2."""
    start = np.full((2, 2), 2.0, np.float32)
    now = start + np.array([[1, 0], [0, -1]], np.float32)
    assert float(L2SP(start, 0.5)(now)) == pytest.approx(6.25)
    assert float(L2SP(start, 0.5)(start)) == 0.0


def test_it_can_be_made_again_from_what_it_says():
    one = L2SP(np.array([1.0, -3.0]), 0.25)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(one))
    now = np.array([2.0, 2.0], np.float32)
    assert float(again(now)) == pytest.approx(float(one(now)))


def test_a_model_is_held_to_what_it_is_or_to_a_given_start():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    hold_close(model, 1.0)
    assert float(sum(model.losses)) == 0.0
    hold_close(model, 1.0, [np.ones((3, 2)), np.ones(2)])
    model.set_weights([np.zeros((3, 2)), np.ones(2)])
    assert float(sum(model.losses)) == pytest.approx(100.0)
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        hold_close(model, 1.0, [np.ones((3, 2))])
