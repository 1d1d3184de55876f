"""One training picture out of photos: cut, scaled, mirrored, put together, and made worse.

Faces of 9 to 520 pixels are to be seen equally often, whatever sizes the photos have: most cuts are
made round a face that is scaled to a size drawn from that range, evenly in its logarithm. The rest
show the photo at any scale, much enlarged too: in a photo of many megapixels an ear is as large as
a face elsewhere, and must not be taken for one. Some cuts are close-ups, in which a face fills the
picture or is cut by its edge, and some are made round what a detector took for a face by mistake.
Some are tilted: tilted heads are few in the photos that are learned from, and many in a family's.
Mosaics of four pictures are those of A. Bochkovskiy et al., "YOLOv4", 2020, section 3.3.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageFilter

from data.tags import MIRRORED_LANDMARKS
from training.detector.pictures.ground_truth import Faces

FACE_SIZES = (9.0, 520.0)
SCALES = (0.5, 4.0)
CLOSE_UPS = 0.15  # how many of the cuts
CLOSE_UP_SIZES = (0.5, 1.5)  # of the face, in sides of the picture
AROUND_A_FACE, AROUND_A_MISTAKE = 0.55, 0.15  # of the cuts that are no close-ups
SMALLEST = 6.0  # pixels of the shorter side; a smaller face counts neither way
MOSAIC = 0.3
GREY = 114  # where there is no photo
TILTED, MOST_TILT = 0.3, 45.0  # how often, and by how many degrees at most


@dataclass
class Picture:
    """A training picture, uint8 [H, W, 3], and its faces.

    Attributes:
        mistakes: Of a whole photo, float32 [K, 4] xyxy: what a detector took for a face.
    """

    pixels: np.ndarray
    faces: Faces
    mistakes: np.ndarray = field(default_factory=lambda: np.zeros((0, 4), np.float32))


def random_picture(
    draw: Callable[[], Picture],
    side: int,
    rng: np.random.Generator,
    portrait: Callable[[], Picture] | None = None,
) -> Picture:
    """A picture of `side` x `side` pixels out of one photo or four.

    Args:
        draw: Gives a whole photo with its faces each time it is called.
        portrait: Gives one with a face that is large enough for a close-up, if there are any.
    """
    if portrait is not None and rng.random() < CLOSE_UPS:
        picture = close_up(portrait(), side, rng)
    elif rng.random() < MOSAIC:
        picture = mosaic([cut_randomly(draw(), side // 2, rng) for _ in range(4)])
    else:
        picture = cut_randomly(draw(), side, rng)
    if rng.random() < 0.5:
        picture = mirrored(picture)
    picture.pixels = worsened(picture.pixels, rng)
    return picture


def cut_randomly(photo: Picture, side: int, rng: np.random.Generator) -> Picture:
    """A square cut: round a face at a random size, or anywhere at a random scale; some tilted."""
    height, width = photo.pixels.shape[:2]
    candidates = np.flatnonzero(photo.faces.counts)
    kind = rng.random()
    if len(candidates) and kind < AROUND_A_FACE:
        box = photo.faces.boxes[rng.choice(candidates)]
        wanted = np.exp(rng.uniform(*np.log((FACE_SIZES[0], min(FACE_SIZES[1], 0.9 * side)))))
        corner, scale = _around(box, wanted / _size(box), side, (0.1, 0.9), rng)
    elif len(photo.mistakes) and kind < AROUND_A_FACE + AROUND_A_MISTAKE:
        box = photo.mistakes[rng.integers(len(photo.mistakes))]
        scale = np.exp(rng.uniform(*np.log(SCALES)))
        corner, scale = _around(box, scale, side, (0.1, 0.9), rng)
    else:
        scale = np.exp(rng.uniform(*np.log(SCALES)))
        spare = np.array([width, height]) - side / scale
        corner = rng.uniform(np.minimum(0, spare), np.maximum(0, spare))
    return _cut_or_tilted(photo, corner, scale, side, rng)


def close_up(photo: Picture, side: int, rng: np.random.Generator) -> Picture:
    """A square cut that the largest face of the photo fills, or more than fills."""
    areas = np.prod(photo.faces.boxes[:, 2:] - photo.faces.boxes[:, :2], axis=1)
    box = photo.faces.boxes[np.argmax(np.where(photo.faces.counts, areas, -1.0))]
    wanted = side * np.exp(rng.uniform(*np.log(CLOSE_UP_SIZES)))
    corner, scale = _around(box, wanted / _size(box), side, (0.3, 0.7), rng)
    return _cut_or_tilted(photo, corner, scale, side, rng)


def _size(box: np.ndarray) -> float:
    return float(np.sqrt(np.prod(np.maximum(box[2:] - box[:2], 1.0))))


def _around(box, scale: float, side: int, place: tuple[float, float], rng: np.random.Generator):
    """Corner and scale of a square cut, the middle of the box somewhere between these shares."""
    scale = np.clip(scale, SCALES[0] / 2, SCALES[1])
    return (box[:2] + box[2:]) / 2 - rng.uniform(*place, 2) * side / scale, scale


def _cut_or_tilted(photo: Picture, corner, scale: float, side: int, rng: np.random.Generator):
    if rng.random() >= TILTED:
        return cut(photo, corner, scale, side)
    return tilted(photo, corner, scale, side, rng.uniform(-MOST_TILT, MOST_TILT))


def cut(photo: Picture, corner: np.ndarray, scale: float, side: int) -> Picture:
    """The square of `side` pixels whose corner lies at `corner` of the photo enlarged by `scale`.

    What lies outside the photo is grey.
    """
    height, width = photo.pixels.shape[:2]
    first = np.maximum(corner, 0.0)
    last = np.minimum(corner + side / scale, [width, height])
    pixels = np.full((side, side, 3), GREY, np.uint8)
    place = np.round((first - corner) * scale).astype(int)
    size = np.minimum(np.round((last - first) * scale).astype(int), side - place)
    if (size > 0).all():
        part = Image.fromarray(photo.pixels).resize(
            tuple(int(n) for n in size), Image.Resampling.BILINEAR, box=(*first, *last)
        )
        pixels[place[1] : place[1] + size[1], place[0] : place[0] + size[0]] = part
    return Picture(pixels, _framed(photo.faces.moved(-corner, scale), side))


def tilted(photo: Picture, corner: np.ndarray, scale: float, side: int, degrees: float) -> Picture:
    """What `cut` gives, turned counter-clockwise round its middle.

    A face is taken for an ellipse that fills its box, and gets the box round the turned ellipse.
    """
    turn = np.radians(abs(degrees))
    was = int(np.ceil(side * (np.cos(turn) + np.sin(turn))))  # leaves no corner empty
    start = (was - side) // 2
    picture = cut(photo, corner - start / scale, scale, was)
    image = Image.fromarray(picture.pixels).rotate(
        degrees, Image.Resampling.BILINEAR, fillcolor=(GREY,) * 3
    )
    pixels = np.asarray(image)[start : start + side, start : start + side]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cosine, -sine], [sine, cosine]])  # of row vectors xy, y downwards
    faces = picture.faces
    low, high = faces.boxes[:, :2], faces.boxes[:, 2:]
    centres = ((low + high) / 2 - was / 2) @ turn + was / 2 - start
    halves = np.sqrt(((high - low) / 2) ** 2 @ turn**2)
    boxes = np.concatenate([centres - halves, centres + halves], axis=1)
    landmarks = (faces.landmarks - was / 2) @ turn + was / 2 - start
    faces = dataclasses.replace(
        faces, boxes=boxes.astype(np.float32), landmarks=landmarks.astype(np.float32)
    )
    return Picture(pixels, _framed(faces, side))


def _framed(faces: Faces, side: int) -> Faces:
    """Boxes cut off where a picture of `side` pixels ends.

    Faces of which less than half is left, and those that became smaller than 6 pixels, no longer
    count; those wholly outside are gone.
    """
    whole = faces.boxes[:, 2:] - faces.boxes[:, :2]
    boxes = np.clip(faces.boxes, 0, side)
    left = boxes[:, 2:] - boxes[:, :2]
    inside = left.prod(axis=1) >= 0.5 * whole.prod(axis=1)
    large = faces.sides >= SMALLEST
    faces = dataclasses.replace(faces, boxes=boxes, counts=faces.counts & inside & large)
    return faces.chosen((left > 0).all(axis=1))


def mosaic(parts: list[Picture]) -> Picture:
    """Four pictures of one size as one of twice the side."""
    side = parts[0].pixels.shape[0]
    rows = [np.concatenate([p.pixels for p in parts[i : i + 2]], axis=1) for i in (0, 2)]
    moves = [np.array([x, y], np.float32) * side for y in (0, 1) for x in (0, 1)]
    return Picture(
        np.concatenate(rows),
        Faces.joined(p.faces.moved(m) for p, m in zip(parts, moves, strict=True)),
    )


def mirrored(picture: Picture) -> Picture:
    """Left and right exchanged, in the landmarks' meaning too."""
    width = picture.pixels.shape[1]
    faces = picture.faces
    boxes, landmarks = faces.boxes.copy(), faces.landmarks[:, list(MIRRORED_LANDMARKS)]
    boxes[:, [0, 2]] = width - faces.boxes[:, [2, 0]]
    landmarks[:, :, 0] = width - landmarks[:, :, 0]
    faces = dataclasses.replace(faces, boxes=boxes, landmarks=landmarks)
    return Picture(picture.pixels[:, ::-1], faces)


