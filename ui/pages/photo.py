"""The photos of the library, large: what the viewer shows of them on every page with a wall."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import basename, dirname

from data.errors import KindredError, PhotoError
from data.home import home
from data.library.views import LibraryViews, Shown
from data.media.photos import read_photo, read_reduced
from data.media.thumbnails import PREVIEW_SIDE, Thumbnails, Wanted, face_thumbnail, preview
from data.tags import PhotoTags
from ui.actions.library.deciding import decide, look_with
from ui.actions.library.everybody import known_names
from ui.actions.library.library_in_use import carry_out, library_in_use
from ui.actions.models.model_in_use import model_in_use
from ui.components.photos.photo_view import FilmShown, Known
from ui.components.photos.viewer import Album, Seen, opened_at, show_viewer

_STRIP_SECONDS = 0.15  # for pictures of the film strip that no wall has made yet


def show_library_viewer(photos: Sequence[int | None]) -> None:
    """Shows the photo that is open, if there is one, and a way to the others of a wall.

    Args:
        photos: Their numbers, in the order of the wall; `None` for files that cannot be read.
    """
    numbers = tuple(str(photo) for photo in photos if photo is not None)
    show_viewer(Album(numbers, see_photo, decide_on_photo, strip_of, names_in_library))


def see_photo(photo: str) -> Seen:
    """A photo of the library, by its number as the address has it."""
    with library_in_use(compare_later=True) as library:
        if photo.isdecimal():
            library.recognition.look_at_shown(int(photo))
        shown = library.shown(int(photo)) if photo.isdecimal() else None
        near = {} if shown is None else library.near(shown.unknown)
    if shown is None:
        return Seen(PhotoTags("Photo", error="The file of this photo is gone."))
    name = basename(shown.tags.photo)
    film = None
    try:
        if shown.duration is None:
            picture, thumbnails = pictures(shown.tags)
        else:
            at = opened_at()
            start = _start(shown) if at is None else at
            film = FilmShown(int(photo), shown.duration, round(start, 2), shown.times)
            picture, thumbnails = _film_pictures(shown, start)
    except PhotoError as error:
        return Seen(PhotoTags(name, error=str(error)))
    return Seen(
        PhotoTags(name, shown.tags.width, shown.tags.height, shown.tags.faces),
        picture,
        thumbnails,
        Known(
            frozenset(i for i, face in enumerate(shown.faces) if face in shown.confirmed),
            shown.questions,
            {i: near[face] for i, face in enumerate(shown.faces) if face in near},
        ),
        dirname(shown.tags.photo),
        film=film,
    )


def decide_on_photo(photo: str, act: dict) -> bool:
    """Carries out what was done to a photo; returns whether that could be done."""
    with library_in_use(compare_later=True) as library:

        def decided() -> str:
            shown = library.shown(int(photo)) if photo.isdecimal() else None
            if shown is None:
                raise KindredError("the file of this photo is gone")
            if act.get("do") == "draw" and shown.duration is not None:
                raise KindredError("boxes cannot be drawn on films")
            look = look_with(model_in_use, lambda: read_photo(shown.tags.photo))
            return decide(library, int(photo), shown, act, look)

        return carry_out(library, decided)


def pictures(tags: PhotoTags) -> tuple[bytes, tuple[bytes, ...]]:
    """A preview of a photo, and a thumbnail of each of its faces."""
    whole = Wanted(tags.photo, side=PREVIEW_SIDE)
    faces = [Wanted(tags.photo, face.box, tags.width, 112) for face in tags.faces]
    kept = [Thumbnails(home()).kept(wanted) for wanted in (whole, *faces)]
    if all(kept):
        return kept[0], tuple(kept[1:])
    read = read_reduced(tags.photo, PREVIEW_SIDE**2)
    scale = read.image.shape[1] / tags.width
    return preview(read.image), tuple(
        face_thumbnail(read.image, face.box * scale) for face in tags.faces
    )


def _start(shown: Shown) -> float:
    """Where a film's first person is seen first."""
    return min((spans[0][0] for _, spans in shown.times if spans), default=0.0)


def _film_pictures(shown: Shown, start: float) -> tuple[bytes, tuple[bytes, ...]]:
    """The frame at which a film is opened, and the key face of each of its people."""
    path, width = shown.tags.photo, shown.tags.width
    wanted = [Wanted(path, side=PREVIEW_SIDE, time=start)]
    for face, (time, _) in zip(shown.tags.faces, shown.times, strict=True):
        wanted.append(Wanted(path, face.box, width, 112, time))
    whole, *faces = (content or b"" for content in Thumbnails(home()).many(wanted))
    return whole, tuple(faces)


def strip_of(photos: Sequence[str]) -> list[tuple[bytes | None, str]]:
    """A small JPEG of each photo, by its number, and who is on it."""
    wanted, said = [], []
    with library_in_use(compare_later=True) as library:
        library.recognition.look_at_shown(*(int(photo) for photo in photos if photo.isdecimal()))
        for photo in photos:
            path = _path(library, photo)
            if path is None:
                wanted.append(Wanted(""))
                said.append("gone")
                continue
            names = [name.name for name in library.suggestions.names(int(photo)).values()]
            said.append(", ".join(dict.fromkeys(names)) or "nobody with a name")
            wanted.append(Wanted(path, time=library.moment_of(int(photo))))
    return list(zip(Thumbnails(home()).many(wanted, _STRIP_SECONDS), said, strict=True))


def _path(library: LibraryViews, photo: str) -> str | None:
    paths = library.photos.paths(int(photo)) if photo.isdecimal() else ()
    return str(paths[0]) if paths else None


def names_in_library() -> list[str]:
    """Everybody's name."""
    with library_in_use(compare_later=True) as library:
        return known_names(library)
