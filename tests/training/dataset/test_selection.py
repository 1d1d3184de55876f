"""Choosing the faces a person is learned from, on faces whose embeddings are made by hand."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.media.quality import FULL_SIDE, POOR
from training.dataset.face_finder import Face, Sighting
from training.dataset.selection import ENOUGH, select

DOUBT = 0.9
AXES = {"anne": 0, "bob": 1, "carl": 2, "stranger": 3}


def face(who: str, variant: int = 0, *, side=100.0, sharp=1.0, pose=1.0, score=1.0) -> Face:
    """A face of somebody; two of one person have a cosine of about .99, of two people 0."""
    vector = np.zeros(24)
    vector[AXES[who]] = 1
    vector[4 + variant] = 0.1
    vector = (vector / np.linalg.norm(vector)).astype(np.float32)
    quality = np.float32([min(side / FULL_SIDE, 1), sharp, pose, score])
    return Face(np.float32([10, 20, 10 + side, 30 + side]), vector, quality)


def photo(person: str, number: int, *faces: Face, content: str | None = None, **options):
    content = f"{person} {number}" if content is None else content
    return Sighting(person, f"/family/{person}/{number}.jpg", content, faces, **options)


def run(*sightings: Sighting):
    """The chosen face by path, and the reason by path; every photo is in one of them."""
    examples, left_out = select(sightings, DOUBT)
    chosen = {e.path: e.face for e in examples}
    reasons = {x.path: x.reason for x in left_out}
    assert len(chosen) + len(reasons) == len(examples) + len(left_out) == len(sightings)
    assert chosen.keys() | reasons.keys() == {s.path for s in sightings}
    return chosen, {os.path.basename(path): why for path, why in reasons.items()}


def anne(count: int = 4, start: int = 0) -> list[Sighting]:
    return [photo("Anne", i, face("anne", i)) for i in range(start, start + count)]


def test_good_photos_are_all_used():
    sightings = anne() + [photo("Bob", i, face("bob", i)) for i in range(3)]
    chosen, left_out = run(*sightings)
    assert left_out == {}
    assert [chosen[s.path] for s in sightings] == [s.faces[0] for s in sightings]


def test_the_order_is_that_of_the_photos():
    examples, _ = select([*anne(3), photo("Bob", 0, face("bob")), *anne(2, 3)], DOUBT)
    assert [e.person for e in examples] == ["Anne"] * 3 + ["Bob"] + ["Anne"] * 2


def test_of_several_faces_the_one_that_agrees_with_the_other_photos():
    right, large = face("anne", 5, side=40), face("bob", side=300)
    group = photo("Anne", 9, large, face("carl"), right)
    chosen, left_out = run(*anne(2), group)
    assert chosen[group.path] is right and left_out == {}


def test_with_only_group_photos_the_person_who_is_in_all_of_them():
    # Anne is never the largest face, but the only one who is in every photo.
    others = ("bob", "carl", "stranger")
    groups = [
        photo("Anne", i, face(others[i], i, side=110), face("anne", i, side=100 - i))
        for i in range(3)
    ]
    largest_twice = photo("Anne", 3, face("anne", 3, side=200), face("bob", 7, side=50))
    again = photo("Anne", 4, face("anne", 4, side=200), face("carl", 8, side=50))
    chosen, _ = run(*groups, largest_twice, again)
    for i, sighting in enumerate((*groups, largest_twice, again)):
        assert chosen[sighting.path] is sighting.faces[1 if i < 3 else 0]


def test_one_photo_of_somebody_else_does_not_mislead_the_choice():
    group = photo("Anne", 9, face("bob", 3, side=300), face("anne", 5))
    wrong = photo("Anne", 8, face("bob", 1))
    chosen, left_out = run(*anne(3), wrong, group)
    assert chosen[group.path] is group.faces[1]
    assert left_out == {"8.jpg": "it looks like somebody else"}


def test_a_mislabelled_photo_is_left_out_with_the_name_of_whom_it_looks_like():
    bobs = [photo("Bob", i, face("bob", i)) for i in range(3)]
    chosen, left_out = run(*anne(3), photo("Anne", 7, face("bob", 9)), *bobs)
    assert left_out == {"7.jpg": "it looks like Bob"}
    assert len(chosen) == 6


def test_a_stranger_among_the_photos_is_left_out():
    _, left_out = run(*anne(3), photo("Anne", 7, face("stranger")))
    assert left_out == {"7.jpg": "it looks like somebody else"}


def test_two_photos_that_differ_are_both_kept():
    """Nobody can say which of two is the odd one."""
    chosen, left_out = run(photo("Anne", 0, face("anne")), photo("Anne", 1, face("bob")))
    assert len(chosen) == 2 and left_out == {}


def test_two_looks_of_a_person_are_both_kept():
    young = [photo("Anne", i, face("anne", i)) for i in range(4)]
    old = [photo("Anne", 10 + i, face("stranger", i)) for i in range(4)]
    chosen, left_out = run(*young, *old)
    assert len(chosen) == 8 and left_out == {}


def test_a_single_photo_is_kept_whatever_it_is_like():
    poor = face("anne", side=8, sharp=0.01)
    for found in ((poor,), (poor, face("bob", side=30))):
        chosen, left_out = run(photo("Anne", 0, *found), photo("Bob", 0, face("bob", 2)))
        assert len(chosen) == 2 and left_out == {}
    assert chosen["/family/Anne/0.jpg"].side == 30  # the largest, if nothing else is known


@pytest.mark.parametrize(
    ("poor", "reason"),
    [
        (dict(side=19), "the face is too small (19 pixels)"),
        (dict(sharp=POOR - 0.01), "the face is unclear"),
        (dict(pose=POOR - 0.01), "the face is turned away"),
        (dict(pose=0.0), "what was found is hardly a face"),
        (dict(score=POOR - 0.01), "what was found is hardly a face"),
        (dict(side=19, sharp=0.1), "the face is unclear"),
    ],
)
def test_poor_faces_are_left_out_only_when_enough_others_remain(poor, reason):
    bad = photo("Anne", 9, face("anne", 9, **poor))
    assert run(*anne(ENOUGH), bad)[1] == {"9.jpg": reason}
    assert run(*anne(ENOUGH - 1), bad)[1] == {}


def test_faces_just_good_enough_are_used():
    fine = photo("Anne", 9, face("anne", 9, side=20, sharp=POOR, pose=POOR, score=POOR))
    assert run(*anne(4), fine)[1] == {}


def test_another_persons_good_photos_do_not_count():
    bobs = [photo("Bob", i, face("bob", i)) for i in range(5)]
    assert run(*bobs, photo("Anne", 0, face("anne", sharp=0.01)))[1] == {}


def test_the_same_picture_twice_counts_once():
    _, left_out = run(
        photo("Anne", 0, face("anne"), content="x"), photo("Anne", 1, face("anne"), content="x")
    )
    assert left_out == {"1.jpg": "it is the same picture as 0.jpg"}


def test_a_picture_of_two_people_may_be_in_both_folders():
    both = face("anne", 9), face("bob", 9)
    sightings = [*anne(3), photo("Anne", 8, *both, content="both")]
    sightings += [photo("Bob", i, face("bob", i)) for i in range(3)]
    sightings += [photo("Bob", 8, *both, content="both")]
    chosen, left_out = run(*sightings)
    assert left_out == {}
    assert chosen["/family/Anne/8.jpg"] is both[0] and chosen["/family/Bob/8.jpg"] is both[1]


def test_photos_without_a_usable_face_say_why():
    unreadable = photo("Anne", 8, error="The file is empty")
    _, left_out = run(*anne(2), photo("Anne", 7), unreadable)
    assert left_out == {
        "7.jpg": "no face was found in it",
        "8.jpg": "it cannot be read: The file is empty",
    }


def test_unreadable_photos_are_not_duplicates_of_each_other():
    _, left_out = run(*(photo("Anne", i, content="", error="damaged") for i in range(3)))
    assert set(left_out.values()) == {"it cannot be read: damaged"}


def test_nothing_is_nothing():
    assert select([], DOUBT) == ([], [])


SOME_FACES = st.lists(
    st.builds(
        face,
        st.sampled_from(list(AXES)),
        st.integers(0, 19),
        side=st.sampled_from([5.0, 19.9, 20.0, 80.0]),
        sharp=st.sampled_from([0.0, 0.19, 0.2, 0.9]),
    ),
    max_size=4,
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Anne", "Bob", "李雷"]),
            SOME_FACES,
            st.sampled_from([None, None, None, "damaged"]),
            st.one_of(st.none(), st.sampled_from(["x", "y"])),
        ),
        max_size=16,
    )
)
@settings(max_examples=200, deadline=None)
def test_no_photo_is_ever_dropped_in_silence(photos):
    sightings = [
        photo(who, i, *(() if error else faces), error=error, content=content)
        for i, (who, faces, error, content) in enumerate(photos)
    ]
    examples, left_out = select(sightings, DOUBT)
    used = {e.path: e for e in examples}
    unused = {x.path: x for x in left_out}
    assert len(used) == len(examples) and len(unused) == len(left_out)
    for sighting in sightings:
        assert (sighting.path in used) != (sighting.path in unused)
        record = used.get(sighting.path) or unused[sighting.path]
        assert record.person == sighting.person
        if sighting.path in used:
            assert any(used[sighting.path].face is f for f in sighting.faces)
        else:
            assert unused[sighting.path].reason
    # Whoever has photos with a face is learned from at least one of them, unless it shows others.
    for who in {s.person for s in sightings}:
        reasons = {x.reason for x in left_out if x.person == who}
        usable = [s for s in sightings if s.person == who and s.faces]
        if usable and not any("looks like" in reason for reason in reasons):
            assert any(e.person == who for e in examples)
