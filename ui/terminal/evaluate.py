"""`kindred.py evaluate`: how good it is, on a data set or on one's own folder."""

from __future__ import annotations

import argparse
import json

from data.errors import KindredError
from data.home import replace_file
from model.tensorflow_import import import_tensorflow
from ui.terminal.output import DONE, Bars, share


def add(commands) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="measure how good it is",
        description="Measures on photos that were not learned from. Nothing is changed.",
    )
    kinds = evaluate.add_subparsers(required=True, metavar="PROTOCOL")
    pairs = kinds.add_parser("pairs", aliases=["lfw"], help="tell pairs of photos apart (LFW)")
    pairs.add_argument("pairs", metavar="PAIRS_CSV", help="columns fold,a,b,same")
    pairs.set_defaults(run=_pairs)
    family = kinds.add_parser("family", help="name people of families drawn from FOLDER/<person>/")
    family.set_defaults(run=_family)
    folder = kinds.add_parser("folder", help="leave photos of your own family folder out")
    folder.set_defaults(run=_folder)
    folder.add_argument("--strangers", metavar="FOLDER", help="photos of people not in the family")
    effort = kinds.add_parser("effort", help="count the answers that naming FOLDER/<person>/ takes")
    effort.set_defaults(run=_effort)
    detector = kinds.add_parser("detector", help="find the faces of FOLDER/boxes.json")
    detector.set_defaults(run=_detector)
    for kind in (pairs, family, folder, effort, detector):
        kind.add_argument("folder", metavar="FOLDER")
        kind.add_argument("--detector", metavar="NAME")
        if kind is not detector:
            kind.add_argument("--embedder", metavar="NAME")
        if kind not in (effort, detector):
            kind.add_argument("--model", metavar="DIR", help="measure this model")
        kind.add_argument("--json", metavar="FILE", help="write the figures; - for stdout")
        kind.add_argument("--page", metavar="FILE", help="write a page to read")
        if kind in (family, folder):
            kind.add_argument("--false-names", type=share, default=0.01, metavar="SHARE")


def _pairs(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.report.evaluate import evaluate_pairs

    with Bars() as bars:
        result = evaluate_pairs(
            options.pairs, options.folder, **_networks(options), progress=bars.show
        )
    return _report(options, result)


def _family(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.report.evaluate import evaluate_family

    with Bars() as bars:
        result = evaluate_family(
            options.folder,
            false_names=options.false_names,
            **_networks(options),
            progress=bars.show,
        )
    return _report(options, result)


def _folder(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.report.evaluate import evaluate_folder, evaluate_model

    with Bars() as bars:
        if options.model:
            result = evaluate_model(options.folder, options.model, progress=bars.show)
            return _report(options, result)
        result, page = evaluate_folder(
            options.folder,
            detector=options.detector,
            embedder=options.embedder,
            false_names=options.false_names,
            strangers=options.strangers,
            progress=bars.show,
        )
    return _report(options, result, page)


def _effort(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.report.effort import evaluate_effort

    with Bars() as bars:
        result = evaluate_effort(
            options.folder,
            detector=options.detector,
            embedder=options.embedder,
            progress=bars.show,
        )
    return _report(options, result)


def _detector(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.report.detector_figures import evaluate_detector

    with Bars() as bars:
        result = evaluate_detector(options.folder, options.detector, progress=bars.show)
    return _report(options, result)


def _networks(options: argparse.Namespace) -> dict:
    return {name: getattr(options, name) for name in ("model", "detector", "embedder")}


def _report(options: argparse.Namespace, result: dict, page: str | None = None) -> int:
    from training.report.figures_page import figures_page

    text = json.dumps(result, indent=2, ensure_ascii=False) + "\n"
    if options.page:
        _write(options.page, page or figures_page(result))
    if options.json and options.json != "-":
        _write(options.json, text)
    if options.json in (None, "-"):
        print(text, end="")
    return DONE


def _write(file: str, text: str) -> None:
    try:
        replace_file(file, text.encode())
    except OSError as error:
        raise KindredError.unwritable(
            "the results cannot be written", error, file=file, remedy="Name another file"
        ) from error
