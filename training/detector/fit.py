"""Trains the detector, with a checkpoint after every epoch from which the next run goes on.

Time: an epoch of 400 batches of 16 pictures took 100 to 180 seconds on two cores. Metric:
average precision, `training.detector.average_precision`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import layers

from data.media.photos import read_photo
from model.detector.single_shot import (
    KINDRED_CONFIG,
    MAP_CHANNELS,
    SingleShotConfig,
    build_single_shot,
)
from training import resumable
from training.detector.distill_losses import (
    by_cell,
    distillation_loss,
    taught_box_loss,
    taught_score_loss,
)
from training.detector.losses import (
    box_loss,
    detection_loss,
    landmarks_loss,
    score_loss,
)
from training.detector.pictures.augment import Picture, random_picture
from training.detector.pictures.drawings import random_drawing, random_lookalike
from training.detector.pictures.samples import Sample
from training.detector.pictures.targets import targets
from training.l2sp import hold_close


@dataclass(frozen=True)
class Schedule(resumable.Schedule):
    """How to train; a batch is of pictures.

    Attributes:
        side: Of most pictures, in pixels; a multiple of the last stride.
    """

    epochs: int = 40
    steps: int = 400
    batch: int = 16
    rate: float = 1e-3
    warm: float = 1.0
    decay: float = 1e-2
    side: int = 320


LARGE_EVERY = 3  # batches
PHOTOS_A_DRAWING = 10
PORTRAIT = 90.0  # pixels of a face from which it can be enlarged until it fills a picture


class Pictures(keras.utils.PyDataset):
    """Training pictures and what the cells should say about them; the same for the same seed.

    Every third batch holds a quarter as many pictures of twice the side, in which large faces are
    whole. Among the photos are drawings without a face, one for ten photos. Decoded photos are kept
    in memory, about a megabyte each.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        schedule: Schedule,
        strides: tuple[int, ...],
        *,
        steps: int | None = None,
        seed: int = 0,
    ):
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self._samples, self._schedule, self._strides = list(samples), schedule, strides
        self._steps, self._seed, self._epoch = steps or schedule.steps, seed, 0
        self._photos: dict[int, Picture] = {}
        largest = [s.faces.chosen(s.faces.counts).largest for s in self._samples]
        self._portraits = np.flatnonzero(np.array(largest) >= PORTRAIT)

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int):
        rng = np.random.default_rng((self._seed, self._epoch, index))
        side, batch = self._schedule.side, self._schedule.batch
        if index % LARGE_EVERY == 0:  # Keras looks at the first two batches for what varies
            side, batch = 2 * side, max(batch // 4, 1)
        pixels = np.empty((batch, side, side, 3), np.float32)
        wanted = []
        for place in range(batch):
            picture = random_picture(lambda: self.draw(rng), side, rng, self.portrait(rng))
            pixels[place] = picture.pixels
            wanted.append(targets(picture.faces, side, self._strides))
        return pixels, np.stack(wanted)

    def on_epoch_end(self) -> None:
        self._epoch += 1

    def draw(self, rng: np.random.Generator) -> Picture:
        """A photo, or one time in eleven a drawing."""
        photos = len(self._samples)
        return self._photo(int(rng.integers(photos + photos // PHOTOS_A_DRAWING)))

    def portrait(self, rng: np.random.Generator) -> Callable[[], Picture] | None:
        """What gives a photo with a large face; `None` where no photo has one."""
        if not len(self._portraits):
            return None
        return lambda: self._photo(int(rng.choice(self._portraits)))

    def _photo(self, which: int) -> Picture:
        if which not in self._photos:
            self._photos[which] = self._read(which)
        return self._photos[which]

    def _read(self, which: int) -> Picture:
        """The photo of this number, or after the last one a drawing."""
        if which >= len(self._samples):
            draw = random_lookalike if which % 2 else random_drawing
            return draw(np.random.default_rng((self._seed, which)))
        sample = self._samples[which]
        return Picture(read_photo(sample.path), sample.faces, sample.mistakes)


class Fixed(Pictures):
    """The same pictures in every epoch, to evaluate by."""

    def on_epoch_end(self) -> None:
        pass


def fit(
    samples: Sequence[Sample],
    held_out: Sequence[Sample],
    folder: Path,
    schedule: Schedule = Schedule(),
    config: SingleShotConfig = KINDRED_CONFIG,
    start: keras.Model | None = None,
    teacher: keras.Model | None = None,
    l2sp: float = 0.0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Trains on `samples` and returns the network, not folded.

    Args:
        held_out: Photos that nothing is learned from; the loss on them is logged.
        folder: Gets `checkpoint.keras`, from which a second call goes on, `log.csv` and
            `curve.svg`.
        start: A network with the strides of `config` to start from, folded or not, instead of
            fresh weights.
        teacher: A network of the same strides that answers for every picture, too
            (`training.detector.distill_losses`).
        l2sp: Strength with which the weights are held close to `start`.

    Raises:
        NotFinite: The loss stopped being a finite number.
    """
    keras.utils.set_random_seed(schedule.seed)
    start = start or _fresh(dataclasses.replace(config, batch_norm=True))
    held = [keras.ops.convert_to_numpy(weight) for weight in start.trainable_weights]
    trainer = _trainer(start, teacher, config.strides, schedule)
    resumable.restore(trainer, folder)
    network = trainer.get_layer("single_shot")
    if l2sp:
        hold_close(network, l2sp, held)
    resumable.fit_on(
        trainer,
        Pictures(samples, schedule, config.strides, seed=schedule.seed + 1),
        Fixed(held_out, schedule, config.strides, steps=12) if held_out else None,
        folder,
        schedule,
        callbacks,
    )
    _repeat_score(network, config)
    return network


FACE, OBJECT = (list(MAP_CHANNELS).index(name) for name in ("face", "object"))


def _fresh(config: SingleShotConfig) -> keras.Model:
    """Fresh weights that begin with "no face here" and boxes of three strides."""
    network = build_single_shot(config)
    for stride in config.strides:
        layer = _layers_of_map(network, stride)[-1]
        kernel, bias = layer.get_weights()
        bias[OBJECT] = -math.log(99.0)
        bias[4:6] = math.log(3.0)
        layer.set_weights([kernel, bias])
    return network


def _repeat_score(network: keras.Model, config: SingleShotConfig) -> None:
    """Makes "face", which no loss asks for, the same as "object": their mean is then the score."""
    for stride in config.strides:
        for layer in _layers_of_map(network, stride):
            kernel, bias = layer.get_weights()
            # A depthwise kernel is [h, w, channels, 1], another one [h, w, in, channels].
            channels = np.moveaxis(kernel, -2 if kernel.shape[-1] == 1 else -1, 0)
            channels[FACE], bias[FACE] = channels[OBJECT], bias[OBJECT]
            layer.set_weights([kernel, bias])


def _layers_of_map(network: keras.Model, stride: int) -> list[layers.Layer]:
    return [layer for layer in network.layers if layer.name.startswith(f"head{stride}_map_")]


def _trainer(
    network: keras.Model, teacher: keras.Model | None, strides: tuple[int, ...], schedule: Schedule
) -> keras.Model:
    """The network with all its levels in one output [N, C, ...], compiled."""
    image = keras.Input((None, None, 3), name="image")
    if teacher is None:
        output, loss, metrics = by_cell(network(image), strides), detection_loss, []
    else:
        teacher.trainable = False
        teacher = keras.Model(teacher.input, teacher.output, name="teacher")
        said = [by_cell(each(image), strides) for each in (network, teacher)]
        output, loss = layers.Concatenate()(said), distillation_loss
        metrics = [taught_score_loss, taught_box_loss]
    return resumable.compile_trainer(
        keras.Model(image, output),
        schedule,
        loss,
        [score_loss, box_loss, landmarks_loss, *metrics],
        clip=5.0,
        no_decay=["bias", "gamma", "beta"],
    )
