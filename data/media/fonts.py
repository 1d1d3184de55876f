"""Finds an installed font that has the characters of a name, for drawing it into a picture."""

from __future__ import annotations

import functools
import os
import struct
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Tried first, in this order: plain sans-serif faces, then the usual ones of other scripts.
_PREFERRED = (
    *("notosans-bold", "notosans-regular", "segoeuib", "segoeui", "dejavusans-bold"),
    *("liberationsans-bold", "arialbd", "arial bold", "arial", "arialuni", "arial unicode"),
    *("notosanscjk", "pingfang", "hiragino", "msyhbd", "msyh", "yugoth", "malgun", "wqy"),
    *("notosansarabic", "notosanshebrew", "notosansdevanagari", "notosansthai", "nirmala"),
)

# Fonts that have a placeholder for every character.
_USELESS = ("lastresort", "adobeblank", "notdef")

_MOST_TRIED = 400  # fonts; reading a thousand of them for one emoji would take seconds


def font_for(text: str, size: int) -> Font:
    """A font of this size in pixels that has as many of the text's characters as can be had.

    Without any installed font it is Pillow's own, which has the Latin letters.
    """
    path = best_font(frozenset(filter(_is_visible, text)))
    return ImageFont.load_default(size) if path is None else ImageFont.truetype(path, size)


def can_draw(text: str) -> bool:
    """Whether one font of this computer has all characters of a text; boxes stand for the others.

    Pages need not ask: browsers bring or find fonts of their own.
    """
    characters = frozenset(filter(_is_visible, text))
    path = best_font(characters)
    if path is None:  # Pillow's own
        return all(character.isascii() for character in characters)
    return _codes(characters) <= characters_of(path)


@functools.lru_cache(maxsize=1024)
def best_font(characters: frozenset[str]) -> str | None:
    """The file of the font that has most of these characters; `None` if none has any."""
    best, most, wanted = None, 0, _codes(characters)
    for path in font_files()[:_MOST_TRIED]:
        covered = len(wanted & characters_of(path))
        if covered > most:
            best, most = path, covered
        if covered == len(characters):
            return path
    return best


@functools.lru_cache(maxsize=_MOST_TRIED)
def characters_of(path: str) -> frozenset[int]:
    """The code points that a font has outlines for; none if it is damaged or made of bitmaps."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            outlines = any(table in font for table in ("glyf", "CFF ", "CFF2"))
            return frozenset(font.getBestCmap() or ()) if outlines else frozenset()
    except (OSError, TTLibError, struct.error, AssertionError, LookupError, ValueError):
        return frozenset()


@functools.cache
def font_files() -> tuple[str, ...]:
    """Every usable font file of this computer, the preferred ones first."""

    def rank(path: str) -> tuple:
        stem = Path(path).stem.lower()
        fits = (i for i, start in enumerate(_PREFERRED) if stem.startswith(start))
        # The shortest name is the plainest face: Arial before Arial Narrow Italic.
        return next(fits, len(_PREFERRED)), len(stem), path

    return tuple(sorted(_walk(), key=rank))


def _walk() -> Iterator[str]:
    for folder in _folders():
        for parent, _, names in os.walk(folder):
            for name in names:
                stem, suffix = os.path.splitext(name.lower())
                usable = suffix in (".ttf", ".otf", ".ttc")
                if usable and not any(word in stem for word in _USELESS):
                    yield os.path.join(parent, name)


def _folders() -> tuple[Path, ...]:
    user = Path.home()
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA", user)) / "Microsoft/Windows/Fonts"
        return Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts", own
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/Library/Fonts"), user / "Library/Fonts"
    shared = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
    return *shared, user / ".local/share/fonts", user / ".fonts"


def _codes(characters: Iterable[str]) -> frozenset[int]:
    return frozenset(map(ord, characters))


def _is_visible(character: str) -> bool:
    """Letters, digits, signs; neither spaces, control characters nor marks above letters."""
    return unicodedata.category(character)[0] not in "ZCM"
