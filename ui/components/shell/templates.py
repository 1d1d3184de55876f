"""The HTML of the pages, from the templates in `html/`."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from data.html import templates

_TEMPLATES = templates(Path(__file__).parent / "html")


def render(template: str, **values) -> Markup:
    """The template's HTML; every value is escaped, but for `Markup`."""
    return Markup(_TEMPLATES.get_template(template).render(values))
