"""Whether two graphs are the same, by all that shapes them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from model.zoo.specs import NetworkSpec

GRAPH = "saved_model.pb"


def graph_key(networks: Sequence[NetworkSpec], min_score: float) -> str:
    """SHA-256 of all that shapes the graph: networks, versions, and the code of `model`."""
    digest = hashlib.sha256()
    versions = tf.__version__, keras.__version__, np.__version__
    digest.update(repr((versions, min_score, *(network.key for network in networks))).encode())
    code = Path(__file__).parent
    for file in sorted(code.rglob("*.py")):
        digest.update(f"\n{file.relative_to(code).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def describe_graph(folder: Path, key: str) -> dict[str, str]:
    """What the manifest keeps, so that it can be told later whether the graph is the same."""
    return {"key": key, "sha256": hashlib.sha256((folder / GRAPH).read_bytes()).hexdigest()}
