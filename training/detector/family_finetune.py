"""Fine-tunes the shipped detector on boxes that a family drew or corrected.

It is kept only where it finds more of the family's own faces than the detector that would be used
otherwise, on photos that it did not learn from; a pull to the shipped weights keeps what it knew of
everybody else's.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras

from data.errors import FamilyError
from data.library import Library
from data.progress import Progress, silent
from model.detector.refinement import SecondLook
from model.detector.single_shot import KINDRED_CONFIG, SingleShotConfig
from model.detector.single_shot_detector import kindred_detector
from training.detector.average_precision import average_precision, find
from training.detector.fit import Schedule, fit
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample, split

LEAST_PHOTOS = 8
ASIDE = 4  # every fourth photo is judged and not learned from
LEAST_GAIN = 0.005
L2SP = 1.0
SCHEDULE = Schedule(epochs=8, steps=40, batch=8, rate=2e-4)


@dataclass(frozen=True)
class Outcome:
    """What fine-tuning came to.

    Attributes:
        learned, judged: Photos on either side.
        before, after: Average precision on the judged photos, of the best there was, and of the
            fine-tuned network.
        network: The fine-tuned network.
    """

    learned: int
    judged: int
    before: float
    after: float
    network: keras.Model

    @property
    def wins(self) -> bool:
        """Whether the fine-tuned network is worth having."""
        return self.after >= self.before + LEAST_GAIN


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
) -> Outcome:
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
    learned, judged = split(samples, ASIDE)
    if len(samples) < LEAST_PHOTOS:
        raise FamilyError(
            f"expected at least {LEAST_PHOTOS} photos with corrected boxes, found {len(samples)}",
            remedy="Draw missing boxes and confirm faces on the pages, then train again",
        )
    beside = (config, second_look, closer_look)
    before = _precision(shipped, beside, judged)
    if in_use is not None:
        before = max(before, average_precision(judged, find(in_use, judged)))
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: progress("training", epoch + 1, schedule.epochs)
    )
    with tempfile.TemporaryDirectory() as scratch:
        fit(
            learned, [], Path(scratch), schedule, config,
            start=shipped, l2sp=L2SP, callbacks=[note],
        )  # fmt: skip
    after = _precision(shipped, beside, judged)
    return Outcome(len(learned), len(judged), before, after, shipped)


def _precision(network: keras.Model, beside: tuple, judged: Sequence[Sample]) -> float:
    detector = kindred_detector(network, *beside)  # its functions do not keep it alive
    return average_precision(judged, find(detector.detect, judged))
