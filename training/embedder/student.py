"""Trains an embedder of our own: a student of two teachers, from photos without names.

    python -m training.embedder FOLDER... --out DIR

The faces in the photos are found, both teachers say what they see, and the student learns it from
views that are as bad as family photos can be. DIR gets the faces, a checkpoint after every epoch,
`log.csv`, `curve.svg`, which draws it, and the weights `embedder.npz`. The same command goes on
after a kill.

Time and metric: `model/zoo/weights/embedder.md`. The log holds the losses on the faces of every
twentieth photo, which are not learned from.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keras
import numpy as np

from model.device import has_gpu, prepare_devices
from model.embedder.mobilenet_0095 import with_fixed_slopes
from model.zoo.catalogue import RESNET29, RETAIL_0095, choose
from model.zoo.networks import load_trainable
from model.zoo.weight_file import load_weights, save_weights
from training.callbacks import tensorboard
from training.embedder.distill import Batches, Schedule, distil, view_features
from training.embedder.frozen_features import split_network
from training.embedder.joint_space import fit_last_layer, joint_space, targets_in, weighed
from training.embedder.student_views import student_views
from training.embedder.teacher_faces import MARGIN, TeacherFaces, gather

HELD_OUT = 20  # one of so many photos is kept aside
TEACHERS = (RESNET29, RETAIL_0095)
SIZES, WEIGHTS = (128, 256), (0.3, 0.7)  # their vectors' numbers, and the weights of their cosines
STUDENT = RETAIL_0095  # whose architecture, chips and first weights the student has


def main(arguments: list[str]) -> None:
    """Gathers, trains and writes DIR/embedder.npz."""
    parser = argparse.ArgumentParser(prog="python -m training.embedder", description=__doc__)
    ask_for_faces(parser)
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to start from")
    parser.add_argument(
        "--views",
        type=int,
        default=0,
        metavar="N",
        help="train the upper levels alone, on N views of each face: many times faster on a CPU",
    )
    parser.add_argument("--rate", type=float, help="the largest learning rate")
    parser.add_argument("--epochs", type=int, help="0: the last layers alone, in closed form")
    parser.add_argument("--steps", type=int, help="batches an epoch")
    options = parser.parse_args(arguments)
    prepare_devices()
    given = {name: getattr(options, name) for name in ("epochs", "steps", "rate")}
    schedule = Schedule(**{name: value for name, value in given.items() if value is not None})
    faces = gathered(options)
    aside = faces.photos % HELD_OUT == 0
    learned, held_out = faces.chosen(~aside), faces.chosen(aside)
    print(f"{len(learned)} faces to learn from, {len(held_out)} to evaluate by", flush=True)
    network = load_trainable(STUDENT)
    vectors = [weighed(some.vectors, SIZES, WEIGHTS) for some in (learned, held_out)]
    space = joint_space(vectors[0], network.output_shape[-1])
    targets = [targets_in(some, space) for some in vectors]
    if options.start:
        load_weights(options.start, network)
    else:
        fit_last_layer(network, learned.chips, targets[0], margin_of_chips())
    fixed = with_fixed_slopes(network)
    lower, upper = split_network(fixed, STUDENT.upper) if options.views else (None, fixed)
    draws = [_source(some.chips, lower, options.views) for some in (learned, held_out)]
    student = distil(
        upper,
        Batches(draws[0], targets[0], learned.photos, schedule),
        Batches(draws[1], targets[1], held_out.photos, schedule, fixed=True),
        options.out,
        schedule,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=_report),
            *tensorboard("embedder", options.out.name),
        ],
        mixed=has_gpu(),
    )
    upper.set_weights(student.get_weights())
    for layer in network.layers:
        if layer.weights and not isinstance(layer, keras.layers.PReLU):
            layer.set_weights(fixed.get_layer(layer.name).get_weights())
    save_weights(network, options.out / "embedder.npz")
    print(f"the weights are in {options.out / 'embedder.npz'}", flush=True)


def ask_for_faces(parser: argparse.ArgumentParser) -> None:
    """Adds what says which faces to learn from, for `gathered`."""
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="photos of people")
    parser.add_argument("--out", type=Path, required=True, help="faces, checkpoint, log, weights")
    parser.add_argument("--detector", help="finds the faces; default: the best one")
    parser.add_argument("--faces", type=int, help="about how many to learn from; default: all")


def gathered(options: argparse.Namespace) -> TeacherFaces:
    """The faces that the student learns from, of a parser of `ask_for_faces`."""
    return gather(
        options.folders,
        options.out / "faces",
        choose("detector", options.detector),
        TEACHERS,
        STUDENT,
        options.faces,
        lambda phase, done, of: print(f"{phase}: {done} of {of} photos", flush=True),
    )


def margin_of_chips() -> int:
    """Pixels of photo round each of the gathered chips."""
    return round(MARGIN * STUDENT.chip_size)


def _source(chips: np.ndarray, lower: keras.Model | None, count: int):
    """What gives the views: new ones each time, or features of `count` for each face."""
    template = np.asarray(STUDENT.template)
    if lower is None:
        return lambda rows, rng: student_views(chips[rows], margin_of_chips(), template, rng)
    rng = np.random.default_rng(0)
    features = view_features(
        lower, lambda some: student_views(some, margin_of_chips(), template, rng), chips, count
    )
    return lambda rows, rng: features[rows, rng.integers(0, count, len(rows))]


def _report(epoch: int, logs: dict) -> None:
    figures = " ".join(f"{name} {value:.4f}" for name, value in logs.items())
    print(f"epoch {epoch + 1}: {figures}", flush=True)
