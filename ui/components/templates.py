"""HTML from the templates in `html/`; whatever is put into one is escaped."""

from __future__ import annotations

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "html"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values) -> str:
    """The template's HTML; every value is escaped, but for `Markup`."""
    return Markup(_ENVIRONMENT.get_template(template).render(values))


def uri(jpeg: bytes) -> str:
    """A JPEG as something that an `img` shows."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


_ENVIRONMENT.filters["uri"] = uri
_ENVIRONMENT.filters["percent"] = lambda share: f"{share:.3%}"
