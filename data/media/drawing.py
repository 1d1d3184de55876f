"""Draws faces and their names into a photo: a solid outline for a person, a dashed one for unknown.

The colours are those of the page (`ui/style.css`); the dashes and the words say the same without
colour.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from data.media.fonts import Font, font_for
from data.tags import FaceTag

KNOWN, UNKNOWN = (46, 230, 184), (255, 255, 255)
DARK = (12, 28, 25)  # beside every line and under every label, so that both show on any photo
UNKNOWN_LABEL = "unknown"

_MAX_JPEG_SIDE = 65_500

Rectangle = tuple[int, int, int, int]  # left, top, right, bottom; the last pixels belong to it


def draw_faces(image: np.ndarray, faces: Sequence[FaceTag]) -> np.ndarray:
    """A copy of the photo with every face outlined and named.

    Args:
        image: Upright RGB uint8 [H, W, 3].
        faces: Faces of this photo; parts of a box beyond the photo's edge are moved to the edge.
    """
    if not len(faces):
        return image.copy()
    canvas = Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    longest = max(canvas.size)
    boxes = [_inside(face.box, canvas.size) for face in faces]
    for face, box in zip(faces, boxes, strict=True):
        thinnest = min(box[2] - box[0], box[3] - box[1]) // 12
        _outline(draw, box, face.name is None, max(1, min(thinnest, round(longest / 300))))
    taken: list[Rectangle] = []
    for face, box in zip(faces, boxes, strict=True):
        taken.append(_label(draw, canvas.size, box, face.name, taken))
    return np.array(canvas)


def annotated_file(image: np.ndarray, faces: Sequence[FaceTag]) -> tuple[bytes, str]:
    """The photo with its faces drawn, as the bytes of a picture file, and that file's suffix."""
    drawn = Image.fromarray(draw_faces(image, faces))
    stream = io.BytesIO()
    if max(drawn.size) > _MAX_JPEG_SIDE:  # JPEG cannot say so large a number
        drawn.save(stream, "PNG")
        return stream.getvalue(), ".png"
    drawn.save(stream, "JPEG", quality=92, subsampling=0)
    return stream.getvalue(), ".jpg"


def _inside(box: np.ndarray, size: tuple[int, int]) -> Rectangle:
    right, bottom = size[0] - 1, size[1] - 1
    x0, y0, x1, y1 = (round(float(edge)) for edge in box)
    x0, y0 = min(max(x0, 0), right), min(max(y0, 0), bottom)
    return x0, y0, max(x0, min(x1, right)), max(y0, min(y1, bottom))


def _outline(draw: ImageDraw.ImageDraw, box: Rectangle, dashed: bool, width: int) -> None:
    """A line of `width` along the inner side of the box, within a dark one."""
    edge = max(1, width // 2)
    pieces = _dashes(box, width) if dashed else [_sides(box, width)]
    flat = [piece for group in pieces for piece in group]
    for x0, y0, x1, y1 in flat:
        draw.rectangle((x0 - edge, y0 - edge, x1 + edge, y1 + edge), fill=DARK)
    for piece in flat:
        draw.rectangle(piece, fill=UNKNOWN if dashed else KNOWN)


def _sides(box: Rectangle, width: int) -> list[Rectangle]:
    x0, y0, x1, y1 = box
    inner = width - 1
    sides = [
        (x0, y0, x1, y0 + inner),
        (x0, y1 - inner, x1, y1),
        (x0, y0, x0 + inner, y1),
        (x1 - inner, y0, x1, y1),
    ]
    return [(a, b, max(a, c), max(b, d)) for a, b, c, d in sides]


def _dashes(box: Rectangle, width: int) -> list[list[Rectangle]]:
    """The sides in dashes and gaps of the same length; all begin and end with a dash."""
    cut = []
    for x0, y0, x1, y1 in _sides(box, width):
        lies = x1 - x0 >= y1 - y0
        start, length = (x0, x1 - x0 + 1) if lies else (y0, y1 - y0 + 1)
        count = max(1, round(length / max(4 * width, length / 13))) | 1
        step = length / count
        ends = [
            (round(start + i * step), max(round(start + i * step), round(start + (i + 1) * step)))
            for i in range(0, count, 2)
        ]
        cut.append([(a, y0, b - 1, y1) if lies else (x0, a, x1, b - 1) for a, b in ends if b > a])
    return cut


def _label(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: Rectangle,
    name: str | None,
    taken: Sequence[Rectangle],
) -> Rectangle:
    """Writes the name below the face, or where there is room; returns the place it took."""
    text, font = _fitted(" ".join((name or UNKNOWN_LABEL).split()), size)
    left, top, right, bottom = font.getbbox(text)
    pad = max(1, round((bottom - top) * 0.35))
    width, height = round(right - left) + 2 * pad, round(bottom - top) + 2 * pad
    x = max(0, min((box[0] + box[2] - width) // 2, size[0] - width))
    gap = max(2, pad // 2)
    rows = (box[3] + gap, box[1] - gap - height, box[3] - height - gap)
    rows = [y for y in rows if 0 <= y <= size[1] - height] or [max(0, size[1] - height)]
    places = [(x, y, x + width - 1, y + height - 1) for y in rows]
    place = next((p for p in places if not any(_meet(p, t) for t in taken)), places[0])
    back, ink = (DARK, UNKNOWN) if name is None else (KNOWN, DARK)
    draw.rounded_rectangle(place, radius=pad, fill=back)
    draw.text((place[0] + pad - left, place[1] + pad - top), text, fill=ink, font=font)
    return place


def _fitted(text: str, size: tuple[int, int]) -> tuple[str, Font]:
    """The text in a font that suits the photo, smaller or cut short where it would not fit."""
    height = max(10, round(max(size) / 45))
    room = size[0] * 0.9
    while height > 10 and font_for(text, height).getlength(text) > room:
        height = max(10, height * 9 // 10)
    font = font_for(text, height)
    while len(text) > 1 and font.getlength(text) > room:
        text = text[:-2].rstrip() + "…"
    return text, font


def _meet(a: Rectangle, b: Rectangle) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
