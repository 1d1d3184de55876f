"""The networks Kindred can use, each described in one place, and the one way to load them.

A new network needs a description here and, if its file format is new, a reader in `model.readers`.
Weights are found in an installed package or under `KINDRED_HOME/networks`, and every file is
checked against its SHA-256 before a single byte of it is interpreted.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.errors import ModelError
from data.home import home
from model.aligner import Aligner
from model.cascade import Cascade, load_cascade
from model.embedder import Embedder
from model.head import HeadConfig
from model.resnet29 import load_resnet


@dataclass(frozen=True)
class WeightFile:
    """A file of weights: its name, its SHA-256 in hexadecimal and its size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Network:
    """What there is to know about a network without loading it.

    Attributes:
        name: What the user calls it.
        task: "detector" or "embedder".
        about: One line for people.
        licence: SPDX identifier or the licence's own words.
        source: Where the weights come from, for people.
        files: The weight files.
        load: Files by name to what runs: an object with `detect(image, min_score)` for a
            detector, a Keras model from chips to embeddings for an embedder.
        package: The installed package that carries the files, and the folder inside it.
        head: For an embedder, how the classifier compares its faces.
        chip_size, template: For an embedder, side of the chip in pixels and the place of the
            five landmarks in it.
        min_score: For a detector, the operating score of `tag`.
        figures: What was measured, for people.
    """

    name: str
    task: str
    about: str
    licence: str
    source: str
    files: tuple[WeightFile, ...]
    load: Callable[[Mapping[str, Path]], Any]
    package: tuple[str, str] | None = None
    head: HeadConfig | None = None
    chip_size: int = 0
    template: tuple[tuple[float, float], ...] = ()
    min_score: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)


MTCNN = Network(
    name="mtcnn",
    task="detector",
    about="Cascade of three small networks (Zhang et al. 2016)",
    licence="MIT",
    source="the Python package mtcnn",
    files=(
        WeightFile(
            "pnet.lz4", "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5", 27119
        ),
        WeightFile(
            "rnet.lz4", "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee", 401659
        ),
        WeightFile(
            "onet.lz4", "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3", 1557637
        ),
    ),
    load=load_cascade,
    package=("mtcnn", "assets/weights"),
    min_score=0.8,
)

RESNET29 = Network(
    name="resnet29",
    task="embedder",
    about="ResNet of 29 layers, 128 numbers a face (D. King 2017)",
    licence="CC0-1.0",
    source="the Python package face_recognition_models",
    files=(
        WeightFile(
            "dlib_face_recognition_resnet_model_v1.dat",
            "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
            22466066,
        ),
    ),
    load=load_resnet,
    package=("face_recognition_models", "models"),
    head=HeadConfig(
        temperature=0.05,
        pull=3.0,
        nearest=0.6,
        kin=(0.935, 0.03),
        stranger=(0.8775, 0.0173),
        doubt=0.9,
    ),
    chip_size=150,
    # The median place of MTCNN's points in 1659 chips that dlib's own aligner had cut.
    template=((47.8, 45.8), (100.4, 45.9), (74.2, 77.1), (51.0, 103.2), (97.1, 103.2)),
)

CATALOGUE: dict[str, Network] = {network.name: network for network in (MTCNN, RESNET29)}


def load_detector(network: Network = MTCNN) -> Cascade:
    """The detector, ready to run: `detect(image, min_score) -> boxes, landmarks, scores`."""
    return _load(network, "detector")


def load_embedder(network: Network = RESNET29) -> Embedder:
    """The embedder with the aligner that its network was trained with."""
    return Embedder(Aligner(network.chip_size, network.template), _load(network, "embedder"))


def find_files(network: Network) -> dict[str, Path]:
    """The network's files by name, each checked.

    Raises:
        ModelError: If a file is missing, or is not the one that the description means.
    """
    return {
        file.name: _checked(_folder(network) / file.name, file, network) for file in network.files
    }


def _load(network: Network, task: str):
    if network.task != task:
        raise ModelError(f"expected a {task}, but {network.name} is a {network.task}")
    return network.load(find_files(network))


def _folder(network: Network) -> Path:
    if network.package is None:
        return home() / "networks" / network.name
    package, inside = network.package
    spec = importlib.util.find_spec(package)  # finds it without running it
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"the package {package}, which carries the network {network.name}, is not installed",
            remedy=f"Run: pip install {package}",
        )
    return Path(spec.submodule_search_locations[0]) / inside


def _checked(path: Path, file: WeightFile, network: Network) -> Path:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the weights of the network {network.name} cannot be read ({error.strerror})",
            file=path,
            remedy=f"Get them again from {network.source}",
        ) from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise ModelError(
            f"these are not the weights of the network {network.name}: {file.size} bytes with "
            f"SHA-256 {file.sha256[:12]}... were expected, {len(content)} other bytes came",
            file=path,
            remedy=f"Get them again from {network.source}",
        )
    return path
