"""What a network is to Kindred, and the one way to find, check and load it.

A new network needs a description in `model.zoo.catalogue` and, if its file format is new, a reader
in `model.zoo.readers`. Weights are found in an installed package or under `KINDRED_HOME/networks`,
and every file is checked against its SHA-256 before a single byte of it is interpreted.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from data.errors import ModelError
from data.home import home
from data.recognition.age import AgeCorrection, read_age_correction
from data.recognition.config import HeadConfig
from model.detector.tiling import Search
from model.embedder.aligner import Aligner
from model.embedder.embedder import Embedder
from model.identity import CODE


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
        licence: SPDX identifier.
        source: Where the weights come from, for people.
        files: The weight files, in the order in which `load` gets them.
        load: Files by name to what runs: an object with `detect(image, min_score)` for a
            detector; for an embedder a trainable Keras model from chips to embeddings.
        for_inference: What makes an embedder's model faster once it need not be trained.
        package: The installed package that carries the files, and the folder inside it.
        address: For a network that is fetched, what the file names are appended to.
        upper: For an embedder, prefixes of the names of the layers that fine-tuning trains; what
            stands before the first of them stays as it is.
        head: For an embedder, how the classifier compares its faces.
        age: For an embedder, the numbers of its age correction (`data.recognition.age`), a file of
            Kindred's own.
        chip_size, template: For an embedder, side of the chip in pixels and the place of the
            five landmarks in it.
        min_score: For a detector, the operating score of `tag`.
        figures: What was measured (`docs/networks.md`): for detectors average precision
            `wider_easy|medium|hard`, for embedders `lfw` (ten-fold accuracy), `family_closed` and
            `family_dir` (closed-set accuracy and DIR@FPIR1% of the family protocol).
    """

    name: str
    task: str
    about: str
    licence: str
    source: str
    files: tuple[WeightFile, ...]
    load: Callable[[Mapping[str, Path]], Any]
    for_inference: Callable[[keras.Model], keras.Model] = lambda model: model
    package: tuple[str, str] | None = None
    address: str | None = None
    upper: tuple[str, ...] = ()
    head: HeadConfig | None = None
    age: WeightFile | None = None
    chip_size: int = 0
    template: tuple[tuple[float, float], ...] = ()
    min_score: float = 0.0
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> dict:
        """What makes it this network and no other one, as the manifest has it."""
        facts = {"name": self.name, "files": {file.name: file.sha256 for file in self.files}}
        return facts if self.age is None else facts | {"age": self.age.sha256}

    @property
    def size(self) -> int:
        """All files together, bytes."""
        return sum(file.size for file in self.files)

    @property
    def folder(self) -> Path:
        """Where the files are, or would be.

        Raises:
            ModelError: If the package that carries them is not installed.
        """
        if self.package is None:
            return home() / "networks" / self.name
        package, inside = self.package
        spec = importlib.util.find_spec(package)  # finds it without running it
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(
                f"the package {package}, which carries the network {self.name}, is not installed",
                remedy=f"Run: pip install {package}",
            )
        return Path(spec.submodule_search_locations[0]) / inside

    @property
    def remedy(self) -> str:
        """How to get the files."""
        if self.address is not None:
            return f"Run: python kindred.py networks get {self.name}"
        if self.package is None:
            return "Run: python kindred.py train-detector FOLDER"
        if self.package[0] == __package__.partition(".")[0]:
            return "Get Kindred again: a file that belongs to it is missing"
        return f"Run: pip install --force-reinstall {self.package[0]}"

    def is_installed(self) -> bool:
        """Whether all files are there; they are checked when they are loaded."""
        try:
            return all((self.folder / file.name).is_file() for file in self.files)
        except ModelError:
            return False


def describe_networks(networks: Sequence[Network]) -> dict:
    """What a manifest says of a detector and an embedder and the code that runs them."""
    return {
        "code": CODE,
        "networks": {network.task: network.identity for network in networks},
        "thresholds": {"detection_score": max(network.min_score for network in networks)},
    }


def load_detector(network: Network):
    """The detector, ready to run: `detect(image, min_score) -> boxes, landmarks, scores`."""
    _require(network, "detector")
    detector = network.load(find_files(network))
    return Search(detector, detector.second_look)


def load_embedder(network: Network, *, correct_age: bool = True) -> Embedder:
    """The embedder, ready to run, with the aligner that its network was trained with.

    Args:
        correct_age: Whether age is taken out; not while that is learned.
    """
    model = network.for_inference(load_trainable(network))
    age = load_age_correction(network) if correct_age else None
    return Embedder(Aligner(network.chip_size, network.template), model, age)


def load_age_correction(network: Network) -> AgeCorrection | None:
    """What an embedder makes of age; `None` for one of which it was not learned.

    Raises:
        ModelError: If the file is missing or is not the one that the description means.
    """
    if network.age is None:
        return None
    path = Path(__file__).parent / "weights" / network.age.name
    remedy = "Get Kindred again: a file that belongs to it is missing"
    require_hash(_read(path, network.name, remedy), network.age, path, remedy)
    return read_age_correction(path)


def load_trainable(network: Network) -> keras.Model:
    """An embedder's network as a model that can be trained: chips to embeddings."""
    _require(network, "embedder")
    return network.load(find_files(network))


def find_files(network: Network) -> dict[str, Path]:
    """The network's files by name, each checked.

    Raises:
        ModelError: If a file is missing, or is not the one that the description means.
    """
    folder = network.folder
    found = {}
    for file in network.files:
        path = found[file.name] = folder / file.name
        content = _read(path, network.name, network.remedy)
        require_hash(content, file, path, network.remedy)
    return found


def _read(path: Path, network: str, remedy: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"the weights of the network {network} cannot be read ({error.strerror})",
            file=path,
            remedy=remedy,
        ) from error


def require_hash(content: bytes, file: WeightFile, path: Path, remedy: str) -> None:
    """Refuses content that is not the file that is meant.

    Raises:
        ModelError: If size or SHA-256 differ.
    """
    if len(content) != file.size:
        problem = f"{len(content):,} bytes instead of {file.size:,}"
    elif (found := hashlib.sha256(content).hexdigest()) != file.sha256:
        problem = f"its SHA-256 is {found[:12]}... instead of {file.sha256[:12]}..."
    else:
        return
    raise ModelError(f"this is not the file that is meant: {problem}", file=path, remedy=remedy)


def _require(network: Network, task: str) -> None:
    if network.task != task:
        raise ModelError(f"expected a {task}, but {network.name} is a {network.task}")
