"""Faces of one photo: written, read back, and matched with those found before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.boxes import iou
from data.library.storage.database import Connection, transaction
from data.media.quality import UNCLEAR
from data.tags import FaceTag

_AT_A_TIME = 500  # values in one statement

SAME_BOX = 0.5  # overlap (IoU) from which two boxes in one photo are one face
# Cosine of two embeddings from which they show the same picture of a face, not only the same
# person: re-encoding a photo changes an embedding less than this, another photo changes it more.
SAME_PICTURE = 0.98

# Worth asking about, in SQL, of a face f: clear enough, or drawn by somebody, who knows it is one.
CLEAR = f"(f.by_hand = 1 OR f.quality IS NULL OR f.quality >= {UNCLEAR})"

# Somebody decided something about it, taken back or not, in SQL, of a face f.
SETTLED = """(f.forgotten = 1 OR EXISTS (
    SELECT 1 FROM changes WHERE tbl = 'faces' AND key = '[' || f.id || ']'
    UNION ALL SELECT 1 FROM changes WHERE tbl = 'rejections'
    AND key > '[' || f.id || ', ' AND key < '[' || f.id || ',~'))"""


@dataclass(frozen=True)
class Conversion:
    """How embeddings of one network become those of another one that finds the same faces.

    Attributes:
        earlier, network: Ids of both networks.
        convert: float32 [N, D] to float32 [N, D], unit length.
    """

    earlier: str
    network: str
    convert: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Face:
    """One face as the library has it.

    Attributes:
        id, photo: Numbers of the face and of its photo.
        box: float32 [4], xyxy pixels of the upright photo.
        landmarks: float32 [5, 2] xy pixels; [0, 2] if there are none.
        score: The detector's score, 0..1.
        embedding: float32 [D], unit length; [0] if there is none.
        network: Id of the network that made the embedding.
        by_hand: Whether somebody drew the box.
        ignored: Whether it was decided that this is nobody to be named.
        group: Number of the group of likely one person, or `None`.
        quality: How much the face is worth, 0..1; `None` if nobody measured it.
    """

    id: int
    photo: int
    box: np.ndarray
    landmarks: np.ndarray
    score: float
    embedding: np.ndarray = field(repr=False)
    network: str
    by_hand: bool
    ignored: bool
    group: int | None
    quality: float | None


class Faces:
    """Reads faces."""

    def __init__(self, db: Connection):
        self._db = db

    def of(self, photo: int) -> list[Face]:
        """The faces of a photo, best score first."""
        return _read(self._db, "photo = ? ORDER BY score DESC, id", photo)

    def get(self, face: int) -> Face | None:
        """One face, or `None`."""
        found = _read(self._db, "id = ?", face)
        return found[0] if found else None

    def unclear(self) -> list[int]:
        """The faces that are not suggested because they are unclear: ids, the best first.

        They are in no group that is shown and in no review. Who was confirmed or ignored is not
        among them.
        """
        rows = self._db.execute(
            f"SELECT f.id FROM faces f WHERE NOT {CLEAR} AND f.person IS NULL AND f.ignored = 0"
            " AND f.forgotten = 0 ORDER BY f.quality DESC, f.id"
        )
        return [face for (face,) in rows]

    def confirmed_by_network(self) -> dict[str, dict[int, np.ndarray]]:
        """By network, and by the person's id, the embeddings of confirmed faces, float32 [N, D]."""
        found: dict[str, dict[int, list[np.ndarray]]] = {}
        for network, person, blob in self._db.execute(
            "SELECT f.network, COALESCE(p.merged_into, p.id), f.embedding FROM faces f"
            " JOIN people p ON p.id = f.person WHERE f.ignored = 0 AND f.embedding IS NOT NULL"
        ):
            vector = np.frombuffer(blob, "<f4")
            found.setdefault(network, {}).setdefault(person, []).append(vector)
        return {
            network: {person: np.stack(vectors) for person, vectors in people.items()}
            for network, people in found.items()
        }

    def embeddings(self, network: str) -> tuple[np.ndarray, np.ndarray]:
        """All embeddings of a network: face ids int64 [N], unit vectors float32 [N, D]."""
        return stacked(
            self._db.execute(
                "SELECT id, embedding FROM faces"
                " WHERE network = ? AND embedding IS NOT NULL ORDER BY id",
                (network,),
            )
        )


