"""Runs a model folder: `Tagger.load(folder).tag(photo)`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import ModelError, PhotoError
from data.media.photos import read_photo
from data.media.quality import face_quality, sharpness
from data.recognition.scoring import HeadState
from data.tags import FaceTag, PhotoTags
from model.classifier.head import Head
from model.device import prepare_devices
from model.graph import FaceGraph
from model.identity import model_id, network_id, network_of
from model.manifest import read_manifest
from model.zoo.catalogue import choose
from model.zoo.networks import load_detector, load_embedder

UNTRAINED = "untrained"
_SIGNATURES = ("tag", "detect", "embed", "align", "embed_chips", "name_photo")

Source = str | os.PathLike | bytes | np.ndarray


class Tagger:
    """Finds and names the faces of photos.

    Made by `Tagger.load(folder)` from a trained model, or by `Tagger.untrained()`, for which
    everybody is unknown.

    Attributes:
        folder: The model folder, or `None`.
        people: The names the model knows.
        manifest: What the model folder says of itself; empty without one.
        functions: What the SavedModel can do, by the names of its signatures.
        chip_size: Side of the chips that `embed_chips` takes, pixels.
        min_score: The detector's score from which a face is taken for one.
        network, model: Ids of what finds and embeds faces, and of what names them.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable],
        people: tuple[str, ...] = (),
        folder: Path | None = None,
        manifest: dict | None = None,
        *,
        min_score: float = 0.0,
        network: str = "",
        model: str = "",
    ):
        self.functions, self.people = functions, people
        self.folder, self.manifest = folder, manifest or {}
        self.min_score, self.network, self.model = min_score, network, model

    @classmethod
    def load(cls, folder: str | os.PathLike) -> Tagger:
        """Loads a SavedModel that training wrote.

        Raises:
            ModelError: If there is no model, or it is damaged or of another format.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        prepare_devices()
        try:
            model = tf.saved_model.load(os.fspath(folder))
            tagger = cls(
                {name: model.signatures[name] for name in _SIGNATURES},
                tuple(manifest["people"]),
                folder,
                manifest,
                min_score=manifest["thresholds"]["detection_score"],
                network=network_of(manifest),
                model=model_id(manifest),
            )
        except (OSError, LookupError, TypeError, ValueError, tf.errors.OpError) as error:
            raise ModelError(
                f"the model is damaged ({error})", file=folder, remedy="Train it again"
            ) from error
        tagger.keep = model  # a signature does not hold on to the model's variables
        return tagger

    @classmethod
    def untrained(cls) -> Tagger:
        """The best installed networks, without a family: finds every face and names none."""
        prepare_devices()
        used = detector, _ = choose("detector"), choose("embedder")
        embedder = load_embedder(used[1])
        head = Head(HeadState.empty(embedder.dimension))
        graph = FaceGraph(load_detector(detector), embedder, head, detector.min_score)
        signatures = graph.signatures()
        functions = {name: signatures[name] for name in _SIGNATURES}
        network = network_id(
            {
                n.task: {"name": n.name, "files": {file.name: file.sha256 for file in n.files}}
                for n in used
            },
            detector.min_score,
        )
        tagger = cls(functions, min_score=detector.min_score, network=network, model=UNTRAINED)
        tagger._saved = graph  # nor does a method of the graph on to the graph
        return tagger

    @property
    def chip_size(self) -> int:
        """Side of the square chips that the embedder wants, pixels."""
        return tf.nest.flatten(self.functions["embed_chips"].structured_input_signature)[0].shape[1]

    def tag(self, photo: Source, *, name: str | None = None) -> PhotoTags:
        """Tags one photo.

        Args:
            photo: A path, the bytes of a file, or an upright RGB image uint8 [H, W, 3].
            name: What to call the photo in the result; by default its path.

        Raises:
            PhotoError: If the photo cannot be read.
        """
        if name is None:
            name = os.fspath(photo) if isinstance(photo, str | os.PathLike) else ""
        image = photo if isinstance(photo, np.ndarray) else read_photo(photo, name=name)
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise ValueError(
                "An image must be uint8 of shape [H, W, 3]. "
                f"Received: {image.dtype} of shape {list(image.shape)}"
            )
        found = {
            key: value.numpy()
            for key, value in self.functions["tag"](image=tf.constant(image)).items()
        }
        parts = self._quality(image, found)
        faces = tuple(
            FaceTag(
                name=found["names"][i].decode() or None,
                confidence=float(found["confidences"][i]),
                box=found["boxes"][i],
                landmarks=found["landmarks"][i],
                score=float(found["scores"][i]),
                embedding=found["embeddings"][i],
                quality=float(parts[i].min()),
            )
            for i in range(len(found["boxes"]))
        )
        height, width = image.shape[:2]
        return PhotoTags(name, width, height, faces)

    def tag_all(self, photos: Iterable[str | os.PathLike]) -> Iterator[PhotoTags]:
        """Tags photos one after the other; the next ones are decoded meanwhile.

        A photo that cannot be read comes back with `error` set; the others are not affected.
        """
        with ThreadPoolExecutor(1) as pool:
            ahead = []
            for path in photos:
                ahead.append((os.fspath(path), pool.submit(read_photo, path)))
                if len(ahead) > 2:
                    yield self._finish(*ahead.pop(0))
            while ahead:
                yield self._finish(*ahead.pop(0))

    def _quality(self, image: np.ndarray, found: Mapping[str, np.ndarray]) -> np.ndarray:
        """The parts of the faces' quality, float32 [N, 4]; see `data.media.quality`."""
        boxes, landmarks, scores = (found[key] for key in ("boxes", "landmarks", "scores"))
        if not len(boxes):
            return face_quality(boxes, landmarks)
        chips = self.functions["align"](image=tf.constant(image), landmarks=tf.constant(landmarks))
        sharpnesses = sharpness(chips["chips"].numpy())
        return face_quality(boxes, landmarks, scores, self.min_score, sharpnesses)

    def _finish(self, path: str, reading) -> PhotoTags:
        try:
            return self.tag(reading.result(), name=path)
        except PhotoError as error:
            return PhotoTags(path, error=str(error))
        except tf.errors.OpError as error:
            return PhotoTags(
                path, error=f"{path}: the model failed on this photo ({error.message})."
            )
