"""Fine-tuning as a part of training: the trainable network, the device, who watches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from model.embedder.aligner import Aligner
from model.embedder.embedder import Embedder
from model.zoo.networks import Network, load_trainable
from training.embedder.finetune import DEFAULTS
from training.embedder.stages import RUNS, Outcome, try_fine_tuning, why_not
from training.report.board import board
from training.report.epochs import Epochs, OnEpoch

if TYPE_CHECKING:
    from training.dataset.training_set import Lesson


def tune(
    network: Network,
    lesson: Lesson,
    embedder: Embedder,
    model: Path,
    false_names: float,
    progress: Callable[[str, int, int], None],
    on_epoch: OnEpoch = lambda _: None,
) -> tuple[Outcome, Embedder]:
    """Tries stage 2.

    Returns:
        What became of it, and the embedder to use from now on: the given one, or the tuned one.
    """
    if reason := why_not(lesson.owners, lesson.groups):
        return Outcome(False, reason), embedder
    trainable = load_trainable(network)
    known = _spread([face.chip for face in lesson.strangers])
    half = len(known) // 2

    def told(run: str) -> Epochs:
        before, of = RUNS.index(run) * DEFAULTS.epochs, len(RUNS) * DEFAULTS.epochs
        return Epochs(run, on_epoch, lambda done: progress("fine-tuning", before + done, of))

    progress("preparing to fine-tune", 0, 0)
    outcome = try_fine_tuning(
        trainable,
        network.upper,
        [example.face.chip for example in lesson.examples],
        lesson.owners,
        lesson.groups,
        _spread([face.chip for face in lesson.bystanders] + known[:half]),
        known[half:],
        lesson.people,
        network.head,
        false_names=false_names,
        mixed=bool(tf.config.list_physical_devices("GPU")),
        callbacks=lambda run: [*board(model.name, run), told(run)],
    )
    if not outcome.kept:
        return outcome, embedder
    tuned = network.for_inference(trainable)
    return outcome, Embedder(Aligner(network.chip_size, network.template), tuned)


def _spread(chips: list[np.ndarray]) -> list[np.ndarray]:
    """The same in another order: of the first strangers many are from one photo."""
    return [chips[i] for i in np.random.default_rng(0).permutation(len(chips))]