def worsened(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other light and colours; now and then grey, blurred, sharpened, grainy, a poor JPEG; uint8.

    Enlarged photos of few pixels are soft; sharpening makes them more like those of many.
    """
    if rng.random() < 0.8:
        table = np.arange(256, dtype=np.float32) / 255
        gain = np.exp(rng.uniform(-0.35, 0.35)) * np.exp(rng.uniform(-0.1, 0.1, 3))
        table = table[:, None] ** np.exp(rng.uniform(-0.4, 0.4)) * gain + rng.uniform(-0.12, 0.12)
        table = np.clip(table * 255, 0, 255).astype(np.uint8)
        pixels = np.stack([table[pixels[..., c], c] for c in range(3)], axis=-1)
    image = Image.fromarray(np.ascontiguousarray(pixels))
    if rng.random() < 0.12:
        image = image.convert("L").convert("RGB")
    if rng.random() < 0.12:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    if rng.random() < 0.3:
        radius, percent = rng.uniform(0.7, 3.0), int(rng.integers(40, 220))
        image = image.filter(ImageFilter.UnsharpMask(radius, percent, threshold=0))
    if rng.random() < 0.12:
        grain = rng.normal(0, rng.uniform(2, 12), (*image.size[::-1], 1))
        image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    if rng.random() < 0.15:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=int(rng.integers(20, 80)))
        image = Image.open(stream)
    return np.asarray(image)
