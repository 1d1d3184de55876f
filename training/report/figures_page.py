"""A page of plain figures, for protocols that have no pictures to show."""

from __future__ import annotations

from training.report.charts import TEMPLATES

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
    "by_age": "Right name at that threshold, by age",
    "by_age_gap": "The same, by years to the nearest photo learned from",
    "accepted_by_age": "Same person accepted, at one false acceptance in 1000",
}


def figures_page(result: dict) -> str:
    """The figures of a measurement as tables, one for each that is nested in it."""
    plain = {key: value for key, value in result.items() if not isinstance(value, dict)}
    nested = {_word(key): value for key, value in result.items() if isinstance(value, dict)}
    tables = [
        (title, [(_word(what), _shown(value)) for what, value in figures.items()])
        for title, figures in {"": plain, **nested}.items()
    ]
    title = f"Measured: {result.get('protocol', '')}"
    return TEMPLATES.get_template("figures.html").render(title=title, tables=tables)


def _word(key: str) -> str:
    return _WORDS.get(key, key.replace("_", " "))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2%}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
