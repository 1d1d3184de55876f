"""Numbers in words."""

import pytest

from data.words import between, count, interval, percent, photos_and_films, share_of


def test_one_is_not_many():
    assert [count(n, "photo") for n in (0, 1, 2, 1234)] == [
        *("0 photos", "1 photo", "2 photos", "1,234 photos")
    ]
    assert count(2, "person", "people") == "2 people"


@pytest.mark.parametrize(
    ("photos", "films", "words"),
    [(0, 0, "0 photos"), (2, 0, "2 photos"), (0, 1, "1 film"), (1, 2000, "1 photo, 2,000 films")],
)
def test_photos_and_films_are_counted_apart(photos, films, words):
    assert photos_and_films(photos, films) == words


def test_shares_say_of_how_many():
    assert share_of(0.9375, 32) == "93.8% of 32" and percent(1.0) == "100%"


# Without a hit its upper end is z² / (n + z²), for all hits its lower end n / (n + z²).
@pytest.mark.parametrize(
    "hits, of, low, high",
    [
        (0, 10, 0.0, 0.2775),
        (1, 100, 0.0018, 0.0545),
        (8, 8, 0.6756, 1.0),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_the_interval_is_wilsons(hits, of, low, high):
    assert interval(hits / of, of) == pytest.approx((low, high), abs=1e-4)


def test_few_faces_tell_little():
    assert between(0.0, 8) == "between 0% and 32.4%"
    assert between(0.0, 1000) == "between 0% and 0.4%"
