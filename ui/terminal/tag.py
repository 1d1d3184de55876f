"""`kindred.py tag`: find and name the people in photos and films, keep them in the library."""

from __future__ import annotations

import argparse
from pathlib import Path

from data.home import current_model_dir


def add(commands) -> None:
    tag = commands.add_parser(
        "tag",
        help="find and name the people in photos and films",
        description="Tags files, and all photos and films in folders, and keeps the result in the "
        "library: what has not changed is not done again. Exit status 3: some were unreadable.",
    )
    tag.add_argument("paths", nargs="+", metavar="PATH")
    tag.add_argument("--model", metavar="DIR", help="use this model, not the one in use")
    tag.add_argument("--json", metavar="FILE", help="write one JSON record a line; - for stdout")
    tag.add_argument("--csv", metavar="FILE", help="write a table, one face a row; - for stdout")
    tag.add_argument(
        "--exclude",
        metavar="PATTERN",
        action="append",
        default=[],
        help="leave out files and folders of this name, with * and ?",
    )
    tag.add_argument(
        "--again", action="store_true", help="look also at what has not changed; decisions stay"
    )
    tag.add_argument("--watch", action="store_true", help="go on with photos as they arrive")
    tag.add_argument("--scheduler", metavar="ADDRESS", help="use a Dask cluster, tcp://host:8786")
    tag.add_argument(
        "--explain",
        metavar="FOLDER",
        nargs="?",
        const="",
        help="say why; with a FOLDER, put pictures of what carried the decision there",
    )
    tag.set_defaults(run=_tag, wrong=tag.error)


def _tag(options: argparse.Namespace) -> int:
    if options.json == options.csv == "-":
        options.wrong("only one of --json and --csv can go to standard output")
    if options.explain is not None:
        from ui.terminal.explain import explain

        return explain(options.paths, options.model or current_model_dir(), options.explain)
    if options.watch and not any(Path(path).is_dir() for path in options.paths):
        options.wrong("--watch needs a folder to watch")
    from ui.terminal.tagging import tag

    return tag(options)
