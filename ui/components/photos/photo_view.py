"""How a photo looks on a page: the picture with its faces outlined and named, and their table.

Everything is HTML over a scaled picture, not pixels: the browser then finds the fonts for names in
any script, and labels stay readable however small the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from data.films.clock import clock
from data.tags import FaceTag, PhotoTags
from ui.actions.library.deciding import face_keys
from ui.components.shell.templates import render

CROWD = 12  # faces from which strangers are labelled only when one points at them
_SMALL_FACE = 40  # pixels; below it networks see little
_SMALL = 0.035  # of the photo's width; a thick line would hide a face narrower than this


@dataclass(frozen=True)
class Known:
    """What is known of a photo's faces beside their names, by their places in the record.

    Attributes:
        confirmed: The faces whose names somebody confirmed.
        questions: Who a face may be, not surely enough for a name.
        near: Who comes nearest to a face without a name, in words: "like nobody".
        trained: Whether anybody is known; if not, there is nothing to say of unknown faces.
    """

    confirmed: frozenset[int] = frozenset()
    questions: Mapping[int, str] = field(default_factory=dict)
    near: Mapping[int, str] = field(default_factory=dict)
    trained: bool = True


@dataclass(frozen=True)
class FilmShown:
    """What is shown of a film beside its key faces.

    Attributes:
        photo: Its number in the library.
        duration: Seconds.
        start: Seconds at which the player stands at first.
        times: By face when it is seen best, and its (from, to), seconds.
    """

    photo: int
    duration: float
    start: float
    times: tuple[tuple[float, tuple[tuple[float, float], ...]], ...]

    @property
    def order(self) -> list[int]:
        """The faces in the order in which they appear."""
        return sorted(range(len(self.times)), key=lambda i: self.times[i][1])


def film_html(tags: PhotoTags, film: FilmShown, preview: bytes) -> str:
    """A film in the browser's own player, with a frame until it plays."""
    return render(
        "film.html",
        film=film,
        preview=preview,
        ratio=round(tags.width / tags.height, 5),
        most=max(tags.width, 640),
        alt=f"{tags.photo}: {summary(tags.faces)}",
    )


def picture_html(
    tags: PhotoTags, preview: bytes, known: Known | None = None, *, opens: str = ""
) -> str:
    """The picture of a photo that could be read, its faces outlined and named.

    Who points at a face, or selects it, sees the reason for its name.

    Args:
        tags: The photo's size and its faces.
        preview: The photo as a JPEG of any size.
        known: What is known of the faces.
        opens: If given, a button asks the viewer for the photo that is called so.
    """
    known = known or Known()
    keys = face_keys(tags.faces)
    return render(
        "picture.html",
        tags=tags,
        preview=preview,
        ratio=round(tags.width / tags.height, 5),
        most=max(tags.width, 360),  # small photos are not blown up much
        alt=f"{tags.photo}: {summary(tags.faces)}",
        crowd=len(tags.faces) >= CROWD,
        opens=opens,
        faces=[
            _outline(tags, tags.faces[i], keys[i], _why(tags, i, known), known.questions.get(i))
            for i in reading_order(tags.faces)
        ],
    )


def people_html(
    tags: PhotoTags,
    thumbnails: Sequence[bytes] = (),
    known: Known | None = None,
    *,
    note: str = "",
    names: str = "",
    film: FilmShown | None = None,
) -> str:
    """Who is in a photo: its name, a line that says it in words, and the table of the faces.

    Args:
        tags: The photo's name, size and faces.
        thumbnails: A small JPEG of each face.
        known: What is known of the faces.
        note: Said in the place of the faces, while they are being looked for.
        names: If names can be changed here, the id of the list of known ones
            (`ui.components.shell.live.names_list`).
        film: Of a film, when its faces are seen.
    """
    known, keys = known or Known(), face_keys(tags.faces)
    faces = [
        _row(tags, i, keys[i], thumbnails[i], known) | {"times": _times(film, i)}
        for i in (reading_order(tags.faces) if film is None else film.order)
    ]
    return render(
        "people.html",
        tags=tags,
        summary=summary(tags.faces),
        note=note,
        names=names,
        film=film,
        faces=faces,
    )


