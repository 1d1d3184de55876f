"""The record of a photo as text: a line of JSON, or rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator

from data.tags import PhotoTags

CSV_COLUMNS = ("photo", "width", "height", "name", "confidence", "x0", "y0", "x1", "y1")
CSV_COLUMNS += ("score", "error")


def json_line(tags: PhotoTags) -> str:
    """The record of a photo as one line."""
    record = tags.to_json()
    try:
        line = json.dumps(record, ensure_ascii=False)
        line.encode()
    except UnicodeEncodeError:  # a file name that is not valid text
        line = json.dumps(record)
    return line


def csv_rows(tags: PhotoTags) -> Iterator[list]:
    """A row for each face; one without a face for a photo that has none."""
    record = tags.to_json()
    head = [record["photo"], record["width"], record["height"]]
    for face in record["faces"]:
        yield [*head, face["name"], face["confidence"], *face["box"], face["score"], None]
    if not record["faces"]:
        yield [*head, *[None] * 7, record["error"]]
