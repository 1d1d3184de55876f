"""HTML from Jinja2 templates: whatever is put into one is escaped, but for `Markup`."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def templates(folder: Path) -> Environment:
    """The templates of a folder.

    Beside Jinja2's own filters they have `uri`, the bytes of a JPEG as something that an `img`
    shows, and `percent`, a share 0..1 as a length in CSS.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["uri"] = jpeg_uri
    environment.filters["percent"] = lambda share: f"{share:.3%}"
    return environment


def jpeg_uri(jpeg: bytes) -> str:
    """A JPEG as something that an `img` shows."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
