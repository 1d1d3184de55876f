"""Walls of tiles: photos, faces and people, as HTML for `ui.components.live`."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


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


def uri(jpeg: bytes) -> str:
    """A JPEG as something that an `img` shows."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


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
