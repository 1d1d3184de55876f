"""How old somebody was in a year, from a date of birth that may be a year or a month alone."""

from __future__ import annotations


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
