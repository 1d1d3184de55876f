"""Walls of tiles (photos, faces, people) with their thumbnails.

What is on disk shows at once, the rest follows within moments. `wall_html` makes the HTML for
`ui.components.shell.live`; `show_photos`, `show_faces` and `show_people` put it on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os.path import basename

import numpy as np
import streamlit as st

from data.films.clock import clock
from data.home import home
from data.library.views import Entry, LibraryViews, Place
from data.media.thumbnails import WALL_FACE_SIDE, Thumbnails, Wanted
from ui.components.photos.viewer import open_viewer
from ui.components.shell.live import Answer, OnAct, live
from ui.components.shell.templates import render

PHOTOS_A_PAGE = 60
_ROOMY = 4  # photos below a heading, on average, from which it has a row of its own
_SECONDS = 0.8  # for making thumbnails before the page is shown with what there is
_PEEK_SECONDS = 0.2  # for those of the photos that show when one points at a face


@dataclass(frozen=True)
class Tile:
    """One tile.

    Attributes:
        id: What a click sends, or picks; "" if nothing can be done with it.
        picture: A JPEG; `b""` if there is none to be had, `None` if it is still being made.
        title, caption: Below the picture; either may be empty.
        badge: In the corner of the picture.
        marked: Whether it stands out from the others, and needs a look.
        label: What a screen reader says; by default title and caption.
        moment: In a film, the seconds at which; then it has a play mark.
        ratio: Width / height of the picture, in a wall of photos.
        photo: Number of the photo in which a face can be looked at.
        whole: That photo as a JPEG, shown when one points at the face.
        box: Where the face is in it, xyxy, as fractions.
        outlines: Faces in the picture: xyxy as fractions, and whether they have a name.
        heading: What stands above it and the tiles after it: large, and small beside that.
    """

    id: str
    picture: bytes | None
    title: str = ""
    caption: str = ""
    badge: str = ""
    marked: bool = False
    label: str = ""
    ratio: float | None = None
    photo: int | None = None
    whole: bytes | None = None
    box: tuple[float, ...] = ()
    moment: float | None = None
    heading: tuple[str, str] | None = None
    outlines: tuple[tuple[tuple[float, ...], bool], ...] = ()

    @property
    def said(self) -> str:
        return self.label or ", ".join(filter(None, (self.title, self.caption, self.badge)))


def wall_html(
    tiles: Sequence[Tile], kind: str, *, do: str = "open", picked: Sequence[str] | None = None
) -> str:
    """A wall.

    Args:
        tiles: In reading order.
        kind: "photos", "faces" or "people": how large tiles are, and round or not.
        do: What a click means.
        picked: If given, a click picks a tile, or takes it out again; these are picked at first.
            Faces have a button, too, that picks all or none.
    """
    all_at_once = picked is not None and kind.startswith("faces") and len(tiles) > 1
    return render("wall.html", tiles=tiles, kind=kind, do=do, picked=picked, all=all_at_once)


def empty_html(title: str, text: str, link: tuple[str, str] | None = None) -> str:
    """What a page shows that has nothing to show yet: why, and what to do first.

    Args:
        title, text: In words.
        link: Where to do it: the page's address and the words on the button.
    """
    return render("empty.html", title=title, text=text, link=link)


def show_photos(
    entries: Sequence[Entry],
    key: str,
    heading: Callable[[Entry], tuple[str, str]] | None = None,
    *,
    of: str = "",
) -> None:
    """A wall of photos in pages; a photo that is clicked opens in the viewer.

    Args:
        entries: In reading order.
        key: Of the element.
        heading: What stands above photos: large, and small; those that have the same share it.
        of: Somebody who is on all of them, and so is not named below each.
    """
    pages = max(1, -(-len(entries) // PHOTOS_A_PAGE))
    above, below = st.container(), st.container(horizontal=True, horizontal_alignment="center")
    # The page is part of the address; filters that leave fewer pages begin with the first.
    page = 1
    if pages > 1:
        page = below.pagination(pages, key="page", bind="query-params", width="stretch")
    part = entries[(page - 1) * PHOTOS_A_PAGE : page * PHOTOS_A_PAGE]

    def tiles(pictures: Sequence[bytes | None]) -> list[Tile]:
        both = zip(part, pictures, strict=True)
        found = [photo_tile(entry, picture, of) for entry, picture in both]
        if heading is None:
            return found
        above = [heading(entry) for entry in part]
        return [
            tile if i and above[i] == above[i - 1] else replace(tile, heading=above[i])
            for i, tile in enumerate(found)
        ]

    with above:
        wanted = [Wanted(entry.path, time=entry.time) for entry in part]
        # Where most headings are of one photo or two, they stand in the rows, not between them.
        headings = len(set(map(heading, part))) if heading else 0
        kind = "photos kd-inline" if headings > 1 and len(part) < _ROOMY * headings else "photos"
        _show(wanted, tiles, kind, f"{key}.{page}", on_act=_open)


def _open(act: dict) -> bool:
    """Opens a photo of a wall, or the photo of a face."""
    return open_viewer(act.get("photo") or act["id"], act.get("at"))


def show_faces(
    places: Sequence[Place],
    key: str,
    *,
    captions: Sequence[str] = (),
    marked: frozenset[int] = frozenset(),
    apart: tuple[str, str] | None = None,
    picked: Sequence[int] | None = None,
    keep: bool = False,
    who: str = "",
) -> Answer:
    """A wall of faces, each with a way to its photo, which also shows when one points at it.

    With `picked`, faces are picked and taken out by clicking; `who` is whose faces they are;
    `apart` stands above the first of the marked ones, large and small.
    """
    picks = None if picked is None else [str(face) for face in picked]
    store = Thumbnails(home())
    first = next((place.face for place in places if place.face in marked), None)
    peeks = [Wanted(place.path or "", time=place.time) for place in places]
    wholes = store.many(peeks, _PEEK_SECONDS)

    def tiles(pictures: Sequence[bytes | None]) -> list[Tile]:
        return [
            Tile(
                str(place.face),
                picture,
                caption=captions[i] if captions else "",
                marked=place.face in marked,
                label=f"{who or 'Face'} {i + 1} {captions[i] if captions else ''}".strip(),
                photo=place.photo if place.path else None,
                whole=wholes[i] or None,
                box=tuple(
                    float(edge) for edge in place.box / np.tile([place.width, place.height], 2)
                ),
                badge="" if place.time is None else f"▶ {clock(place.time)}",
                moment=place.time,
                heading=apart if place.face == first else None,
            )
            for i, (place, picture) in enumerate(zip(places, pictures, strict=True))
        ]

    kind = "faces kd-wall-keep" if keep else "faces"
    wanted = [face_wanted(place) for place in places]
    return _show(wanted, tiles, kind, key, picks, on_act=_open, beside=wholes)


def show_people(
    library: LibraryViews,
    people: Sequence,
    key: str,
    *,
    on_act: OnAct,
    picked: Sequence[str] | None = None,
) -> Answer:
    """A wall of people by their key faces; a click is {do: "open", id: the person's number}.

    With `picked`, people are picked and taken out by clicking.
    """
    places = library.places(person.key_face for person in people if person.key_face)
    wanted = [face_wanted(places.get(person.key_face)) for person in people]

    def tiles(pictures: Sequence[bytes | None]) -> list[Tile]:
        return [
            Tile(str(p.id), picture, p.name, person_caption(p), "hidden" if p.ignored else "")
            for p, picture in zip(people, pictures, strict=True)
        ]

    return _show(wanted, tiles, "people kd-wall-keep", key, picked, on_act=on_act)


def face_wanted(place: Place | None) -> Wanted:
    """The thumbnail of a face; one that cannot be had if it is nowhere."""
    if place is None or place.path is None:
        return Wanted("")
    return Wanted(place.path, place.box, place.width, WALL_FACE_SIDE, place.time)


def photo_tile(entry: Entry, picture: bytes | None, of: str = "") -> Tile:
    """A photo or film on a wall: who is on it, when it was taken, how long it is.

    Of whoever is on all photos of the wall, `of`, only the company is said.
    """
    if entry.error:
        return Tile("", b"", basename(entry.path), "cannot be read", ratio=1.0)
    people = ", ".join(entry.names)
    unknown = f"{entry.unknown} unknown" if entry.unknown else ""
    title = people or unknown or (basename(entry.path) if day(entry.taken) else "")
    badge = f"+{entry.unknown}" if people and entry.unknown else ""
    if entry.duration is not None:
        badge = f"{badge} ▶ {clock(entry.duration)}".strip()
    caption = day(entry.taken) or basename(entry.path)
    tile = Tile(str(entry.photo), picture, title, caption, badge, ratio=entry.ratio)
    if of not in entry.names:
        return tile
    company = ", ".join(name for name in entry.names if name != of)
    return replace(tile, title=company and f"with {company}", label=tile.said)


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
    on_act: OnAct | None = None,
    beside: Sequence[bytes | None] = (),
) -> Answer:
    pictures = Thumbnails(home()).many(wanted, _SECONDS)
    html = wall_html(tiles(pictures), kind, picked=picks)
    answer = live(html, key=key, on_act=on_act, picked=picks or ())
    if None in (*pictures, *beside):
        run_again_soon()
    return answer


@st.fragment(run_every=0.4)
def run_again_soon() -> None:
    """Runs the page again, once, for the thumbnails that there was no time for."""
    if st.session_state.get("wall.waiting"):
        st.session_state["wall.waiting"] = False
        st.rerun()
    st.session_state["wall.waiting"] = True
