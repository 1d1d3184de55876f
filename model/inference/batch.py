"""Tags many photos: those to come are decoded meanwhile, faces of several are embedded together."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import tensorflow as tf

from data.errors import PhotoError
from data.library.intake.labels import Labels
from data.library.intake.prefetch import Reading, Work, read_ahead
from data.media.photos import read_photo
from data.media.quality import face_quality, sharpness
from data.tags import FaceTag
from model.inference.tagger import Tagger

# The detectors shrink what is larger than this (`max_pixels` of `model.detector.cascade` and
# `model.detector.decode`); a JPEG that leaves so many pixels loses them nothing.
DETECTION_PIXELS = 2_000_000
EMBEDDED_TOGETHER = 32  # faces, the batch of `model.embedder.embedder`
WAITING_PHOTOS = 16  # photos with few faces do not wait for more than so many others
WHOLE_PIXELS = 24_000_000  # of photos that are being decoded in full at a time


@dataclass
class Tagged:
    """What was found in one photo.

    Attributes:
        work: What was asked for, with the state of the file that was read.
        content: The identity of its bytes; `None` if it was not read.
        width, height: Of the whole upright photo; `None` if it was not looked at.
        taken: Capture time, if known.
        faces: Best detector score first, in pixels of the whole photo.
        labels: What other programs say of it.
        error: Why there is no result.
    """

    work: Work
    content: bytes | None = None
    width: int | None = None
    height: int | None = None
    taken: datetime | None = None
    faces: tuple[FaceTag, ...] = ()
    labels: Labels = field(default_factory=Labels)
    error: str | None = None


@dataclass
class _Found:
    """A photo between detection and naming."""

    reading: Reading
    tagged: Tagged
    boxes: np.ndarray
    landmarks: np.ndarray
    scores: np.ndarray
    factor: np.ndarray  # (x, y) from the pixels that were searched to those of the whole photo
    whole: Future | None = None
    chips: np.ndarray | None = None


class BatchTagger:
    """Tags photos in their order.

    A JPEG of more than twice the pixels that the detector looks at is decoded at a half, a quarter
    or an eighth of its size. Where a face is smaller there than the chip that the embedder wants,
    the photo is decoded once more, in full, and the chips are cut from that.

    Args:
        tagger: The model.
    """

    def __init__(self, tagger: Tagger):
        self._tagger = tagger  # its functions do not keep the networks alive
        self._detect, self._align = tagger.functions["detect"], tagger.functions["align"]
        self._embed, self._name = tagger.functions["embed_chips"], tagger.functions["name_photo"]
        self._chip_size = tagger.chip_size
        self._min_score = tagger.min_score

    def run(
        self, works: Iterable[Work], known: Collection[bytes] = frozenset()
    ) -> Iterator[Tagged]:
        """Yields what was found in each photo, an unreadable one with `error`.

        Args:
            works: The photos; one that is done passes through.
            known: Contents whose faces the library has already: not decoded.
        """
        readings = read_ahead(works, least_pixels=DETECTION_PIXELS, known=known)
        cutting: deque[_Found] = deque()
        waiting: list[_Found | Tagged] = []
        with closing(readings), ThreadPoolExecutor(1, "kindred-whole") as pool:
            for reading in readings:
                found = self._look(reading)
                if isinstance(found, _Found):
                    if self._wants_more(found):
                        found.whole = pool.submit(read_photo, reading.data, name=reading.work.photo)
                        cutting.append(found)
                    else:
                        self._cut(found)
                reading.release()
                waiting.append(found)
                while cutting and (_held(cutting) > WHOLE_PIXELS or cutting[0].whole.done()):
                    self._cut(cutting.popleft())
                faces = sum(len(f.boxes) for f in waiting if isinstance(f, _Found))
                if faces >= EMBEDDED_TOGETHER or len(waiting) >= WAITING_PHOTOS:
                    yield from self._finish(waiting, cutting)
                    waiting = []
            yield from self._finish(waiting, cutting)

    def name(self, embeddings: np.ndarray) -> list[tuple[str | None, float]]:
        """Names and confidences of all faces of one photo by their embeddings float32 [N, D]."""
        named = self._name(embeddings=tf.constant(embeddings))
        return [
            (name.decode() or None, float(sure))
            for name, sure in zip(named["names"].numpy(), named["confidences"].numpy(), strict=True)
        ]

    def _look(self, reading: Reading) -> _Found | Tagged:
        tagged = Tagged(reading.work, reading.content, labels=reading.labels, error=reading.error)
        picture = reading.picture
        if picture is None:
            return tagged
        tagged.width, tagged.height, tagged.taken = picture.width, picture.height, reading.taken
        try:
            found = self._detect(
                image=tf.constant(picture.image), min_score=tf.constant(self._min_score, tf.float32)
            )
        except tf.errors.OpError as error:
            return self._failed(reading, error)
        boxes, landmarks, scores = (found[k].numpy() for k in ("boxes", "landmarks", "scores"))
        height, width = picture.image.shape[:2]
        factor = np.array([picture.width / width, picture.height / height], np.float32)
        return _Found(reading, tagged, boxes, landmarks, scores, factor)

    def _wants_more(self, found: _Found) -> bool:
        if not len(found.boxes) or found.reading.picture.is_whole:
            return False
        return float((found.boxes[:, 2:] - found.boxes[:, :2]).min()) < self._chip_size

    def _cut(self, found: _Found) -> None:
        """Cuts the chips, after which the pixels are not needed any more."""
        try:
            if found.whole is None:
                image, landmarks = found.reading.picture.image, found.landmarks
            else:
                image, landmarks = found.whole.result(), found.landmarks * found.factor
            chips = self._align(image=tf.constant(image), landmarks=tf.constant(landmarks))
            found.chips = chips["chips"].numpy()
        except (PhotoError, tf.errors.OpError) as error:
            found.tagged = self._failed(found.reading, error)
        found.whole = None

    def _finish(self, waiting: list[_Found | Tagged], cutting: deque[_Found]) -> Iterator[Tagged]:
        """Embeds and names the faces of all photos that wait, and yields these."""
        while cutting:
            self._cut(cutting.popleft())
        with_faces = [f for f in waiting if isinstance(f, _Found) and f.chips is not None]
        try:
            self._fill(with_faces)
        except tf.errors.OpError:  # too much for the device at once, or one bad photo
            for found in with_faces:
                try:
                    self._fill([found])
                except tf.errors.OpError as error:
                    found.tagged = self._failed(found.reading, error)
        for found in waiting:
            yield found.tagged if isinstance(found, _Found) else found

    def _fill(self, photos: list[_Found]) -> None:
        photos = [found for found in photos if len(found.boxes)]
        if not photos:
            return
        chips = np.concatenate([found.chips for found in photos])
        embeddings = self._embed(chips=tf.constant(chips))["embeddings"].numpy()
        start = 0
        for found in photos:
            count = len(found.boxes)
            theirs = embeddings[start : start + count]
            start += count
            boxes = found.boxes * np.tile(found.factor, 2)
            landmarks = found.landmarks * found.factor
            parts = face_quality(
                boxes, landmarks, found.scores, self._min_score, sharpness(found.chips)
            )
            rows = zip(
                self.name(theirs),
                boxes,
                landmarks,
                found.scores.tolist(),
                theirs,
                parts.min(axis=1).tolist(),
                strict=True,
            )
            found.tagged.faces = tuple(FaceTag(*name, *rest) for name, *rest in rows)

    @staticmethod
    def _failed(reading: Reading, error: Exception) -> Tagged:
        if not isinstance(error, PhotoError):
            photo = reading.work.photo
            error = f"{photo}: the model failed on this photo ({error.message})."
        return Tagged(reading.work, error=str(error))


def _held(cutting: Iterable[_Found]) -> int:
    return sum(f.tagged.width * f.tagged.height for f in cutting if f.whole is not None)
