"""`kindred.py find|group`: photos by who is in them, and unknown faces by likely person."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from data.home import current_model_dir, home
from data.words import count
from ui.terminal.opened import open_library
from ui.terminal.output import DONE, Results, print_paths, say

if TYPE_CHECKING:
    from data.library.groups.groups import Group
    from data.library.views import LibraryViews


def add(commands) -> None:
    find = commands.add_parser(
        "find",
        help="list photos and films by the people in them",
        description="Prints the paths of the photos and films that fit, oldest first.",
    )
    find.add_argument("--with", dest="with_", action="append", default=[], metavar="NAME")
    find.add_argument("--without", action="append", default=[], metavar="NAME")
    find.add_argument("--since", metavar="DATE", help="2019, 2019-07 or 2019-07-31")
    find.add_argument("--until", metavar="DATE", help="the same; this day, month or year included")
    find.add_argument("--alone", action="store_true", help="nobody else is in the photo")
    find.add_argument("--confirmed", action="store_true", help="only confirmed names count")
    find.add_argument("-0", "--null", action="store_true", help="end paths with a null byte")
    find.set_defaults(run=_find)

    group = commands.add_parser(
        "group",
        help="group the unknown faces into likely people",
        description="Groups unknown faces. Groups grow from run to run; they do not reshuffle.",
    )
    group.add_argument("--model", metavar="DIR", help="compare as this model does")
    group.add_argument(
        "--at-least", type=int, default=2, metavar="N", help="list groups of so many faces"
    )
    group.add_argument("--samples", type=int, default=3, metavar="N", help="photos shown of each")
    group.add_argument("--json", metavar="FILE", help="write one group a line; - for stdout")
    group.add_argument(
        "--name",
        nargs=2,
        metavar=("GROUP", "NAME"),
        help="confirm all faces of a group as a person, instead of grouping",
    )
    group.set_defaults(run=_group, wrong=group.error)


def _find(options: argparse.Namespace) -> int:
    with open_library() as library:
        paths = library.find(
            options.with_,
            options.without,
            since=options.since,
            until=options.until,
            alone=options.alone,
            confirmed=options.confirmed,
        )
    print_paths(paths, null=options.null)
    return DONE


def _group(options: argparse.Namespace) -> int:
    if options.name is not None:
        return _name_group(options)
    from data.library.views import LibraryViews
    from data.lock import library_lock
    from model.inference.on_demand import ModelOnDemand

    model = ModelOnDemand(options.model or current_model_dir())
    distance = math.sqrt(2 - 2 * model.group_threshold)
    with (
        library_lock(home(), "grouping faces"),
        LibraryViews(home()) as library,
        Results(options.json, None) as results,
    ):
        changed = set(library.groups.update(model.network, max_distance=distance))
        groups = library.groups.list(at_least=options.at_least)
        for group in groups:
            if results.any:
                results.record(_record(library, group))
            else:
                _show(library, group, group.id in changed, options.samples)
        unclear = len(library.faces.unclear())
    if results.any:
        return DONE
    if unclear:
        say(f"{count(unclear, 'face')} left out as unclear; the page Review shows them")
    say(f"{count(len(groups), 'group')}; name one with: python kindred.py group --name GROUP NAME")
    return DONE


def _show(library: LibraryViews, group: Group, is_new: bool, samples: int) -> None:
    say(f"group {group.id}: {count(len(group.faces), 'face')}{' (new faces)' if is_new else ''}")
    for face in group.faces[:samples]:
        for path in library.photos.paths(library.faces.get(face).photo)[:1]:
            say(f"    {path}")


def _record(library: LibraryViews, group: Group) -> dict:
    """One line of `--json`; boxes are xyxy pixels of the upright photo."""
    places = library.places(group.faces)
    faces = [
        {"photo": places[face].path, "box": [round(float(edge), 1) for edge in places[face].box]}
        for face in group.faces
        if places[face].path is not None
    ]
    return {"group": group.id, "faces": faces}


def _name_group(options: argparse.Namespace) -> int:
    number, name = options.name
    if not number.isdecimal():
        options.wrong(f"expected the number of a group. Received: {number}")
    with open_library() as library:
        faces = library.groups.faces(int(number))
        library.decisions.confirm(faces, name)
        say(f"confirmed {count(len(faces), 'face')} as {library.people.get(name).name}")
    return DONE
