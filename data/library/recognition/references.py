"""Whom the library knows: the faces that were named, and the names that were rejected."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from data.library.photos.film_tracks import scenes
from data.library.photos.photo_faces import stacked
from data.library.recognition.model_faces import ModelFaces
from data.library.storage.database import Connection
from data.recognition.common import common_part, without
from data.recognition.config import HeadConfig
from data.recognition.mean_head import head_of, mean_prototypes
from data.recognition.scoring import HeadState

# A worse face teaches only a person of whom there are not so many better ones (as in `train`).
LEAST_QUALITY, ENOUGH = 0.2, 3


@dataclass(frozen=True)
class References:
    """What one network's embeddings say of people.

    Attributes:
        people: int64 [K], ids, ascending.
        head: The classifier of these people, not calibrated; its names are their ids.
        is_confirmed: bool [K], whether somebody confirmed a face of theirs in the library.
        confirmed: int64 [C, 2], photo (of a film: scene) and row of `people` for every confirmed
            face, sorted.
        rejected: int64 [R, 2], face and row of `people`, sorted.
        negatives: By row of `people` float32 [., D]: faces said not to be this person, and of whom
            nobody said who they are.
    """

    people: np.ndarray
    head: HeadState
    is_confirmed: np.ndarray
    confirmed: np.ndarray
    rejected: np.ndarray
    negatives: dict[int, np.ndarray] = field(default_factory=dict)


def networks_with_references(db: Connection, taught: ModelFaces) -> list[str]:
    """The networks of whose embeddings some are known to be somebody's."""
    rows = db.execute(
        "SELECT DISTINCT network FROM faces WHERE person IS NOT NULL AND embedding IS NOT NULL"
    )
    return sorted({network for (network,) in rows} | ({taught.read().network} - {""}))


def read_references(
    db: Connection, network: str, config: HeadConfig, taught: ModelFaces
) -> References | None:
    """Everybody whom a network can recognise; `None` if that is nobody.

    Args:
        taught: People of a trained folder and people named in the library are one set.
    """
    confirmed = [(person, blob) for person, _, blob in confirmed_vectors(db, network)]
    learned = [
        (person, np.ascontiguousarray(face.embedding, "<f4").tobytes())
        for person, face in taught.references(network)
    ]
    rows = sorted(confirmed + learned)
    if not rows:
        return None
    people, starts = np.unique([person for person, _ in rows], return_index=True)
    owners = np.repeat(
        np.arange(len(people), dtype=np.int32), np.diff([*starts.tolist(), len(rows)])
    )
    _, exemplars = stacked((0, blob) for _, blob in rows)
    common = common_part(exemplars, owners, config.common_prior)
    head = head_of(
        tuple(map(str, people.tolist())),
        mean_prototypes(without(exemplars, common), owners),
        exemplars,
        owners,
        config,
        common,
    )
    is_confirmed = np.isin(people, [person for person, _ in confirmed])
    scene = scenes(db)
    named = db.execute(
        "SELECT f.id, f.photo, COALESCE(p.merged_into, p.id) FROM faces f"
        " JOIN people p ON p.id = f.person WHERE f.ignored = 0"
    )
    seen = _pairs(((scene.get(face, photo), person) for face, photo, person in named), people)
    turned_down = db.execute(
        "SELECT r.face, COALESCE(p.merged_into, p.id), f.embedding,"
        " f.person IS NULL AND f.forgotten = 0 AND f.network = ? FROM rejections r"
        " JOIN people p ON p.id = r.person JOIN faces f ON f.id = r.face ORDER BY 1, 2",
        (network,),
    ).fetchall()
    against: dict[int, list[bytes]] = {}
    for _, person, blob, counts in turned_down:
        row = int(np.searchsorted(people, person))
        if counts and blob and row < len(people) and people[row] == person:
            against.setdefault(row, []).append(blob)
    negatives = {row: stacked((0, blob) for blob in blobs)[1] for row, blobs in against.items()}
    rejected = _pairs((row[:2] for row in turned_down), people)
    return References(people, head, is_confirmed, seen, rejected, negatives)


def confirmed_vectors(db: Connection, network: str) -> list[tuple[int, int, bytes]]:
    """(person, face, embedding) of every face to compare with, person by person.

    A track of a film stands there with its faces of different looks.
    """
    named = db.execute(
        "SELECT COALESCE(p.merged_into, p.id) AS who, f.quality, f.id, f.embedding, t.examples"
        " FROM faces f JOIN people p ON p.id = f.person LEFT JOIN tracks t ON t.face = f.id"
        " WHERE f.ignored = 0 AND f.network = ? AND f.embedding IS NOT NULL",
        (network,),
    ).fetchall()
    better: dict[int, int] = {}
    for person, quality, *_ in named:
        if quality is None or quality >= LEAST_QUALITY:
            better[person] = better.get(person, 0) + 1
    return sorted(
        (person, face, vector)
        for person, quality, face, blob, examples in named
        for vector in _looks(blob, examples)
        if quality is None or quality >= LEAST_QUALITY or better.get(person, 0) < ENOUGH
    )


def _looks(embedding: bytes, examples: bytes | None) -> list[bytes]:
    """The vectors of a track's clear faces; of any other face its own."""
    size = len(embedding)
    if not examples or len(examples) % size:
        return [embedding]
    return [examples[at : at + size] for at in range(0, len(examples), size)]


def _pairs(rows, people: np.ndarray) -> np.ndarray:
    """(number, person) as int64 [., 2] with rows of `people`; others are left out."""
    pairs = np.array(list(rows), np.int64).reshape(-1, 2)
    place = np.minimum(np.searchsorted(people, pairs[:, 1]), len(people) - 1)
    known = people[place] == pairs[:, 1]
    return np.unique(np.stack([pairs[known, 0], place[known]], axis=1), axis=0)
