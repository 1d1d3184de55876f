"""Loads the model in use in a thread of its own, so that nobody has to wait for TensorFlow."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.errors import KindredError, ModelError
from data.tags import FaceTag, PhotoTags

if TYPE_CHECKING:  # TensorFlow is imported by the thread, not by whoever imports this module
    from model.inference.tagger import Tagger


@dataclass(frozen=True)
class Loaded:
    """A tagger, and the device it runs on in words for people."""

    tagger: Tagger
    device: str


class BackgroundModel:
    """A model that is being loaded, is ready, or could not be loaded.

    When a trained model cannot be used the untrained one takes its place, so that faces are still
    found, and `problem` says what is wrong.

    Attributes:
        key: Tells this model from every other one, also from one loaded earlier from its folder.
        problem: `None`, or a sentence for a person.

    Args:
        folder: The model folder, or `None` for the untrained model.
        problem: Why there is no folder, if that is an error.
        load: A folder, or `None`, to what can tag.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        problem: str | None = None,
        load: Callable[[Path | None], Loaded] | None = None,
    ):
        self.key = uuid.uuid4().hex
        self.folder, self.problem = folder, problem
        self._load = load or load_model
        self._loaded: Loaded | None = None
        self._done = threading.Event()
        self._running = threading.Lock()
        # The end of the program waits for it: ended inside TensorFlow, a thread aborts everything.
        threading.Thread(target=self._run, name="kindred-model").start()

    @property
    def done(self) -> bool:
        """Whether loading has come to an end, one way or the other."""
        return self._done.is_set()

    @property
    def loaded(self) -> Loaded | None:
        """What can tag; `None` while it loads, and when nothing could be loaded at all."""
        return self._loaded if self.done else None

    def wait(self, seconds: float | None = None) -> bool:
        """Waits for the end of loading; returns `done`."""
        return self._done.wait(seconds)

    def tag(self, image: np.ndarray, name: str) -> PhotoTags:
        """Tags an upright RGB photo, one at a time: two at once would need twice the memory."""
        with self._running:
            return self._loaded.tagger.tag(image, name=name)

    def look(self, image: np.ndarray, box: Sequence[float]) -> FaceTag:
        """The face in a box that somebody drew (xyxy pixels); see `model.inference.drawn_box`."""
        from model.inference.drawn_box import face_in_box

        with self._running:
            return face_in_box(self._loaded.tagger, image, box)

    def _run(self) -> None:
        try:
            self._loaded = self._try(self.folder)
            if self._loaded is None and self.folder is not None:
                self._loaded = self._try(None)
        finally:
            self._done.set()
        if self._loaded is not None:
            with suppress(KindredError):  # a photo that needs it says so
                self._loaded.tagger.prepare()

    def _try(self, folder: Path | None) -> Loaded | None:
        try:
            return self._load(folder)
        except Exception as error:  # damaged files make the loaders of a SavedModel raise anything
            if not isinstance(error, KindredError):
                what = f"the model cannot be loaded ({' '.join(str(error).split())})"
                remedy = "Train it again" if folder else "Install Kindred's requirements again"
                error = ModelError(what, file=folder, remedy=remedy)
            self.problem = self.problem or str(error)
            return None


def load_model(folder: Path | None) -> Loaded:
    """Imports TensorFlow and loads the model; its first run, which is slow, is done here as well.

    Raises:
        ModelError: If the model, or the weights of the untrained one, cannot be used.
    """
    from model.tensorflow_import import import_tensorflow

    import_tensorflow()
    _keep_keras_state()
    from model.device import describe_device
    from model.inference.tagger import Tagger

    tagger = Tagger.load(folder, quickly=True) if folder else Tagger.untrained()
    tagger.tag(np.zeros((64, 64, 3), np.uint8))
    return Loaded(tagger, describe_device())


def _keep_keras_state() -> None:
    """Makes `keras.backend.clear_session` do nothing in this process.

    Streamlit calls it after every run of a page, in the page's thread. Keras has one state for all
    threads; cleared while a network is being built here, building it fails.
    """
    import keras

    keras.backend.clear_session = lambda *_, **__: None
