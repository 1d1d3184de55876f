"""What pages say and show of several entries of the library."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from data.library.views import Entry
from data.words import photos_and_films


def how_many(entries: Collection[Entry]) -> str:
    """Photos and films in words: "2 photos, 1 film"."""
    films = sum(entry.duration is not None for entry in entries)
    return photos_and_films(len(entries) - films, films)


def once(entries: Iterable[Entry]) -> list[Entry]:
    """The entries without those of photos that lie in another place, too, and came before."""
    first: dict[int | None, Entry] = {}
    for entry in entries:
        first.setdefault(entry.photo, entry)
    return list(first.values())
