"""Many dropped photos as a wall: faces outlined, names below; a click shows one of them alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ui.actions.uploads.tagging import ShownPhoto
from ui.components.photos.wall import Tile, wall_html


def uploads_html(photos: Mapping[str, ShownPhoto | None]) -> str:
    """The wall.

    Args:
        photos: By what a click sends; `None` for those that nobody has opened yet.
    """
    return wall_html([upload_tile(id, photo) for id, photo in photos.items() if photo], "photos")


def upload_tile(id: str, photo: ShownPhoto) -> Tile:
    """A dropped photo: who is on it, or what is wrong with it."""
    tags = photo.tags
    if tags.error:
        return Tile(id, b"", tags.photo, "cannot be read", ratio=1.0)
    names = ", ".join(dict.fromkeys(face.name for face in tags.faces if face.name))
    count = sum(face.name is None for face in tags.faces)
    unknown = f"{count} unknown" if count else ""
    nobody = "nobody" if photo.looked_at else "not looked at yet"
    size = np.tile([tags.width, tags.height], 2)
    return Tile(
        id,
        photo.small,
        names or unknown or nobody,
        tags.photo,
        f"+{count}" if names and count else "",
        ratio=tags.width / tags.height,
        outlines=tuple(
            (tuple(map(float, np.clip(face.box / size, 0, 1))), face.name is not None)
            for face in tags.faces
        ),
    )
