"""Long trainings: killed and gone on with, refused when numbers go wrong, in float16."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import keras
import numpy as np
import pytest

from training.mixed_precision import copied
from training.not_finite import NotFinite
from training.resumable import Schedule, compile_trainer, fit_on, restore

SCHEDULE = Schedule(epochs=3, steps=2, batch=8, rate=0.05, warm=0.5, decay=0.01)


class Line(keras.utils.PyDataset):
    """Points near a line, other ones in every epoch; from an epoch on they are no numbers.

    Keras ends an epoch before the first one, in which it only looks at the batches: what is
    learned begins with epoch 1.
    """

    def __init__(self, wrong_from: int = 100):
        super().__init__()
        self._epoch, self._wrong_from = 0, wrong_from

    def __len__(self) -> int:
        return SCHEDULE.steps

    def __getitem__(self, index: int):
        x = np.random.default_rng((self._epoch, index)).normal(size=(8, 3)).astype(np.float32)
        if self._epoch >= self._wrong_from:
            x[0] = np.nan
        return x, x @ np.float32([[1], [2], [3]])

    def on_epoch_end(self) -> None:
        self._epoch += 1


def squared_error(wanted, said):
    return keras.ops.mean((wanted - keras.ops.cast(said, "float32")) ** 2)


def trainer_in(folder, schedule: Schedule = SCHEDULE, mixed: bool = False) -> keras.Model:
    keras.utils.set_random_seed(1)
    network = copied(keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)]), mixed)
    options = {"clip": 5.0, "no_decay": ["bias"], "mixed": mixed}
    trainer = compile_trainer(network, schedule, squared_error, [], **options)
    restore(trainer, folder)
    return trainer


class StoppedAfter(keras.callbacks.Callback):
    """Ends training after some epochs."""

    def __init__(self, epochs: int):
        super().__init__()
        self._epochs = epochs

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self._epochs:
            self.model.stop_training = True


@pytest.mark.parametrize("mixed", [False, True])
def test_what_was_stopped_goes_on_and_comes_to_the_same(eager, tmp_path, mixed):
    whole = trainer_in(tmp_path / "whole", mixed=mixed)
    fit_on(whole, Line(), Line(), tmp_path / "whole", SCHEDULE)
    first = trainer_in(tmp_path / "b", mixed=mixed)
    fit_on(first, Line(), None, tmp_path / "b", SCHEDULE, [StoppedAfter(2)])
    again = trainer_in(tmp_path / "b", mixed=mixed)
    fit_on(again, Line(), None, tmp_path / "b", SCHEDULE)
    for one, other in zip(whole.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    rows = (tmp_path / "b" / "log.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1", "2"]
    picture = ElementTree.parse(tmp_path / "whole" / "curve.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    lines = {path.get("class"): path.get("d") for path in picture.iter(f"{picture.tag[:-3]}path")}
    assert lines["one"].count("L") == lines["two"].count("L") == SCHEDULE.epochs - 1
    gone_on = ElementTree.parse(tmp_path / "b" / "curve.svg").getroot()
    assert [path.get("class") for path in gone_on.iter(f"{picture.tag[:-3]}path")] == [
        "axis",
        "one",
    ]
    assert not list(tmp_path.glob("*/part-*"))
    assert again.layers[-1].compute_dtype == ("float16" if mixed else "float32")
    assert {weight.dtype for weight in again.trainable_weights} == {"float32"}


def test_a_training_that_is_done_is_not_trained_further(eager, tmp_path):
    trainer = trainer_in(tmp_path)
    fit_on(trainer, Line(), None, tmp_path, SCHEDULE)
    again = trainer_in(tmp_path)
    fit_on(again, Line(), None, tmp_path, SCHEDULE)
    for one, other in zip(trainer.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_loss_that_is_no_number_is_refused_and_not_kept(eager, tmp_path):
    with pytest.raises(NotFinite, match="no finite number"):
        fit_on(trainer_in(tmp_path), Line(wrong_from=2), None, tmp_path, SCHEDULE)
    kept = trainer_in(tmp_path)
    assert int(kept.optimizer.iterations) == SCHEDULE.steps
    assert all(np.isfinite(weight).all() for weight in kept.get_weights())


def test_the_rate_is_that_of_the_present_schedule(eager, tmp_path):
    first = dataclasses.replace(SCHEDULE, epochs=1)
    fit_on(trainer_in(tmp_path), Line(), None, tmp_path, first)
    faster = dataclasses.replace(SCHEDULE, rate=0.5)
    rate = trainer_in(tmp_path, faster).optimizer.learning_rate
    assert float(rate) == pytest.approx(0.5 * (0.005 + 0.995 * 0.5 * (1 + np.cos(np.pi / 5))))
