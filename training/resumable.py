"""Long trainings: a checkpoint after every epoch, from which the next run goes on.

Pure Keras: runs on every Keras backend.
"""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from training.mixed_precision import loss_scaled
from training.not_finite import NotFinite
from training.report.charts import curve_picture
from training.warm_cosine import WarmCosine


@dataclass(frozen=True)
class Schedule:
    """How to train.

    Attributes:
        epochs, steps, batch: Epochs of so many batches of so many examples.
        rate: The largest learning rate; a cosine leads from there to nothing.
        warm: Epochs in which the learning rate rises to the largest.
        decay: Weight decay of AdamW.
        seed: Of everything that is drawn.
    """

    epochs: int
    steps: int
    batch: int
    rate: float
    warm: float
    decay: float
    seed: int = 0

    @property
    def learning_rate(self) -> WarmCosine:
        return WarmCosine(self.rate, int(self.warm * self.steps), self.epochs * self.steps)


def compile_trainer(
    trainer: keras.Model,
    schedule: Schedule,
    loss: Callable,
    metrics: Sequence[Callable],
    *,
    clip: float,
    no_decay: Sequence[str],
    mixed: bool = False,
) -> keras.Model:
    """Compiles with AdamW and returns the model.

    Args:
        clip: The largest norm of all gradients together.
        no_decay: Names of variables whose weights do not decay.
        mixed: Whether the loss is scaled, because layers compute in float16.
    """
    optimizer = keras.optimizers.AdamW(
        schedule.learning_rate, weight_decay=schedule.decay, global_clipnorm=clip
    )
    optimizer.exclude_from_weight_decay(var_names=list(no_decay))
    trainer.compile(
        loss_scaled(optimizer, mixed),
        loss,
        metrics=list(metrics),
        jit_compile=keras.backend.backend() == "jax",
    )
    return trainer


def restore(trainer: keras.Model, folder: Path) -> None:
    """Gives a compiled model the weights and the optimizer's state of the checkpoint in a folder.

    Without a checkpoint it stays as it is. The loss, the learning rate, and which weights do not
    decay are in no checkpoint.
    """
    if _checkpoint(folder).is_file():
        trainer.optimizer.build(trainer.trainable_variables)
        trainer.load_weights(_checkpoint(folder))


def fit_on(
    trainer: keras.Model,
    learned: keras.utils.PyDataset,
    held_out: keras.utils.PyDataset | None,
    folder: Path,
    schedule: Schedule,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Trains until the schedule's epochs are done, those of earlier runs included.

    Args:
        trainer: Compiled by `compile_trainer`, and at the state of the checkpoint (`restore`).
        learned: At its first epoch.
        held_out: Examples that nothing is learned from; the losses on them are logged as `val_...`.
        folder: Gets `checkpoint.keras`, `log.csv`, and `curve.svg`, which draws it.

    Raises:
        NotFinite: The loss stopped being a finite number. The checkpoint is that of the last epoch
            in which it was one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = _epochs_done(folder)
    for _ in range(done):
        learned.on_epoch_end()
    fitted = trainer.fit(
        learned,
        validation_data=held_out,
        initial_epoch=done,
        epochs=schedule.epochs,
        shuffle=False,  # of batches, which would be in another order after a kill
        verbose=0,
        callbacks=[
            keras.callbacks.TerminateOnNaN(),
            keras.callbacks.CSVLogger(folder / "log.csv", append=done > 0),
            _Checkpoint(_checkpoint(folder)),
            keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: draw_curve(folder)),
            *callbacks,
        ],
    )
    if not all(map(math.isfinite, fitted.history.get("loss", ()))):
        raise NotFinite("the training was given up, because its loss is no finite number")


def draw_curve(folder: Path) -> None:
    """Draws the losses in `log.csv`, those of earlier runs included, into `curve.svg`."""
    with open(folder / "log.csv", encoding="utf-8", newline="") as file:
        rows = {row["epoch"]: row for row in csv.DictReader(file)}  # after a kill some come twice
    losses = ([_number(row.get(name)) for row in rows.values()] for name in ("loss", "val_loss"))
    finite = (list(filter(math.isfinite, values)) for values in losses)
    (folder / "curve.svg").write_text(curve_picture(*finite), "utf-8")


def _number(text: str | None) -> float:
    """What Keras wrote, which writes "NA" for what there was not."""
    return float(text) if text and text != "NA" else math.nan


class _Checkpoint(keras.callbacks.Callback):
    """Saves network and optimizer after each epoch, whole or not at all, while the loss is finite.

    The file's comment is the number of epochs: the optimizer does not count a step that it leaves
    out, because float16 cannot hold a gradient.
    """

    def __init__(self, path: Path):
        super().__init__()
        self._path = path

    def on_epoch_end(self, epoch: int, logs=None) -> None:
        if not math.isfinite((logs or {}).get("loss", 0.0)):
            return
        part = self._path.with_name("part-" + self._path.name)
        self.model.save(part)
        with zipfile.ZipFile(part, "a") as file:
            file.comment = str(epoch + 1).encode()
        part.replace(self._path)


def _epochs_done(folder: Path) -> int:
    if not _checkpoint(folder).is_file():
        return 0
    with zipfile.ZipFile(_checkpoint(folder)) as file:
        return int(file.comment)


def _checkpoint(folder: Path) -> Path:
    return folder / "checkpoint.keras"
