#!/usr/bin/env python3
"""Kindred in the terminal: `python kindred.py train FOLDER`, `python kindred.py tag PATH...`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from data.errors import KindredError, ModelError, PhotoError
from data.tags import PhotoTags
from model.quiet import import_tensorflow

DONE, FAILED, WRONG_USAGE, SOME_UNREADABLE, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except KindredError as error:
        print(f"kindred: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("kindred: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kindred", description="Tags the people in family photos, on your own machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="learn the people of a family folder",
        description="Learns FOLDER/<name>/*.jpg, one folder a person, and writes a model.",
    )
    train.add_argument("folder", metavar="FOLDER")
    train.add_argument(
        "--model", metavar="DIR", help="write the model here, instead of making it the one in use"
    )
    train.add_argument("--detector", metavar="NAME", help="network (default: the best one here)")
    train.add_argument("--embedder", metavar="NAME", help="network (default: the best one here)")
    train.add_argument(
        "--false-names",
        type=_share,
        default=0.01,
        metavar="SHARE",
        help="share of strangers that may get a name (default: %(default)s)",
    )
    train.set_defaults(run=_train)

    tag = commands.add_parser(
        "tag",
        help="find and name the faces in photos",
        description="Tags files, and all photos in folders. Exit status 3: some were unreadable.",
    )
    tag.add_argument("paths", nargs="+", metavar="PATH")
    tag.add_argument("--model", metavar="DIR", help="use this model, not the one in use")
    tag.add_argument("--json", metavar="FILE", help="write one JSON record a line; - for stdout")
    tag.set_defaults(run=_tag)

    networks = commands.add_parser(
        "networks",
        help="list the networks, or get better ones",
        description="Lists the networks. Nothing is downloaded unless it is asked for by name.",
    )
    networks.set_defaults(run=_networks)
    actions = networks.add_subparsers(metavar="ACTION")
    get = actions.add_parser("get", help="download networks from their publishers")
    get.add_argument("names", nargs="+", metavar="NAME")
    get.add_argument("--from", dest="source", metavar="FOLDER", help="take the files from here")
    get.set_defaults(run=_get_networks)
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, received {text}")
    return value


def _train(options: argparse.Namespace) -> int:
    import_tensorflow()
    from training.train import train

    with _Bars() as bars:
        report = train(
            options.folder,
            options.model,
            detector=options.detector,
            embedder=options.embedder,
            false_names=options.false_names,
            progress=bars.show,
        )
    for left_out in report.left_out:
        print(f"left out: {left_out.path}: {left_out.reason}")
    for name in report.missing:
        print(f"nobody could be learned as {name}")
    width = max(map(len, report.photos))
    for name, count in report.photos.items():
        print(f"  {name:<{width}}  {count} photo{'s' if count != 1 else ''}")
    measured = report.measured
    if measured.right is not None:
        print(
            f"On {measured.held_out} held-out faces of the family: {measured.right:.1%} right name,"
            f" {measured.unknown:.1%} unknown, {measured.wrong:.1%} wrong name."
        )
    else:
        print("Accuracy is not measured yet: that takes two photos of a person.")
    if measured.false_names is not None:
        print(
            f"On {measured.strangers} faces of people left out of learning:"
            f" {measured.false_names:.1%} got a name."
        )
    print(f"Networks: {', '.join(report.networks)}")
    print(f"Model: {report.model}")
    return DONE


def _tag(options: argparse.Namespace) -> int:
    import_tensorflow()
    from data.home import current_model_dir
    from model.tagger import Tagger

    folder = options.model or current_model_dir()
    tagger = Tagger.load(folder) if folder else Tagger.untrained()
    if not tagger.people:
        print(
            "kindred: nobody is enrolled yet, so everybody is unknown. "
            "Teach it with: python kindred.py train FOLDER",
            file=sys.stderr,
        )
    handled = unreadable = 0
    with _output(options.json) as out:
        for tags in _with_bar(_tags_of(tagger, options.paths), options.paths):
            handled += 1
            if tags.error:
                unreadable += 1
                _say(f"kindred: {tags.error}", sys.stderr)
            if out is not None:
                print(_json_line(tags), file=out, flush=True)
            elif not tags.error:
                _say(_readable(tags), sys.stdout)
    if unreadable:
        print(f"kindred: {unreadable} of {handled} could not be read", file=sys.stderr)
    return SOME_UNREADABLE if unreadable else DONE


def _networks(options: argparse.Namespace) -> int:
    import_tensorflow()
    from model.catalogue import CATALOGUE, RANKED_BY, choose

    used = {choose(task).name for task in RANKED_BY}
    for network in CATALOGUE.values():
        state = "in use by default" if network.name in used else "here"
        if not network.is_here():
            state = f"not here; {network.remedy[0].lower()}{network.remedy[1:]}"
        figures = ", ".join(f"{key} {value:.3f}" for key, value in network.figures.items())
        print(f"{network.name} ({network.task}): {network.about}")
        print(f"    {state}")
        print(f"    {network.size / 1e6:.1f} MB from {network.source}, licence {network.licence}")
        print(f"    measured: {figures or 'nothing yet'}")
    return DONE


def _get_networks(options: argparse.Namespace) -> int:
    import_tensorflow()
    from model.catalogue import CATALOGUE
    from model.fetch import fetch

    unknown = [name for name in options.names if name not in CATALOGUE]
    if unknown:
        raise ModelError(
            f"there is no network called {unknown[0]!r}",
            remedy=f"Known are: {', '.join(CATALOGUE)}",
        )
    for name in options.names:
        network = CATALOGUE[name]
        if options.source is None:
            print(
                f"Getting {name}: {network.size / 1e6:.1f} MB from {network.source}, "
                f"licence {network.licence}"
            )
        with _Bars() as bars:
            folder = fetch(network, folder=options.source, progress=bars.show)
        print(f"{name} is in {folder}")
    return DONE


def _tags_of(tagger, paths: list[str]) -> Iterator[PhotoTags]:
    from data.photos import find_photos

    broken: list[PhotoError] = []
    yield from tagger.tag_all(find_photos(paths, on_error=broken.append))
    for error in broken:
        yield PhotoTags(error.file or "", error=str(error))


def _with_bar(tags: Iterator[PhotoTags], paths: list[str]) -> Iterator[PhotoTags]:
    from data.photos import find_photos

    if not sys.stderr.isatty():
        yield from tags
        return
    total = sum(1 for _ in find_photos(paths, on_error=lambda _: None))
    yield from tqdm(tags, total=total, unit=" photos", desc="tagging")


def _say(line: str, to: TextIO) -> None:
    """Prints a line without tearing a progress bar; odd bytes in names come out escaped."""
    tqdm.write(line.encode(errors="backslashreplace").decode(), file=to)


def _readable(tags: PhotoTags) -> str:
    names = [f"{f.name} ({f.confidence:.0%})" if f.name else "unknown" for f in tags.faces]
    return f"{tags.photo}: {', '.join(names) or 'no face'}"


def _json_line(tags: PhotoTags) -> str:
    record = tags.to_json()
    try:
        line = json.dumps(record, ensure_ascii=False)
        line.encode()
    except UnicodeEncodeError:  # a file name that is not valid text
        line = json.dumps(record)
    return line


@contextmanager
def _output(path: str | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
    elif path == "-":
        sys.stdout.reconfigure(encoding="utf-8")
        yield sys.stdout
    else:
        try:
            with Path(path).open("w", encoding="utf-8") as file:
                yield file
        except OSError as error:
            what = f"the results cannot be written there ({error.strerror})"
            raise KindredError(what, file=path, remedy="Name another file with --json") from error


class _Bars:
    """Progress bars of a long command, one a phase; silent when nobody watches."""

    def __enter__(self) -> _Bars:
        self._bar = None
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, phase: str, done: int, of: int) -> None:
        if self._bar is None or self._bar.desc != f"{phase}: ":
            self.__exit__()
            self._bar = tqdm(desc=phase, total=of, disable=not sys.stderr.isatty())
            self._bar.set_description(phase)
        self._bar.update(done - self._bar.n)


if __name__ == "__main__":
    sys.exit(main())
