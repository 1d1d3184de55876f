"""Functions of the graph which the first photos run step by step, as the Python that they are."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import tensorflow as tf

# Marks a function without conditions and loops on tensors: looking for them, in it and in what it
# calls, takes more time than tracing it.
plain = tf.autograph.experimental.do_not_convert

_thread = threading.local()


@contextlib.contextmanager
def step_by_step(wanted: bool = True) -> Iterator[None]:
    """In this block, and in this thread, no `GraphFunction` is traced.

    Tracing a graph and running it for the first time takes as long as a few dozen photos without
    one. `tf.config.run_functions_eagerly` would do it to all threads.
    """
    before = getattr(_thread, "stepping", False)
    _thread.stepping = wanted
    try:
        yield
    finally:
        _thread.stepping = before


class GraphFunction:
    """A function that is traced when it is first called, unless that is `step_by_step`.

    Attributes:
        traced: The function of the graph.

    Args:
        function: Takes and returns tensors.
        signature: `tf.TensorSpec` of what it takes.
        apart: Whether it is kept apart from the graph round it, so that several calls are not
            several copies.
        convert: Whether conditions and loops on tensors are found in it.
    """

    def __init__(
        self,
        function: Callable,
        *signature: tf.TensorSpec,
        apart: bool = False,
        convert: bool = True,
    ):
        self._function = function
        self.structured_input_signature = signature, {}  # as functions of a SavedModel have it
        self.traced = tf.function(
            function,
            input_signature=signature,
            autograph=convert,
            experimental_attributes={"_noinline": True} if apart else None,
        )

    def __call__(self, *inputs, **named):
        stepping = getattr(_thread, "stepping", False)
        return (self._function if stepping else self.traced)(*inputs, **named)
