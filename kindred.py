#!/usr/bin/env python3
"""Kindred in the terminal: `python kindred.py train FOLDER`, `python kindred.py tag PATH...`."""

from __future__ import annotations

import argparse
import os
import sys

from data.errors import KindredError, no_room
from ui.terminal import detector, evaluate, finding, folders, networks, people, tag, train, write
from ui.terminal.output import (
    DONE,
    FAILED,
    INTERRUPTED,
    SOME_UNREADABLE,
    WRONG_USAGE,
    warn,
)

__all__ = ["DONE", "FAILED", "INTERRUPTED", "SOME_UNREADABLE", "WRONG_USAGE", "main"]


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except KindredError as error:
        warn(str(error))
        return FAILED
    except KeyboardInterrupt:
        warn("stopped")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if not no_room(error):
            raise
        where = getattr(error, "filename", None)
        warn(str(KindredError.unwritable("it broke off", error, file=where)))
        return FAILED


def parser() -> argparse.ArgumentParser:
    """What the command line understands; every command brings its own part."""
    whole = argparse.ArgumentParser(
        prog="kindred", description="Tags the people in family photos, on your own machine."
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for family in (train, tag, evaluate, write, finding, people, folders, detector, networks):
        family.add(commands)
    return whole


if __name__ == "__main__":
    sys.exit(main())
