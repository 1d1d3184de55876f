"""Walls of tiles (photos, faces, people) with their thumbnails.

What is on disk shows at once, the rest follows within moments. `wall_html` makes the HTML for
`ui.components.live`; `show_photos`, `show_faces` and `show_people` put it on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from os.path import basename

import streamlit as st

from data.home import home
from data.library.views import Entry, Place, Shelf
from data.media.thumbnails import WALL_FACE_SIDE, Thumbnails, Wanted
from ui.components.live import Answer, live
from ui.components.templates import uri

PHOTOS_A_PAGE = 60
_SECONDS = 0.8  # for making thumbnails before the page is shown with what there is


@dataclass(frozen=True)
class Tile:
    """One tile.

    Attributes:
        id: What a click sends, or picks.
        picture: A JPEG; `b""` if there is none to be had, `None` if it is still being made.
        title, caption: Below the picture; either may be empty.
        badge: In the corner of the picture.
        marked: Whether it stands out from the others, and needs a look.
        label: What a screen reader says; by default title and caption.
    """

    id: str
    picture: bytes | None
    title: str = ""
    caption: str = ""
    badge: str = ""
    marked: bool = False
    label: str = ""


def wall_html(
    tiles: Sequence[Tile], kind: str, *, do: str = "open", picked: Sequence[str] | None = None
) -> str:
    """A wall.

    Args:
        tiles: In reading order.
        kind: "photos", "faces" or "people": how large tiles are, and round or not.
        do: What a click means.
        picked: If given, a click picks a tile, or takes it out again; these are picked at first.
    """
    items = "".join(f"<li>{_tile(tile, do, picked)}</li>" for tile in tiles)
    return f'<ul class="kd-wall kd-wall-{kind}">{items}</ul>'


def _tile(tile: Tile, do: str, picked: Sequence[str] | None) -> str:
    if picked is None:
        way = f'data-do="{escape(do)}" data-id="{escape(tile.id)}"'
    else:
        pressed = str(tile.id in picked).lower()
        way = f'data-pick="{escape(tile.id)}" aria-pressed="{pressed}"'
    label = tile.label or ", ".join(filter(None, (tile.title, tile.caption, tile.badge)))
    words = "".join(
        f'<span class="kd-tile-{name}"><bdi>{escape(text)}</bdi></span>'
        for name, text in (("title", tile.title), ("caption", tile.caption))
        if text
    )
    badge = f'<span class="kd-badge">{escape(tile.badge)}</span>' if tile.badge else ""
    marked = " kd-marked" if tile.marked else ""
    return (
        f'<button type="button" class="kd-tile{marked}" {way} aria-label="{escape(label)}">'
        f'<span class="kd-tile-picture">{_picture(tile.picture)}{badge}</span>{words}</button>'
    )


def _picture(picture: bytes | None) -> str:
    if picture is None:
        return '<span class="kd-none kd-coming"></span>'
    if not picture:
        return '<span class="kd-none">?</span>'
    return f'<img src="{uri(picture)}" alt="" loading="lazy">'


def empty_html(title: str, text: str, link: tuple[str, str] | None = None) -> str:
    """What a page shows that has nothing to show yet: why, and what to do first.

    Args:
        title, text: In words.
        link: Where to do it: the page's address and the words on the button.
    """
    hint = ""
    if link:
        hint = f'<p><a class="kd-go" href="{link[0]}" target="_self">{escape(link[1])}</a></p>'
    return (
        '<section class="kd-empty"><div class="kd-ghosts"><i></i><i></i><i></i></div>'
        f"<h2>{escape(title)}</h2><p>{escape(text)}</p>{hint}</section>"
    )


def show_photos(entries: Sequence[Entry], key: str) -> int | None:
    """A wall of photos in pages; returns the number of the photo that was clicked."""
    pages = max(1, -(-len(entries) // PHOTOS_A_PAGE))
    page = st.session_state.get(f"{key}.page", 1)
    page = page if page <= pages else 1
    part = entries[(page - 1) * PHOTOS_A_PAGE : page * PHOTOS_A_PAGE]

    def tiles(pictures: Sequence[bytes | None]) -> list[Tile]:
        return [photo_tile(entry, picture) for entry, picture in zip(part, pictures, strict=True)]

    answer = _show([Wanted(entry.path) for entry in part], tiles, "photos", f"{key}.{page}")
    if pages > 1:
        st.pagination(pages, key=f"{key}.page")
    return int(answer.act["id"]) if answer.act and answer.act["id"] else None


def show_faces(
    places: Sequence[Place],
    key: str,
    *,
    captions: Sequence[str] = (),
    marked: frozenset[int] = frozenset(),
    picked: Sequence[int] | None = None,
    keep: bool = False,
) -> Answer:
    """A wall of faces; with `picked`, faces are picked and taken out by clicking."""
    picks = None if picked is None else [str(face) for face in picked]

    def tiles(pictures: Sequence[bytes | None]) -> list[Tile]:
        return [
            Tile(
                str(place.face),
                picture,
                caption=captions[i] if captions else "",
                marked=place.face in marked,
                label=f"Face {i + 1} " + (captions[i] if captions else ""),
            )
            for i, (place, picture) in enumerate(zip(places, pictures, strict=True))
        ]

    kind = "faces kd-wall-keep" if keep else "faces"
    return _show([face_wanted(place) for place in places], tiles, kind, key, picks)


def show_people(library: Shelf, people: Sequence, key: str) -> int | None:
    """A wall of people by their key faces; returns the number of the person who was clicked."""
    places = library.places(person.key_face for person in people if person.key_face)
    wanted = [face_wanted(places.get(person.key_face)) for person in people]

    def tiles(pictures: Sequence[bytes | None]) -> list[Tile]:
        return [
            Tile(str(p.id), picture, p.name, person_caption(p), "ignored" if p.ignored else "")
            for p, picture in zip(people, pictures, strict=True)
        ]

    answer = _show(wanted, tiles, "people", key)
    return int(answer.act["id"]) if answer.act else None


def face_wanted(place: Place | None) -> Wanted:
    """The thumbnail of a face; one that cannot be had if it is nowhere."""
    if place is None or place.path is None:
        return Wanted("")
    return Wanted(place.path, place.box, place.width, WALL_FACE_SIDE)


def photo_tile(entry: Entry, picture: bytes | None) -> Tile:
    """A photo on a wall: who is on it, when it was taken."""
    if entry.error:
        return Tile("", b"", basename(entry.path), "cannot be read")
    people = ", ".join(entry.names)
    unknown = f"{entry.unknown} unknown" if entry.unknown else ""
    title = people or unknown or basename(entry.path)
    badge = f"+{entry.unknown}" if people and entry.unknown else ""
    caption = day(entry.taken) or basename(entry.path)
    return Tile(str(entry.photo), picture, title, caption, badge)


def person_caption(person) -> str:
    """In how many photos somebody is, and when they were seen."""
    photos = f"{person.photos:,} {'photo' if person.photos == 1 else 'photos'}"
    years = "–".join(dict.fromkeys(d[:4] for d in (person.first, person.last) if d))
    return f"{photos} · {years}" if years else photos


def day(taken: str | None) -> str:
    """The day of a capture time, as people write it: "31 July 2019"."""
    if not taken:
        return ""
    months = "January February March April May June July August September October November December"
    try:
        return f"{int(taken[8:10])} {months.split()[int(taken[5:7]) - 1]} {taken[:4]}"
    except (ValueError, IndexError):
        return taken[:10]


def _show(
    wanted: Sequence[Wanted],
    tiles: Callable[[Sequence[bytes | None]], list[Tile]],
    kind: str,
    key: str,
    picks: Sequence[str] | None = None,
) -> Answer:
    pictures = Thumbnails(home()).many(wanted, _SECONDS)
    html = wall_html(tiles(pictures), kind, picked=picks)
    answer = live(html, key=key, picked=picks or ())
    if None in pictures:
        _come_back()
    return answer


@st.fragment(run_every=0.4)
def _come_back() -> None:
    """Runs the page again, once, for the thumbnails that there was no time for."""
    if st.session_state.get("wall.waiting"):
        st.session_state["wall.waiting"] = False
        st.rerun()
    st.session_state["wall.waiting"] = True
