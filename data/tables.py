"""The record of a photo or film as text: a line of JSON, or rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.tags import FilmTags, PhotoTags

CSV_COLUMNS = ("photo", "width", "height", "name", "confidence", "x0", "y0", "x1", "y1")
CSV_COLUMNS += ("score", "error")


def json_line(tags: PhotoTags | FilmTags) -> str:
    """The record of a photo or film as one line."""
    record = tags.to_json()
    try:
        line = json.dumps(record, ensure_ascii=False)
        line.encode()
    except UnicodeEncodeError:  # a file name that is not valid text
        line = json.dumps(record)
    return line


def csv_rows(tags: PhotoTags | FilmTags) -> Iterator[list]:
    """A row for each face; one without a face for a photo that has none.

    Of a film a row for each person, with the box in the frame in which they are seen best.
    """
    record = tags.to_json()
    if "video" in record:
        head = [record["video"], record["width"], record["height"]]
        for person in record["people"]:
            yield [*head, person["name"], person["confidence"], *person["best"]["box"], None, None]
        if not record["people"]:
            yield [*head, *[None] * 7, record["error"]]
        return
    head = [record["photo"], record["width"], record["height"]]
    for face in record["faces"]:
        yield [*head, face["name"], face["confidence"], *face["box"], face["score"], None]
    if not record["faces"]:
        yield [*head, *[None] * 7, record["error"]]
