"""Training of embedders from the terminal: `python -m training.embedder age FOLDER --out DIR`."""

from __future__ import annotations

import sys

from data.errors import KindredError
from training.embedder import age

if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command != "age":
        sys.exit("usage: python -m training.embedder age FOLDER --out DIR [--embedder NAME]")
    try:
        age.main(arguments)
    except KindredError as error:
        sys.exit(str(error))
