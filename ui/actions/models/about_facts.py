"""What a model says of itself, as rows and sentences for people; reads the manifest, no widgets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from data.words import between, count, percent
from ui.components.shell.templates import render

Rows = list[tuple[str, str]]


def facts_html(rows: Iterable[tuple[str, str]]) -> str:
    """Rows of what and how much."""
    return render("facts.html", rows=rows)


def network_rows(manifest: Mapping, catalogue: Mapping, defaults: Iterable[str]) -> Rows:
    """The networks with their licences.

    Args:
        manifest: Of a trained model, or empty.
        catalogue: What `model.zoo.catalogue` says of networks, by name.
        defaults: Names of the networks that run without a trained model.
    """
    used = manifest.get("networks") or {
        catalogue[name].task: {"name": name, "licence": catalogue[name].licence}
        for name in defaults
    }
    rows = []
    for task, network in used.items():
        known = catalogue.get(network.get("name"))
        about = f"{known.about}, from {known.source}. " if known else ""
        licence = network.get("licence", "unknown")
        rows.append((task.capitalize(), f"{network.get('name')}: {about}Licence: {licence}"))
    return rows


def threshold_rows(manifest: Mapping) -> Rows:
    """From where on a face is a face, and a name is given."""
    thresholds = manifest.get("thresholds", {})
    rows = []
    if (score := thresholds.get("detection_score")) is not None:
        rows.append(("A face", f"from a detector score of {score:.2f}"))
    if (probability := thresholds.get("name_probability")) is not None:
        rows.append(("A name", f"from a confidence of {probability:.0%}; below it, unknown"))
    return rows


def library_rows(counts) -> Rows:
    """How much is in the library, from `data.library.views.Counts`."""
    rows = [
        ("Photos", f"{counts.photos:,}"),
        (
            "Faces",
            f"{counts.faces:,}: {counts.confirmed:,} confirmed, {counts.suggested:,} suggested",
        ),
        ("People", f"{counts.people:,}"),
        ("Decisions", f"{counts.decisions:,}"),
        ("Size", f"{counts.bytes / 1e6:.1f} MB, thumbnails and models not counted"),
    ]
    if counts.unreadable:
        rows.insert(1, ("Unreadable files", f"{counts.unreadable:,}"))
    return rows


def measured_text(manifest: Mapping) -> list[str]:
    """The measured accuracy in sentences; one that says so when there is none."""
    measured = manifest.get("measured") or {}
    said = []
    if measured.get("right") is not None:
        said.append(
            f"Of {count(measured['held_out'], 'photo')} of the family that were held out of "
            f"learning, {percent(measured['right'])} got the right name, "
            f"{percent(measured['unknown'])} no name and {percent(measured['wrong'])} a wrong one."
        )
    if measured.get("false_names") is not None:
        said.append(
            f"Of {count(measured['strangers'], 'face')} of people it had not learned, "
            f"{percent(measured['false_names'])} got a name: of all such faces it is likely "
            f"{between(measured['false_names'], measured['strangers'])}."
        )
    return said or ["Accuracy is not measured yet: that takes photos of a person from two moments."]


def people_rows(manifest: Mapping) -> list[dict]:
    """Everybody the model knows, with the number of photos learned from."""
    photos = manifest.get("training", {}).get("photos", {})
    return [{"Name": name, "Photos": photos.get(name)} for name in manifest.get("people", ())]


def left_out_rows(manifest: Mapping) -> list[dict]:
    """The files that nobody was learned from, and why."""
    left_out = manifest.get("training", {}).get("left_out", ())
    return [
        {"Person": row.get("person", ""), "File": row.get("file"), "Reason": row.get("reason")}
        for row in left_out
    ]


def created_text(manifest: Mapping) -> str:
    """When the model was trained, by this computer's clock."""
    try:
        created = datetime.fromisoformat(manifest["created"]).astimezone()
    except (KeyError, ValueError, TypeError):
        return "at an unknown time"
    return f"{created:%Y-%m-%d %H:%M}"
