"""Training of embedders from the terminal: a student from photos, and what it needs besides.

python -m training.embedder FOLDER... --out DIR
python -m training.embedder quality FOLDER... --out DIR
python -m training.embedder age FOLDER --out DIR
"""

from __future__ import annotations

import importlib
import sys

from data.errors import KindredError

COMMANDS = {"age": "learn_age", "quality": "quality"}  # the modules of commands with a name


def main(arguments: list[str]) -> None:
    module = COMMANDS.get(arguments[0] if arguments else "")
    command = importlib.import_module(f"training.embedder.{module or 'student'}").main
    try:
        command(arguments[1:] if module else arguments)
    except KindredError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
