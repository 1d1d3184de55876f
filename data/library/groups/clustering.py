"""Clusters of unit vectors: average linkage along the nearest-neighbour graph, with two rules.

Two faces of one photo are never one person, and clusters that exist already neither lose members
nor join each other. Average linkage, unlike connected components, does not chain two people
together by a few faces that look like both.
"""

from __future__ import annotations

import numpy as np

from data.library.groups.neighbours import nearest


def cluster(
    vectors: np.ndarray,
    photos: np.ndarray,
    former: np.ndarray,
    *,
    min_cosine: float,
    neighbours: int = 12,
) -> np.ndarray:
    """Finds the clusters; the same input always gives the same result.

    Args:
        vectors: float32 [N, D], unit length.
        photos: int64 [N]: vectors with equal numbers are never put together.
        former: int64 [N]: the cluster of each vector, above zero, or 0 for none yet.
        min_cosine: Two clusters are joined if the cosines between them are at least this on
            average.
        neighbours: How many nearest vectors of each one are considered.

    Returns:
        int64 [N]: former clusters where they were, -1, -2, ... for new ones with two members or
        more, 0 for a vector that is alone.
    """
    count = len(vectors)
    fresh = np.flatnonzero(former == 0)
    if not len(fresh) or count < 2:
        return former.copy()
    firsts, seconds, cosines = _edges(vectors, fresh, min(neighbours + 1, count), min_cosine)
    clusters = _Clusters(vectors, photos, former)
    for edge in np.lexsort((seconds, firsts, -cosines)):
        clusters.join(int(firsts[edge]), int(seconds[edge]), min_cosine)
    return clusters.labels()


def _edges(vectors, fresh, k, min_cosine) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of a fresh vector and a near one that are alike enough, each once."""
    indices, cosines = nearest(vectors[fresh], vectors, k)
    here = np.repeat(fresh, k)
    there, cosines = indices.ravel(), cosines.ravel()
    near = (cosines >= min_cosine) & (here != there)
    pairs = np.sort(np.stack([here[near], there[near]]), axis=0)
    _, once = np.unique(pairs[0] * len(vectors) + pairs[1], return_index=True)
    return pairs[0][once], pairs[1][once], cosines[near][once]


class _Clusters:
    """Disjoint sets, each with the sum of its vectors and the photos it shows."""

    def __init__(self, vectors: np.ndarray, photos: np.ndarray, former: np.ndarray):
        self._parent = list(range(len(vectors)))
        self._sum = list(vectors.astype(np.float32))
        self._size = [1] * len(vectors)
        self._photos = [{photo} for photo in photos.tolist()]
        self._former = former.tolist()
        first: dict[int, int] = {}
        for index, number in enumerate(self._former):
            if number and first.setdefault(number, index) != index:
                self._unite(first[number], index)

    def join(self, first: int, second: int, min_cosine: float) -> None:
        """Joins the clusters of two vectors unless a rule forbids it."""
        a, b = self._root(first), self._root(second)
        if a == b or (self._former[a] and self._former[b]):
            return
        if not self._photos[a].isdisjoint(self._photos[b]):
            return
        # The dot product of two sums is the sum of all cosines between their members.
        if float(self._sum[a] @ self._sum[b]) >= min_cosine * self._size[a] * self._size[b]:
            self._unite(a, b)

    def labels(self) -> np.ndarray:
        """The cluster of each vector; see `cluster`."""
        labels, numbers = np.zeros(len(self._parent), np.int64), {}
        for index in range(len(labels)):
            root = self._root(index)
            if self._former[root]:
                labels[index] = self._former[root]
            elif self._size[root] > 1:
                labels[index] = numbers.setdefault(root, -1 - len(numbers))
        return labels

    def _root(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    def _unite(self, a: int, b: int) -> None:
        a, b = self._root(a), self._root(b)
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._sum[a] = self._sum[a] + self._sum[b]
        self._size[a] += self._size[b]
        self._photos[a] |= self._photos[b]
        self._photos[b] = set()
        self._former[a] = self._former[a] or self._former[b]