def convert_embeddings(db: Connection, conversion: Conversion) -> int:
    """Gives all faces of an earlier network the embeddings of another one, or none of them.

    Boxes, names, groups and decisions stay as they are.

    Returns:
        The number of photos that count as done by the other network from now on.
    """
    ids, vectors = Faces(db).embeddings(conversion.earlier)
    both = conversion.network, conversion.earlier
    with transaction(db):
        converted = conversion.convert(vectors) if len(ids) else vectors
        db.executemany(
            "UPDATE faces SET embedding = ? WHERE id = ?",
            (
                (row.astype("<f4").tobytes(), int(face))
                for face, row in zip(ids, converted, strict=True)
            ),
        )
        _convert_examples(db, conversion)
        db.execute("UPDATE faces SET network = ? WHERE network = ?", both)
        return db.execute("UPDATE photos SET network = ? WHERE network = ?", both).rowcount


def _convert_examples(db: Connection, conversion: Conversion) -> None:
    """The same for the further looks of people in films."""
    for face, examples, size in db.execute(
        "SELECT f.id, t.examples, LENGTH(f.embedding) FROM tracks t JOIN faces f ON f.id = t.face"
        " WHERE f.network = ? AND t.examples IS NOT NULL AND f.embedding IS NOT NULL",
        (conversion.earlier,),
    ).fetchall():
        vectors = _floats(examples).reshape(-1, size // 4)
        converted = conversion.convert(vectors).astype("<f4").tobytes()
        db.execute("UPDATE tracks SET examples = ? WHERE face = ?", (converted, face))


def stacked(rows) -> tuple[np.ndarray, np.ndarray]:
    """Rows of (id, embedding blob) as int64 [N] and float32 [N, D]; [0, 0] if there are none."""
    ids, blobs = [], []
    for face, blob in rows:
        ids.append(face)
        blobs.append(blob)
    vectors = np.frombuffer(b"".join(blobs), "<f4").astype(np.float32, copy=False)
    return np.array(ids, np.int64), vectors.reshape(len(ids), -1 if ids else 0)


def write(
    db: Connection,
    photo: int,
    network: str,
    faces: Sequence[FaceTag],
    shared: Callable[[Sequence[int]], np.ndarray] | None = None,
) -> list[int]:
    """Makes these the faces of a photo and returns their ids, in order.

    A face whose box was there before keeps its id. One that is not found any more goes, unless
    somebody drew it or decided something about it.

    Args:
        shared: How much faces are ones that were there, if not by their boxes: from the ids of
            those to float [new, old], of which `SAME_BOX` is enough.
    """
    old = _read(db, "photo = ?", photo)
    if shared is None:
        matches = _match(old, [face.box for face in faces])
    else:
        matches = _pairs(shared([face.id for face in old]))
    ids = []
    for index, face in enumerate(faces):
        if index in matches:
            ids.append(old[matches[index]].id)
            _update(db, ids[-1], network, face)
        else:
            ids.append(insert(db, photo, network, face))
    for face in old:
        if face.id not in ids and not face.by_hand:
            db.execute(f"DELETE FROM faces AS f WHERE f.id = ? AND NOT {SETTLED}", (face.id,))
    return ids


def insert(
    db: Connection,
    photo: int,
    network: str,
    face: FaceTag,
    *,
    by_hand: bool = False,
    ignored: bool = False,
) -> int:
    """Adds one face to a photo and returns its id."""
    return db.execute(
        "INSERT INTO faces"
        " (photo, x0, y0, x1, y1, landmarks, score, embedding, quality, network, by_hand, ignored)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (photo, *_columns(face), network, int(by_hand), int(ignored)),
    ).lastrowid


def are_same(db: Connection, photo: int, faces: Sequence[FaceTag]) -> bool:
    """Whether these are the very faces of a photo: places and embeddings, one to one.

    A photo without faces is not recognised this way (there is nothing to lose, either).
    """
    old = _read(db, "photo = ? AND by_hand = 0 AND embedding IS NOT NULL", photo)
    matches = _match(old, [face.box for face in faces])
    if not old or len(matches) != len(old):
        return False
    return all(
        float(old[there].embedding @ np.asarray(faces[here].embedding, np.float32)) >= SAME_PICTURE
        for here, there in matches.items()
    )


def _update(db: Connection, face_id: int, network: str, face: FaceTag) -> None:
    # A drawn box stays as it was drawn; a forgotten face gets nothing back.
    db.execute(
        "UPDATE faces SET x0 = IIF(by_hand, x0, ?), y0 = IIF(by_hand, y0, ?),"
        " x1 = IIF(by_hand, x1, ?), y1 = IIF(by_hand, y1, ?),"
        " landmarks = IIF(forgotten, NULL, ?), score = ?,"
        " embedding = IIF(forgotten, NULL, ?), quality = IIF(forgotten, NULL, ?),"
        " network = ? WHERE id = ?",
        (*_columns(face), network, face_id),
    )


def _match(old: Sequence[Face], boxes: Sequence[np.ndarray]) -> dict[int, int]:
    """Which new box (key) is which old face (index), largest overlap first."""
    if not old or not boxes:
        return {}
    boxes = np.stack([np.asarray(box, np.float32) for box in boxes])
    return _pairs(iou(boxes, np.stack([face.box for face in old])))


def _pairs(overlaps: np.ndarray) -> dict[int, int]:
    """Row (key) and column of the largest numbers, each once, down to `SAME_BOX`."""
    pairs: dict[int, int] = {}
    for flat in np.argsort(-overlaps, axis=None, kind="stable"):
        here, there = divmod(int(flat), overlaps.shape[1])
        if overlaps[here, there] < SAME_BOX:
            break
        if here not in pairs and there not in pairs.values():
            pairs[here] = there
    return pairs


def _read(db: Connection, where: str, *values) -> list[Face]:
    rows = db.execute(
        "SELECT id, photo, x0, y0, x1, y1, landmarks, score, embedding, network, by_hand,"
        f" ignored, group_id, quality FROM faces WHERE {where}",
        values,
    )
    return [
        Face(
            id=row[0],
            photo=row[1],
            box=np.array(row[2:6], np.float32),
            landmarks=_floats(row[6]).reshape(-1, 2),
            score=row[7],
            embedding=_floats(row[8]),
            network=row[9],
            by_hand=bool(row[10]),
            ignored=bool(row[11]),
            group=row[12],
            quality=row[13],
        )
        for row in rows
    ]


def _columns(face: FaceTag) -> tuple:
    box = [float(edge) for edge in np.asarray(face.box, np.float32)]
    quality = None if face.quality is None else float(face.quality)
    return (*box, _blob(face.landmarks), float(face.score), _blob(face.embedding), quality)


def _blob(values: np.ndarray) -> bytes | None:
    return np.ascontiguousarray(values, "<f4").tobytes() or None


def _floats(blob: bytes | None) -> np.ndarray:
    return np.frombuffer(blob or b"", "<f4").astype(np.float32)


def embeddings_of(db: Connection, faces: Iterable[int]) -> dict[int, tuple[str, np.ndarray]]:
    """The network and the embedding of faces, by number; faces without one are missing."""
    wanted, found = list(faces), {}
    for start in range(0, len(wanted), _AT_A_TIME):
        part = wanted[start : start + _AT_A_TIME]
        for face, network, blob in db.execute(
            "SELECT id, network, embedding FROM faces WHERE embedding IS NOT NULL"
            f" AND id IN ({', '.join('?' * len(part))})",
            part,
        ):
            found[face] = network, np.frombuffer(blob, "<f4")
    return found
