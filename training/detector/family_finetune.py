"""Fine-tunes the shipped detector on boxes that a family drew or corrected.

It is kept only where it finds more of the family's own faces than the detector that would be used
otherwise, on photos that it did not learn from, and where it is as good as the shipped one on the
same photos as close-ups, on their side and without a face. L2-SP, a penalty on the distance from
the shipped weights, keeps what it knew of everybody else's.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from data.errors import FamilyError
from data.library import Library
from data.progress import Progress, silent
from model.detector.second_look.refinement import SecondLook
from model.detector.single_shot import KINDRED_CONFIG, SingleShotConfig
from model.detector.single_shot_detector import kindred_detector
from model.detector.tiling import Search
from model.zoo.catalogue import KINDRED
from training.detector.average_precision import average_precision, find
from training.detector.conditions import tallies
from training.detector.fit import Schedule, fit
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample, split

LEAST_PHOTOS = 8
ASIDE = 4  # every fourth photo is held out
LEAST_GAIN = 0.005
L2SP = 1.0
SCHEDULE = Schedule(epochs=8, steps=40, batch=8, rate=2e-4)


@dataclass(frozen=True)
class FineTunedDetector:
    """What fine-tuning came to.

    Attributes:
        learned, held_out: Photos on either side.
        before, after: Average precision on the held-out photos, of the best there was, and of the
            fine-tuned network.
        network: The fine-tuned network.
        worse: The conditions (`training.detector.conditions`) under which it does worse than the
            shipped one.
    """

    learned: int
    held_out: int
    before: float
    after: float
    network: keras.Model
    worse: tuple[str, ...] = ()

    @property
    def gains(self) -> bool:
        """Whether the fine-tuned network finds more of the family's faces."""
        return self.after >= self.before + LEAST_GAIN

    @property
    def wins(self) -> bool:
        """Whether it is worth having: more faces found, and nothing lost for it."""
        return self.gains and not self.worse


def corrected_samples(library: Library, folder: Path) -> list[Sample]:
    """The photos under a folder that somebody looked through, with their boxes.

    That is a photo with a box drawn by hand or a face that was decided about. Those faces are to
    be found; what the detector found and nobody decided about, or somebody ignored, counts neither
    way.
    """
    samples = []
    for path in library.records.paths([folder]):
        photo = library.photos.photo_of(path)
        faces, settled = library.faces.of(photo), library.records.settled(photo)
        counts = [f.by_hand or (f.id in settled and not f.ignored) for f in faces]
        if any(counts) and Path(path).is_file():
            boxes = [face.box for face in faces]
            samples.append(Sample(Path(path), Faces.of_boxes(boxes, counts)))
    return samples


def fine_tune(
    samples: Sequence[Sample],
    shipped: keras.Model,
    config: SingleShotConfig = KINDRED_CONFIG,
    schedule: Schedule = SCHEDULE,
    in_use: Callable | None = None,
    second_look: SecondLook | None = None,
    closer_look: keras.Model | None = None,
    progress: Progress = silent,
) -> FineTunedDetector:
    """Tries to make the shipped network better on these photos.

    Args:
        samples: Photos with landmarks where they are known.
        shipped: The network of `config`, folded; it is changed.
        in_use: `detect(image, min_score)` of the detector that has to be beaten, too.
        second_look, closer_look: What both networks have beside them in use, see
            `kindred_detector`.

    Raises:
        FamilyError: There are too few photos.
    """
    learned, held_out = split(samples, ASIDE)
    if len(samples) < LEAST_PHOTOS:
        raise FamilyError(
            f"expected at least {LEAST_PHOTOS} photos with corrected boxes, found {len(samples)}",
            remedy="Draw missing boxes and confirm faces on the pages, then train again",
        )
    beside = (config, second_look, closer_look)
    before, at_first = _precision(shipped, beside, held_out), shipped.get_weights()
    if in_use is not None:
        before = max(before, average_precision(held_out, find(in_use, held_out)))
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress("training", epoch + 1, schedule.epochs)
    )
    with tempfile.TemporaryDirectory() as scratch:
        fit(
            learned, [], Path(scratch), schedule, config,
            start=shipped, l2sp=L2SP, callbacks=[note],
        )  # fmt: skip
    outcome = FineTunedDetector(
        len(learned), len(held_out), before, _precision(shipped, beside, held_out), shipped
    )
    if outcome.gains:
        worse = _worse(shipped, at_first, beside, held_out, progress)
        outcome = dataclasses.replace(outcome, worse=worse)
    return outcome


def _precision(network: keras.Model, beside: tuple, held_out: Sequence[Sample]) -> float:
    detector = kindred_detector(network, *beside)  # its functions do not keep it alive
    return average_precision(held_out, find(detector.detect, held_out))


def _worse(
    network: keras.Model,
    at_first: list[np.ndarray],
    beside: tuple,
    held_out: Sequence[Sample],
    progress: Progress,
) -> tuple[str, ...]:
    """The conditions under which a network does worse than it did with its first weights."""
    search, now = Search(kindred_detector(network, *beside)), network.get_weights()
    after = tallies(search.detect, held_out, KINDRED.min_score, progress)
    network.set_weights(at_first)
    before = tallies(search.detect, held_out, KINDRED.min_score, progress)
    network.set_weights(now)
    return tuple(name for name, tally in after.items() if not tally.is_as_good_as(before[name]))
