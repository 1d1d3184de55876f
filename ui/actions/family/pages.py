"""The pages of paper of a family: its years, who is with whom, and a birthday wall."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from PIL import Image

from ui.actions.family.drawing import PAGE, Sheet
from ui.actions.family.graph_layout import LABEL, Graph
from ui.actions.family.through_years import Moment
from ui.actions.family.timeline import Timeline, colour

_MARGIN, _TITLE = 110, 64  # pixels
_A_PAGE = 20  # rows of people
_GAP = 26  # between pictures on a wall
_DIM, _TABLE, _CARD = "#5f6663", "#ece4d6", "#fffdf8"


def pages_of_years(timeline: Timeline, pictures: Mapping[int, bytes | None]) -> list[Image.Image]:
    """Everybody's dots, 20 people a page.

    Args:
        timeline: The rows.
        pictures: A JPEG of a face, by the person's id.
    """
    starts = range(0, len(timeline.rows), _A_PAGE)
    return [_page_of_years(timeline, start, pictures) for start in starts]


def _page_of_years(timeline: Timeline, start: int, pictures) -> Image.Image:
    sheet = Sheet(PAGE)
    rows = timeline.rows[start : start + _A_PAGE]
    sheet.text(_MARGIN, _MARGIN, "Through the years", _TITLE)
    top, left = _MARGIN + 90, _MARGIN + 480
    right, bottom = sheet.width - _MARGIN - 30, sheet.height - _MARGIN - 50
    high = min((bottom - top) / len(rows), 130.0)
    bottom = top + high * len(rows)
    for year, x in timeline.ticks:
        across = left + x * (right - left)
        sheet.line((across, top, across, bottom), 1)
        sheet.text(across, bottom + 30, str(year), 28, fill=_DIM, anchor="mm")
    for number, row in enumerate(rows):
        middle = top + (number + 0.5) * high
        face = min(high * 0.78, 92.0)
        picture = pictures.get(row.person.id)
        sheet.portrait(_MARGIN + face / 2, middle, face, picture, row.colour)
        sheet.text(_MARGIN + face + 28, middle - high * 0.14, row.person.name, 30, room=310)
        photos = f"{row.person.photos:,} {'photo' if row.person.photos == 1 else 'photos'}"
        sheet.text(_MARGIN + face + 28, middle + high * 0.24, photos, 21, fill=_DIM)
        sheet.line((left, middle, right, middle), 1)
        for dot in row.dots:
            size = min(high * 0.85, max(40.0, timeline.slot * (right - left))) * dot.size
            sheet.disc(left + dot.x * (right - left), middle, size, row.colour)
    return sheet.done()


def page_of_company(
    graph: Graph, names: Sequence[str], pictures: Sequence[bytes | None]
) -> Image.Image:
    """Portraits with lines between those who are on photos together.

    Args:
        graph: Where everybody stands.
        names, pictures: Of each node; a picture is a JPEG.
    """
    sheet = Sheet(PAGE)
    sheet.text(_MARGIN, _MARGIN, "Who with whom", _TITLE)
    top = _MARGIN + 80
    room = sheet.width - 2 * _MARGIN, sheet.height - top - _MARGIN
    scale = min(room[0] / graph.width, room[1] / graph.height)
    left = (sheet.width - scale * graph.width) / 2
    most = max((photos for *_, photos in graph.lines), default=1)
    at = [(left + scale * node.x, top + scale * node.y) for node in graph.nodes]
    for one, other, photos in graph.lines:
        sheet.line((*at[one], *at[other]), scale * (1 + 5 * photos / most), "#c3bdb0")
    for node, (x, y), name, picture in zip(graph.nodes, at, names, pictures, strict=True):
        sheet.portrait(x, y, scale * node.size, picture, colour(node.place))
        below = y + scale * (node.size + LABEL) / 2 + 6
        sheet.text(x, below, name, round(12.5 * scale), anchor="mm", room=100 * scale)
    return sheet.done()


def birthday_page(
    name: str, below: str, faces: Sequence[Moment], pictures: Sequence[bytes | None]
) -> Image.Image:
    """Somebody through the years, as pictures on a table.

    Args:
        name: In large letters.
        below: What stands below it.
        faces: At least one, in order of time.
        pictures: A JPEG of each.
    """
    count = len(faces)
    sheet = Sheet(PAGE if count > 1 else PAGE[::-1], _TABLE)
    sheet.text(sheet.width / 2, 120, name, 104, anchor="mm", room=sheet.width - 2 * _MARGIN)
    sheet.text(sheet.width / 2, 212, below, 36, fill=_DIM, anchor="mm", room=sheet.width - 200)
    top, words = 270.0, 74
    wide, high = sheet.width - 2 * _MARGIN, sheet.height - top - 70
    columns, side = best_columns(count, wide, high, words)
    rows = math.ceil(count / columns)
    top += (high - rows * (side + words) - (rows - 1) * _GAP) / 2
    for number, (one, picture) in enumerate(zip(faces, pictures, strict=True)):
        row, column = divmod(number, columns)
        in_row = min(columns, count - row * columns)
        start = (sheet.width - in_row * side - (in_row - 1) * _GAP) / 2
        left, upper = start + column * (side + _GAP), top + row * (side + words + _GAP)
        sheet.box(left + 4, upper + 5, side, side + words, "#d5cab6")
        sheet.box(left, upper, side, side + words, _CARD)
        sheet.picture(left + 12, upper + 12, side - 24, picture)
        middle = left + side / 2
        height = round(min(30, side / 7))
        sheet.text(middle, upper + side + 10, one.year, height, anchor="mm")
        size = round(min(22, side / 10))
        sheet.text(middle, upper + side + 45, one.age, size, fill=_DIM, anchor="mm", room=side - 20)
    return sheet.done()


def best_columns(count: int, wide: float, high: float, words: float) -> tuple[int, float]:
    """How many columns make `count` pictures largest, and their side.

    Args:
        count: At least 1.
        wide, high: The room for all of them, pixels.
        words: The height of what stands below each, pixels.
    """

    def side(columns: int) -> float:
        rows = math.ceil(count / columns)
        across = (wide - (columns - 1) * _GAP) / columns
        return min(across, (high - (rows - 1) * _GAP) / rows - words)

    columns = max(range(1, count + 1), key=side)
    return columns, side(columns)
