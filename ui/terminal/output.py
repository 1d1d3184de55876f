"""What the terminal's commands print with: exit statuses, progress bars, lines, result files."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from data.errors import KindredError
from data.tables import CSV_COLUMNS, csv_rows, json_line

if TYPE_CHECKING:
    from data.tags import FilmTags, PhotoTags

DONE, FAILED, WRONG_USAGE, SOME_UNREADABLE, INTERRUPTED = 0, 1, 2, 3, 130

_ODD = frozenset({"Cc", "Zl", "Zp"})  # controls, line and paragraph separators


class Bars:
    """Progress bars of a long command, one a phase; silent when nobody watches."""

    def __init__(self, unit: str = "it", units: Mapping[str, str] | None = None):
        self._unit = unit  # what is counted, as in "12 photos/s"
        self._units = units or {}  # of phases that count something else

    def __enter__(self) -> Bars:
        self._bar = None
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, phase: str, done: int, of: int) -> None:
        """Shows how much of a phase is done, how fast it goes and how long it will take.

        Nothing is shown of a phase in which there is nothing to do.
        """
        if not of:
            return
        from tqdm import (
            tqdm,  # here, and the library's modules elsewhere, so that help comes at once
        )

        if self._bar is None or self._bar.desc != f"{phase}: ":
            self.__exit__()
            unit = self._units.get(phase, self._unit)
            quiet = not sys.stderr.isatty()
            self._bar = tqdm(desc=phase, total=of, initial=done, unit=unit, disable=quiet)
            self._bar.set_description(phase)
        self._bar.update(done - self._bar.n)


def say(line: str, to: TextIO | None = None) -> None:
    """Prints a line without tearing a progress bar."""
    from tqdm import tqdm

    tqdm.write(printable(line), file=to or sys.stdout)


def warn(line: str) -> None:
    """Prints a line for people on standard error."""
    say(f"kindred: {line}", sys.stderr)


def printable(text: str) -> str:
    """Text as it may go to a terminal: odd bytes and control characters in names are escaped."""
    text = text.encode(errors="backslashreplace").decode()
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _ODD else c for c in text
    )


class Results:
    """The files that the records of a run go to, "-" being standard output.

    Args:
        json_file, csv_file: Where the records go; `None` for nowhere.

    Raises:
        KindredError: A file cannot be written.
    """

    def __init__(self, json_file: str | None, csv_file: str | None):
        self.any = json_file is not None or csv_file is not None
        self._opened: list[TextIO] = []
        self._json = self._open(json_file, "--json")
        self._csv_file = self._open(csv_file, "--csv")
        self._csv = self._csv_file and csv.writer(self._csv_file)
        if self._csv:
            self._csv.writerow(CSV_COLUMNS)

    def __enter__(self) -> Results:
        return self

    def __exit__(self, *_) -> None:
        for file in self._opened:
            with _writing(file.name):
                file.close()

    def write(self, tags: PhotoTags | FilmTags) -> None:
        """Writes one photo or film, at once."""
        self._line(json_line(tags))
        if self._csv:
            with _writing(self._csv_file.name):
                self._csv.writerows(csv_rows(tags))
                self._csv_file.flush()

    def record(self, fields: dict) -> None:
        """Writes another record, to the JSON file only."""
        self._line(json.dumps(fields, ensure_ascii=False))

    def _line(self, text: str) -> None:
        if self._json:
            with _writing(getattr(self._json, "name", "standard output")):
                print(text, file=self._json, flush=True)

    def _open(self, path: str | None, option: str) -> TextIO | None:
        if path is None:
            return None
        if path == "-":
            if hasattr(sys.stdout, "reconfigure"):
                sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
            return sys.stdout
        with _writing(path, option):
            file = Path(path).open("w", encoding="utf-8", errors="backslashreplace", newline="")  # noqa: SIM115
        self._opened.append(file)
        return file


@contextmanager
def _writing(path: str, option: str = "") -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        remedy = f"Name another file with {option}" if option else ""
        raise KindredError.unwritable(
            "the results cannot be written there", error, file=path, remedy=remedy
        ) from error


def agreed(question: str, options: argparse.Namespace, unasked: str) -> bool:
    """Whether somebody wants it: asks, unless they said `--yes`.

    Where nobody can be asked, ends the command with the words `unasked`.
    """
    if options.yes:
        return True
    if not sys.stdin.isatty():
        options.wrong(unasked)
    if input(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
        return True
    say("nothing was removed")
    return False


def print_paths(paths: list[Path], *, null: bool) -> None:
    """Prints paths for pipes, byte for byte as they are on disk."""
    end = b"\0" if null else b"\n"
    data = b"".join(os.fsencode(path) + end for path in paths)
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def share(text: str) -> float:
    """An option's value between 0 and 1, for argparse."""
    value = float(text)
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, received {text}")
    return value
