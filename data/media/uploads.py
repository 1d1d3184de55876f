"""Unpacks a zip of person folders that came through the browser, and refuses what would do harm.

A zip is a stranger's program for writing files. Nothing is written outside the folder that was
meant, no link is made, and a small file cannot fill the disk. What arrives is in the folder of
the people completely, or not at all.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from data.errors import FamilyError, KindredError
from data.media.kinds import PHOTO_SUFFIXES

HOW = "Zip a folder that has one folder for each person, named after the person"

_NOT_WANTED = {"__macosx", "@eadir", "thumbs.db", "desktop.ini"}
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')  # in file names on one system or another
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much a zip may hold.

    Attributes:
        total: Bytes, unpacked.
        files: Entries, folders included.
        ratio: Unpacked to packed; photos are hardly compressed at all.
    """

    total: int = 4 << 30
    files: int = 20_000
    ratio: float = 100.0


@dataclass
class Unpacked:
    """What was found in a zip.

    Attributes:
        photos: How many photos of each person are new, by name.
        known: How many were there already.
        left_out: (entry, reason) of what was not taken.
    """

    photos: Counter[str] = field(default_factory=Counter)
    known: int = 0
    left_out: list[tuple[str, str]] = field(default_factory=list)


def unpack_people(
    source: BinaryIO | str | os.PathLike,
    people: Path,
    *,
    limits: Limits | None = None,
    progress: Callable[[int, int], object] = lambda done, of: None,
) -> Unpacked:
    """Puts the photos of ZIP/<name>/ (or ZIP/<any one folder>/<name>/) into `people`/<name>/.

    Args:
        source: The zip.
        people: Kindred's own family folder; made if it is not there.
        limits: How much it may hold.
        progress: Called with bytes written, and bytes there are.

    Raises:
        FamilyError: It is no zip, is damaged or encrypted, holds too much, would write elsewhere,
            or has no photo of anybody. Then nothing was written.
    """
    limits = limits or Limits()
    result = Unpacked()
    try:
        with zipfile.ZipFile(source) as archive:
            entries = _checked(archive.infolist(), limits)
            plan = list(_people(entries, result))
            if not plan:
                raise FamilyError("there is no photo of anybody in this zip", remedy=HOW)
            people.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=people.parent, prefix=".unpacking-") as draft:
                _extract(archive, plan, Path(draft), limits, progress)
                _move(plan, Path(draft), people, result)
    except KindredError:
        raise
    except NotImplementedError as error:
        raise FamilyError(f"this zip cannot be read ({error})", remedy=HOW) from error
    except OSError as error:
        raise FamilyError.unwritable(
            "the photos cannot be stored",
            error,
            file=people,
            remedy="Check the folder's permissions",
        ) from error
    except Exception as error:  # zipfile raises nearly anything for damaged bytes
        raise FamilyError(
            f"this is not a zip file, or it is damaged ({error})", remedy="Make it again"
        ) from error
    return result


def _checked(infos: list[zipfile.ZipInfo], limits: Limits) -> list[tuple[zipfile.ZipInfo, tuple]]:
    """The entries with the parts of their paths, after all that is declared has been looked at."""
    if len(infos) > limits.files:
        raise FamilyError(
            f"the zip has {len(infos):,} entries, more than {limits.files:,}", remedy="Split it"
        )
    total = sum(info.file_size for info in infos)
    if total > limits.total:
        raise FamilyError(
            f"the zip would unpack to {total / 1e9:.1f} GB, more than {limits.total / 1e9:.1f}",
            remedy="Split it, or give Kindred the folder instead",
        )
    checked = []
    for info in infos:
        name = _text(info)
        if info.file_size > limits.ratio * max(info.compress_size, 1 << 10):
            raise FamilyError(f"the zip looks like a bomb: {name!r} would swell without measure")
        if info.flag_bits & 0x1:
            raise FamilyError("the zip is encrypted", remedy="Make one without a password")
        parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
        absolute = name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
        if absolute or ".." in parts:
            raise FamilyError(
                f"the zip wants to write outside its folder ({name!r}), and nothing was unpacked",
                remedy=HOW,
            )
        if not info.is_dir():
            checked.append((info, parts))
    return checked


def _people(entries: list, result: Unpacked) -> Iterator[tuple[zipfile.ZipInfo, str, Path]]:
    """Entry, person and place below the person's folder of every photo."""
    wanted = [(i, parts) for i, parts in entries if not any(map(_is_clutter, parts))]
    inner = _is_wrapped([parts for _, parts in wanted if _is_photo(parts)])
    for info, parts in wanted:
        name, parts = "/".join(parts), parts[1:] if inner else parts
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            result.left_out.append((name, "it is a link or a device, not a file"))
        elif len(parts) < 2:
            result.left_out.append((name, "it is not in a person's folder"))
        elif not _is_photo(parts):
            result.left_out.append((name, "it is not a photo"))
        else:
            yield info, safe_name(parts[0]), Path(*map(safe_name, parts[1:]))


def _is_wrapped(photos: list[tuple]) -> bool:
    """Whether one folder lies around all of the people's: its name is nobody's.

    A few photos may lie beside the people's folders. The years of one person are no people.
    """
    inside = [parts for parts in photos if len(parts) > 1]
    deep = [parts for parts in inside if len(parts) > 2]
    is_person = all(re.fullmatch(r"[\d\W_]+", parts[1]) for parts in deep)
    return (
        len({parts[0] for parts in inside}) == 1 and 2 * len(deep) > len(inside) and not is_person
    )


def _is_photo(parts: tuple) -> bool:
    return PurePosixPath(parts[-1]).suffix.lower() in PHOTO_SUFFIXES


def _extract(archive, plan, draft: Path, limits: Limits, progress) -> None:
    """Writes entry n to the file n; what is written is counted, for what is declared may lie."""
    of, written = sum(info.file_size for info, *_ in plan), 0
    for number, (info, *_) in enumerate(plan):
        with archive.open(info) as packed, (draft / str(number)).open("xb") as file:
            while chunk := packed.read(_CHUNK):
                written += len(chunk)
                if written > limits.total:
                    raise FamilyError("the zip holds more than it says; it was not unpacked")
                file.write(chunk)
                progress(written, of)


def _move(plan, draft: Path, people: Path, result: Unpacked) -> None:
    for number, (_, person, place) in enumerate(plan):
        target = people / person / place
        target.parent.mkdir(parents=True, exist_ok=True)
        stem, count = target.stem, 1
        while target.exists() and not _is_same(draft / str(number), target):
            count += 1
            target = target.with_name(f"{stem} ({count}){target.suffix}")
        if target.exists():
            result.known += 1
            result.photos[person] += 0
        else:
            shutil.move(draft / str(number), target)
            result.photos[person] += 1


def safe_name(text: str) -> str:
    """A file or folder name that every system takes, as close to the text as can be."""
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text)).replace("/", "_")
    name = " ".join(name.replace("\\", "_").split()).rstrip(". ") or "_"
    if _RESERVED.fullmatch(name) or name.startswith("."):
        name = f"_{name}"
    stem, suffix = os.path.splitext(name)
    while len((stem + suffix).encode()) > 200:
        stem = stem[:-1]
    return stem + suffix


def _text(info: zipfile.ZipInfo) -> str:
    """The entry's name; many programs write UTF-8 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _is_clutter(part: str) -> bool:
    return part.startswith(".") or part.lower() in _NOT_WANTED


def _is_same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
