"""How many decisions it takes until a folder's faces have their names, by playing the user.

An empty library gets the faces of FOLDER/<person>/. Then whoever knows the truth answers the
questions of Review, in its order, until enough faces have the right name.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from data.family import read_family
from data.library import Library, Todo
from data.library.decisions.review_queue import Kind, Question, no, questions, yes
from data.progress import Progress, silent
from data.recognition.identity import network_of
from data.recognition.spaces import space_of
from data.tags import FaceTag
from model.zoo.catalogue import choose
from model.zoo.networks import describe_networks
from training.dataset.face_finder import Sighting
from training.dataset.training_set import TrainingSet, prepare
from training.report.evaluate import finder_of

ENOUGH = 0.95  # share of the faces that have the right name
_STEPS = (0.5, 0.8, 0.9, ENOUGH)

Truth = dict[int, str | None]
"""The person of each face, by its number; `None` for somebody who is not in the family."""


def evaluate_effort(
    folder: str | os.PathLike,
    *,
    detector: str | None = None,
    embedder: str | None = None,
    progress: Progress = silent,
) -> dict:
    """Counts decisions on a folder with one folder for each person.

    The face of each photo that is its person's is chosen as for training; photos that training
    leaves out (no face, or hardly the person) count for nothing.

    Returns:
        `people` and `faces`, how many are to be named; `left_out`, photos that count for nothing;
        and what `play` returns.
    """
    networks = choose("detector", detector), choose("embedder", embedder)
    known = prepare(finder_of(*networks), read_family(folder), networks[1], progress=progress)
    with (
        tempfile.TemporaryDirectory(prefix="kindred-") as home,
        Library(home) as library,
    ):
        network = network_of(describe_networks(*networks))
        played = play(library, network, _fill(library, known, network), progress)
    return {
        "protocol": "effort",
        "networks": [network.name for network in networks],
        "people": len(known.people),
        "faces": len(known.examples),
        "left_out": len(known.left_out),
        **played,
    }


def play(library: Library, network: str, truth: Truth, progress: Progress = silent) -> dict:
    """Answers Review's questions until `ENOUGH` faces have the right name, or none is left.

    Args:
        network: Made the library's embeddings.
        truth: Of every face in the library.

    Returns:
        `decisions` by the share of right names that they led to, `None` where it was not reached;
        `right`, the share at the end; `clicks`, faces that had to be picked or taken out for the
        answers; `by_kind`, the decisions by `Kind`; `named_unasked` and `wrong_unasked`, names
        given without a question, at the end.
    """
    wanted = sum(name is not None for name in truth.values())
    asked: Counter[str] = Counter()
    reached: dict[str, int | None] = dict.fromkeys(map("{:.0%}".format, _STEPS))
    cosine = space_of(network).group_threshold
    library.groups.update(network, max_distance=float(np.sqrt(2 - 2 * cosine)))
    clicks = 0
    while True:
        right, unasked, wrong = _state(library, truth)
        for step in _STEPS:
            if right >= step * wanted and reached[f"{step:.0%}"] is None:
                reached[f"{step:.0%}"] = asked.total()
        queue = questions(library)
        if right >= ENOUGH * wanted or not queue:
            break
        clicks += _answer(library, queue[0], truth)
        asked[queue[0].kind.name.lower()] += 1
        progress("naming", right, wanted)
    return {
        "decisions": reached,
        "right": round(right / max(wanted, 1), 4),
        "clicks": clicks,
        "by_kind": {kind.name.lower(): asked[kind.name.lower()] for kind in Kind},
        "named_unasked": unasked,
        "wrong_unasked": wrong,
    }


def _fill(library: Library, known: TrainingSet, network: str) -> Truth:
    """Puts all faces into the library as `tag` would; returns whose they are."""
    examples = {(e.person, e.path): e.face for e in known.examples}
    left_out = {(x.person, x.path) for x in known.left_out}
    truth: Truth = {}
    for number, sighting in enumerate(known.sightings):
        if not sighting.faces or (sighting.person, sighting.path) in left_out:
            continue
        photo = _record(library, sighting, number, network)
        for stored, face in zip(library.faces.of(photo), sighting.faces, strict=True):
            is_theirs = face is examples[sighting.person, sighting.path]
            truth[stored.id] = sighting.person if is_theirs else None
    return truth


def _record(library: Library, sighting: Sighting, number: int, network: str) -> int:
    faces = [
        FaceTag(
            None,
            1.0,
            face.box,
            np.zeros((0, 2), np.float32),
            1.0 - 1e-4 * place,  # faces are stored by score: their order stays
            face.embedding,
            float(face.quality.min()),
        )
        for place, face in enumerate(sighting.faces)
    ]
    return library.photos.record(
        Todo(str(Path(sighting.path).absolute()), 0, 0),
        number.to_bytes(32, "big"),
        width=sighting.size[1],
        height=sighting.size[0],
        taken=None,
        network=network,
        faces=faces,
        model="nobody",
    )


def _answer(library: Library, question: Question, truth: Truth) -> int:
    """Answers as somebody who knows everybody; returns the clicks on faces that it took."""
    whose = [truth[face] for face in question.faces]
    if question.name and (question.name in whose or question.kind is not Kind.GROUP):
        name = question.name if question.name in whose else None
    else:
        names = Counter(truth[face] for face in question.picked if truth[face])
        name = names.most_common(1)[0][0] if names else None
    if name is None:
        no(library, question)
        return 0
    picked = [face for face, one in zip(question.faces, whose, strict=True) if one == name]
    yes(library, question, picked, name)
    return len(set(picked) ^ set(question.picked))


def _state(library: Library, truth: Truth) -> tuple[int, int, int]:
    """Faces that have the right name; names that nobody was asked about, and the wrong ones."""
    names = library.suggestions.all_names()
    is_right = {face: name.name == truth[face] for face, name in names.items()}
    unasked = [face for face, name in names.items() if not name.confirmed]
    return sum(is_right.values()), len(unasked), sum(not is_right[face] for face in unasked)
