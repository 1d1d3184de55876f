"""Kinds of files by their suffix: photos and films that are read, and what is not."""

from __future__ import annotations

import os
from importlib.util import find_spec

from PIL import features


def _suffixes(words: str) -> frozenset[str]:
    return frozenset(f".{word}" for word in words.split())


RAW_SUFFIXES = _suffixes(
    """
    3fr arw bay braw cap cr2 cr3 crw dcr dcs dng drf eip erf fff gpr iiq k25 kdc mdc mef mos
    mrw nef nrw orf pef ptx pxn r3d raf raw rw2 rwl rwz sr2 srf srw x3f
    """
)
JXL_SUFFIXES = frozenset({".jxl"})
OTHER_PICTURES = _suffixes(
    """
    jp2 j2k jpf jpx jpm jxr wdp hdp psd psb xcf kra afphoto clip tga dds exr hdr pcx ppm
    pgm pbm pnm pfm ico icns svg svgz eps ai insp jps pns avif avifs heics qoi flif bpg dib
    emf wmf sgi pcd xbm xpm
    """
)
FILM_SUFFIXES = _suffixes("mp4 mov m4v avi mkv webm 3gp mts")
OTHER_FILMS = _suffixes(
    """
    3g2 m2ts m2t mpg mpeg mpe mpv m1v m2v vob mod tod wmv asf flv f4v ogv ogm divx dv qt rm
    rmvb mxf insv 360 lrv
    """
)

# Suffixes that a package of `requirements-formats.txt` reads, and its names: to import, to install.
_READERS = (
    (RAW_SUFFIXES, "rawpy", "rawpy"),
    (JXL_SUFFIXES, "imagecodecs", "imagecodecs"),
)
OPTIONAL = {suffix: package for suffixes, _, package in _READERS for suffix in suffixes}
"""The package with which photos of a suffix are read."""

PHOTO_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".heic", ".heif", ".hif"}
    | {".tif", ".tiff", ".bmp", ".gif"}
    | ({".avif"} if features.check("avif") else set())
).union(*(suffixes for suffixes, module, _ in _READERS if find_spec(module)))

PICTURE_SUFFIXES = PHOTO_SUFFIXES | RAW_SUFFIXES | JXL_SUFFIXES | OTHER_PICTURES
"""All that holds one picture, whether it is read or not."""

ALL_FILMS = FILM_SUFFIXES | OTHER_FILMS
"""All that holds a film, whether it is read or not."""

_KNOWN = PICTURE_SUFFIXES | ALL_FILMS


def suffix_of(name: str) -> str:
    """The suffix of a file's name, in lower case with its dot; "" if there is none."""
    return os.path.splitext(name)[1].lower()


def is_photo_name(name: str) -> bool:
    """Whether a file of this name, found in a folder, is taken for a photo."""
    return not name.startswith(".") and suffix_of(name) in PHOTO_SUFFIXES


def is_film_name(name: str) -> bool:
    """Whether a file of this name, found in a folder, is taken for a film."""
    return not name.startswith(".") and suffix_of(name) in FILM_SUFFIXES


def left_out_kind(name: str) -> str | None:
    """What to call the kind of a picture or film that is not read ("NEF"); `None` for all else."""
    if name.startswith("."):
        # Where iCloud has taken a photo off this disk, a hidden note of that name is left.
        return "iCloud" if name.lower().endswith(".icloud") else None
    suffix = suffix_of(name)
    return suffix[1:].upper() if suffix in _KNOWN - PHOTO_SUFFIXES else None
