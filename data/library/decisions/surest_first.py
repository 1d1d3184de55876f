"""The order in which the faces of a question are shown: who does not belong stands at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data.library.decisions.review_queue import Kind, Question
from data.library.views import LibraryViews


def surest_first(library: LibraryViews, question: Question) -> Question:
    """The same question with its surest faces first.

    Suggested faces stand by their probability. Those of a group stand by how like the others each
    one is: the median of its cosines, so that two strangers do not hold each other up.
    """
    if question.confidences:
        sure = np.array(question.confidences)
    elif question.kind is Kind.GROUP:
        sure = _likeness(library, question.faces)
    else:
        return question  # the first one is what is asked about
    order = np.argsort(-sure, kind="stable")
    return replace(
        question,
        faces=tuple(question.faces[i] for i in order),
        confidences=tuple(question.confidences[i] for i in order) if question.confidences else (),
    )


def _likeness(library: LibraryViews, faces: Sequence[int]) -> np.ndarray:
    """float [N]: the median cosine to the others of its network; 1 for a face that has none."""
    found = library.embeddings_of(faces)
    likeness = np.ones(len(faces))
    for network in {network for network, _ in found.values()}:
        here = [i for i, face in enumerate(faces) if face in found and found[face][0] == network]
        vectors = np.stack([found[faces[i]][1] for i in here])
        cosines = vectors @ vectors.T
        np.fill_diagonal(cosines, np.nan)
        if len(here) > 1:
            likeness[here] = np.nanmedian(cosines, axis=1)
    return likeness
