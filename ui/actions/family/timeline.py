"""Who is on how many photos of which year, as dots on a line for everybody."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

from data.library.people.family_map import FamilyMap
from data.library.people.people import PersonSummary

MOST = 40  # people that are shown: those on most photos
_SMALLEST = 0.2  # of the largest dot's diameter
_TICKS = 9  # years that are written below, at most
_STEPS = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Dot:
    """A year of a person: `x` is the share of the line's width, `size` of the largest diameter."""

    year: int
    photos: int
    x: float
    size: float


@dataclass(frozen=True)
class Row:
    """A person with the years in which there are photos; the colour is one for HTML."""

    person: PersonSummary
    colour: str
    dots: tuple[Dot, ...]

    @property
    def said(self) -> str:
        """The dots in words."""
        name = self.person.name
        if not self.dots:
            return f"{name}: no photo has a date"
        years = ", ".join(f"{dot.year}: {dot.photos:,}" for dot in self.dots)
        return f"Photos of {name} by year. {years}"


@dataclass(frozen=True)
class Timeline:
    """Everybody's row.

    Attributes:
        rows: Those on most photos first.
        ticks: Years to be written below, with their `x`.
        more: How many people are not shown.
        undated: How many people are on photos without a date.
        slot: Share of the line's width that the largest dot may take.
    """

    rows: tuple[Row, ...]
    ticks: tuple[tuple[int, float], ...]
    more: int
    undated: int
    slot: float


def timeline_of(family: FamilyMap) -> Timeline:
    """Dots for a family; the largest one is the year with most photos of one person."""
    first, last = family.span or (0, 0)
    most = max((n for counts in family.years.values() for n in counts.values()), default=1)

    def x(year: int) -> float:
        return (year - first + 0.5) / (last - first + 1)

    rows = [
        Row(
            person,
            colour(number),
            tuple(
                Dot(year, photos, x(year), _SMALLEST + (1 - _SMALLEST) * (photos / most) ** 0.5)
                for year, photos in sorted(family.years[person.id].items())
            ),
        )
        for number, person in enumerate(family.people[:MOST])
    ]
    step = next((s for s in _STEPS if (last - first) // s < _TICKS), 200)
    years = [year for year in range(first, last + 1) if year % step == 0] or [first]
    return Timeline(
        tuple(rows),
        tuple((year, x(year)) for year in years) if family.span else (),
        max(0, len(family.people) - MOST),
        len(family.undated),
        min(1.0, 1.6 / (last - first + 1)),
    )


def colour(number: int) -> str:
    """A colour that is told from those of the people before and after, on light and on dark."""
    red, green, blue = colorsys.hls_to_rgb((0.46 + number * 0.381966) % 1, 0.5, 0.5)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"
