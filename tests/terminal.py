"""Runs commands of Kindred in this process, and gives what they print."""

from __future__ import annotations

import kindred


def run(capsys, *arguments) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    capsys.readouterr()
    try:
        status = kindred.main(list(map(str, arguments)))
    except SystemExit as left:  # argparse
        status = left.code
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def said(capsys, *arguments, status: int = 0) -> list[str]:
    """The lines that a command prints; it must end with this status."""
    ended, out, _ = run(capsys, *arguments)
    assert ended == status
    return out.splitlines()


def complaint(capsys, *arguments, status: int = 1) -> str:
    """What a command prints as an error; it must end with this status."""
    ended, _, err = run(capsys, *arguments)
    assert ended == status
    return err
