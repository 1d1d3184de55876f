"""A library from before the age correction: vectors are converted, decisions stay."""

from __future__ import annotations

import numpy as np
import pytest

from data.library import Library
from data.library.intake.album import Album
from data.library.photos.photo_faces import Conversion
from tests.libraries import MODEL, NETWORK, add_photo, face

NEW = "stub+stub:2"


def turned(vectors: np.ndarray) -> np.ndarray:
    return vectors[:, ::-1].copy()


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "home") as library:
        add_photo(library, tmp_path / "photos" / "a.jpg", [face("Anne"), face(None, 60, person=1)])
        add_photo(library, tmp_path / "photos" / "b.jpg", [face(None, person=2)])
        yield library


def vectors(library) -> np.ndarray:
    return library.faces.embeddings(NETWORK)[1]


def test_vectors_are_converted_once_and_decisions_stay(library, tmp_path):
    ids, before = library.faces.embeddings(NETWORK)
    library.decisions.confirm(int(ids[0]), "Anne")
    library.decisions.ignore(int(ids[1]))
    library.groups.update(NETWORK, max_distance=2.0)
    names = [library.suggestions.name(int(face)) for face in ids]
    boxes = [library.faces.get(int(face)).box.tolist() for face in ids]
    conversion = Conversion(NETWORK, NEW, turned)
    photos = [str(tmp_path / "photos" / name) for name in ("a.jpg", "b.jpg")]

    plan = Album(library, NEW, MODEL, conversion).plan(photos)
    assert not plan.fresh  # no photo has to be looked at again
    again, after = library.faces.embeddings(NEW)
    np.testing.assert_array_equal(again, ids)
    np.testing.assert_allclose(after, before[:, ::-1], rtol=0, atol=1e-7)
    assert len(vectors(library)) == 0
    assert [library.suggestions.name(int(face)) for face in ids] == names
    assert [library.faces.get(int(face)).box.tolist() for face in ids] == boxes
    assert library.faces.get(int(ids[1])).ignored
    assert library.convert_embeddings(conversion) == 0
    np.testing.assert_array_equal(library.faces.embeddings(NEW)[1], after)
    library.decisions.undo()
    assert not library.faces.get(int(ids[1])).ignored


def test_other_networks_vectors_stay_as_they_are(library, tmp_path):
    before = vectors(library)
    assert library.convert_embeddings(Conversion("other:1", NEW, turned)) == 0
    np.testing.assert_array_equal(vectors(library), before)
    plan = Album(library, NEW, MODEL).plan([str(tmp_path / "photos" / "a.jpg")])
    assert len(plan.fresh) == 1


def test_a_conversion_that_fails_leaves_everything(library):
    def fail(_):
        raise ValueError("no")

    before = vectors(library)
    with pytest.raises(ValueError, match="no"):
        library.convert_embeddings(Conversion(NETWORK, NEW, fail))
    np.testing.assert_array_equal(vectors(library), before)