def photo_html(picture: str, people: str) -> str:
    """A photo with who is in it beside or below it; both are HTML."""
    return render("both.html", picture=Markup(picture), people=Markup(people))


def explanation(face: FaceTag, *, confirmed: bool = False, near: str = "") -> str:
    """Why a face has its name or none, in words.

    Args:
        face: The face.
        confirmed: Whether somebody confirmed its name.
        near: Who comes nearest to it, in words.
    """
    size = min(face.box[2] - face.box[0], face.box[3] - face.box[1])
    if confirmed:
        return "Somebody confirmed this name; no model changes it."
    if face.name:
        said = (
            f"The model takes this for {face.name}, with a probability of {sure(face.confidence)}"
        )
    elif near:
        said = near[0].upper() + near[1:]
    else:
        said = "Nobody is known who comes near this face"
    if size < _SMALL_FACE:
        return f"{said}. The face is small ({size:.0f} pixels), so be careful with it."
    return f"{said}. The detector is {sure(face.score)} sure that this is a face."


def summary(faces: Sequence[FaceTag]) -> str:
    """Who is in the photo, in words and from left to right: "Anne, Paul and 2 unknown"."""
    if not faces:
        return "No face was found."
    names = list(dict.fromkeys(faces[i].name for i in reading_order(faces) if faces[i].name))
    unknown = Counter(face.name for face in faces)[None]
    parts = names + ([f"{unknown} unknown"] if unknown else [])
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def reading_order(faces: Sequence[FaceTag]) -> list[int]:
    """The faces from left to right, as one would name them aloud."""
    return sorted(range(len(faces)), key=lambda i: float(faces[i].box[0] + faces[i].box[2]))


def sure(confidence: float) -> str:
    """A probability in percent; nothing is certain, and one that rounds to 100 % says so."""
    return f"{confidence:.0%}".replace("100%", ">99%")


def _why(tags: PhotoTags, place: int, known: Known) -> str:
    confirmed = place in known.confirmed
    if not (known.trained or confirmed):
        return ""
    near = known.near.get(place, "")
    return explanation(tags.faces[place], confirmed=confirmed, near=near)


def _outline(tags: PhotoTags, face: FaceTag, key: str, why: str, asked: str | None) -> dict:
    x0, y0, x1, y1 = (
        min(max(float(edge) / length, 0.0), 1.0)
        for edge, length in zip(face.box, (tags.width, tags.height) * 2, strict=True)
    )
    middle = (x0 + x1) / 2
    kind = ["kd-unknown" if face.name is None else "kd-known"]
    if asked:
        kind.append("kd-asked")
    if x1 - x0 < _SMALL:
        kind.append("kd-small")
    if y1 > 0.9:
        kind.append("kd-above" if y0 > 0.1 else "kd-within")
    if not 0.14 < middle < 0.86:
        kind.append("kd-left" if middle < 0.5 else "kd-right")
    return {
        "key": key,
        "kind": " ".join(kind),
        "name": face.name or (f"{asked}?" if asked else "unknown"),
        "why": why,
        "left": x0,
        "top": y0,
        "width": x1 - x0,
        "height": y1 - y0,
    }


def _row(tags: PhotoTags, place: int, key: str, thumbnail: bytes, known: Known) -> dict:
    face = tags.faces[place]
    width, height = (round(float(face.box[i + 2] - face.box[i])) for i in (0, 1))
    is_rated = bool(face.name) and known.trained
    share = min(max(float(face.confidence), 0.0), 1.0)
    return {
        "key": key,
        "name": face.name or "unknown",
        "named": bool(face.name),
        "question": None if face.name else known.questions.get(place),
        "near": known.near.get(place, "") if known.trained and not face.name else "",
        "confirmed": place in known.confirmed,
        "why": _why(tags, place, known),
        "thumbnail": thumbnail,
        "size": f"{width} × {height}",
        "sure": sure(share) if is_rated else "",
        "meter": share if is_rated else None,
    }


def _times(film: FilmShown | None, place: int) -> list[tuple[float, str]]:
    """Where to jump to for a person of a film: seconds, and the span in words."""
    if film is None:
        return []
    best, spans = film.times[place]
    return [
        (best if start <= best <= end else start, f"{clock(start)}–{clock(end)}")
        for start, end in spans
    ]
