"""`python -m training.detector FOLDER... --out DIR`: trains the detector.

From fresh weights, or with `--start` from those of a file.

Time: 36 epochs took 90 minutes on two busy cores. Metric: average precision, see
`training.detector.average_precision`; the log holds the losses on every 24th photo, which is not
learned from. The same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from data.errors import KindredError

STATISTICS = 12  # batches by which normalisation begins, where training starts from a file


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.detector", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help="boxes.json and images/")
    parser.add_argument("--out", type=Path, required=True, help="checkpoint, log and weights")
    parser.add_argument("--teacher", type=Path, metavar="FILE", help="YuNet's file, to teach, too")
    parser.add_argument("--start", type=Path, metavar="FILE", help="weights to start from")
    parser.add_argument("--rate", type=float, default=None, help="the largest learning rate")
    parser.add_argument("--epochs", type=int, default=None)
    parser.add_argument("--steps", type=int, default=None, help="batches an epoch")
    options = parser.parse_args(arguments)
    try:
        train(options)
    except KindredError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def train(options: argparse.Namespace) -> None:
    import keras

    from model.batch_norm import fold, unfold
    from model.detector.single_shot import KINDRED_CONFIG, build_single_shot, load_yunet
    from model.zoo.weight_file import load_weights, save_weights
    from training.callbacks import tensorboard
    from training.detector.fit import Pictures, Schedule, fit
    from training.detector.pictures.samples import read_samples, split

    given = {name: getattr(options, name) for name in ("epochs", "steps", "rate")}
    schedule = Schedule(**{name: value for name, value in given.items() if value is not None})
    samples = [sample for folder in options.folders for sample in read_samples(folder)]
    samples = _taught(samples, options.out / "landmarks.npz")
    learned, held_out = split(samples, 24)
    start = None
    if options.start:
        start = load_weights(options.start, build_single_shot(KINDRED_CONFIG))
        learned = _searched(learned, start, options.out / "mistakes.npz")
        drawn = Pictures(learned, schedule, KINDRED_CONFIG.strides)
        pictures = (drawn[number][0] for number in range(STATISTICS))
        trained = dataclasses.replace(KINDRED_CONFIG, batch_norm=True)
        start = unfold(start, build_single_shot(trained), pictures)
    print(f"{len(learned)} photos to learn from, {len(held_out)} to evaluate on", flush=True)
    network = fit(
        learned,
        held_out,
        options.out,
        schedule,
        KINDRED_CONFIG,
        start=start,
        teacher=load_yunet(options.teacher) if options.teacher else None,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=_report),
            *tensorboard("detector", options.out.name),
        ],
    )
    folded = fold(network, build_single_shot(dataclasses.replace(KINDRED_CONFIG, batch_norm=False)))
    save_weights(folded, options.out / "detector.npz")
    print(f"the weights are in {options.out / 'detector.npz'}", flush=True)


def _taught(samples, cache: Path):
    from model.detector.second_look.refinement import load_second_look
    from model.zoo.catalogue import MTCNN
    from model.zoo.networks import find_files
    from training.detector.pictures.landmark_teacher import with_landmarks

    return with_landmarks(samples, load_second_look(find_files(MTCNN), votes=False), cache)


def _searched(samples, network, cache: Path):
    """With what the network that training starts from takes for faces by mistake."""
    from model.detector.single_shot_detector import kindred_detector
    from training.detector.pictures.hard_negatives import with_mistakes

    detector = kindred_detector(network)  # its functions do not keep it alive
    return with_mistakes(samples, detector.detect, cache)


def _report(epoch: int, logs: dict) -> None:
    figures = " ".join(f"{name} {value:.4f}" for name, value in logs.items())
    print(f"epoch {epoch + 1}: {figures}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
