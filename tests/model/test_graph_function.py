"""Functions that are traced, or run step by step."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import tensorflow as tf

from model.graph_function import GraphFunction, step_by_step


@pytest.fixture
def positive() -> GraphFunction:
    def function(numbers):
        return numbers if tf.reduce_all(numbers > 0) else -numbers

    return GraphFunction(function, tf.TensorSpec([None], tf.float32))


def test_step_by_step_nothing_is_traced_and_the_same_comes_out(positive):
    numbers = tf.constant([-1.0, -2.0])
    with step_by_step():
        assert positive(numbers).numpy().tolist() == [1.0, 2.0]
        with step_by_step(False):
            pass
        assert positive(numbers).numpy().tolist() == [1.0, 2.0]
    assert positive.traced.experimental_get_tracing_count() == 0
    assert positive(numbers).numpy().tolist() == [1.0, 2.0]
    assert positive.traced.experimental_get_tracing_count() == 1


def test_other_threads_are_left_alone(positive):
    with step_by_step(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(positive, tf.constant([3.0])).result().numpy().tolist() == [3.0]
    assert positive.traced.experimental_get_tracing_count() == 1


def test_a_failure_ends_the_steps(positive):
    with pytest.raises(ValueError, match="broken"), step_by_step():
        raise ValueError("broken")
    positive(tf.constant([1.0]))
    assert positive.traced.experimental_get_tracing_count() == 1
