"""Writes `card.html` beside the model: how good it is on this family, and what would help.

One file without any request to anywhere. The pictures in it are faces of the family's own photos,
and it stays in the user's own model folder.
"""

from __future__ import annotations

import base64
import io
from collections import Counter, defaultdict
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from data.recognition.calibration import reliability
from training.classifier.fit import FitResult, HeldOutPredictions
from training.dataset.training_set import TrainingSet
from training.report.charts import curves, diagonal
from training.report.html_page import page_of
from training.report.training_report import TrainingReport

FEW = 5  # photos of different moments, below which more are asked for


def card(report: TrainingReport, training_set: TrainingSet, fitted: FitResult) -> str:
    """The whole page."""
    sections = [
        _head(report),
        _people(report, training_set, fitted.predictions),
        _confusion(training_set, fitted.predictions),
        _calibration(fitted),
        _stages(report),
        _doubts(report, training_set),
        _left_out(report, training_set),
    ]
    return page_of("How well Kindred knows this family", "".join(sections))


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


def _head(report: TrainingReport) -> str:
    m = report.metrics
    tiles = []
    if m.right is not None:
        tiles += [
            (f"{m.right:.0%}", "right name", f"of {m.held_out} faces not learned from"),
            (f"{m.wrong:.1%}", "wrong name", "of the same faces"),
        ]
    if m.false_names is not None:
        asked = f"of {m.strangers} strangers; {m.false_names_asked:.1%} were allowed"
        tiles.append((f"{m.false_names:.1%}", "got a name", asked))
    if m.calibration_error is not None:
        tiles.append(
            (f"{m.calibration_error:.1%}", "calibration error", "confidence against truth")
        )
    body = "".join(
        f"<div class=tile><b>{value}</b><span>{name}</span><small>{escape(of)}</small></div>"
        for value, name, of in tiles
    )
    if not tiles:
        body = "<p>Nothing is measured yet: that takes photos of a person from two moments.</p>"
    photos = sum(report.photos.values())
    return (
        f"<h1>How well Kindred knows this family</h1><p>{len(report.photos)} people, {photos} "
        f"photos, networks {escape(' and '.join(report.networks))}. Every figure is from "
        f"faces that were not learned from.</p><section class=tiles>{body}</section>"
    )


