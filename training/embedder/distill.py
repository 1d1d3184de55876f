"""Distils teachers into one network, with a checkpoint after every epoch to go on from.

G. Hinton et al., "Distilling the Knowledge in a Neural Network", 2015; the similarities among a
batch: W. Park et al., "Relational Knowledge Distillation", CVPR 2019. The teachers saw each face as
it is, the student sees it as bad photos would show it. Pure Keras: runs on every Keras backend.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from training import resumable
from training.mixed_precision import copied

BATCH = 48  # faces that go through the frozen part together
SIMILARITY = 4.0  # weight of the similarities among a batch, beside the cosine to the teachers
APART = 0.0  # the similarity that faces of one photo should not exceed


@dataclass(frozen=True)
class Schedule(resumable.Schedule):
    """How to distil; a batch is of faces."""

    epochs: int = 20
    steps: int = 200
    batch: int = 48
    rate: float = 2e-4
    warm: float = 0.5
    decay: float = 1e-4


class Batches(keras.utils.PyDataset):
    """Views of faces and what the student should say; the same for the same seed and epoch.

    Faces of one photo come into one batch, because each is another person. A batch is the views of
    B faces, float32, and float32 [B, D + 1], the targets and the number of the photo.

    Args:
        draw: Gives a view of each of the faces int [B].
        targets: float32 [N, D], unit length, in the student's space.
        photos: int [N], the numbers of the photos.
        fixed: Whether every epoch shows the same, each face once, to evaluate by.
    """

    def __init__(
        self,
        draw: Callable[[np.ndarray, np.random.Generator], np.ndarray],
        targets: np.ndarray,
        photos: np.ndarray,
        schedule: Schedule,
        *,
        fixed: bool = False,
    ):
        super().__init__(workers=1, use_multiprocessing=False, max_queue_size=8)
        self._draw, self._photos, self._fixed = draw, photos, fixed
        self._targets = np.concatenate([targets, photos[:, None]], axis=1, dtype=np.float32)
        self._seed, self._batch = schedule.seed, schedule.batch
        self._steps = max(1, len(photos) // schedule.batch) if fixed else schedule.steps
        self._epoch = 0
        self._turn, self._order = -1, np.arange(0)  # the order in which all come once more

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int):
        first = (self._epoch * self._steps + index) * self._batch
        rows = np.array([self._row(place) for place in range(first, first + self._batch)])
        rng = np.random.default_rng((self._seed, self._fixed, self._epoch, index))
        return self._draw(rows, rng).astype(np.float32), self._targets[rows]

    def on_epoch_end(self) -> None:
        self._epoch += not self._fixed

    def _row(self, place: int) -> int:
        turn, place = divmod(place, len(self._photos))
        if turn != self._turn:
            key = np.random.default_rng((self._seed, turn)).permutation(self._photos.max() + 1)
            self._order, self._turn = np.argsort(key[self._photos], kind="stable"), turn
        return self._order[place]


def distillation_loss(wanted, said):
    """Cosine distance to the teachers, and how far the similarities among the batch are off.

    Args:
        wanted: float32 [B, D + 1], see `Batches`.
        said: float32 [B, D], unit length.
    """
    return cosine_loss(wanted, said) + SIMILARITY * similarity_loss(wanted, said)


def cosine_loss(wanted, said):
    """One less the cosine to the teachers' vector, mean over the batch."""
    return 1.0 - ops.mean(ops.sum(wanted[:, :-1] * said, axis=1))


def similarity_loss(wanted, said):
    """Mean squared error of the cosines between different faces of the batch.

    Those of one photo are different people: they need not be as alike as the teachers say.
    """
    photos, targets = wanted[:, -1:], wanted[:, :-1]
    goal = ops.matmul(targets, ops.transpose(targets))
    found = ops.matmul(said, ops.transpose(said))
    together = ops.equal(photos, ops.transpose(photos))
    goal = ops.where(together, ops.minimum(goal, APART), goal)
    count = ops.shape(said)[0]
    error = (found - goal) ** 2 * (1.0 - ops.eye(count, dtype=said.dtype))
    return ops.sum(error) / ops.cast(ops.maximum(count * (count - 1), 1), said.dtype)


def distil(
    network: keras.Model,
    learned: Batches,
    held_out: Batches,
    folder: Path,
    schedule: Schedule = Schedule(),
    callbacks: Sequence[keras.callbacks.Callback] = (),
    mixed: bool = False,
) -> keras.Model:
    """Trains `network` and returns it, or what a checkpoint in `folder` made of it.

    Args:
        network: From views to vectors of any length, in the space of the targets: the whole
            student, or its upper part.
        held_out: Faces that nothing is learned from; the losses on them are logged as `val_...`.
        folder: Gets `checkpoint.keras`, from which a second call goes on, `log.csv` and
            `curve.svg`.
        mixed: Whether to compute in float16, for a GPU.

    Raises:
        NotFinite: The loss stopped being a finite number.
    """
    keras.utils.set_random_seed(schedule.seed)
    trainer = _trainer(network, schedule, mixed)
    resumable.restore(trainer, folder)
    resumable.fit_on(trainer, learned, held_out, folder, schedule, callbacks)
    return trainer.get_layer("student")


def view_features(
    lower: keras.Model,
    views: Callable[[np.ndarray], np.ndarray],
    chips: np.ndarray,
    count: int,
) -> np.ndarray:
    """What the frozen lower part makes of `count` views of each chip, float16 [N, count, ...].

    Args:
        views: Gives one view of each of some chips.
    """
    features = np.zeros((len(chips), count, *lower.output_shape[1:]), np.float16)
    lower.compile(jit_compile=False)
    for first in range(0, len(chips), BATCH):
        rows = slice(first, first + BATCH)
        for view in range(count):
            some = views(chips[rows]).astype(np.float32)
            features[rows, view] = ops.convert_to_numpy(lower.predict_on_batch(some))
    return features


def _trainer(network: keras.Model, schedule: Schedule, mixed: bool) -> keras.Model:
    copy = copied(network, mixed)
    student = keras.Model(copy.input, copy.output, name="student")
    image = keras.Input(network.input_shape[1:], name="image")
    said = layers.UnitNormalization(name="embedding", dtype="float32")(student(image))
    return resumable.compile_trainer(
        keras.Model(image, said),
        schedule,
        distillation_loss,
        [cosine_loss, similarity_loss],
        clip=1.0,
        no_decay=["bias", "alpha"],
        mixed=mixed,
    )
