"""What the page "Tag" says: before the first photo, without a trained model, and of all photos."""

from __future__ import annotations

import base64
import functools
from collections.abc import Sequence
from pathlib import Path

from data.tags import PhotoTags

_PICTURE = Path(__file__).with_name("hero.svg")  # as an image: pages drop SVG out of HTML


@functools.cache
def _picture() -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(_PICTURE.read_bytes()).decode()


def hero_html() -> str:
    """What to do, for somebody who has just come."""
    return (
        f'<section class="kd-hero"><div><img src="{_picture()}" alt="">'
        "<h1>Who is in this photo?</h1>"
        "<p>Drop photos below or paste them, as many as you like: JPEG, PNG, WebP, HEIC or TIFF. "
        "Every face is "
        "outlined, and those Kindred has learned get their names.</p>"
        '<p class="kd-private">Your photos stay on this computer: nothing is sent anywhere, and '
        "the originals are never changed.</p></div></section>"
    )


def teach_html() -> str:
    """How to get names."""
    return (
        '<section class="kd-teach"><h3>Kindred knows nobody yet</h3>'
        "<p>It finds every face and calls it unknown. To teach it, make a folder with one folder "
        "for each person, named after the person, and put a few photos into each. Choose it on "
        'the page <a href="teach" target="_self">Teach</a>, or run this in Kindred\'s folder:</p>'
        "<pre><code>python kindred.py train FOLDER</code></pre></section>"
    )


def all_photos_text(photos: Sequence[PhotoTags]) -> str:
    """One line about several photos: "3 photos: 5 faces, 2 unknown, 1 could not be read"."""
    faces = [face for tags in photos for face in tags.faces]
    failed = sum(tags.error is not None for tags in photos)
    text = f"{len(photos)} photos: {len(faces)} {'face' if len(faces) == 1 else 'faces'}"
    unknown = sum(face.name is None for face in faces)
    text += f", {unknown} unknown" if unknown else ""
    return text + (f", {failed} could not be read" if failed else "")
