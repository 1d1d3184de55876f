"""The people that other programs name in a JSON file beside a photo; it is only read.

Google Takeout writes `IMG_1.jpg.supplemental-metadata.json` (formerly `IMG_1.jpg.json`), cut to 46
characters before `.json`, and with the number of `IMG_1(2).jpg` behind:
`IMG_1.jpg.supplemental-metadata(2).json`. `IMG_1-edited.jpg` has none of its own. osxphotos writes
what ExifTool would, as `IMG_1.jpg.json` or `IMG_1.json`. Neither says where in the photo a person
is.
"""

from __future__ import annotations

import html
import json
import os
import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

from data.errors import PhotoError
from data.names import person_named
from data.regions.embedded import open_regular

MAX_BYTES = 4 << 20
MAX_PEOPLE = 500
_LONGEST = 46  # characters before ".json" that Takeout keeps
_SUPPLEMENT = ".supplemental-metadata"
_NUMBERED = re.compile(r"(.*)(\(\d+\))(\.[^.]*)?")
# What Google calls an edited copy, in the languages in which it was seen.
_EDITED = re.compile(
    r"-(edited|effects|bearbeitet|modifié|editado|editada|ha editado|modificato|bewerkt|edytowane"
    r"|upraveno|redigerad|redigeret|redigert|muokattu|düzenlendi|изменено|編集済み|已修改|已編輯"
    r"|수정됨)$",
    re.IGNORECASE,
)
_EDITED_AND_CUT = re.compile(r"-(e|ed|edi|edit|edite)$", re.IGNORECASE)  # of a long name


@dataclass(frozen=True)
class PeopleNote:
    """Names of people in a photo, and the program that says so.

    Attributes:
        path: The file that says it.
        names: In the file's order, each once.
        program: "Google Takeout" or "osxphotos".
    """

    path: str
    names: tuple[str, ...]
    program: str


def note_paths(photo: str, listing: Collection[str] | None = None) -> list[str]:
    """The files beside a photo that may name its people, the likeliest first.

    Args:
        photo: Its path.
        listing: The names in its folder, if they are known: it saves looking for each file.
    """
    folder, name = os.path.split(photo)
    found = [
        os.path.join(folder, note)
        for note in dict.fromkeys(_candidates(name))
        if listing is None or note in listing
    ]
    return found if listing is not None else [path for path in found if os.path.isfile(path)]


def read_people_notes(photo: str, on_problem: Callable[[PhotoError], object]) -> list[PeopleNote]:
    """What the files beside a photo say of its people; files of other kinds say nothing.

    Args:
        photo: Its path.
        on_problem: Called for each file that cannot be read, or is damaged.
    """
    found = []
    for path in note_paths(photo):
        try:
            note = _read(path, os.path.basename(photo))
        except PhotoError as error:
            on_problem(error)
            continue
        if note is not None:
            found.append(note)
    return found


def _candidates(name: str) -> list[str]:
    stem, suffix = os.path.splitext(name)
    number = ""
    if match := _NUMBERED.fullmatch(stem):
        stem, number = match[1], match[2]
    originals = [stem + suffix]
    edited = _EDITED.sub("", unicodedata.normalize("NFC", stem))
    if len(stem) >= _LONGEST:
        edited = _EDITED_AND_CUT.sub("", edited)
    originals.append(edited + suffix)
    notes = []
    for original in originals:
        whole = original + _SUPPLEMENT
        least = min(len(original), _LONGEST)
        notes += [f"{whole[:length]}{number}.json" for length in range(len(whole), least - 1, -1)]
    # Of a picture whose own name was cut as well, Takeout cuts the note's name first.
    notes += [f"{name}.json", f"{os.path.splitext(name)[0]}.json"]
    if name.isascii():
        return notes
    # Programs that unpack an archive write one name in either of Unicode's forms.
    return [unicodedata.normalize(form, note) for note in notes for form in ("NFC", "NFD")] + notes


def _read(path: str, photo: str) -> PeopleNote | None:
    try:
        with open_regular(path) as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            return None  # no note is so long: it is something else
        said = json.loads(data)
    except OSError as error:
        raise PhotoError(
            f"The names beside the photo cannot be read ({error.strerror or error})",
            file=path,
            remedy="Rename the file, or change its permissions",
        ) from error
    except (ValueError, RecursionError) as error:
        raise PhotoError(
            "The names beside the photo cannot be read: the file is no JSON",
            file=path,
            remedy="Export it again, or rename the file",
        ) from error
    if isinstance(said, dict) and isinstance(said.get("people"), list):
        if _is_of_another(path, said.get("title"), photo):
            return None
        names = [entry.get("name") for entry in said["people"] if isinstance(entry, dict)]
        # Takeout writes some texts as for a web page: O&#39;Hara.
        names = [html.unescape(name) for name in names if isinstance(name, str)]
        return _note(path, names, "Google Takeout")
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return _of_exiftool(path, said[0], photo)
    return None


def _is_of_another(path: str, title: object, photo: str) -> bool:
    """Whether `IMG_1.json` speaks of `IMG_1.heic` where the photo is `IMG_1.jpg`."""
    stem, suffix = os.path.splitext(photo)
    if os.path.basename(path) != f"{stem}.json" or not isinstance(title, str):
        return False
    return os.path.splitext(title)[1].lower() not in ("", suffix.lower())


def _of_exiftool(path: str, said: dict, photo: str) -> PeopleNote | None:
    source = said.get("SourceFile")
    if isinstance(source, str) and os.path.basename(source) != photo:
        return None  # `IMG_1.json` may be about `IMG_1.mov`
    names = next((v for key, v in said.items() if key.split(":")[-1] == "PersonInImage"), None)
    if names is None:
        return None
    return _note(path, names if isinstance(names, list) else [names], "osxphotos")


def _note(path: str, names: list, program: str) -> PeopleNote | None:
    people = [person_named(name) for name in names[:MAX_PEOPLE] if isinstance(name, str)]
    kept = dict.fromkeys(name for name in people if name)
    return PeopleNote(path, tuple(kept), program) if kept else None
