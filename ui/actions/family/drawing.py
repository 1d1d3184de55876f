"""Draws the map of a family and a birthday wall on pages of A4, and makes files of them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageOps

from data.media.fonts import font_for

PAGE = (2339, 1654)  # pixels, A4 across at 200 dots an inch
RESOLUTION = 200
_PAPER, _INK, _DIM, _LINE = "#fffdf8", "#1d2422", "#5f6663", "#d8d2c6"
_SMOOTH = 2  # times as large as drawn, for round edges


class Sheet:
    """A page to draw on, in its pixels; drawn larger and made smaller at the end.

    Args:
        size: Width and height, pixels.
        paper: Its colour.
    """

    def __init__(self, size: tuple[int, int], paper: str = _PAPER):
        self.width, self.height = size
        self._canvas = Image.new("RGB", (size[0] * _SMOOTH, size[1] * _SMOOTH), paper)
        self._draw = ImageDraw.Draw(self._canvas)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        height: int,
        *,
        fill: str = _INK,
        anchor: str = "lm",
        room: float | None = None,
    ) -> None:
        """Writes a line; one that is wider than `room` is cut short."""
        font = font_for(text, height * _SMOOTH)
        while room is not None and len(text) > 1 and font.getlength(text) > room * _SMOOTH:
            text = text[:-2].rstrip() + "…"
        self._draw.text((x * _SMOOTH, y * _SMOOTH), text, fill=fill, font=font, anchor=anchor)

    def line(self, ends: Sequence[float], width: float = 2, fill: str = _LINE) -> None:
        """A straight line, x0 y0 x1 y1."""
        scaled = [edge * _SMOOTH for edge in ends]
        self._draw.line(scaled, fill=fill, width=max(1, round(width * _SMOOTH)))

    def disc(self, x: float, y: float, size: float, fill: str) -> None:
        """A filled circle by its centre and diameter."""
        box = [
            (edge) * _SMOOTH for edge in (x - size / 2, y - size / 2, x + size / 2, y + size / 2)
        ]
        self._draw.ellipse(box, fill=fill)

    def box(self, left: float, top: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        edges = (left, top, left + width, top + height)
        self._draw.rectangle([edge * _SMOOTH for edge in edges], fill=fill)

    def portrait(self, x: float, y: float, size: float, jpeg: bytes | None, ring: str) -> None:
        """A round picture by its centre and diameter, with a ring around it."""
        self.disc(x, y, size + max(6.0, size / 12), ring)
        side = round(size * _SMOOTH)
        if not jpeg:
            self.disc(x, y, size, _LINE)
            return
        mask = Image.new("L", (side, side))
        ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
        corner = round((x - size / 2) * _SMOOTH), round((y - size / 2) * _SMOOTH)
        self._canvas.paste(_square(jpeg, side), corner, mask)

    def picture(self, left: float, top: float, size: float, jpeg: bytes | None) -> None:
        """A square picture by its corner and side."""
        if jpeg:
            side = round(size * _SMOOTH)
            corner = round(left * _SMOOTH), round(top * _SMOOTH)
            self._canvas.paste(_square(jpeg, side), corner)
        else:
            self.box(left, top, size, size, _LINE)

    def done(self) -> Image.Image:
        """The page, RGB."""
        return self._canvas.reduce(_SMOOTH)


def as_file(pages: Sequence[Image.Image], kind: str) -> bytes:
    """Pages as the bytes of one file.

    Args:
        pages: At least one.
        kind: "pdf", or "jpg", in which they stand below each other.
    """
    stream = io.BytesIO()
    if kind == "pdf":
        first, *others = pages
        first.save(
            stream, "PDF", save_all=True, append_images=others, resolution=RESOLUTION, quality=90
        )
        return stream.getvalue()
    width, height = max(page.width for page in pages), sum(page.height for page in pages)
    whole, top = Image.new("RGB", (width, height), _PAPER), 0
    for page in pages:
        whole.paste(page, ((width - page.width) // 2, top))
        top += page.height
    whole.save(stream, "JPEG", quality=90, dpi=(RESOLUTION, RESOLUTION))
    return stream.getvalue()


def _square(jpeg: bytes, side: int) -> Image.Image:
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    return ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS)
