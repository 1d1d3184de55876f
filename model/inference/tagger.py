"""Runs a model folder: `Tagger.load(folder).tag(photo)`."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.errors import ModelError
from data.library.intake.labels import Labels, read_labels
from data.library.intake.prefetch import Reading, read_ahead
from data.library.intake.work import TaggedPhoto, Work
from data.media.photos import ReducedPhoto, read_reduced
from data.recognition.identity import UNTRAINED, model_id, network_of
from data.recognition.scoring import HeadState
from data.tags import FaceTag, PhotoTags
from model.classifier.head import Head
from model.device import prepare_devices
from model.graph import FaceGraph
from model.graph_function import step_by_step
from model.inference.engine import DETECTION_PIXELS, Engine, FoundFaces
from model.inference.film_tagger import OnSeconds, TaggedFilm, tag_film
from model.inference.quick_start import rebuild_graph
from model.manifest import read_manifest
from model.zoo.catalogue import choose
from model.zoo.networks import describe_networks, load_detector, load_embedder

_SIGNATURES = ("tag", "detect", "embed", "align", "embed_chips", "name_photo")
_LATER_SIGNATURES = ("places",)  # a model may have been trained before there were these

STEP_BY_STEP = 12  # photos, after which a graph is worth its making

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
        min_score: The detector's score from which a face is taken for one.
        network, model: Ids of what finds and embeds faces, and of what names them.
    """

    def __init__(
        self,
        functions: dict[str, Callable],
        people: tuple[str, ...] = (),
        folder: Path | None = None,
        manifest: dict | None = None,
        *,
        min_score: float = 0.0,
        network: str = "",
        model: str = "",
        steps: int = 0,
    ):
        self.functions, self.people = functions, people
        self.folder, self.manifest = folder, manifest or {}
        self.min_score, self.network, self.model = min_score, network, model
        chips = tf.nest.flatten(functions["embed_chips"].structured_input_signature)[0]
        self._named_step_by_step = steps
        self._engine = Engine(functions, chips.shape[1], min_score, steps, self._stop_stepping)

    @classmethod
    def load(cls, folder: str | os.PathLike, *, quickly: bool = False) -> Tagger:
        """Loads a SavedModel that training wrote.

        Args:
            folder: The model folder.
            quickly: Whether the first photos are run step by step where that can be done, and the
                SavedModel is loaded after them, or by `prepare`.

        Raises:
            ModelError: If there is no model, or it is damaged or of another format.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        prepare_devices()
        graph = rebuild_graph(folder, manifest) if quickly else None
        functions = load_functions(folder) if graph is None else _known(graph.functions())
        try:
            return cls(
                functions,
                tuple(manifest["people"]),
                folder,
                manifest,
                min_score=manifest["thresholds"]["detection_score"],
                network=network_of(manifest),
                model=model_id(manifest),
                steps=0 if graph is None else STEP_BY_STEP,
            )
        except (LookupError, TypeError, ValueError) as error:
            raise _damaged(folder, error) from error

    @classmethod
    def untrained(cls) -> Tagger:
        """The best installed networks, without a family: finds every face and names none.

        The first photos are run step by step.
        """
        prepare_devices()
        detector, embedder = choose("detector"), choose("embedder")
        embed = load_embedder(embedder)
        head = Head(HeadState.empty(embed.dimension))
        graph = FaceGraph(load_detector(detector), embed, head, detector.min_score)
        return cls(
            _known(graph.functions()),
            min_score=detector.min_score,
            network=network_of(describe_networks(detector, embedder)),
            model=UNTRAINED,
            steps=STEP_BY_STEP,
        )

    def prepare(self) -> None:
        """Makes the graph ready, which takes seconds, if the first photos are run step by step.

        Another thread may tag photos meanwhile; they take longer than those that come after this.

        Raises:
            ModelError: If the SavedModel is damaged.
        """
        if not self._engine.steps:
            return
        run = load_functions(self.folder) if self.folder else self.functions
        image = tf.zeros([64, 64, 3], tf.uint8)
        landmarks = tf.constant([[[24, 28], [40, 28], [32, 36], [26, 44], [38, 44]]], tf.float32)
        run["detect"](image=image, min_score=tf.constant(self.min_score, tf.float32))
        if "places" in run:
            run["places"](landmarks=landmarks)
        chips = run["align"](image=image, landmarks=landmarks)["chips"]
        run["name_photo"](embeddings=run["embed_chips"](chips=chips)["embeddings"])
        self.functions.update(run)
        self._engine.steps = 0

    def _stop_stepping(self) -> None:
        if self.folder:
            self.functions.update(load_functions(self.folder))

    def stepping(self) -> AbstractContextManager[None]:
        """In this block functions are run as those of the next photo will be."""
        return self._engine.stepping()

    def tag(self, photo: Source, *, name: str | None = None) -> PhotoTags:
        """Tags one photo.

        Args:
            photo: A path, the bytes of a file, or an upright RGB image uint8 [H, W, 3].
            name: What to call the photo in the result; by default its path.

        Raises:
            PhotoError: If the photo cannot be read.
            tf.errors.OpError: If the model fails on it.
        """
        found = self.find(photo, name=name)
        return PhotoTags(found.reading.work.photo, found.width, found.height, self.named(found))

    def tag_all(self, photos: Iterable[str | os.PathLike]) -> Iterator[PhotoTags]:
        """Tags photos one after the other; the next ones are decoded meanwhile.

        A photo that cannot be read comes back with `error` set; the others are not affected.
        """
        with closing(read_ahead(map(Work.at, photos), least_pixels=DETECTION_PIXELS)) as readings:
            for found in self._engine.run(readings):
                photo, faces = found.reading.work.photo, self.named(found)
                yield PhotoTags(photo, found.width, found.height, faces, found.error)

    def run(
        self, works: Iterable[Work], known: Collection[bytes] = frozenset()
    ) -> Iterator[TaggedPhoto]:
        """Tags photos of a library, with what other programs say of them.

        Args:
            works: The photos; one that is done passes through.
            known: Contents whose faces the library has already: not decoded.
        """
        readings = read_ahead(
            works,
            least_pixels=DETECTION_PIXELS,
            recall=lambda content: content in known or None,
            extra=lambda reading: read_labels(reading.work.todo.path),
        )
        with closing(readings):
            for found in self._engine.run(readings):
                reading = found.reading
                if found.error is not None:
                    yield TaggedPhoto(reading.work, error=found.error)
                    continue
                yield TaggedPhoto(
                    reading.work,
                    reading.content,
                    found.width,
                    found.height,
                    reading.taken,
                    self.named(found),
                    reading.extra or Labels(),
                    remark=reading.remark,
                )

    def tag_film(
        self,
        film: str | os.PathLike,
        *,
        same_person: float,
        progress: OnSeconds = lambda done, of: None,
        saved: Path | None = None,
    ) -> TaggedFilm:
        """Tags the people of one film; args and errors as in `film_tagger`."""
        return tag_film(
            film,
            self._engine.run,
            self.name,
            same_person=same_person,
            progress=progress,
            saved=saved,
        )

    def find(self, photo: Source, *, name: str | None = None) -> FoundFaces:
        """The faces of one photo, not named; a photo is a batch of one.

        Args and errors are those of `tag`.
        """
        if isinstance(photo, np.ndarray):
            if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
                raise ValueError(
                    "An image must be uint8 of shape [H, W, 3]. "
                    f"Received: {photo.dtype} of shape {list(photo.shape)}"
                )
            picture = ReducedPhoto(photo, photo.shape[1], photo.shape[0])
            reading = Reading(Work(name or "", None), picture=picture)
        elif isinstance(photo, bytes):
            picture = read_reduced(photo, DETECTION_PIXELS, name=name)
            reading = Reading(Work(name or "", None), picture=picture, data=photo)
        else:
            (reading,) = read_ahead([Work.at(photo)], least_pixels=DETECTION_PIXELS)
            if reading.failure is not None:
                raise reading.failure
            if name is not None:
                reading.work = Work(name, None)
        (found,) = self._engine.run([reading])
        if found.failure is not None:
            raise found.failure
        return found

    def named(self, found: FoundFaces) -> tuple[FaceTag, ...]:
        """The faces of one photo with their names; none where nothing was found."""
        if not len(found):
            return ()
        rows = zip(
            self.name(found.embeddings),
            found.boxes,
            found.landmarks,
            found.scores.tolist(),
            found.embeddings,
            found.quality.min(axis=1).tolist(),
            strict=True,
        )
        return tuple(FaceTag(*name, *rest) for name, *rest in rows)

    def name(self, embeddings: np.ndarray) -> list[tuple[str | None, float]]:
        """Names and confidences of all faces of one photo by their embeddings float32 [N, D]."""
        with step_by_step(self._named_step_by_step > 0):
            named = self.functions["name_photo"](embeddings=tf.constant(embeddings))
        self._named_step_by_step = max(self._named_step_by_step - 1, 0)  # photos may be named only
        return [
            (name.decode() or None, float(sure))
            for name, sure in zip(named["names"].numpy(), named["confidences"].numpy(), strict=True)
        ]


def load_functions(folder: Path) -> dict[str, Callable]:
    """What the SavedModel of a model folder can do, by the names of its signatures.

    Raises:
        ModelError: It is damaged.
    """
    try:
        model = tf.saved_model.load(os.fspath(folder))
        functions = _known(model.signatures)
    except (OSError, LookupError, TypeError, ValueError, tf.errors.OpError) as error:
        raise _damaged(folder, error) from error
    for function in functions.values():
        function.model = model  # a signature does not hold on to the model's variables
    return functions


def _damaged(folder: Path, error: Exception) -> ModelError:
    return ModelError(f"the model is damaged ({error})", file=folder, remedy="Train it again")


def _known(signatures: Mapping[str, Callable]) -> dict[str, Callable]:
    later = {name: signatures[name] for name in _LATER_SIGNATURES if name in signatures}
    return {name: signatures[name] for name in _SIGNATURES} | later
