"""The one engine: finds, measures and embeds the faces of photos, of one or of very many.

Training, terminal, pages, cluster and explanations use it. Two photos are searched at a time; the
chips of several photos go through the embedder together; photos to come are decoded meanwhile by
whoever makes the readings (`data.library.intake.prefetch`).
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
from data.media.quality import face_quality, sharpness
from model.graph_function import step_by_step

# The detectors shrink what is larger than this (`max_pixels` of `model.detector.cascade` and
# `model.detector.decode`); a JPEG that leaves so many pixels loses them nothing.
DETECTION_PIXELS = 2_000_000
EMBEDDED_TOGETHER = 32  # faces, the batch of `model.embedder.embedder`
WAITING_PHOTOS = 16  # photos with few faces do not wait for more than so many others
LOOKED_AT = 2  # photos at a time: one alone does not keep two cores busy
CLOSER_PIXELS = 24_000_000  # of photos that are being decoded once more at a time


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
        steps: How many photos are still run step by step.
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

    def run(
        self, readings: Iterable[Reading], together: int = WAITING_PHOTOS
    ) -> Iterator[FoundFaces]:
        """Yields the faces of each photo, in order.

        Args:
            readings: The photos; what has no picture passes through.
            together: How many photos wait for one another at most, to be embedded together.
        """
        cutting: deque[_Photo] = deque()
        waiting: list[_Photo] = []
        with ThreadPoolExecutor(1, "kindred-closer") as pool:
            for photo in self._looked_at(readings, pool):
                if photo.closer is not None:
                    cutting.append(photo)
                waiting.append(photo)
                while cutting and (_held(cutting) > CLOSER_PIXELS or cutting[0].closer.done()):
                    self._cut(cutting.popleft())
                faces = sum(len(photo.found) for photo in waiting)
                full = faces >= EMBEDDED_TOGETHER or len(waiting) >= together
                if full or self.steps > 0:
                    yield from self._finish(waiting, cutting)
                    waiting = []
            yield from self._finish(waiting, cutting)

    def _looked_at(self, readings: Iterable[Reading], pool: ThreadPoolExecutor) -> Iterator[_Photo]:
        """The photos in order, each looked at while the one before it is."""

        def look(photo: _Photo) -> _Photo:
            reading = photo.found.reading
            if reading.picture is not None:
                with self.stepping():
                    self._look(photo, pool)
            reading.release()
            return photo

        ahead: deque[Future[_Photo]] = deque()
        with ThreadPoolExecutor(LOOKED_AT, "kindred-look") as lookers:
            for reading in readings:
                photo = _Photo(FoundFaces(reading, failure=reading.failure))
                ahead.append(lookers.submit(look, photo))
                if len(ahead) >= LOOKED_AT:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def stepping(self) -> AbstractContextManager[None]:
        """While in this block, functions are run as the next photo's will be."""
        return step_by_step(self.steps > 0)

    def _look(self, photo: _Photo, pool: ThreadPoolExecutor) -> None:
        """Finds the faces, and cuts their chips, or has the photo decoded larger for that."""
        found, picture = photo.found, photo.found.reading.picture
        height, width = picture.image.shape[:2]
        found.width, found.height = picture.width, picture.height
        factor = np.array([picture.width / width, picture.height / height], np.float32)
        try:
            faces = self._functions["detect"](
                image=tf.constant(picture.image), min_score=tf.constant(self._min_score, tf.float32)
            )
            boxes, landmarks, found.scores = (
                faces[key].numpy() for key in ("boxes", "landmarks", "scores")
            )
            found.boxes, found.landmarks = boxes * np.tile(factor, 2), landmarks * factor
            detail = self._detail(boxes, landmarks)
            if detail < 1.0 and not picture.is_whole:
                reading = found.reading
                pixels = math.ceil(height * width / detail**2)
                photo.closer = pool.submit(
                    read_reduced, reading.data, pixels, name=reading.work.photo
                )
            else:
                self._align(photo, picture)
        except tf.errors.OpError as error:
            photo.fail(error)

    def _detail(self, boxes: np.ndarray, landmarks: np.ndarray) -> float:
        """How many pixels of the picture a pixel of the chips shows, of the smallest face."""
        if "places" in self._functions:
            places = self._functions["places"](landmarks=tf.constant(landmarks))["places"].numpy()
            detail = np.hypot(places[:, 0], places[:, 1]).min(initial=np.inf)
        else:
            detail = (boxes[:, 2:] - boxes[:, :2]).min(initial=np.inf) / self._chip_size
        return max(float(detail), 1.0 / self._chip_size)

    def _cut(self, photo: _Photo) -> None:
        """Cuts the chips from the larger photo, whose pixels are not needed after that."""
        try:
            self._align(photo, photo.closer.result())
        except (PhotoError, tf.errors.OpError) as error:
            photo.fail(error)
        photo.closer = None

    def _align(self, photo: _Photo, picture: ReducedPhoto) -> None:
        height, width = picture.image.shape[:2]
        factor = np.array([picture.width / width, picture.height / height], np.float32)
        landmarks = tf.constant(photo.found.landmarks / factor)
        if "places" in self._functions:
            places = self._functions["places"](landmarks=landmarks)["places"].numpy()
            photo.found.chips = cut_chips(picture.image, places, self._chip_size)
        else:
            image = tf.constant(picture.image)
            aligned = self._functions["align"](image=image, landmarks=landmarks)
            photo.found.chips = aligned["chips"].numpy()

    def _finish(self, waiting: list[_Photo], cutting: deque[_Photo]) -> Iterator[FoundFaces]:
        """Embeds the faces of all photos that wait, and yields these."""
        while cutting:
            self._cut(cutting.popleft())
        looked_at = [photo for photo in waiting if photo.found.chips is not None]
        with self.stepping():
            try:
                self._embed(looked_at)
            except tf.errors.OpError:  # too much for the device at once, or one bad photo
                for photo in looked_at:
                    try:
                        self._embed([photo])
                    except tf.errors.OpError as error:
                        photo.fail(error)
        if self.steps:
            self.steps = max(self.steps - len(looked_at), 0)
            if not self.steps:
                self._after_steps()
        for photo in waiting:
            yield photo.found

    def _embed(self, photos: list[_Photo]) -> None:
        if not photos:
            return
        chips = np.concatenate([photo.found.chips for photo in photos])
        embeddings = self._functions["embed_chips"](chips=tf.constant(chips))["embeddings"].numpy()
        ends = np.cumsum([len(photo.found.chips) for photo in photos])
        for photo, own in zip(photos, np.split(embeddings, ends[:-1]), strict=True):
            found = photo.found
            found.embeddings = own
            found.quality = face_quality(
                found.boxes, found.landmarks, found.scores, self._min_score, sharpness(found.chips)
            )


@dataclass
class _Photo:
    """A photo on its way; `closer` is a larger picture of it, where that is being decoded."""

    found: FoundFaces
    closer: Future | None = None

    def fail(self, error: PhotoError | tf.errors.OpError) -> None:
        """Notes why nothing was found."""
        self.found = FoundFaces(self.found.reading, failure=error)


def _held(cutting: Iterable[_Photo]) -> int:
    return sum(photo.found.width * photo.found.height for photo in cutting)
