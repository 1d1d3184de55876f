"""Who is measured: decoding alone, Kindred, and other programs' ways of finding faces.

Each is made by a function of the photos' paths; it returns a function that handles all of them
and says how many faces it found. What is not installed raises ImportError, `ModelError` or OSError.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from data.library.intake.work import Work
from data.media.photos import read_reduced

Run = Callable[[], int | None]
SIDE = 1280  # pixels of the longer side, for peers that shrink a photo first
FACE_RECOGNITION_SIDE = 1600


def decoding(paths: Sequence[str]) -> Run:
    """JPEGs at the smallest scale that leaves the pixels of a photo of 1280 x 960: the floor."""

    def run() -> None:
        for path in paths:
            read_reduced(path, SIDE * SIDE * 3 // 4)

    return run


def kindred(paths: Sequence[str], model: str | None) -> Run:
    """Kindred in a batch: decoding, detection, embedding, naming."""
    from model.device import divide_cores
    from model.inference.engine import LOOKED_AT

    divide_cores(LOOKED_AT)  # as for every long run
    tagger = load_tagger(model)
    return lambda: sum(len(photo.faces) for photo in tagger.run(map(Work.at, paths)))


def kindred_one_by_one(paths: Sequence[str], model: str | None) -> Run:
    """Kindred as the page for one photo uses it."""
    tagger = load_tagger(model)
    return lambda: sum(len(tagger.tag(path).faces) for path in paths)


def yunet(paths: Sequence[str]) -> Run:
    """OpenCV's detector at 1280 pixels, without embeddings."""
    import cv2

    from model.zoo.catalogue import CATALOGUE
    from model.zoo.networks import find_files

    (file,) = find_files(CATALOGUE["yunet"]).values()
    detector = cv2.FaceDetectorYN.create(os.fspath(file), "", (SIDE, SIDE), 0.8)

    def run() -> int:
        found = 0
        for path in paths:
            image = _shrunk(path, SIDE)
            detector.setInputSize((image.shape[1], image.shape[0]))
            _, faces = detector.detect(np.ascontiguousarray(image[..., ::-1]))
            found += 0 if faces is None else len(faces)
        return found

    return run


def face_recognition(paths: Sequence[str]) -> Run:
    """dlib as the package face_recognition uses it: HOG, one upsampling, an encoding a face."""
    import dlib

    from model.zoo.catalogue import RESNET29

    folder = RESNET29.folder
    detect = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(os.fspath(folder / "shape_predictor_5_face_landmarks.dat"))
    network = dlib.face_recognition_model_v1(
        os.fspath(folder / "dlib_face_recognition_resnet_model_v1.dat")
    )

    def run() -> int:
        found = 0
        for path in paths:
            image = _shrunk(path, FACE_RECOGNITION_SIDE)
            for box in detect(image, 1):
                network.compute_face_descriptor(image, shape(image, box), 1)
                found += 1
        return found

    return run


def mtcnn(paths: Sequence[str]) -> Run:
    """The package mtcnn at 1280 pixels, without embeddings."""
    from mtcnn import MTCNN

    detector = MTCNN()
    return lambda: sum(len(detector.detect_faces(_shrunk(path, SIDE))) for path in paths)


def load_tagger(model: str | None):
    """The model folder's tagger, or that of the untrained networks."""
    from model.inference.tagger import Tagger

    tagger = Tagger.load(model) if model else Tagger.untrained()
    tagger.prepare()
    return tagger


def _shrunk(path: str, side: int) -> np.ndarray:
    """uint8 [H, W, 3] RGB with at most `side` pixels along its longer side."""
    picture = Image.fromarray(read_reduced(path, side * side).image)
    picture.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(picture)
