"""Faces to distil from: what is gathered of a photo, and that nothing is asked twice."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from data.errors import FamilyError
from model.zoo.catalogue import KINDRED, RESNET29
from model.zoo.networks import load_embedder
from training.embedder import teacher_faces
from training.embedder.teacher_faces import gather


def share(monkeypatch, detector, teacher) -> None:
    """Has networks that are loaded already taken for those that are asked for."""
    networks = {KINDRED.name: detector, RESNET29.name: teacher}
    for load in ("load_detector", "load_embedder"):
        monkeypatch.setattr(teacher_faces, load, lambda spec: networks[spec.name])


def test_teachers_are_asked_once(tmp_path, monkeypatch, shipped_detector):
    teacher = load_embedder(RESNET29)
    share(monkeypatch, shipped_detector, teacher)
    photos, kept = tmp_path / "photos", tmp_path / "kept"
    photos.mkdir()
    astronaut = Image.fromarray(data.astronaut())
    Image.fromarray(np.concatenate([data.astronaut()] * 2, 1)).save(photos / "twice.jpg")
    astronaut.crop((170, 30, 290, 190)).resize((60, 80)).save(photos / "crop.png")
    (photos / "broken.jpg").write_bytes(b"no photo")
    said: list[tuple] = []

    def ask():
        return gather(
            [photos], kept, KINDRED, [RESNET29, RESNET29], RESNET29,
            progress=lambda *step: said.append(step),
        )  # fmt: skip

    faces = ask()
    assert len(faces) == 3 and faces.chips.shape == (3, 206, 206, 3)
    assert sorted(np.unique(faces.photos, return_counts=True)[1].tolist()) == [1, 2]
    np.testing.assert_allclose(np.linalg.norm(faces.vectors, axis=1), 1, rtol=1e-4)
    np.testing.assert_array_equal(faces.vectors[:, :128], faces.vectors[:, 128:])
    same = faces.vectors @ faces.vectors.T
    assert same.min() > 0.5  # it is one person
    assert said[-1] == ("asking the teachers", 3, 3)

    monkeypatch.setattr(teacher_faces, "load_detector", None)  # which nobody may call
    again = ask()
    np.testing.assert_array_equal(again.chips, faces.chips)
    np.testing.assert_array_equal(again.vectors, faces.vectors)


def test_folders_without_a_face_are_refused(tmp_path, monkeypatch, shipped_detector, embedder):
    share(monkeypatch, shipped_detector, embedder)
    Image.new("RGB", (64, 64), "white").save(tmp_path / "white.png")
    with pytest.raises(FamilyError, match="no face"):
        gather([tmp_path], tmp_path / "kept", KINDRED, [RESNET29], RESNET29)
