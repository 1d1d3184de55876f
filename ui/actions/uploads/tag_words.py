"""What the page "Tag" says: before the first photo, without a trained model, and of all photos."""

from __future__ import annotations

from collections.abc import Sequence

from data.tags import PhotoTags
from data.words import count
from ui.components.shell.templates import render


def hero_html() -> str:
    """What to do, for somebody who has just come."""
    return render("hero.html")


def teach_html() -> str:
    """How to get names."""
    return render("teach.html")


def all_photos_text(photos: Sequence[PhotoTags]) -> str:
    """One line about several photos: "3 photos: 5 faces, 2 unknown, 1 could not be read"."""
    faces = [face for tags in photos for face in tags.faces]
    failed = sum(tags.error is not None for tags in photos)
    text = f"{count(len(photos), 'photo')}: {count(len(faces), 'face')}"
    unknown = sum(face.name is None for face in faces)
    text += f", {'all' if unknown == len(faces) > 1 else unknown} unknown" if unknown else ""
    return text + (f", {failed} could not be read" if failed else "")
