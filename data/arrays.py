"""Named arrays in a file (`.npz`): written whole or not at all, and never unpickled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from data.home import replace_file


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """All arrays of a file, by name.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged, or holds something else.
    """
    with open(path, "rb") as file:  # opened here: NumPy leaves a damaged file open
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return dict(arrays)
        except (
            EOFError,
            AttributeError,
            KeyError,
            zipfile.BadZipFile,
            NotImplementedError,
        ) as error:
            raise ValueError(f"it is no archive of arrays ({error})") from error


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes the arrays, uncompressed; a file that stood there before stays until then."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    replace_file(Path(path), stream.getvalue())
