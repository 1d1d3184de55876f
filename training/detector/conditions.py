"""What a detector makes of what is hard for it: close-ups, photos on their side, no face at all.

Average precision says little of it: a family's photos are mostly upright and of middling size. The
table of `evaluate detector` comes from here, and a fine-tuned detector has to be as good as the
shipped one under each of these conditions before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from data.boxes import over_smaller
from data.media.photos import read_photo
from data.progress import Progress, silent
from training.detector.average_precision import Found, assigned
from training.detector.pictures.augment import Picture
from training.detector.pictures.drawings import random_drawing, random_lookalike
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample

# Faces from the first (pixels) on make close-ups of the others, with so much of them round it.
LEAST_SIDE, CLOSE_UPS, AROUND = 48.0, (400, 1600), 0.6
SHARED = 0.4  # of the smaller of two boxes: more is one face found twice
GRID, LEAST_CUT = 3, 64  # a photo is cut in so many parts each way; the least side of one, pixels
DRAWINGS, FIRST_SEED = 50, 1_000_000  # of each kind; seeds that no training uses
SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)  # pixels of the shorter side, each up to the next


@dataclass(frozen=True)
class Tally:
    """What a detector made of the pictures of one condition, at its operating score.

    Attributes:
        pictures, faces: How many there are; a face that does not count is left out.
        found: Faces that have a box.
        false: Boxes without a face, a second box on the same face among them.
        doubled: Pictures in which two boxes share more than `SHARED` of the smaller one.
        sizes: Faces and found ones by size, int [len(SIZES), 2]; smaller ones are left out.
    """

    pictures: int = 0
    faces: int = 0
    found: int = 0
    false: int = 0
    doubled: int = 0
    sizes: np.ndarray = field(default_factory=lambda: np.zeros((len(SIZES), 2), int))

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in vars(self)))

    def counts(self) -> dict[str, int]:
        """All but the sizes, for a page."""
        return {name: value for name, value in vars(self).items() if name != "sizes"}

    def is_as_good_as(self, other: Tally, tolerance: float = 0.02) -> bool:
        """Whether no more boxes are wrong, and as many faces found but for a share of all."""
        return (
            self.found >= other.found - tolerance * self.faces
            and self.false <= other.false
            and self.doubled <= other.doubled
        )


def tallies(
    detect: Callable, samples: Sequence[Sample], min_score: float, progress: Progress = silent
) -> dict[str, Tally]:
    """What a detector makes of photos under each condition.

    Args:
        detect: `detect(image, min_score) -> boxes, landmarks, scores`.
        samples: Photos whose faces are known.
        min_score: The operating score, 0..1.
        progress: Called with what is done, how many photos are, and of how many.

    Returns:
        A tally for each condition, in the order in which they are to be read.
    """
    result = {condition: Tally() for condition in (UPRIGHT, *TURNED.values(), CLOSE, CUTS, *DRAWN)}

    def count(pictures: Iterable[tuple[str, Picture]]) -> None:
        for condition, picture in pictures:
            boxes, _, scores = detect(picture.pixels, np.float32(min_score))
            found = Found(np.asarray(boxes), np.asarray(scores))
            result[condition] += tally(picture.faces, found)

    for done, sample in enumerate(samples, 1):
        count(views(Picture(read_photo(sample.path), sample.faces)))
        progress("close-ups, turned photos", done, len(samples))
    count(drawings())
    return {condition: tally for condition, tally in result.items() if tally.pictures}


def tally(faces: Faces, found: Found) -> Tally:
    """What was found in one picture."""
    _, which = assigned(faces, found)
    hit = which[which >= 0]
    sizes = np.stack(
        [np.histogram(faces.sides[of], [*SIZES, np.inf])[0] for of in (faces.counts, hit)], axis=1
    )
    shared = over_smaller(found.boxes, found.boxes)
    doubled = bool((shared[~np.eye(len(shared), dtype=bool)] > SHARED).any())
    false = int((which < 0).sum())
    return Tally(1, int(faces.counts.sum()), len(hit), false, int(doubled), sizes)


UPRIGHT, CLOSE, CUTS = "as they are", "close-ups", "cuts without a face"
TURNED = {turns: f"turned by {90 * turns} degrees" for turns in (1, 2, 3)}
DRAWN = {"drawings": random_drawing, "numbers, leaves, drawn faces": random_lookalike}


def views(photo: Picture) -> Iterator[tuple[str, Picture]]:
    """A photo under every condition that it can show."""
    yield UPRIGHT, photo
    for turns, condition in TURNED.items():
        yield condition, turned(photo, turns)
    yield from ((CLOSE, picture) for picture in close_ups(photo))
    yield from ((CUTS, picture) for picture in cuts_without_a_face(photo))


def drawings() -> Iterator[tuple[str, Picture]]:
    """Drawings of each kind, the same ones every time."""
    for condition, draw in DRAWN.items():
        for seed in range(FIRST_SEED, FIRST_SEED + DRAWINGS):
            yield condition, draw(np.random.default_rng(seed))


def turned(photo: Picture, turns: int) -> Picture:
    """A photo and its faces, turned by quarters clockwise."""
    height, width = photo.pixels.shape[:2]
    boxes = photo.faces.boxes
    for _ in range(turns):
        x0, y0, x1, y1 = boxes.T
        boxes = np.stack([height - y1, x0, height - y0, x1], axis=1)
        height, width = width, height
    pixels = np.ascontiguousarray(np.rot90(photo.pixels, -turns))
    return Picture(pixels, Faces.of_boxes(boxes, photo.faces.counts))


def close_ups(photo: Picture) -> Iterator[Picture]:
    """The largest face of a photo, cut out and enlarged, if it is large enough for that."""
    faces = photo.faces
    if faces.largest < LEAST_SIDE:
        return
    box = faces.boxes[faces.sides.argmax()]
    size = np.array(photo.pixels.shape[1::-1])
    around = AROUND * (box[2:] - box[:2])
    start = np.clip(box[:2] - around, 0, size).astype(int)
    end = np.clip(np.ceil(box[2:] + around), 0, size).astype(int)
    cut = photo.pixels[start[1] : end[1], start[0] : end[0]]
    inside = faces.moved(-start.astype(np.float32))
    # Of a face that the cut leaves in part nobody can say whether it is to be found.
    whole = (inside.boxes >= 0).all(1) & (inside.boxes[:, 2:] <= end - start).all(1)
    seen = (inside.boxes[:, 2:] > 0).all(1) & (inside.boxes[:, :2] < end - start).all(1)
    inside = Faces.of_boxes(inside.boxes, inside.counts & whole).chosen(seen)
    for side in CLOSE_UPS:
        scale = side / faces.largest
        pixels = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        yield Picture(pixels, inside.moved(np.zeros(2, np.float32), scale))


def cuts_without_a_face(photo: Picture) -> Iterator[Picture]:
    """The parts of a photo that no labelled face touches."""
    height, width = (side // GRID for side in photo.pixels.shape[:2])
    if min(height, width) < LEAST_CUT:
        return
    for row, column in np.ndindex(GRID, GRID):
        x, y = column * width, row * height
        if not over_smaller([[x, y, x + width, y + height]], photo.faces.boxes).any():
            yield Picture(photo.pixels[y : y + height, x : x + width], Faces.of_boxes([]))
