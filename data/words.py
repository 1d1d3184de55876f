"""Numbers in words, for people: counts with their noun, shares with what they are shares of."""

from __future__ import annotations

_Z = 1.959964  # of 95 % of a normal distribution, both sides


def count(number: int, what: str, plural: str | None = None) -> str:
    """ "1 photo", "2 photos"."""
    return f"{number:,} {what if number == 1 else plural or what + 's'}"


def photos_and_films(photos: int, films: int) -> str:
    """ "2 photos", "1 film", "2 photos, 1 film"."""
    parts = [count(photos, "photo")] if photos or not films else []
    parts += [count(films, "film")] if films else []
    return ", ".join(parts)


def percent(share: float) -> str:
    """A share 0..1: "94%", "0.4%"."""
    return f"{share:.1%}".replace(".0%", "%")


def share_of(share: float, of: int) -> str:
    """A share 0..1 with the number that it is of: "94% of 32"."""
    return f"{percent(share)} of {of:,}"


def interval(share: float, of: int) -> tuple[float, float]:
    """Between what the true share lies with 95 % confidence, by Wilson's score.

    Args:
        share: What was counted, 0..1.
        of: Among how many, at least 1.
    """
    spread = _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * (share * (1 - share) / of + spread / (4 * of)) ** 0.5 / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def between(share: float, of: int) -> str:
    """The interval in words: "between 0.2% and 3.1%"."""
    low, high = interval(share, of)
    return f"between {percent(low)} and {percent(high)}"
