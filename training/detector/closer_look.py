"""Teaches where a photo that was searched small deserves a closer look.

`python -m training.detector.closer_look FOLDER --weights detector.npz --out closer_look.npz`

The photos are searched in small by the detector, and what it misses there is learned from their
labels. Time: 20 minutes on two busy cores, most of it the search. Metric: the share of missed faces
whose cell, or a neighbour of it, is marked, against the share of cells that are.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
import tensorflow as tf

from data.boxes import iou
from data.media.photos import read_photo
from model.detector.closer_look import LEAST_ODDS, STRIDE, CloserLook, build_closer_look
from model.detector.decode import decode, suppress
from model.detector.single_shot import KINDRED_CONFIG, build_single_shot
from model.traced_network import TracedNetwork
from model.zoo.weight_file import load_weights, save_weights
from training.detector.pictures.drawings import random_drawing
from training.detector.pictures.samples import Sample, read_samples, split

SMALLEST, LARGEST = 4.0, 24.0  # pixels of the small picture, of faces that are learned
SURE, SAME = 0.6, 0.4  # a face is found by a box of such a score with such an overlap (IoU)
# Each photo is shrunk by a factor of each range; the last is for every second photo.
SHRINK = ((0.35, 0.5), (0.5, 0.8), (1.0, 1.0))
FIELD = 160  # pixels of a collage, in which one cut lies
SIDE, BATCH, EPOCHS, RATE = 12, 8, 8, 2e-3  # cells of a cut, cuts, ...
MISSED_WEIGHT = 3.0  # of a cell with a missed face, where one without counts as one


@dataclass(frozen=True)
class View:
    """What the detector made of one small picture.

    Attributes:
        near, far: float16 [2h, 2w, C] and [h, w, C], its features.
        missed: float32 [h, w], 1 where the middle of a face lies that it misses.
        weight: float32 [h, w], 0 where it does not matter what is said.
    """

    near: np.ndarray
    far: np.ndarray
    missed: np.ndarray
    weight: np.ndarray


def views(samples: Sequence[Sample], network: keras.Model) -> Iterator[View]:
    """The pictures of these photos, as the detector's network sees them."""
    reader = CloserLook(TracedNetwork(build_closer_look()), network)

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.float32)])
    def look(pixels):
        maps, near, far = reader.search(pixels)
        boxes, _, scores = decode(maps, KINDRED_CONFIG.strides, tf.constant(0.1))
        kept = suppress(boxes, scores)
        return near[0], far[0], tf.gather(boxes, kept), tf.gather(scores, kept)

    for small, faces, counts in pictures(samples):
        rim = [(0, -side % KINDRED_CONFIG.strides[-1]) for side in small.shape[:2]]
        padded = np.pad(small, [*rim, (0, 0)]).astype(np.float32)
        near, far, boxes, scores = (part.numpy() for part in look(padded[None]))
        found = found_scores(faces, boxes, scores)
        missed, weight = labels(faces, found, counts, far.shape[:2])
        yield View(near.astype(np.float16), far.astype(np.float16), missed, weight)


