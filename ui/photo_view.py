"""How a photo looks on a page: the picture with its faces outlined and named, and their table.

Everything is HTML over a scaled picture, not pixels: the browser then finds the fonts for names in
any script, and labels stay readable however small the screen. Names are escaped.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape

from data.tags import FaceTag, PhotoTags

CROWD = 12  # faces from which strangers are labelled only when one points at them
_CONFIDENCE = "For a name: the probability that it is right. For unknown: that it is a stranger."
_DETECTOR = "How sure the detector is that this is a face, 0 to 1."
_SIZE = "Of the face, in pixels of the photo."
_SMALL = 0.035  # of the photo's width; a thick line would hide a face narrower than this


def picture_html(tags: PhotoTags, preview: bytes) -> str:
    """The picture of a photo that could be read, its faces outlined and named.

    Args:
        tags: The photo's size and its faces.
        preview: The photo as a JPEG of any size.
    """
    faces = "".join(_outline(tags, tags.faces[i]) for i in reading_order(tags.faces))
    crowd = " kd-crowd" if len(tags.faces) >= CROWD else ""
    # As wide as there is room, as high as most of the window, and small photos not blown up much.
    width = f"min(100cqw, {72 * tags.width / tags.height:.2f}vh, {max(tags.width, 360)}px)"
    return (
        f'<section class="kd-photo"><div class="kd-mat"><figure class="kd-picture{crowd}" '
        f'style="width:{width};aspect-ratio:{tags.width}/{tags.height}">'
        f'<img src="{_uri(preview)}" alt="{escape(tags.photo)}">{faces}</figure></div></section>'
    )


def people_html(
    tags: PhotoTags, thumbnails: Sequence[bytes] = (), *, trained: bool = True, note: str = ""
) -> str:
    """Who is in a photo: its name, a line that says it in words, and the table of the faces.

    Args:
        tags: The photo's name, size and faces.
        thumbnails: A small JPEG of each face.
        trained: Whether the model knows anybody; if not, its confidence means nothing.
        note: Said in the place of the faces, while they are being looked for.
    """
    rows = "".join(_row(tags.faces[i], thumbnails[i], trained) for i in reading_order(tags.faces))
    said = f'<p class="kd-busy" role="status">{escape(note)}</p>' if note else _said(tags)
    return (
        f'<section class="kd-photo"><h3 class="kd-title"><bdi>{escape(tags.photo)}</bdi></h3>'
        f"{said}{_table(rows) if rows else ''}</section>"
    )


def summary(faces: Sequence[FaceTag]) -> str:
    """Who is in the photo, in words: "Anne, Paul and 2 unknown"."""
    if not faces:
        return "No face was found."
    names = list(dict.fromkeys(face.name for face in faces if face.name))
    unknown = Counter(face.name for face in faces)[None]
    parts = names + ([f"{unknown} unknown"] if unknown else [])
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def reading_order(faces: Sequence[FaceTag]) -> list[int]:
    """The faces from left to right, as one would name them aloud."""
    return sorted(range(len(faces)), key=lambda i: float(faces[i].box[0] + faces[i].box[2]))


def _said(tags: PhotoTags) -> str:
    size = f"{tags.width} × {tags.height} pixels"
    return f'<p class="kd-sum"><bdi>{escape(summary(tags.faces))}</bdi> · {size}</p>'


def _outline(tags: PhotoTags, face: FaceTag) -> str:
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
        f'aria-label="{name}"><span class="kd-name"><bdi>{name}</bdi></span></div>'
    )


def _table(rows: str) -> str:
    return (
        '<table class="kd-table"><thead><tr><th></th><th>Name</th>'
        f'<th class="kd-number" title="{_CONFIDENCE}">Confidence</th>'
        f'<th class="kd-number" title="{_DETECTOR}">Detector</th>'
        f'<th class="kd-number" title="{_SIZE}">Size</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(face: FaceTag, thumbnail: bytes, trained: bool) -> str:
    width, height = (round(float(face.box[i + 2] - face.box[i])) for i in (0, 1))
    share = f"{min(max(float(face.confidence), 0.0), 1.0):.0%}"
    # Nothing is certain: a probability that rounds to 100 % says so.
    said = share.replace("100%", "&gt;99%")
    meter = f'{said}<span class="kd-meter"><i style="width:{share}"></i></span>'
    return (
        f'<tr class="kd-row{"" if face.name else " kd-stranger"}">'
        f'<td><img class="kd-chip" src="{_uri(thumbnail)}" alt=""></td>'
        f'<td class="kd-who"><bdi>{escape(face.name or "unknown")}</bdi></td>'
        f'<td class="kd-number">{meter if trained else "–"}</td>'
        f'<td class="kd-number">{face.score:.2f}</td>'
        f'<td class="kd-number">{width} × {height}</td></tr>'
    )


def _uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
