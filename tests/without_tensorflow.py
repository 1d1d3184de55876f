"""A plugin of pytest that makes TensorFlow impossible to import: `-p tests.without_tensorflow`."""

from __future__ import annotations

import sys


class Blocked:
    """A finder that refuses TensorFlow before any other finds it."""

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name.split(".")[0] == "tensorflow":
            raise ImportError("TensorFlow must not be imported here", name=name)


sys.meta_path.insert(0, Blocked())
