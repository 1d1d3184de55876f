"""Teaches what is no face: fits the verifier to what the detector finds, rightly and by mistake.

`python -m training.detector.verifier FOLDER --weights detector.npz --out verifier.npz
    --faces FOLDER... --without FOLDER...`

FOLDER has labelled photos. Those of `--faces` show people, and what the detector is sure of there
is a face; those of `--without` show none, and what it finds there is none. Time: 20 minutes on two
cores, most of it the search. Metric: average precision of the detector's scores with the
verifier's veto and without, on every 24th labelled photo, which is not learned from.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
import tensorflow as tf

from data.boxes import iou
from data.errors import PhotoError
from data.media.folders import find_photos
from data.media.photos import read_photo
from model.batch_norm import fold
from model.detector import box_ops as bx
from model.detector.second_look.refinement import (
    LARGEST_VETO,
    VETO,
    SecondLook,
    load_second_look,
)
from model.detector.second_look.verifier import AROUND, SIDE, build_verifier
from model.detector.second_look.windows import cut_upright, normalised, tilts_of
from model.detector.single_shot import KINDRED_CONFIG, build_single_shot
from model.detector.single_shot_detector import kindred_detector
from model.zoo.catalogue import MTCNN
from model.zoo.networks import find_files
from model.zoo.weight_file import load_weights, save_weights
from training.detector.average_precision import area_under_curve
from training.detector.pictures.samples import Sample, read_samples, split

LEAST_SCORE, LEAST_SIDE, MOST_WINDOWS = 0.05, 8.0, 60  # of a photo
ZOOMS = (1.0, 0.5, 1.8, 0.7, 1.3)  # by the photo's number
FACE_IOU, NO_FACE_IOU = 0.5, 0.2  # with a labelled face; what lies between is neither
SURE = 0.6  # where people are, what scores more is a face
PERSON = 0.93  # where nobody is said to be, what scores more may be somebody all the same
WIDE_SIDE, WIDE = 72, 1.5  # pixels of a stored window, and the sides of a face that it shows
CROPS = (0.82, 1.0)  # of a stored window, what is seen in training; their mean is `AROUND` of 1.36
HARD_SCORE, HARD_WEIGHT, FACE_WEIGHT = 0.3, 4.0, 1.5  # no faces that score so much weigh more
TILTS, TILT_SHARES = (8.0, 25.0, 90.0), (0.67, 0.25, 0.08)  # degrees, the spread of a tilt
COVERED, GREY, BLURRED = (0.1, 0.25), 0.15, 0.15  # how often: of no faces and of faces; of both
BATCH, EPOCHS, RATE = 128, 10, 3e-3
# Added to the log odds, so that hardly any of the faces that are known loses by the veto.
FOR_A_FACE = 1.5
ASIDE = 24  # every so many labelled photos one is kept aside


@dataclass(frozen=True)
class Windows:
    """What a detector found.

    Attributes:
        pixels: uint8 [N, 72, 72, 3], upright, with half a face more than the box in all.
        scores: float32 [N], of the detector.
        is_face: bool [N].
    """

    pixels: np.ndarray
    scores: np.ndarray
    is_face: np.ndarray

    @classmethod
    def joined(cls, several: Iterable[Windows]) -> Windows:
        """All of them, one after the other."""
        parts = zip(*((w.pixels, w.scores, w.is_face) for w in several), strict=True)
        return cls(*(np.concatenate(part) for part in parts))

    def __len__(self) -> int:
        return len(self.scores)


Decide = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From boxes float32 [N, 4] in a photo's pixels and scores [N]: 1 a face, 0 none, -1 neither."""


