"""Writes `card.html` beside the model: how good it is on this family, and what would help.

One file without any request to anywhere. The pictures in it are faces of the family's own photos,
and it stays in the user's own model folder.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from data.recognition.calibration import reliability
from data.words import between, count
from training.classifier.fit import FitResult, HeldOutPredictions, Metrics
from training.dataset.training_set import TrainingSet
from training.report.charts import TEMPLATES, curves, diagonal
from training.report.comparison import Comparison
from training.report.training_report import TrainingReport

FEW = 5  # photos of different moments, below which more are asked for
MOST_CONFUSIONS = 12


def card(report: TrainingReport, training_set: TrainingSet, fitted: FitResult) -> str:
    """The whole page."""
    predictions = fitted.predictions
    points = reliability(predictions.confidence, predictions.right)
    return TEMPLATES.get_template("card.html").render(
        title="How well Kindred knows this family",
        count=count,
        report=report,
        tiles=_tiles(report),
        people=_people(report, training_set, predictions),
        confusions=_confusions(training_set, predictions),
        reliability=diagonal(points) if len(predictions.confidence) else "",
        threshold=f"{fitted.state.threshold:.0%}",
        compared=report.comparison and _compared(report.comparison),
        curves=curves(report.stage.curves) if report.stage.curves else "",
        doubts=[
            {"one": one, "other": other, "faces": _faces(training_set, (one, other), 2)}
            for one, other in report.doubts
        ],
        left_out=_left_out(report, training_set),
    )


def advice(training_set: TrainingSet, predictions: HeldOutPredictions, person: int) -> str:
    """What photos of a person would help most; empty if there are enough."""
    moments = len(np.unique(training_set.groups[training_set.owners == person]))
    if moments < FEW:
        return f"{FEW - moments} more from other days"
    mine = predictions.faces.known & (predictions.faces.owners == person)
    missed = mine & ~(predictions.named & predictions.right)
    if mine.any() and missed.sum() / mine.sum() > 0.15:
        faces = [training_set.examples[row].face for row in predictions.faces.rows[missed]]
        small = np.median([face.side for face in faces]) < 60
        others = Counter(predictions.best[missed & predictions.named & ~predictions.right])
        if others and others.most_common(1)[0][1] > 1:
            rival = training_set.people[others.most_common(1)[0][0]]
            return f"photos at the age and light in which {rival} looks alike"
        return "larger, sharper ones" if small else "other ages, glasses, beards and light"
    return ""


def _tiles(report: TrainingReport) -> list[tuple[str, str, str]]:
    """What was measured: a figure, what it is, and of what."""
    m = report.metrics
    tiles = []
    if m.right is not None:
        tiles += [
            (f"{m.right:.0%}", "right name", f"of {count(m.held_out, 'face')} not learned from"),
            (f"{m.wrong:.1%}", "wrong name", "of the same faces"),
        ]
    if m.false_names is not None:
        likely = between(m.false_names, m.strangers)
        asked = f"of {count(m.strangers, 'stranger')}, so of all strangers {likely};"
        asked += f" {m.false_names_asked:.1%} were allowed"
        tiles.append((f"{m.false_names:.1%}", "got a name", asked))
    low, high = m.false_names_range
    of = "of other strangers in such photos are likely to get a name"
    tiles.append((f"{low:.1%} to {high:.1%}", of, _tell_more(m, len(report.photos))))
    if m.calibration_error is not None:
        tiles.append(
            (
                f"{m.calibration_error:.1%}",
                "calibration error",
                f"confidence against truth, of {count(m.held_out + m.strangers, 'face')}",
            )
        )
    return tiles


def _compared(comparison: Comparison) -> dict:
    """Both models on the same held-out faces: rows of (what, new, in use), and of how many."""

    def share(value: float | None) -> str:
        return "not measured" if value is None else f"{value:.1%}"

    parts = (
        ("Right name", "right"),
        ("No name", "unknown"),
        ("Wrong name", "wrong"),
        ("Strangers named", "false_names"),
    )
    rows = [
        (label, share(getattr(comparison.new, part)), share(getattr(comparison.old, part)))
        for label, part in parts
    ]
    return {"rows": rows, "of": comparison}


def _tell_more(metrics: Metrics, people: int) -> str:
    if not metrics.cannot_tell:
        return f"9 times in 10, judged by pairs of {people} people"
    who = "one person" if people == 1 else f"{people} people"
    return f"{who} cannot tell more exactly; more people would, or a folder of strangers"


def _people(
    report: TrainingReport, training_set: TrainingSet, predictions: HeldOutPredictions
) -> list[dict]:
    rows = []
    for k, name in enumerate(training_set.people):
        mine = predictions.faces.known & (predictions.faces.owners == k)
        got = predictions.named & predictions.right & mine
        wrong = predictions.named & ~predictions.right & mine
        others = (~predictions.faces.known) & predictions.named & (predictions.best == k)
        rows.append(
            {
                "name": name,
                "face": _faces(training_set, (name,), 1)[0],
                "photos": report.photos[name],
                "moments": len(np.unique(training_set.groups[training_set.owners == k])),
                "share": round(100 * got.sum() / mine.sum()) if mine.any() else None,
                "faces": int(mine.sum()),
                "wrong": int(wrong.sum()),
                "strangers": int(others.sum()),
                "advice": advice(training_set, predictions, k),
            }
        )
    return rows


def confusions(
    people: tuple[str, ...], predictions: HeldOutPredictions
) -> list[tuple[int, int, int, int]]:
    """Pairs of people by how often one is taken for the other: (a, b, a for b, b for a)."""
    known = predictions.faces.known & ~predictions.right
    pairs = Counter(zip(predictions.faces.owners[known], predictions.best[known], strict=True))
    found = {tuple(sorted(map(int, pair))) for pair in pairs}
    rows = [(a, b, pairs[a, b], pairs[b, a]) for a, b in found]
    return sorted(rows, key=lambda row: (-row[2] - row[3], row))


def _confusions(training_set: TrainingSet, predictions: HeldOutPredictions) -> list[dict]:
    rows = []
    for a, b, ab, ba in confusions(training_set.people, predictions)[:MOST_CONFUSIONS]:
        one, other = training_set.people[a], training_set.people[b]
        times = [(one, other, ab), (other, one, ba)]
        rows.append(
            {
                "faces": _faces(training_set, (one, other), 1),
                "times": [row for row in times if row[2]],
            }
        )
    return rows


def _left_out(report: TrainingReport, training_set: TrainingSet) -> dict[str, list[dict]]:
    """The files nobody was learned from, by the person in whose folder they are."""
    sightings = {(s.person, s.path): s for s in training_set.sightings}
    by_person = defaultdict(list)
    for left in report.left_out:
        sighting = sightings.get((left.person, left.path))
        faces = sighting.faces if sighting else ()
        by_person[left.person or "No person's folder"].append(
            {
                "name": Path(left.path).name.encode(errors="backslashreplace").decode(),
                "face": _jpeg(max(faces, key=lambda f: f.side).chip) if faces else None,
                "reason": left.reason,
            }
        )
    return dict(by_person)


def _faces(training_set: TrainingSet, people: tuple[str, ...], each: int) -> list[bytes | None]:
    """The first faces of each of these people, as JPEGs; `None` where no pixels were kept."""
    return [
        _jpeg(example.face.chip)
        for name in people
        for example in [e for e in training_set.examples if e.person == name][:each]
    ]


def _jpeg(chip: np.ndarray | None) -> bytes | None:
    if chip is None:
        return None
    stream = io.BytesIO()
    Image.fromarray(chip).resize((72, 72), Image.Resampling.BILINEAR).save(
        stream, "JPEG", quality=80
    )
    return stream.getvalue()
