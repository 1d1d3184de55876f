"""The faces that Picasa noted in `.picasa.ini` beside the photos; they are only read.

For JPEG and its like Picasa's boxes are in the stored frame (source: the conversion of
`.picasa.ini` to MWG regions that ships with ExifTool, `picasa_faces.config`, which turns boxes
for RAW files only).
"""

from __future__ import annotations

import functools
import os
import re
import time
from pathlib import Path

from data.errors import PhotoError
from data.names import person_named
from data.regions.embedded import open_regular
from data.regions.frames import centred, usable
from data.regions.matching import Face
from data.regions.xmp import packet as xmp
from data.regions.xmp.vocabularies import MAX_FACES

_FACE = re.compile(r"rect64\(([0-9a-fA-F]{1,16})\)\s*,\s*([0-9a-fA-F]+)")
_UNNAMED = "f" * 16
_INI = (".picasa.ini", "Picasa.ini")
_LEVELS = 3  # above and below: photos often lie in year/month/day
_MOST_FOLDERS = 2000  # looked into for a contact
_REMEMBERED = 60.0  # seconds


def read_picasa(photo: str) -> list[Face]:
    """The faces that Picasa knows in a photo; boxes in the stored frame.

    Names come from `[Contacts2]` in the same file, or else from a `contacts.xml` in the same
    folder (the older `[Contacts]` holds account numbers, no names), or else from either in the
    folders around: Picasa writes a contact into the folder where it was first seen. A contact
    that none of them knows has no name.

    Raises:
        PhotoError: One of the files cannot be read, or is not what its name says.
    """
    folder, photo_name = os.path.split(photo)
    for name in _INI:
        path = os.path.join(folder, name)
        if os.path.lexists(path):
            break
    else:
        return []
    sections = _sections(_read(path).decode("utf-8-sig", "replace"))
    faces = _FACE.findall(sections.get(photo_name.lower(), {}).get("faces", ""))
    if not faces:
        return []
    people = _people_in(folder, sections)
    if any(_identity(contact) not in people for _, contact in faces):
        people = _people_around(folder) | people
    people.pop(_UNNAMED, None)
    found = []
    for digits, contact in faces[:MAX_FACES]:
        digits = digits.zfill(16)
        edges = [int(digits[at : at + 4], 16) / 0xFFFF for at in range(0, 16, 4)]
        box = usable(centred(edges))
        if box:
            name = person_named(people.get(_identity(contact)))
            found.append(Face(name, box, source="picasa"))
    return found


def _people_in(folder: str, sections: dict[str, dict[str, str]]) -> dict[str, str]:
    people = _contacts_file(os.path.join(folder, "contacts.xml"))
    return people | {
        _identity(contact): name
        for contact, entry in sections.get("contacts2", {}).items()
        if (name := entry.split(";")[0].strip())
    }


def _people_around(folder: str) -> dict[str, str]:
    """The contacts of some folders above, and of what lies some levels below those."""
    people: dict[str, str] = {}
    above = folder
    for _ in range(_LEVELS):
        if os.path.ismount(above):
            break  # beyond this disk are other people's photos
        above = os.path.dirname(above)
        if above in (os.path.dirname(above), str(Path.home())):
            break  # the same, and too many folders
        people = _people_below(above, time.monotonic() // _REMEMBERED) | people
    return people


@functools.lru_cache(maxsize=16)
def _people_below(folder: str, _: float) -> dict[str, str]:
    """The same of a folder and what lies below it; kept for a while, as a run asks for each photo.

    Notes that cannot be read say nothing here: the photos beside them report that.
    """
    people: dict[str, str] = {}
    folders = 0
    for here, below, names in os.walk(folder):
        folders += 1
        if folders > _MOST_FOLDERS:
            break
        if here.count(os.sep) - folder.count(os.sep) >= _LEVELS:
            below.clear()
        below.sort()
        ini = next((name for name in _INI if name in names), None)
        try:
            text = _read(os.path.join(here, ini)).decode("utf-8-sig", "replace") if ini else ""
            people = _people_in(here, _sections(text)) | people
        except PhotoError:
            continue
    return people


def _sections(text: str) -> dict[str, dict[str, str]]:
    """Not configparser: Picasa's files have keys twice, percent signs, and no escapes."""
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            current = sections.setdefault(line[1:-1].lower(), {})
        elif "=" in line:
            key, content = line.split("=", 1)
            current[key.strip().lower()] = content.strip()
    return sections


def _contacts_file(path: str) -> dict[str, str]:
    if not os.path.lexists(path):
        return {}
    contacts = xmp.parse_xml(_read(path), path).iter("contact")
    named = ((c.get("id"), (c.get("name") or "").strip()) for c in contacts)
    return {_identity(contact): name for contact, name in named if contact and name}


def _identity(contact: str) -> str:
    return contact.lower().zfill(16)


def _read(path: str) -> bytes:
    try:
        with open_regular(path) as file:
            data = file.read(xmp.MAX_BYTES + 1)
    except OSError as error:
        raise PhotoError(
            f"Picasa's notes cannot be read ({error.strerror or error})",
            file=path,
            remedy="Rename the file, or change its permissions",
        ) from error
    if len(data) > xmp.MAX_BYTES:
        raise PhotoError(
            f"Picasa's notes have more than {xmp.MAX_BYTES >> 20} MiB",
            file=path,
            remedy="Move the file away if it is not Picasa's",
        )
    return data
