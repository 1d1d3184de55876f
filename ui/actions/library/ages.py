"""How old somebody was, from a date of birth that may be a year or a month alone."""

from __future__ import annotations

from datetime import date


def age_in(born: str, year: int) -> str:
    """The age in words: "4 to 5 years old"; "" for years before the birth.

    Args:
        born: Year, month or day of birth: "1950", "1950-07" or "1950-07-31".
        year: In which; within it the age changes once.
    """
    turned = year - int(born[:4])
    if turned < 0:
        return ""
    if turned == 0:
        return "in the first year"
    if born[4:] in ("-01", "-01-01"):  # the age is the same nearly all the year
        return f"{turned} {'year' if turned == 1 else 'years'} old"
    return f"{turned - 1} to {turned} {'year' if turned == 1 else 'years'} old"


def age_on(born: str, taken: str) -> str:
    """The age in words when a photo was taken; to the year where both days are known.

    Args:
        born: As for `age_in`.
        taken: Capture time, ISO 8601.
    """
    try:
        birth, day = date.fromisoformat(born), date.fromisoformat(taken[:10])
    except ValueError:
        return age_in(born, int(taken[:4]))
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    if years < 1:
        return "in the first year" if day >= birth else ""
    return f"{years} {'year' if years == 1 else 'years'} old"
