"""A Keras model as one function of the graph: traced once, however often it is called."""

from __future__ import annotations

import keras
import tensorflow as tf

from model.graph_function import GraphFunction


class TracedNetwork(tf.Module):
    """Runs a Keras model without training it.

    What calls a network several times has it once in its graph. Keras would save a graph of its
    own with every model that is saved; here only the variables are, as "weights/0", "weights/1" ...
    in the order of the model.

    Attributes:
        network: The Keras model.

    Args:
        network: Its inputs may be of any length where their shape says `None`.
    """

    def __init__(self, network: keras.Model):
        super().__init__(name=network.name)
        object.__setattr__(self, "network", network)  # `tf.Module` would track it
        self.weights = [weight.value for weight in network.weights]
        inputs = [tf.TensorSpec(one.shape, one.dtype) for one in network.inputs]
        self._run = GraphFunction(self._call, *inputs, apart=True, convert=False)

    def __call__(self, *inputs: tf.Tensor):
        """The outputs of the model, as it structures them."""
        return self._run(*inputs)

    def _call(self, *inputs):
        return self.network(inputs if len(inputs) > 1 else inputs[0], training=False)