def windows_in(detect: Callable, photo: np.ndarray, decide: Decide, number: int = 0) -> Windows:
    """What a detector finds in one photo, at a zoom that depends on the photo's number.

    Args:
        detect: `detect(image, min_score) -> boxes, landmarks, scores`, without a verifier.
        photo: uint8 [H, W, 3].
        decide: What is a face.
    """
    zoom = ZOOMS[number % len(ZOOMS)]
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    image = photo if zoom == 1 else cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=how)
    boxes, landmarks, scores = (np.asarray(x) for x in detect(image, np.float32(LEAST_SCORE)))
    answers = decide(boxes / zoom, scores)
    large = (boxes[:, 2:] - boxes[:, :2]).min(axis=1, initial=np.inf) >= LEAST_SIDE
    chosen = np.flatnonzero(large & (answers >= 0))
    if len(chosen) > MOST_WINDOWS:
        rng = np.random.default_rng(number)
        chosen = np.sort(rng.choice(chosen, MOST_WINDOWS, replace=False))
    squares = bx.enlarged(bx.squared(tf.constant(boxes[chosen])), WIDE)
    tilts = tilts_of(tf.constant(landmarks[chosen]))
    pixels = cut_upright(tf.constant(image), squares, tilts, WIDE_SIDE)
    pixels = tf.cast(tf.clip_by_value(tf.round(pixels), 0.0, 255.0), tf.uint8)
    return Windows(pixels.numpy(), scores[chosen], answers[chosen] > 0)


def labelled(faces: np.ndarray) -> Decide:
    """What is a face where all faces are labelled, float32 [M, 4]."""

    def decide(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
        best = iou(boxes, faces).max(axis=1, initial=0.0)
        return np.where(best >= FACE_IOU, 1, np.where(best < NO_FACE_IOU, 0, -1))

    return decide


def of_people(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """What is a face in photos of people without labels: what the detector is sure of."""
    return np.where(scores > SURE, 1, -1)


def of_nobody(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """What is a face in photos without a person: nothing; of the surest nobody knows."""
    return np.where(scores > PERSON, -1, 0)


def fit_verifier(windows: Windows, epochs: int = EPOCHS, seed: int = 0) -> keras.Model:
    """A network of `build_verifier`, without normalisation, that was fitted to windows."""
    keras.utils.set_random_seed(seed)
    network, batches = build_verifier(batch_norm=True), _Batches(windows, seed)
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(batches))
    loss = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.01)
    network.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), loss)
    network.fit(batches, epochs=epochs, verbose=0)
    folded = fold(network, build_verifier())
    kernel, bias = folded.get_layer("odds").get_weights()
    folded.get_layer("odds").set_weights([kernel, bias + FOR_A_FACE])
    return folded


class _Batches(keras.utils.PyDataset):
    """The windows in random order, each made worse: tilted, covered in part, grey, dim, blurred."""

    def __init__(self, windows: Windows, seed: int):
        super().__init__()
        self._windows, self._rng = windows, np.random.default_rng(seed)
        self._order = self._rng.permutation(len(windows))
        hard = ~windows.is_face & (windows.scores > HARD_SCORE)
        self._weights = np.where(windows.is_face, FACE_WEIGHT, np.where(hard, HARD_WEIGHT, 1.0))

    def __len__(self) -> int:
        return max(1, len(self._windows) // BATCH)

    def __getitem__(self, index: int):
        chosen = self._order[index * BATCH : (index + 1) * BATCH]
        is_face = self._windows.is_face[chosen]
        pixels = np.stack(
            [
                self._worse(self._windows.pixels[i], COVERED[int(face)])
                for i, face in zip(chosen, is_face, strict=True)
            ]
        )
        wanted = is_face.astype(np.float32)[:, None]
        return normalised(pixels), wanted, self._weights[chosen].astype(np.float32)

    def _worse(self, window: np.ndarray, covered: float) -> np.ndarray:
        """A window uint8 [72, 72, 3] as a photo might show it, float32 [48, 48, 3], 0..255."""
        rng, middle = self._rng, (WIDE_SIDE - 1) / 2
        share, spread = rng.uniform(*CROPS), TILTS[rng.choice(len(TILTS), p=TILT_SHARES)]
        scale = SIDE / (WIDE_SIDE * share)
        move = cv2.getRotationMatrix2D((middle, middle), rng.normal(0.0, spread), scale)
        spare = (1 - share) * WIDE_SIDE * scale / 2
        move[:, 2] += (SIDE - 1) / 2 - middle + rng.uniform(-spare, spare, 2)
        pixels = cv2.warpAffine(window, move, (SIDE, SIDE), borderValue=(127, 127, 127))
        pixels = pixels[:, :: rng.choice([-1, 1])].astype(np.float32)
        if rng.random() < covered:
            x0, y0 = rng.integers(0, SIDE - 8, 2)
            width, height = rng.integers(8, 33, 2)
            pixels[y0 : y0 + height, x0 : x0 + width] = rng.integers(0, 256, 3)
        if rng.random() < GREY:
            pixels[:] = pixels.mean(axis=2, keepdims=True)
        if rng.random() < BLURRED:
            pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 1.8))
        return np.clip(pixels * rng.uniform(0.7, 1.3) + rng.uniform(-30, 30), 0, 255)

    def on_epoch_end(self) -> None:
        self._order = self._rng.permutation(len(self._windows))


