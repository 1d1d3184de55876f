"""The HTML of the map of a family; what is where comes from `ui.actions.family`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from data.library.people.family_map import FamilyMap
from ui.actions.family.graph_layout import Graph
from ui.actions.family.through_years import Moment
from ui.actions.family.timeline import Timeline, colour
from ui.components.shell.templates import render

_NAMED_TOGETHER = 6  # people who are named as company of one
_THINNEST, _THICKEST = 1.5, 9.0  # lines, pixels


def timeline_html(timeline: Timeline, pictures: Sequence[bytes | None]) -> str:
    """A line for everybody with a dot for every year.

    Args:
        timeline: The rows.
        pictures: A JPEG of everybody's face.
    """
    return render(
        "timeline.html", timeline=timeline, pictures=pictures, count=photos_text, portrait=_portrait
    )


def company_html(family: FamilyMap, graph: Graph, pictures: Sequence[bytes | None]) -> str:
    """Portraits, and lines between those who are on photos together.

    Args:
        family: Who is who.
        graph: Where everybody stands.
        pictures: A JPEG of the face of each node.
    """
    at = [(round(node.x, 1), round(node.y, 1)) for node in graph.nodes]
    most = max((photos for *_, photos in graph.lines), default=1)
    names = {person.id: person.name for person in family.people}
    lines = [
        {
            "from": at[one],
            "to": at[other],
            "ends": (family.people[one].id, family.people[other].id),
            "width": round(_THINNEST + (_THICKEST - _THINNEST) * photos / most, 1),
            "said": pair_text(family.people[one].name, family.people[other].name, photos),
        }
        for one, other, photos in graph.lines
    ]
    nodes = [
        {
            "person": family.people[node.place],
            "x": node.x / graph.width,
            "y": node.y / graph.height,
            "size": node.size,
            "colour": colour(node.place),
            "picture": picture,
            "company": _company(family, family.people[node.place].id, names),
        }
        for node, picture in zip(graph.nodes, pictures, strict=True)
    ]
    return render(
        "company.html", graph=graph, lines=lines, nodes=nodes, count=photos_text, portrait=_portrait
    )


def row_html(name: str, faces: Sequence[Moment], pictures: Sequence[bytes | None]) -> str:
    """Somebody's faces in a row, one a year."""
    return _faces_html("kd-row-of-years", name, faces, pictures)


def wall_html(name: str, faces: Sequence[Moment], pictures: Sequence[bytes | None]) -> str:
    """Somebody through the years, as pictures on a wall."""
    return _faces_html("kd-birthday", name, faces, pictures)


def pair_text(one: str, other: str, photos: int) -> str:
    """On how many photos two people are: "Anne and Bo: 3 photos"."""
    return f"{one} and {other}: {photos_text(photos)}"


def photos_text(photos: int) -> str:
    """A number of photos in words."""
    return f"{photos:,} {'photo' if photos == 1 else 'photos'}"


def _faces_html(kind: str, name: str, faces, pictures) -> str:
    shown = [
        {"moment": one, "picture": picture} for one, picture in zip(faces, pictures, strict=True)
    ]
    return render("through_years.html", kind=kind, name=name, faces=shown)


def _company(family: FamilyMap, person: int, names: Mapping[int, str]) -> str:
    others = [
        f"{names[other if person == one else one]} {photos:,}"
        for one, other, photos in family.pairs
        if person in (one, other)
    ]
    more = len(others) - _NAMED_TOGETHER
    said = ", ".join(others[:_NAMED_TOGETHER]) + (f" and {more} more" if more > 0 else "")
    return f"; together with {said}" if said else ""


def _portrait(picture: bytes | None) -> Markup:
    """A face whose name stands beside it; `None` while it is made, `b""` if it cannot be."""
    return render("portrait.html", picture=picture)