def _people(
    report: TrainingReport, training_set: TrainingSet, predictions: HeldOutPredictions
) -> str:
    rows = []
    for k, name in enumerate(training_set.people):
        mine = predictions.faces.known & (predictions.faces.owners == k)
        got = predictions.named & predictions.right & mine
        wrong = predictions.named & ~predictions.right & mine
        others = (~predictions.faces.known) & predictions.named & (predictions.best == k)
        moments = len(np.unique(training_set.groups[training_set.owners == k]))
        times = "1 moment" if moments == 1 else f"{moments} moments"
        first = training_set.examples[int(np.flatnonzero(training_set.owners == k)[0])].face
        share = f"{got.sum() / mine.sum():.0%}" if mine.any() else "not measured"
        bar = round(100 * got.sum() / mine.sum()) if mine.any() else 0
        helpful = advice(training_set, predictions, k) or "nothing, there are enough"
        rows.append(
            f"<tr><th scope=row>{_picture(first.chip)}{escape(name)}</th>"
            f"<td>{report.photos[name]}<small> from {times}</small></td>"
            f"<td class=share><span class=bar style='--share:{bar}%'></span>{share}</td>"
            f"<td>{int(wrong.sum())}</td><td>{int(others.sum())}</td>"
            f"<td>{escape(helpful)}</td></tr>"
        )
    return (
        "<h2>Person by person</h2><div class=scroll><table><thead><tr><th>Person<th>Photos"
        "<th>Right name<th>Called somebody else<th>Strangers with this name<th>What would help"
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def confusions(
    people: tuple[str, ...], predictions: HeldOutPredictions
) -> list[tuple[int, int, int, int]]:
    """Pairs of people by how often one is taken for the other: (a, b, a for b, b for a)."""
    known = predictions.faces.known & ~predictions.right
    pairs = Counter(zip(predictions.faces.owners[known], predictions.best[known], strict=True))
    found = {tuple(sorted(map(int, pair))) for pair in pairs}
    rows = [(a, b, pairs[a, b], pairs[b, a]) for a, b in found]
    return sorted(rows, key=lambda row: (-row[2] - row[3], row))


def _confusion(training_set: TrainingSet, predictions: HeldOutPredictions) -> str:
    rows = []
    for a, b, ab, ba in confusions(training_set.people, predictions)[:12]:
        one, other = escape(training_set.people[a]), escape(training_set.people[b])
        sides = [f"{one} for {other}: {ab}"] * bool(ab) + [f"{other} for {one}: {ba}"] * bool(ba)
        faces = "".join(
            _picture(
                training_set.examples[int(np.flatnonzero(training_set.owners == k)[0])].face.chip
            )
            for k in (a, b)
        )
        rows.append(f"<li>{faces}<span>{'<br>'.join(sides)}</span></li>")
    if not rows:
        return "<h2>Who is taken for whom</h2><p>Nobody, on faces that were not learned from.</p>"
    return (
        "<h2>Who is taken for whom</h2><p>The most probable person was the wrong one, whether or "
        f"not the name was given.</p><ul class=pairs>{''.join(rows)}</ul>"
    )


def _calibration(fitted: FitResult) -> str:
    predictions = fitted.predictions
    if not len(predictions.confidence):
        return ""
    points = reliability(predictions.confidence, predictions.right)
    return (
        "<h2>Is the confidence right?</h2><p>Of all faces with a confidence of 80 %, 80 % should "
        "have the right name. Points on the line are as they should be; large points stand for "
        f"many faces. A name is given from {fitted.state.threshold:.0%} on.</p>{diagonal(points)}"
    )


def _stages(report: TrainingReport) -> str:
    stage = report.stage
    which = "The fine-tuned network is used" if stage.kept else "The network is used as it came"
    drawn = curves(stage.curves) if stage.curves else ""
    return f"<h2>Fine-tuning</h2><p>{which}: {escape(stage.reason)}.</p>{drawn}"


def _doubts(report: TrainingReport, training_set: TrainingSet) -> str:
    if not report.doubts:
        return ""
    rows = "".join(
        f"<li>{''.join(_picture(f.chip) for n in pair for f in _faces_of(training_set, n)[:2])}"
        f"<span>{escape(pair[0])} and {escape(pair[1])}</span></li>"
        for pair in report.doubts
    )
    return (
        "<h2>One person in two folders?</h2><p>These photos are mixed as those of one person would "
        f"be. If they are, put them into one folder.</p><ul class=pairs>{rows}</ul>"
    )


def _left_out(report: TrainingReport, training_set: TrainingSet) -> str:
    if not report.left_out:
        return ""
    sightings = {(s.person, s.path): s for s in training_set.sightings}
    by_person = defaultdict(list)
    for left in report.left_out:
        sighting = sightings.get((left.person, left.path))
        face = (
            max(sighting.faces, key=lambda f: f.side).chip if sighting and sighting.faces else None
        )
        file = Path(left.path).name.encode(errors="backslashreplace").decode()
        by_person[left.person or "No person's folder"].append(
            f"<li>{_picture(face)}<span>{escape(file)}"
            f"<small>{escape(left.reason)}</small></span></li>"
        )
    parts = "".join(
        f"<details{' open' if len(rows) < 13 else ''}><summary>{escape(name)}: {len(rows)}"
        f"</summary><ul class=files>{''.join(rows)}</ul></details>"
        for name, rows in by_person.items()
    )
    return f"<h2>Files nobody was learned from</h2>{parts}"


def _faces_of(training_set: TrainingSet, name: str) -> list:
    return [example.face for example in training_set.examples if example.person == name]


def _picture(chip: np.ndarray | None) -> str:
    if chip is None:
        return "<i class=none></i>"
    stream = io.BytesIO()
    Image.fromarray(chip).resize((72, 72), Image.Resampling.BILINEAR).save(
        stream, "JPEG", quality=80
    )
    return (
        f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}">'
    )
