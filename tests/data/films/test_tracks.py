"""Tracks: who is who in a film, whether people walk, cross, leave and come back."""

from __future__ import annotations

import numpy as np
import pytest

from data.films.tracks import EXAMPLES, Linker, Sighting

LANDMARKS = np.zeros((5, 2), np.float32)


def unit(vector):
    vector = np.asarray(vector, np.float32)
    return vector / np.linalg.norm(vector)


def look(person: int, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """A vector of one of eight people; those of two people are orthogonal but for the noise."""
    vector = np.zeros(16, np.float32)
    vector[person] = 1
    return unit(vector + noise * np.random.default_rng(seed).normal(size=16))


def seen(person, time, x, y=50.0, *, side=40.0, quality=0.8, noise=0.1, step=0.5):
    box = np.array([x, y, x + side, y + side], np.float32)
    vector = look(person, noise, seed=round(1000 * time) + person)
    return Sighting(time, time + step, box, LANDMARKS, 0.9, vector, quality)


def tracks_of(frames, cuts=()):
    linker = Linker(same_person=0.6, link=0.3)
    for number, faces in enumerate(frames):
        linker.add(faces, is_cut=number in cuts)
    return linker.tracks()


def who(track) -> int:
    return int(track.embedding.argmax())


def test_nobody_is_no_track():
    assert tracks_of([[], [], []]) == []


def test_somebody_who_walks_leaves_and_comes_back_is_one_person_in_two_spans():
    walk = [[seen(0, t / 2, 10 * t)] for t in range(6)]
    gone = [[] for _ in range(8)]
    back = [[seen(0, 7 + t / 2, 200 - 10 * t)] for t in range(4)]
    (track,) = tracks_of([*walk, *gone, *back])
    assert track.spans == ((0.0, 3.0), (7.0, 9.0))
    assert who(track) == 0 and len(track.sightings) == 10
    assert np.linalg.norm(track.embedding) == pytest.approx(1)


def test_two_people_who_cross_stay_who_they_are():
    frames = []
    for t in range(20):
        a, b = 10 + 10 * t, 200 - 10 * t
        faces = [seen(0, t / 2, a), seen(1, t / 2, b)]
        frames.append(faces if t % 2 else faces[::-1])
    tracks = tracks_of(frames)
    assert sorted(map(who, tracks)) == [0, 1]
    for track in tracks:
        assert {int(s.embedding.argmax()) for s in track.sightings} == {who(track)}
        assert len(track.sightings) == 20


def test_twins_seen_together_are_two():
    """However alike: who is seen at the same time is not the same person."""
    frames = [[seen(0, t / 2, 10.0), seen(0, t / 2, 200.0)] for t in range(6)]
    tracks = tracks_of(frames)
    assert len(tracks) == 2
    assert all(len({s.box[0] for s in track.sightings}) == 1 for track in tracks)


def test_after_a_cut_the_place_says_nothing():
    frames = [[seen(0, t / 2, 50.0)] for t in range(4)]
    frames += [[seen(1, 2 + t / 2, 50.0)] for t in range(4)]
    tracks = tracks_of(frames, cuts={4})
    assert [who(track) for track in tracks] == [0, 1]
    assert [track.spans for track in tracks] == [((0.0, 2.0),), ((2.0, 4.0),)]


def test_another_face_at_the_same_place_is_another_person_without_a_cut_as_well():
    frames = [[seen(t // 3, t / 2, 50.0)] for t in range(6)]
    assert [who(track) for track in tracks_of(frames)] == [0, 1]


def test_an_unclear_face_that_flashes_up_is_nobody():
    frames = [[seen(0, 0.0, 50.0, quality=0.05)], [], [], [], [], [seen(1, 2.5, 9.0)], []]
    assert [who(track) for track in tracks_of(frames)] == [1]


def test_the_key_face_is_the_clearest_and_examples_differ():
    frames = [[seen(0, t / 2, 50.0, quality=0.9 if t == 7 else 0.6)] for t in range(12)]
    (track,) = tracks_of(frames)
    assert track.best.time == 3.5
    assert track.examples.shape == (EXAMPLES, 16)
    assert np.array_equal(track.examples[0], track.best.embedding)
    cosines = track.examples @ track.examples.T
    assert cosines[~np.eye(EXAMPLES, dtype=bool)].max() < 0.999


def test_the_vector_is_the_mean_weighted_by_quality():
    faces = [[seen(0, 0.0, 50.0, quality=0.9, noise=0.3)], [seen(0, 0.5, 50.0, quality=0.3)]]
    (track,) = tracks_of(faces)
    a, b = (face[0].embedding for face in faces)
    assert np.allclose(track.embedding, unit(0.9 * a + 0.3 * b), atol=1e-6)


def test_many_pieces_of_a_few_people_come_together():
    frames, cuts = [], set()
    for shot in range(60):
        cuts.add(len(frames))
        frames += [[seen(shot % 3, shot * 4 + t / 2, 50.0)] for t in range(3)]
    tracks = tracks_of(frames, cuts)
    assert [who(track) for track in tracks] == [0, 1, 2]
    assert all(len(track.spans) == 20 for track in tracks)
