"""A page of plain figures, for protocols that have no pictures to show."""

from __future__ import annotations

from html import escape
from pathlib import Path

_STYLE = (Path(__file__).parent / "card.css").read_text("utf-8")
_WORDS = {
    "accuracy": "accuracy over the folds",
    "tar_at_far_0.1pct": "same person accepted, at one false acceptance in 1000",
    "closed_set": "the most probable person is right",
    "dir_at_fpir_1pct": "right name, while one stranger in 100 gets one",
    "average_precision": "average precision",
    "score": "at the score that is used",
    "found": "faces found",
    "false": "found where no face is",
    "milliseconds": "milliseconds a photo",
    "nearest_mean": "nearest mean",
    "kindred": "Kindred",
    "own_threshold": "Kindred, at the threshold it sets itself",
}


def page_of(title: str, inside: str) -> str:
    """A whole page in the card's style, without any request to anywhere."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main>{inside}</main></html>\n"
    )


def figures_page(result: dict) -> str:
    """The figures of a measurement as tables."""
    plain = {key: value for key, value in result.items() if not isinstance(value, dict)}
    tables = [_table("", plain)] + [
        _table(_WORDS.get(key, key.replace("_", " ")), value)
        for key, value in result.items()
        if isinstance(value, dict)
    ]
    title = f"Measured: {result.get('protocol', '')}"
    return page_of(title, f"<h1>{escape(title)}</h1>{''.join(tables)}")


def _table(title: str, figures: dict) -> str:
    rows = "".join(
        f"<tr><th scope=row>{escape(_WORDS.get(key, key.replace('_', ' ')))}</th>"
        f"<td>{escape(_shown(value))}</td></tr>"
        for key, value in figures.items()
    )
    head = f"<h2>{escape(title)}</h2>" if title else ""
    return f"{head}<div class=scroll><table><tbody>{rows}</tbody></table></div>"


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2%}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
