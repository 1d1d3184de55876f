"""Keras callbacks of every training: progress, a row of figures after every epoch, TensorBoard.

A row has the name of its `run` ("classifier", "split 1", "split 2", "all"), its `epoch` from 1 on,
and under Keras' names `loss` and, on faces that the run does not learn from, `val_accuracy` and
`val_loss`; `val_faces` is how many those are.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable

import keras

OnEpoch = Callable[[dict], object]

LOGS = "KINDRED_LOGS"  # a folder for TensorBoard; without it nothing is logged
_FIGURES = ("loss", "val_loss", "val_accuracy", "val_faces")


class Epochs(keras.callbacks.Callback):
    """Calls `on_epoch` with a row after each epoch, and `on_step` with epochs done after each step.

    What is called may raise, and so end the training.
    """

    def __init__(
        self, run: str, on_epoch: OnEpoch, on_step: Callable[[int], object] = lambda _: None
    ):
        super().__init__()
        self._run, self._on_epoch, self._on_step = run, on_epoch, on_step
        self._done = 0

    def on_train_batch_end(self, batch, logs=None):
        self._on_step(self._done)

    def on_epoch_end(self, epoch, logs=None):
        figures = {name: round(float(logs[name]), 5) for name in _FIGURES if name in (logs or ())}
        self._done = epoch + 1
        self._on_epoch({"run": self._run, "epoch": self._done, **figures})
        self._on_step(self._done)


def tensorboard(model: str, run: str) -> list[keras.callbacks.Callback]:
    """The callback that writes a run of a model under the folder, or none."""
    folder = os.environ.get(LOGS)
    if not folder or importlib.util.find_spec("tensorboard") is None:
        return []
    return [keras.callbacks.TensorBoard(os.path.join(folder, model, run), write_graph=False)]
