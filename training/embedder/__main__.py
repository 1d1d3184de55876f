"""Training of embedders from the terminal: a student from photos, or what one makes of age.

python -m training.embedder FOLDER... --out DIR
python -m training.embedder age FOLDER --out DIR
"""

from __future__ import annotations

import sys

from data.errors import KindredError


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["age"]:
        from training.embedder.learn_age import main as command

        arguments = arguments[1:]
    else:
        from training.embedder.student import main as command
    try:
        command(arguments)
    except KindredError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
