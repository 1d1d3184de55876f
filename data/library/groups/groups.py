"""Unknown faces grouped into likely people; groups grow from run to run and do not reshuffle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.library.groups.clustering import cluster
from data.library.photos.photo_faces import CLEAR, stacked
from data.library.storage.database import Connection, transaction

# Nobody to group: confirmed, ignored or forgotten, too unclear, or a suggested name stands. That is
# who is not in the view `named_faces`, which takes twice as long where a model suggests names.
_UNKNOWN = f"""f.person IS NULL AND f.ignored = 0 AND f.forgotten = 0 AND {CLEAR}
    AND NOT EXISTS (SELECT 1 FROM recognised q WHERE q.face = f.id AND q.named = 1)
    AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.face = f.id AND NOT EXISTS (
        SELECT 1 FROM rejections r JOIN people o ON o.id = r.person
        WHERE r.face = c.face AND COALESCE(o.merged_into, o.id) = c.person))"""


@dataclass(frozen=True)
class Group:
    """Unknown faces that are likely one person.

    Attributes:
        id: Stable: the next run may add faces, but takes none away and gives the number to
            nobody else.
        faces: Ids of its faces that are still unknown, best detector score first.
    """

    id: int
    faces: tuple[int, ...]


class Groups:
    """Makes and reads groups.

    A face that was confirmed, ignored or named by a model no longer counts in its group, but stays
    noted there: when that is taken back it is in its place again.
    """

    def __init__(self, db: Connection):
        self._db = db

    def update(self, network: str, *, max_distance: float, neighbours: int = 12) -> list[int]:
        """Puts unknown faces that are in no group yet into groups.

        Args:
            network: Only faces embedded by this network are compared.
            max_distance: Largest Euclidean distance of unit embeddings, on average over a group,
                at which faces are one person. It belongs to the network and was measured with it.
            neighbours: How many nearest faces of each face are considered.

        Returns:
            The numbers of the groups that are new or have grown.
        """
        newest = self._db.execute("SELECT COALESCE(MAX(id), 0) FROM faces").fetchone()[0]
        rows = self._db.execute(
            "SELECT f.id, f.embedding, f.photo, f.group_id FROM faces f"
            f" WHERE f.network = ? AND f.embedding IS NOT NULL AND {_UNKNOWN} ORDER BY f.id",
            (network,),
        ).fetchall()
        ids, vectors = stacked(row[:2] for row in rows)
        photos = np.array([row[2] for row in rows], np.int64)
        former = np.array([row[3] or 0 for row in rows], np.int64)
        labels = cluster(
            vectors, photos, former, min_cosine=1 - max_distance**2 / 2, neighbours=neighbours
        )
        return self._keep(ids, labels, former, newest)

    def newest_to_group(self) -> int | None:
        """The newest unknown face if it came since `update` last looked; `None` if none did."""
        return self._db.execute(
            "SELECT MAX(f.id) FROM faces f WHERE f.embedding IS NOT NULL AND f.id >"
            " COALESCE((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'grouped'), 0)"
            f" AND {_UNKNOWN}"
        ).fetchone()[0]

    def list(self, *, at_least: int = 2) -> list[Group]:
        """The groups with at least so many unknown faces, the largest first, of equal ones that
        with the clearest face; their clearest faces first."""
        found: dict[int, list[int]] = {}
        for face, group in self._db.execute(
            "SELECT f.id, f.group_id FROM faces f"
            f" WHERE f.group_id IS NOT NULL AND {_UNKNOWN}"
            " ORDER BY f.quality DESC, f.score DESC, f.id"
        ):
            found.setdefault(group, []).append(face)
        groups = [Group(id, tuple(faces)) for id, faces in found.items() if len(faces) >= at_least]
        return sorted(groups, key=lambda group: -len(group.faces))

    def faces(self, group: int) -> list[int]:
        """The faces of one group that are still unknown, the clearest first."""
        rows = self._db.execute(
            f"SELECT f.id FROM faces f WHERE f.group_id = ? AND {_UNKNOWN}"
            " ORDER BY f.quality DESC, f.score DESC, f.id",
            (group,),
        )
        return [face for (face,) in rows]

    def alone(self) -> tuple[np.ndarray, np.ndarray]:
        """The unknown faces that are in no group with another one, and are not asked about.

        Returns:
            Their ids, int64 [N], the clearest first, and their embeddings, float32 [N, D]; only of
            the network that made most of them.
        """
        rows = self._db.execute(
            "SELECT f.id, f.embedding, f.network FROM faces f"
            f" WHERE f.embedding IS NOT NULL AND {_UNKNOWN}"
            " AND NOT EXISTS (SELECT 1 FROM recognised q WHERE q.face = f.id)"
            " AND (f.group_id IS NULL OR f.group_id NOT IN ("
            f" SELECT f.group_id FROM faces f WHERE f.group_id IS NOT NULL AND {_UNKNOWN}"
            " GROUP BY f.group_id HAVING COUNT(*) > 1))"
            " ORDER BY f.quality DESC, f.score DESC, f.id"
        ).fetchall()
        if not rows:
            return np.zeros(0, np.int64), np.zeros((0, 1), np.float32)
        networks = [network for *_, network in rows]
        most = max(dict.fromkeys(networks), key=networks.count)
        return stacked(row[:2] for row in rows if row[2] == most)

    def waiting(self) -> int:
        """How many faces `list` and `alone` have in all."""
        rows = self._db.execute(
            "SELECT f.group_id, f.network, COUNT(*),"
            " SUM(f.embedding IS NOT NULL AND q.face IS NULL)"
            " FROM faces f LEFT JOIN recognised q ON q.face = f.id"
            f" WHERE {_UNKNOWN} GROUP BY f.group_id, f.network"
        ).fetchall()
        sizes: dict[int, int] = {}
        for group, _, faces, _ in rows:
            if group is not None:
                sizes[group] = sizes.get(group, 0) + faces
        alone: dict[str, int] = {}
        for group, network, _, apart in rows:
            if sizes.get(group, 1) == 1:
                alone[network] = alone.get(network, 0) + apart
        return sum(size for size in sizes.values() if size > 1) + max(alone.values(), default=0)

    def _keep(
        self, ids: Sequence[int], labels: np.ndarray, former: np.ndarray, newest: int
    ) -> list[int]:
        """Writes the groups of faces that had none; labels below zero are new groups."""
        numbers: dict[int, int] = {}
        with transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('grouped', ?)", (str(newest),))
            for face, label in zip(ids[former == 0], labels[former == 0], strict=True):
                label = int(label)
                if label == 0:
                    continue
                if label not in numbers:
                    numbers[label] = (
                        label
                        if label > 0
                        else self._db.execute("INSERT INTO groups DEFAULT VALUES").lastrowid
                    )
                # Something may have been decided since the faces were read: then it stays.
                self._db.execute(
                    "UPDATE faces SET group_id = ? WHERE id = ? AND group_id IS NULL"
                    " AND person IS NULL AND ignored = 0 AND forgotten = 0",
                    (numbers[label], int(face)),
                )
        return sorted(numbers.values())