def pictures(samples: Sequence[Sample]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Small pictures uint8 [H, W, 3], their faces float32 [N, 4], and which count, bool [N].

    Every photo in two or three sizes, and for three photos a collage of small people.
    """
    for number, sample in enumerate(samples):
        rng = np.random.default_rng(number)
        photo = read_photo(sample.path)
        for least, most in SHRINK[: 2 if number % 2 else 3]:
            small, faces = _shrunk(photo, sample.faces.boxes, rng.uniform(least, most))
            yield small, faces, sample.faces.counts
        if number % 3 == 0:
            yield collage(samples, rng)


def collage(
    samples: Sequence[Sample], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Small people far apart on a plain or drawn ground, which labelled photos hardly show.

    Returns:
        As `pictures`; uint8 [480, 640, 3].
    """
    plain = np.full((1, 1, 3), rng.integers(0, 256, 3), np.uint8)
    ground = plain if rng.random() < 0.5 else random_drawing(rng).pixels
    picture = cv2.resize(ground, (4 * FIELD, 3 * FIELD), interpolation=cv2.INTER_LINEAR)
    faces, counts = [np.zeros((0, 4), np.float32)], [np.zeros(0, bool)]
    for field in rng.permutation(12)[: rng.integers(4, 12)]:
        sample = samples[rng.integers(len(samples))]
        large = np.flatnonzero(sample.faces.sides >= LARGEST) if len(sample.faces) else []
        if not len(large):
            continue
        boxes, photo = sample.faces.boxes, read_photo(sample.path)
        box = boxes[rng.choice(large)]
        side = (box[2:] - box[:2]).min()
        around = side * rng.uniform(0.5, 4.0, 4) * [-1, -1, 1, 1]
        limits = np.tile(photo.shape[1::-1], 2)
        x0, y0, x1, y1 = np.clip(box + around, 0, limits).astype(int)
        factor = np.exp(rng.uniform(*np.log([SMALLEST, 14.0]))) / side
        cut, own = _shrunk(photo[y0:y1, x0:x1], boxes - np.array([x0, y0, x0, y0]), factor)
        cut = cut[:FIELD, :FIELD]
        middle = (own[:, :2] + own[:, 2:]) / 2
        inside = ((middle >= 0) & (middle < cut.shape[1::-1])).all(axis=1)
        free = FIELD - np.array(cut.shape[1::-1])
        left, top = rng.integers(0, free + 1) + FIELD * np.array([field % 4, field // 4])
        picture[top : top + cut.shape[0], left : left + cut.shape[1]] = cut
        faces.append(own[inside] + np.array([left, top, left, top], np.float32))
        counts.append(sample.faces.counts[inside])
    return picture, np.concatenate(faces).astype(np.float32), np.concatenate(counts)


def _shrunk(photo: np.ndarray, boxes: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The photo with sides that are `factor` times as long, and its boxes."""
    size = [max(round(side * factor), 1) for side in photo.shape[1::-1]]
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    return small, boxes * np.tile(np.divide(size, photo.shape[1::-1]), 2).astype(np.float32)


def found_scores(faces: np.ndarray, boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The best score of a box that is the same as each face, float32 [N], 0 without one."""
    best = [np.where(iou(face, boxes)[0] > SAME, scores, 0.0).max(initial=0.0) for face in faces]
    return np.array(best, np.float32)


def labels(
    faces: np.ndarray, found: np.ndarray, counts: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """`View.missed` and `View.weight` for faces [N, 4] in pixels of the small picture.

    Round a face that is found, too small for any look, or of no account, both answers are right.
    """
    missed, weight = np.zeros(shape, np.float32), np.ones(shape, np.float32)
    sides = (faces[:, 2:] - faces[:, :2]).min(axis=1, initial=np.inf)
    wanted = (sides >= SMALLEST) & (sides < LARGEST) & (found < SURE) & counts
    last = np.array(shape[::-1]) - 1
    for x0, y0, x1, y1 in np.clip(faces[~wanted] // STRIDE, 0, np.tile(last, 2)).astype(int):
        weight[y0 : y1 + 1, x0 : x1 + 1] = 0.0
    middle = np.clip((faces[wanted, :2] + faces[wanted, 2:]) / 2 // STRIDE, 0, last).astype(int)
    missed[middle[:, 1], middle[:, 0]] = weight[middle[:, 1], middle[:, 0]] = 1.0
    return missed, weight


def fit_closer_look(seen: Sequence[View], epochs: int = EPOCHS, seed: int = 0) -> keras.Model:
    """A network of `build_closer_look` that was fitted to views."""
    keras.utils.set_random_seed(seed)
    network = build_closer_look(seen[0].near.shape[-1])
    kernel, bias = network.get_layer("odds_conv").get_weights()
    network.get_layer("odds_conv").set_weights([kernel, bias - 3.0])  # "no face here" to begin with
    cuts = _Cuts(seen, seed)
    rate = keras.optimizers.schedules.CosineDecay(RATE, epochs * len(cuts))
    network.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), _loss)
    network.fit(cuts, epochs=epochs, verbose=0)
    return network


def _loss(wanted, odds):
    missed, weight = tf.split(wanted, 2, axis=-1)
    loss = tf.nn.weighted_cross_entropy_with_logits(missed, odds, MISSED_WEIGHT) * weight
    return tf.reduce_sum(loss) / tf.maximum(tf.reduce_sum(weight), 1.0)


class _Cuts(keras.utils.PyDataset):
    """A cut of every view, half of them mirrored; others in each epoch."""

    def __init__(self, seen: Sequence[View], seed: int):
        super().__init__()
        self._seen, self._rng = seen, np.random.default_rng(seed)
        self._order = self._rng.permutation(len(seen))

    def __len__(self) -> int:
        return -(-len(self._seen) // BATCH)

    def __getitem__(self, index: int):
        chosen = self._order[index * BATCH : (index + 1) * BATCH]
        near, far, wanted = zip(*(self._cut(self._seen[i]) for i in chosen), strict=True)
        return (np.stack(near), np.stack(far)), np.stack(wanted)

    def on_epoch_end(self) -> None:
        self._order = self._rng.permutation(len(self._seen))

    def _cut(self, view: View):
        row, column = (self._rng.integers(max(n - SIDE, 0) + 1) for n in view.missed.shape)
        wanted = np.stack([view.missed, view.weight], axis=-1)
        parts = []
        for array, scale in ((view.near, 2), (view.far, 1), (wanted, 1)):
            rows, columns = (slice(scale * at, scale * (at + SIDE)) for at in (row, column))
            inside = array[rows, columns].astype(np.float32)
            rim = [(0, scale * SIDE - n) for n in inside.shape[:2]]
            parts.append(np.pad(inside, [*rim, (0, 0)]))
        mirrored = self._rng.random() < 0.5
        return [part[:, ::-1] for part in parts] if mirrored else parts


def marked(network: keras.Model, seen: Sequence[View], least: float) -> tuple[float, float]:
    """The share of missed faces beside or in a marked cell, and the share of cells marked."""
    right, cells = [], []
    for view in seen:
        odds = network([view.near[None], view.far[None]], training=False)
        around = keras.ops.max_pool(odds, 3, 1, "same")
        right.append(np.asarray(around)[0, ..., 0][view.missed > 0] >= least)
        cells.append((np.asarray(odds) >= least).ravel())
    return float(np.concatenate(right).mean()), float(np.concatenate(cells).mean())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.detector.closer_look")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="boxes.json and images/")
    parser.add_argument("--weights", type=Path, required=True, help="of the detector")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    options = parser.parse_args(arguments)
    detector = load_weights(options.weights, build_single_shot(KINDRED_CONFIG))
    parts = split(read_samples(options.folder), 24)
    learned, held_out = (list(views(part, detector)) for part in parts)
    network = fit_closer_look(learned)
    save_weights(network, options.out)
    for least in (LEAST_ODDS - 1, LEAST_ODDS, LEAST_ODDS + 1):
        faces, cells = marked(network, held_out, least)
        print(f"from {least}: {faces:.3f} of the missed faces, {cells:.3f} of the cells")


if __name__ == "__main__":
    main()
