"""The one way to find, check and load a network that `model.zoo.catalogue` describes.

Weights are found in an installed package or under `KINDRED_HOME/networks`, and every file is
checked against its SHA-256 before a single byte of it is interpreted.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import keras

from data.errors import ModelError
from data.recognition.age import AgeCorrection, read_age_correction
from data.recognition.identity import CODE
from model.detector.tiling import Search
from model.embedder.aligner import Aligner
from model.embedder.embedder import Embedder
from model.embedder.quality_output import build_quality_output, with_quality
from model.zoo.specs import DetectorSpec, EmbedderSpec, NetworkSpec, WeightFile
from model.zoo.weight_file import load_weights


def describe_networks(detector: DetectorSpec, embedder: EmbedderSpec) -> dict:
    """What a manifest says of a detector and an embedder and the code that runs them."""
    return {
        "code": CODE,
        "networks": {spec.task: spec.identity for spec in (detector, embedder)},
        "thresholds": {"detection_score": detector.min_score},
    }


def load_detector(network: DetectorSpec) -> Search:
    """The detector, ready to run."""
    _require(network, DetectorSpec)
    detector = network.load(find_files(network))
    return Search(detector)


def load_embedder(network: EmbedderSpec, *, correct_age: bool = True) -> Embedder:
    """The embedder, ready to run, with the aligner that its network was trained with.

    Args:
        correct_age: Whether age is taken out; not while that is learned.
    """
    return build_embedder(network, load_trainable(network), correct_age=correct_age)


def build_embedder(
    network: EmbedderSpec, trained: keras.Model, *, correct_age: bool = True
) -> Embedder:
    """The embedder with other weights than the published ones.

    Args:
        trained: What `load_trainable` gave, fine-tuned since.
        correct_age: As of `load_embedder`.
    """
    model = network.for_inference(trained)
    if network.quality is not None:
        path = _own_file(network, network.quality)
        model = with_quality(model, load_weights(path, build_quality_output()))
    age = load_age_correction(network) if correct_age else None
    aligner = Aligner(network.chip_size, network.template)
    return Embedder(aligner, model, age, mirror=network.mirror)


def load_age_correction(network: EmbedderSpec) -> AgeCorrection | None:
    """What an embedder makes of age; `None` for one of which it was not learned.

    Raises:
        ModelError: If the file is missing or is not the one that the description means.
    """
    if network.age is None:
        return None
    return read_age_correction(_own_file(network, network.age))


def _own_file(network: EmbedderSpec, file: WeightFile) -> Path:
    """A file of Kindred's own, checked, that a network has besides its weights."""
    path = Path(__file__).parent / "weights" / file.name
    remedy = "Get Kindred again: a file that belongs to it is missing"
    require_hash(_read(path, network.name, remedy), file, path, remedy)
    return path


def load_trainable(network: EmbedderSpec) -> keras.Model:
    """An embedder's network as a model that can be trained; see `EmbedderSpec.load`."""
    _require(network, EmbedderSpec)
    return network.load(find_files(network))


def find_files(network: NetworkSpec) -> dict[str, Path]:
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


def _require(network: NetworkSpec, kind: type[NetworkSpec]) -> None:
    if not isinstance(network, kind):
        raise ModelError(f"expected a {kind.task}, but {network.name} is a {network.task}")
