"""The one engine: finds, measures and embeds the faces of photos, of one or of very many.

Training, terminal, pages, cluster and explanations use it. Two threads do all that is to be done
with a photo; photos to come are decoded meanwhile by whoever makes the readings
(`data.library.intake.prefetch`).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from data.errors import PhotoError
from data.library.intake.prefetch import Reading
from data.media.chips import cut_chips
from data.media.photos import ReducedPhoto, read_reduced
from data.media.quality import FULL_SHARPNESS, face_quality, sharpness
from model.graph_function import step_by_step

# The detectors shrink what is larger than this (`max_pixels` of `model.detector.cascade` and
# `model.detector.decode`); a JPEG that leaves so many pixels loses them nothing.
DETECTION_PIXELS = 2_000_000
LOOKED_AT = 2  # photos at a time: one alone does not keep two cores busy
LOOKED_AHEAD = 4  # photos that are being looked at, or wait for that


@dataclass
class FoundFaces:
    """The faces of one photo, in the order of the detector, or why there are none.

    Attributes:
        reading: The photo; its pixels are gone.
        width, height: Of the whole upright photo, pixels; `None` if it was not looked at.
        boxes: float32 [N, 4], xyxy pixels of the whole photo.
        landmarks: float32 [N, 5, 2], xy pixels of the whole photo.
        scores: float32 [N], of the detector, 0..1.
        chips: float32 [N, S, S, 3], 0..255, the aligned faces.
        embeddings: float32 [N, D], unit length.
        quality: float32 [N, 4], 0..1, the parts of `data.media.quality`.
        failure: Why it could not be read, or looked at. Without one, and without arrays, the photo
            was one that is done or known.
    """

    reading: Reading
    width: int | None = None
    height: int | None = None
    boxes: np.ndarray | None = None
    landmarks: np.ndarray | None = None
    scores: np.ndarray | None = None
    chips: np.ndarray | None = None
    embeddings: np.ndarray | None = None
    quality: np.ndarray | None = None
    failure: PhotoError | tf.errors.OpError | None = None

    def __len__(self) -> int:
        return 0 if self.boxes is None else len(self.boxes)

    @property
    def error(self) -> str | None:
        """Why there is no result, for a person."""
        if isinstance(self.failure, tf.errors.OpError):
            photo = self.reading.work.photo
            return f"{photo}: the model failed on this photo ({self.failure.message})."
        return self.reading.error if self.failure is None else str(self.failure)


class Engine:
    """Finds the faces of photos.

    A JPEG of more than twice the pixels that the detector looks at is decoded at a half, a quarter
    or an eighth of its size. Where a chip would show a face enlarged, the photo is decoded once
    more, as large as its smallest face needs, and the chips are cut from that.

    Args:
        functions: `detect`, `embed_chips`, and `places` or, which takes longer, `align`, as the
            signatures of a model folder.
        chip_size: Side of the chips that `embed_chips` takes, pixels.
        min_score: The detector's score from which a face is taken for one.
        step_by_step: For how many photos each `GraphFunction` is run step by step: tracing takes
            as long as a dozen of them.
        after_steps: Called when these have been.

    Attributes:
        steps: How many photos are still run step by step, not counting those without a picture.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable],
        chip_size: int,
        min_score: float,
        step_by_step: int = 0,
        after_steps: Callable[[], object] = lambda: None,
    ):
        self._functions, self._chip_size, self._min_score = functions, chip_size, min_score
        self.steps, self._after_steps = step_by_step, after_steps

    def run(self, readings: Iterable[Reading]) -> Iterator[FoundFaces]:
        """Yields the faces of each photo, in order; what has no picture passes through."""
        ahead: deque[Future[FoundFaces]] = deque()
        with ThreadPoolExecutor(LOOKED_AT, "kindred-look") as lookers:
            try:
                for reading in readings:
                    ahead.append(lookers.submit(self._find, reading))
                    if len(ahead) >= (1 if self.steps else LOOKED_AHEAD):
                        yield self._found(ahead.popleft())
                while ahead:
                    yield self._found(ahead.popleft())
            finally:
                for photo in ahead:
                    photo.cancel()

    def _found(self, photo: Future[FoundFaces]) -> FoundFaces:
        """Waits for a photo, and counts those that are run step by step."""
        found = photo.result()
        if self.steps and found.boxes is not None:
            self.steps -= 1
            if not self.steps:
                self._after_steps()
        return found

    def stepping(self) -> AbstractContextManager[None]:
        """While in this block, functions are run as the next photo's will be."""
        return step_by_step(self.steps > 0)

    def _find(self, reading: Reading) -> FoundFaces:
        """The faces of one photo."""
        found = FoundFaces(reading, failure=reading.failure)
        if reading.picture is not None:
            try:
                with self.stepping():
                    self._look(found, reading.picture)
            except (PhotoError, tf.errors.OpError) as error:
                found = FoundFaces(reading, failure=error)
        reading.release()
        return found

    def _look(self, found: FoundFaces, picture: ReducedPhoto) -> None:
        """Finds the faces, cuts their chips, from a larger photo where that shows more, and embeds
        and measures them."""
        height, width = picture.image.shape[:2]
        found.width, found.height = picture.width, picture.height
        faces = self._functions["detect"](
            image=tf.constant(picture.image), min_score=tf.constant(self._min_score, tf.float32)
        )
        boxes, landmarks, found.scores = (
            faces[key].numpy() for key in ("boxes", "landmarks", "scores")
        )
        factor = np.array([picture.width / width, picture.height / height], np.float32)
        found.boxes, found.landmarks = boxes * np.tile(factor, 2), landmarks * factor
        detail = self._detail(boxes, landmarks)
        if detail < 1.0 and not picture.is_whole:
            reading, pixels = found.reading, math.ceil(height * width / detail**2)
            picture = read_reduced(reading.data, pixels, name=reading.work.photo)
        found.chips = self._chips(picture, found.landmarks)
        embedded = self._functions["embed_chips"](chips=tf.constant(found.chips))
        found.embeddings = embedded["embeddings"].numpy()
        if "quality" in embedded:
            clarity = embedded["quality"].numpy()
        else:
            clarity = sharpness(found.chips) / FULL_SHARPNESS
        found.quality = face_quality(
            found.boxes, found.landmarks, found.scores, self._min_score, clarity
        )

    def _detail(self, boxes: np.ndarray, landmarks: np.ndarray) -> float:
        """How many pixels of the picture a pixel of the chips shows, of the smallest face."""
        if "places" in self._functions:
            places = self._functions["places"](landmarks=tf.constant(landmarks))["places"].numpy()
            detail = np.hypot(places[:, 0], places[:, 1]).min(initial=np.inf)
        else:
            detail = (boxes[:, 2:] - boxes[:, :2]).min(initial=np.inf) / self._chip_size
        return max(float(detail), 1.0 / self._chip_size)

    def _chips(self, picture: ReducedPhoto, landmarks: np.ndarray) -> np.ndarray:
        """The chips of faces whose landmarks in the whole photo are known."""
        height, width = picture.image.shape[:2]
        factor = np.array([picture.width / width, picture.height / height], np.float32)
        points = tf.constant(landmarks / factor)
        if "places" in self._functions:
            places = self._functions["places"](landmarks=points)["places"].numpy()
            return cut_chips(picture.image, places, self._chip_size)
        aligned = self._functions["align"](image=tf.constant(picture.image), landmarks=points)
        return aligned["chips"].numpy()
