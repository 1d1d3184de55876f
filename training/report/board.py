"""Logs of a training for TensorBoard, if somebody wants them."""

from __future__ import annotations

import importlib.util
import os

import keras

LOGS = "KINDRED_LOGS"  # a folder for TensorBoard; without it nothing is logged


def board(model: str, run: str) -> list[keras.callbacks.Callback]:
    """The callback that writes a run of a model under the folder, or none."""
    folder = os.environ.get(LOGS)
    if not folder or importlib.util.find_spec("tensorboard") is None:
        return []
    return [keras.callbacks.TensorBoard(os.path.join(folder, model, run), write_graph=False)]
