"""`kindred.py networks`: list the networks, or get others from their publishers."""

from __future__ import annotations

import argparse

from data.errors import ModelError
from model.tensorflow_import import import_tensorflow
from ui.actions.models.network_figures import figures_text
from ui.terminal.output import DONE, Bars


def add(commands) -> None:
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


def _networks(options: argparse.Namespace) -> int:
    import_tensorflow()
    from model.zoo.catalogue import RANKED_BY, choose, known

    used = {choose(task).name for task in RANKED_BY}
    for network in known().values():
        state = "in use by default" if network.name in used else "installed"
        if not network.is_installed():
            state = f"not installed; {network.remedy[0].lower()}{network.remedy[1:]}"
        figures = figures_text(network.figures)
        print(f"{network.name} ({network.task}): {network.about}")
        print(f"    {state}")
        print(f"    {network.size / 1e6:.1f} MB from {network.source}, licence {network.licence}")
        print(f"    measured: {figures or 'nothing yet'}")
    return DONE


def _get_networks(options: argparse.Namespace) -> int:
    import_tensorflow()
    from model.zoo.catalogue import CATALOGUE
    from model.zoo.fetch import fetch

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
        with Bars() as bars:
            folder = fetch(network, folder=options.source, progress=bars.show)
        print(f"{name} is in {folder}")
    return DONE
