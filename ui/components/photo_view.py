"""How a photo looks on a page: the picture with its faces outlined and named, and their table.

Everything is HTML over a scaled picture, not pixels: the browser then finds the fonts for names in
any script, and labels stay readable however small the screen. Names are escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from data.tags import FaceTag, PhotoTags
from ui.components.wall import uri as _uri

CROWD = 12  # faces from which strangers are labelled only when one points at them
_CONFIDENCE = "For a name: the probability that it is right. For unknown: that it is a stranger."
_SMALL_FACE = 40  # pixels; below it networks see little
_DRAW = (
    '<p class="kd-draw"><button type="button" class="kd-link" data-draw aria-pressed="false">'
    "Add a face that was missed: draw a box around it</button></p>"
)
_SMALL = 0.035  # of the photo's width; a thick line would hide a face narrower than this


@dataclass(frozen=True)
class Editing:
    """That names can be changed, and what the page needs for it.

    Attributes:
        names: Id of the list of known names (`ui.components.live.names_list`).
        confirmed: Places, in the record, of the faces whose names somebody confirmed.
    """

    names: str
    confirmed: frozenset[int] = frozenset()


def picture_html(
    tags: PhotoTags,
    preview: bytes,
    *,
    trained: bool = True,
    confirmed: frozenset[int] = frozenset(),
) -> str:
    """The picture of a photo that could be read, its faces outlined and named.

    Who points at a face, or selects it, sees the reason for its name.

    Args:
        tags: The photo's size and its faces.
        preview: The photo as a JPEG of any size.
        trained: Whether the model knows anybody; if not, there is no reason to give.
        confirmed: Places, in the record, of the faces whose names somebody confirmed.
    """
    faces = "".join(
        _outline(tags, tags.faces[i], _why(tags.faces[i], trained, i in confirmed))
        for i in reading_order(tags.faces)
    )
    crowd = " kd-crowd" if len(tags.faces) >= CROWD else ""
    # As wide as there is room, as high as most of the window, and small photos not blown up much.
    width = f"min(100cqw, {72 * tags.width / tags.height:.2f}vh, {max(tags.width, 360)}px)"
    return (
        f'<section class="kd-photo"><div class="kd-mat"><figure class="kd-picture{crowd}" '
        f'style="width:{width};aspect-ratio:{tags.width}/{tags.height}">'
        f'<img src="{_uri(preview)}" alt="{escape(tags.photo)}">{faces}</figure></div></section>'
    )


def people_html(
    tags: PhotoTags,
    thumbnails: Sequence[bytes] = (),
    *,
    trained: bool = True,
    note: str = "",
    editing: Editing | None = None,
) -> str:
    """Who is in a photo: its name, a line that says it in words, and the table of the faces.

    Args:
        tags: The photo's name, size and faces.
        thumbnails: A small JPEG of each face.
        trained: Whether the model knows anybody; if not, its confidence means nothing.
        note: Said in the place of the faces, while they are being looked for.
        editing: If names can be changed here.
    """
    rows = "".join(
        _row(tags.faces[i], i, thumbnails[i], trained, editing) for i in reading_order(tags.faces)
    )
    said = f'<p class="kd-busy" role="status">{escape(note)}</p>' if note else _said(tags)
    draw = _DRAW if editing else ""
    return (
        f'<section class="kd-photo"><h3 class="kd-title"><bdi>{escape(tags.photo)}</bdi></h3>'
        f"{said}{_table(rows) if rows else ''}{draw}</section>"
    )


def photo_html(picture: str, people: str) -> str:
    """A photo with who is in it beside or below it."""
    return f'<div class="kd-both"><div>{picture}</div><div>{people}</div></div>'


def explanation(face: FaceTag, *, confirmed: bool = False) -> str:
    """Why a face has its name or none, in words."""
    size = min(face.box[2] - face.box[0], face.box[3] - face.box[1])
    if confirmed:
        return "Somebody confirmed this name; no model changes it."
    if face.name:
        said = f"The model takes this for {face.name}, with a probability of {face.confidence:.0%}"
    elif face.confidence > 0:
        said = f"Like nobody the model knows: a stranger with {face.confidence:.0%} probability"
    else:
        said = "The model was not asked, or its suggestion was rejected"
    if size < _SMALL_FACE:
        return f"{said}. The face is small ({size:.0f} pixels), so be careful with it."
    return f"{said}. The detector is {face.score:.0%} sure that this is a face."


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


def _said(tags: PhotoTags) -> str:
    size = f"{tags.width} × {tags.height} pixels"
    return f'<p class="kd-sum"><bdi>{escape(summary(tags.faces))}</bdi> · {size}</p>'


def _why(face: FaceTag, trained: bool, confirmed: bool) -> str:
    return escape(explanation(face, confirmed=confirmed)) if trained or confirmed else ""


def _outline(tags: PhotoTags, face: FaceTag, why: str) -> str:
    x0, y0, x1, y1 = (
        min(max(float(edge) / length, 0.0), 1.0)
        for edge, length in zip(face.box, (tags.width, tags.height) * 2, strict=True)
    )
    middle = (x0 + x1) / 2
    kind = ["kd-face", "kd-unknown" if face.name is None else "kd-known"]
    if x1 - x0 < _SMALL:
        kind.append("kd-small")
    if y1 > 0.9:
        kind.append("kd-above" if y0 > 0.1 else "kd-within")
    if not 0.14 < middle < 0.86:
        kind.append("kd-left" if middle < 0.5 else "kd-right")
    name = escape(face.name or "unknown")
    place = f"left:{x0:.3%};top:{y0:.3%};width:{x1 - x0:.3%};height:{y1 - y0:.3%}"
    return (
        f'<div class="{" ".join(kind)}" style="{place}" tabindex="0" role="img" '
        f'aria-label="{name}{why and ". "}{why}"><span class="kd-name"><bdi>{name}</bdi>'
        f"{why and f'<small class=kd-why>{why}</small>'}</span></div>"
    )


def _table(rows: str) -> str:
    return (
        '<table class="kd-table"><thead><tr><th></th><th>Name</th>'
        f'<th class="kd-number" title="{_CONFIDENCE}">Confidence</th><th></th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(
    face: FaceTag, index: int, thumbnail: bytes, trained: bool, editing: Editing | None
) -> str:
    width, height = (round(float(face.box[i + 2] - face.box[i])) for i in (0, 1))
    confirmed = editing is not None and index in editing.confirmed
    why = _why(face, trained, confirmed)
    name = f"<bdi>{escape(face.name or 'unknown')}</bdi>"
    if editing:
        name = _input(face, index, editing)
    return (
        f'<tr class="kd-row{"" if face.name else " kd-stranger"}" title="{why}">'
        f'<td><img class="kd-chip" src="{_uri(thumbnail)}" alt=""></td>'
        f'<td class="kd-who">{name}<small>{width} × {height} px</small></td>'
        f'<td class="kd-number">{_sure(face, trained, confirmed)}</td>'
        f"<td>{_buttons(face, index, confirmed) if editing else ''}</td></tr>"
    )


def _sure(face: FaceTag, trained: bool, confirmed: bool) -> str:
    if confirmed:
        return '<span class="kd-yes">✓ confirmed</span>'
    if not trained or (face.name is None and not face.confidence):
        return "–"
    share = f"{min(max(float(face.confidence), 0.0), 1.0):.0%}"
    # Nothing is certain: a probability that rounds to 100 % says so.
    said = share.replace("100%", "&gt;99%")
    return f'{said}<span class="kd-meter"><i style="width:{share}"></i></span>'


def _input(face: FaceTag, index: int, editing: Editing) -> str:
    name = escape(face.name or "")
    return (
        f'<form data-do="name" data-face="{index}"><input name="name" value="{name}" dir="auto" '
        f'placeholder="Who is this?" list="{escape(editing.names)}" autocomplete="off" '
        f'aria-label="Name of face {index + 1}" enterkeyhint="done"></form>'
    )


def _buttons(face: FaceTag, index: int, confirmed: bool) -> str:
    def button(do: str, sign: str, title: str) -> str:
        title = escape(title)
        return (
            f'<button type="button" class="kd-do kd-do-{do}" data-do="{do}" data-face="{index}" '
            f'title="{title}" aria-label="{title}">{sign}</button>'
        )

    found = []
    if face.name and not confirmed:
        found.append(button("confirm", "✓", f"Yes, this is {face.name}"))
    if face.name:
        found.append(button("reject", "✗", f"Not {face.name}: never suggest it for this face"))
    found.append(button("ignore", "−", "Leave out: not a face, or nobody to name"))
    return f'<span class="kd-buttons">{"".join(found)}</span>'
