"""`kindred.py train`: learn the people of a family folder."""

from __future__ import annotations

import argparse

from data.words import between, count
from model.tensorflow_import import import_tensorflow
from ui.actions.models.comparing import same_photos_text
from ui.terminal.output import DONE, Bars, share


def add(commands) -> None:
    train = commands.add_parser(
        "train",
        help="learn the people of a family folder, or of the library",
        description="Learns FOLDER/<name>/*.jpg, one folder a person, and writes a model. Where "
        "there are no such folders, the names that other programs wrote into the photos in FOLDER "
        "are learned. They are added to everybody who is known: by the model in use, and by names "
        "that are confirmed in the library. Without FOLDER, these are learned again.",
    )
    train.add_argument("folder", nargs="?", metavar="FOLDER")
    train.add_argument(
        "--model", metavar="DIR", help="write the model here, instead of making it the one in use"
    )
    train.add_argument("--detector", metavar="NAME", help="network (default: the best one here)")
    train.add_argument("--embedder", metavar="NAME", help="network (default: the best one here)")
    train.add_argument(
        "--false-names",
        type=share,
        default=0.01,
        metavar="SHARE",
        help="share of strangers that may get a name (default: %(default)s)",
    )
    train.add_argument(
        "--strangers", metavar="FOLDER", help="photos of people who are not in the family"
    )
    train.add_argument(
        "--quick", action="store_true", help="learn the names only, leave the network as it is"
    )
    train.add_argument(
        "--replace",
        action="store_true",
        help="learn FOLDER alone (without it: the library), and forget everybody else",
    )
    train.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.train import train

    if options.replace and not options.model:
        _say_who_is_forgotten(options.folder)
    with Bars() as bars:
        report = train(
            options.folder,
            options.model,
            detector=options.detector,
            embedder=options.embedder,
            false_names=options.false_names,
            strangers=options.strangers,
            quick=options.quick,
            replace=options.replace,
            progress=bars.show,
        )
    for left_out in report.left_out:
        print(f"left out: {left_out.path}: {left_out.reason}")
    for name in report.missing:
        print(f"nobody could be learned as {name}")
    width = max(map(len, report.photos))
    for name, photos in report.photos.items():
        print(f"  {name:<{width}}  {count(photos, 'photo')}")
    measured = report.metrics
    if measured.right is not None:
        print(
            f"On {measured.held_out} held-out faces of the family: {measured.right:.1%} right name,"
            f" {measured.unknown:.1%} unknown, {measured.wrong:.1%} wrong name."
        )
    else:
        print("Accuracy is not measured yet: that takes photos of a person from two moments.")
    if measured.false_names is not None:
        print(
            f"On {measured.strangers} faces of people left out of learning:"
            f" {measured.false_names:.1%} got a name (of all such faces likely"
            f" {between(measured.false_names, measured.strangers)})."
        )
    low, high = measured.false_names_range
    print(f"Of other strangers in such photos {low:.1%} to {high:.1%} are likely to get a name.")
    if measured.cannot_tell:
        print("So few people cannot tell more exactly: name more, or give --strangers FOLDER.")
    if measured.calibration_error is not None:
        print(f"Expected calibration error: {measured.calibration_error:.1%}")
    if report.comparison is not None:
        print(same_photos_text(report.comparison.to_json()))
    for one, other in report.doubts:
        print(f"{one} and {other} look like one person in two folders")
    print(f"Stage {2 if report.stage.kept else 1}: {report.stage.reason}")
    print(f"Networks: {', '.join(report.networks)}")
    print(f"Model: {report.model}")
    print(f"Card: {report.model / 'card.html'}")
    return DONE


def _say_who_is_forgotten(folder: str | None) -> None:
    from training.dataset.known_people import family_to_learn, forgotten

    family, *_ = family_to_learn(folder, replace=True)
    if names := forgotten(family):
        print(f"This forgets {', '.join(names)}. `kindred.py train` without --replace keeps them.")