def gain(network: keras.Model, windows: Windows, veto: float = VETO) -> tuple[float, float]:
    """Average precision of the detector's scores, and of them after a veto on faces of any size."""
    middle = tf.image.central_crop(windows.pixels, AROUND / WIDE)
    pixels = normalised(tf.image.resize(middle, [SIDE, SIDE]))
    odds = np.asarray(network(pixels, training=False))[:, 0]
    before = np.log(windows.scores) - np.log1p(-windows.scores)
    after = before - np.clip(-veto * odds, 0.0, LARGEST_VETO)
    faces = int(windows.is_face.sum())
    return tuple(area_under_curve(odds, windows.is_face, faces) for odds in (before, after))


def gather(detect: Callable, folders: Sequence[Path], decide: Decide) -> Iterator[Windows]:
    """What a detector finds in the photos of folders that can be read."""
    for number, path in enumerate(find_photos(folders)):
        try:
            photo = read_photo(path)
        except PhotoError:
            continue
        yield windows_in(detect, photo, decide, number)


def gather_labelled(detect: Callable, samples: Sequence[Sample]) -> Iterator[Windows]:
    """The same of photos whose faces are known, at two sizes."""
    for number, sample in enumerate(samples):
        photo, decide = read_photo(sample.path), labelled(sample.faces.boxes)
        yield windows_in(detect, photo, decide, number)
        yield windows_in(detect, photo, decide, number + 2)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.detector.verifier")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="boxes.json and images/")
    parser.add_argument("--weights", type=Path, required=True, help="of the detector")
    parser.add_argument("--faces", type=Path, nargs="*", default=[], metavar="FOLDER")
    parser.add_argument("--without", type=Path, nargs="*", default=[], metavar="FOLDER")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    network = load_weights(options.weights, build_single_shot(KINDRED_CONFIG))
    cascade = load_second_look(find_files(MTCNN), votes=False)
    look = SecondLook(cascade.onet, cascade.rnet)
    detector = kindred_detector(network, second_look=look)
    samples, aside = split(read_samples(options.folder), ASIDE)
    found = Windows.joined(
        [
            *gather_labelled(detector.detect, samples),
            *gather(detector.detect, options.faces, of_people),
            *gather(detector.detect, options.without, of_nobody),
        ]
    )
    print(f"{found.is_face.sum()} faces and {(~found.is_face).sum()} that are none", flush=True)
    verifier = fit_verifier(found)
    save_weights(verifier, options.out)
    before, after = gain(verifier, Windows.joined(gather_labelled(detector.detect, aside)))
    print(f"average precision {before:.4f} without the veto, {after:.4f} with it")


if __name__ == "__main__":
    main()
