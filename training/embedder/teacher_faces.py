"""Faces without names to distil from: their chips, and what the teachers make of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

from data.arrays import read_arrays, write_arrays
from data.errors import FamilyError, PhotoError
from data.media.folders import find_photos
from data.media.photos import read_photo
from data.progress import Progress, silent
from model.embedder.aligner import Aligner
from model.zoo.networks import load_detector, load_embedder
from model.zoo.specs import DetectorSpec, EmbedderSpec

PART = 256  # photos that are kept in one file
CROP = 200  # a picture no longer than this is a crop of one face, which often ends at the chin
BORDER = 0.5  # of a crop's longer side, repeated round it
SMALLEST = 28.0  # pixels of a face's shorter side; of less the teachers know little
MARGIN = 3 / 16  # of a chip's side, kept round it, so that it can be turned and shifted


@dataclass(frozen=True)
class TeacherFaces:
    """N faces and what the teachers say of them.

    Attributes:
        chips: uint8 [N, W, W, 3], aligned for the student, with `MARGIN` round each.
        vectors: float32 [N, T], unit length: the teachers' embeddings side by side, all with the
            same weight, so that a cosine is the mean of the teachers' cosines.
        photos: int64 [N], the number of the photo. Faces of one photo are different people.
    """

    chips: np.ndarray
    vectors: np.ndarray
    photos: np.ndarray

    def __len__(self) -> int:
        return len(self.chips)

    def chosen(self, which: np.ndarray) -> TeacherFaces:
        """Some of them, by a mask or by their places."""
        return TeacherFaces(self.chips[which], self.vectors[which], self.photos[which])


def gather(
    folders: Sequence[Path],
    folder: Path,
    detector: DetectorSpec,
    teachers: Sequence[EmbedderSpec],
    student: EmbedderSpec,
    most: int | None = None,
    progress: Progress = silent,
) -> TeacherFaces:
    """The faces in the photos below `folders`, in a random order that is always the same.

    Teachers see each face well aligned and as it is; age is taken out, mirror images are averaged.

    Args:
        folder: Where the answers are kept, so that another call goes on after a kill and asks
            nothing twice.
        student: Whose chips to cut.
        most: About how many faces; all by default.

    Raises:
        FamilyError: No face is found.
    """
    photos = list(find_photos(folders))
    photos = [photos[i] for i in np.random.default_rng(0).permutation(len(photos))]
    parts, count, source = [], 0, None
    for first in range(0, len(photos), PART):
        some = [str(path) for path in photos[first : first + PART]]
        file = folder / f"{first:07d}.npz"
        part = _kept(file, some)
        if part is None:
            source = source or _Source(detector, teachers, student)
            part = source.faces(some)
            folder.mkdir(parents=True, exist_ok=True)
            write_arrays(file, part | {"files": np.array(some)})
        part["photos"] = part["photos"] + first
        parts.append(part)
        count += len(part["chips"])
        progress("asking the teachers", first + len(some), len(photos))
        if most is not None and count >= most:
            break
    if not count:
        raise FamilyError("there is no face in these folders", remedy="Name folders of photos")
    names = ("chips", "vectors", "photos")
    return TeacherFaces(*(np.concatenate([part[name] for part in parts])[:most] for name in names))


def _kept(file: Path, photos: list[str]) -> dict[str, np.ndarray] | None:
    """What was kept of exactly these photos."""
    try:
        part = read_arrays(file)
        return part if part.pop("files").tolist() == photos else None
    except (OSError, ValueError, KeyError):
        return None


class _Source:
    """Detector, teachers and the student's aligner, loaded once."""

    def __init__(self, detector, teachers, student):
        search = load_detector(detector)
        image = tf.TensorSpec([None, None, 3], tf.uint8)
        points = tf.TensorSpec([None, 5, 2], tf.float32)
        self._detect = tf.function(
            lambda image: search.detect(image, tf.constant(detector.min_score)),
            input_signature=[image],
        )
        margin = round(MARGIN * student.chip_size)
        template = tuple((x + margin, y + margin) for x, y in student.template)
        wide = Aligner(student.chip_size + 2 * margin, template)
        self._teachers = [load_embedder(teacher) for teacher in teachers]
        self._aligners = [wide, *(teacher.aligner for teacher in self._teachers)]
        signature = [image, points]
        self._cut = [tf.function(one.chips, input_signature=signature) for one in self._aligners]

    def faces(self, photos: list[str]) -> dict[str, np.ndarray]:
        sizes = [aligner.size for aligner in self._aligners]
        chips = [[np.zeros((0, size, size, 3), np.float32)] for size in sizes]
        numbers = []
        for number, image in _readable(photos):
            boxes, landmarks, _ = self._detect(image)
            sides = tf.reduce_min(boxes[:, 2:] - boxes[:, :2], axis=1)
            landmarks = landmarks[sides >= SMALLEST]
            for kept, cut in zip(chips, self._cut, strict=True):
                kept.append(cut(image, landmarks).numpy())
            numbers += [number] * len(landmarks)
        wide, *views = (np.concatenate(kept) for kept in chips)
        said = [
            teacher.embed_chips(tf.constant(view)).numpy()
            for teacher, view in zip(self._teachers, views, strict=True)
        ]
        return {
            "chips": np.clip(np.round(wide), 0, 255).astype(np.uint8),
            "vectors": np.concatenate(said, axis=1) / np.sqrt(len(said)),
            "photos": np.array(numbers, np.int64),
        }


def _readable(photos: list[str]) -> Iterator[tuple[int, np.ndarray]]:
    """Number and pixels uint8 [H, W, 3] of each photo that can be read."""
    for number, photo in enumerate(photos):
        try:
            image = read_photo(photo)
        except PhotoError as error:
            print(f"left out: {error}", flush=True)
            continue
        if max(image.shape[:2]) <= CROP:
            border = int(BORDER * max(image.shape[:2]))
            image = np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge")
        yield number, image
