"""The HTML of the pages, from the templates in `html/`."""

from __future__ import annotations

import base64
import functools
from pathlib import Path

from markupsafe import Markup

from data.html import templates

_HERE = Path(__file__).parent
_TEMPLATES = templates(_HERE / "html")


@functools.cache
def _family_picture() -> str:
    """The drawing of pages without photos, as an image: pages drop SVG out of HTML."""
    drawing = (_HERE / "family.svg").read_bytes()
    return "data:image/svg+xml;base64," + base64.b64encode(drawing).decode()


_TEMPLATES.globals["family_picture"] = _family_picture


def render(template: str, **values) -> Markup:
    """The template's HTML; every value is escaped, but for `Markup`."""
    return Markup(_TEMPLATES.get_template(template).render(values))
