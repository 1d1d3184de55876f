"""Whose face is where: names that a person gave, in metadata or in the library, to learn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from data.library import Library
from data.library.intake.labels import read_labels
from data.names import clean_name, same_name
from data.regions import Region

Places = dict[tuple[str, str], Region]
"""By name and path of a photo the region of that person's face."""


def find_places(photos: Mapping[str, Iterable[str]]) -> Places:
    """Where the people of a family are in their photos, as far as metadata say so.

    Names are compared however their accents are encoded. Notes that cannot be read, and regions
    that Kindred itself wrote, say nothing.

    Args:
        photos: Paths by the person's name.
    """
    places: Places = {}
    for name, paths in photos.items():
        for path in paths:
            for region in read_labels(path).regions:
                if same_name(region.name, name):
                    places.setdefault((name, path), region)
    return places


def read_named(paths: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], Places, list]:
    """Who is in photos by their metadata alone.

    Returns:
        Paths by name, the places, and (path, reason) of the photos whose notes cannot be read.
    """
    photos, places, unreadable = defaultdict(list), {}, []
    for path in paths:
        labels = read_labels(path)
        if labels.error and not labels.regions:
            unreadable.append((path, labels.error))
        for region in labels.regions:
            name = clean_name(region.name)
            if (name, path) not in places:
                places[name, path] = region
                photos[name].append(path)
    return {name: tuple(photos[name]) for name in sorted(photos)}, places, unreadable


def read_confirmed(library: Library) -> tuple[dict[str, tuple[str, ...]], Places]:
    """Who is in the library's photos by confirmed names: paths by name, and the places."""
    photos, places = defaultdict(list), {}
    for name, path, (width, height), box in library.records.confirmed():
        try:
            region = Region.from_pixels(name, box, width, height)
        except ValueError:  # a box without extent
            continue
        if (name, path) not in places:
            places[name, path] = region
            photos[name].append(path)
    return {name: tuple(photos[name]) for name in sorted(photos)}, places
