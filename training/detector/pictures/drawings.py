"""Drawings without a face, made at random: a detector learns that plans and screenshots have none.

Photos teach nothing about flat colours, sharp edges and letters; a network that saw only photos
takes an ellipse on a plain ground for a face. Foliage, blurred lights, large numbers and drawn
faces are among them, because they were taken for faces in photos.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from training.detector.pictures.augment import Picture
from training.detector.pictures.ground_truth import Faces

SIDES = (240, 720)
SHAPES = (2, 40)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-+?!()oO08 "


def random_drawing(rng: np.random.Generator) -> Picture:
    """Shapes, lines, letters and patterns on one colour or on a gradient."""
    return _drawn(_add_shape, rng)


def random_lookalike(rng: np.random.Generator) -> Picture:
    """Large numbers, foliage, or faces as a child draws them; the former two may be blurred."""
    add = (_add_number, _add_leaves, _add_drawn_face)[rng.integers(3)]
    picture = _drawn(add, rng)
    if add is not _add_drawn_face and rng.random() < 0.4:  # a blurred one might be anybody
        radius = float(np.exp(rng.uniform(0, 3)))
        blurred = Image.fromarray(picture.pixels).filter(ImageFilter.GaussianBlur(radius))
        picture.pixels = np.asarray(blurred)
    return picture


def _drawn(add: Callable, rng: np.random.Generator) -> Picture:
    width, height = (int(n) for n in rng.integers(*SIDES, 2))
    image = Image.fromarray(_ground(width, height, rng))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(*SHAPES)):
        add(draw, width, height, rng)
    return Picture(np.asarray(image), Faces.of_boxes([]))


def _ground(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """uint8 [height, width, 3]: one colour, a gradient, a grid of two colours, or four fields."""
    first, second, third, fourth = _colours(4, rng)
    y, x = np.mgrid[:height, :width]
    kind = rng.integers(4)
    if kind == 0:
        share = np.zeros((height, width))
    elif kind == 1:
        slope = rng.normal(size=2)
        share = x / width * slope[0] + y / height * slope[1]
        share = (share - share.min()) / max(np.ptp(share), 1e-6)
    elif kind == 2:
        cell = rng.integers(4, 120, 2)
        share = (x // cell[0] + y // cell[1]) % 2
    else:
        middle = rng.uniform(0.2, 0.8, 2) * (width, height)
        fields = np.array([first, second, third, fourth])
        return fields[(x > middle[0]) + 2 * (y > middle[1])].astype(np.uint8)
    return (first + share[..., None] * (second - first)).astype(np.uint8)


def _colours(count: int, rng: np.random.Generator) -> np.ndarray:
    """int [count, 3], 0..255, from grey to garish."""
    colours = rng.integers(0, 256, (count, 3))
    grey = colours.mean(axis=1, keepdims=True)
    return (grey + (colours - grey) * rng.random((count, 1))).astype(int)


def _add_shape(draw: ImageDraw.ImageDraw, width: int, height: int, rng: np.random.Generator):
    colour, edge = (tuple(int(n) for n in each) for each in _colours(2, rng))
    size = np.exp(rng.uniform(np.log(6), np.log(max(width, height)), 2))
    x, y = rng.uniform(-0.2, 1.0, 2) * (width, height)
    box = [x, y, x + size[0], y + size[1]]
    line = int(rng.integers(1, 9))
    kind = rng.integers(6)
    if kind == 0:
        draw.rectangle(box, colour, edge, line)
    elif kind == 1:
        draw.ellipse(box, colour, edge, line)
    elif kind == 2:
        draw.rounded_rectangle(box, min(size) / 4, colour)
    elif kind == 3:
        points = np.array([x, y]) + rng.uniform(-1, 1, (rng.integers(3, 7), 2)) * size / 2
        draw.polygon([tuple(p) for p in points], colour)
    elif kind == 4:
        draw.line([(x, y), tuple(np.array([x, y]) + rng.normal(size=2) * size)], colour, line)
    else:
        rows = ["".join(rng.choice(list(LETTERS), rng.integers(1, 30))) for _ in range(3)]
        font = ImageFont.load_default(float(np.clip(size[0] / 3, 8, 120)))
        draw.multiline_text((x, y), "\n".join(rows), colour, font)


def _add_number(draw: ImageDraw.ImageDraw, width: int, height: int, rng: np.random.Generator):
    """One or two large digits or capitals with an outline, as on a shirt."""
    colour, edge = (tuple(int(n) for n in each) for each in _colours(2, rng))
    text = "".join(rng.choice(list("0123456789ABDOPQRS"), rng.integers(1, 3)))
    size = float(np.exp(rng.uniform(np.log(20), np.log(min(width, height)))))
    place = tuple(rng.uniform(-0.1, 0.9, 2) * (width, height))
    font = ImageFont.load_default(size)
    outline = int(rng.integers(0, max(2, round(size / 12))))
    draw.text(place, text, colour, font, stroke_width=outline, stroke_fill=edge)


def _add_drawn_face(draw: ImageDraw.ImageDraw, width: int, height: int, rng: np.random.Generator):
    """A circle with two eyes and a mouth, as a child draws it: no photo of a person."""
    skin, ink = (tuple(int(n) for n in each) for each in _colours(2, rng))
    size = np.exp(rng.uniform(np.log(40), np.log(min(width, height)))) / 2
    x, y = rng.uniform(0, 1, 2) * (width, height)
    line = max(1, round(size * rng.uniform(0.02, 0.1)))
    tall = size * rng.uniform(0.9, 1.3)
    draw.ellipse([x - size, y - tall, x + size, y + tall], skin, ink, line)
    eye, apart = size * rng.uniform(0.05, 0.2), size * rng.uniform(0.25, 0.5)
    for side in (-apart, apart):
        middle_x, middle_y = x + side, y - tall * 0.25
        box = [middle_x - eye, middle_y - eye, middle_x + eye, middle_y + eye]
        draw.ellipse(box, ink if rng.random() < 0.7 else None, ink, line)
    mouth = size * rng.uniform(0.3, 0.6)
    box = [x - mouth, y + tall * 0.1, x + mouth, y + tall * 0.6]
    draw.arc(box, *((0, 180) if rng.random() < 0.7 else (180, 360)), ink, line)


def _add_leaves(draw: ImageDraw.ImageDraw, width: int, height: int, rng: np.random.Generator):
    """Small ellipses of one kind of colour, light and dark, all over the picture."""
    colour = rng.integers(0, 200, 3)
    size = np.exp(rng.uniform(np.log(4), np.log(60)))
    for _ in range(int(rng.integers(20, 100))):
        shade = tuple(int(n) for n in np.clip(colour * rng.uniform(0.2, 1.6), 0, 255))
        x, y = rng.uniform(-0.05, 1.05, 2) * (width, height)
        half = size * rng.uniform(0.2, 1.0, 2) / 2
        draw.ellipse([x - half[0], y - half[1], x + half[0], y + half[1]], shade)
