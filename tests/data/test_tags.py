"""The record of a photo: which way its faces say that it is turned."""

from __future__ import annotations

import numpy as np
import pytest

from data.tags import FaceTag, PhotoTags

UPRIGHT = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)


def face(landmarks) -> FaceTag:
    box = np.zeros(4, np.float32)
    return FaceTag(None, 1.0, box, landmarks, 0.9, np.zeros(2, np.float32))


def turned(degrees: float) -> np.ndarray:
    """The landmarks after the photo was turned clockwise."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return UPRIGHT @ np.array([[cosine, sine], [-sine, cosine]], np.float32)


@pytest.mark.parametrize(
    "lying, turn", [(0, 0), (90, 270), (180, 180), (270, 90), (30, 0), (-120, 90), (44, 0)]
)
def test_the_turn_puts_faces_upright(lying, turn):
    tags = PhotoTags("a.jpg", 100, 100, (face(turned(lying)),))
    assert tags.turn == tags.to_json()["turn"] == turn


def test_most_faces_decide_and_none_says_nothing():
    faces = (face(turned(0)), face(turned(90)), face(turned(0)), face(None))
    assert PhotoTags("a.jpg", 100, 100, faces).turn == 0
    assert PhotoTags("a.jpg", 100, 100, (face(None),)).turn == 0
    assert PhotoTags("a.jpg", error="a.jpg: no.").turn == 0
    assert PhotoTags("a.jpg", 100, 100, (face(np.zeros((5, 2), np.float32)),)).turn == 0


def test_a_drawn_face_without_landmarks_has_no_say():
    drawn = face(np.zeros((0, 2), np.float32))
    assert PhotoTags("a.jpg", 100, 100, (drawn, face(turned(180)))).turn == 180
