"""`kindred.py tag --explain`: why faces got their names; the library is not touched."""

from __future__ import annotations

from pathlib import Path

from data.errors import KindredError, ModelError, PhotoError
from data.home import replace_file
from data.media.folders import find_photos
from model.tensorflow_import import import_tensorflow
from ui.terminal.output import DONE, SOME_UNREADABLE, say, warn


def explain(paths: list[str], model: str | Path | None, pictures: str) -> int:
    """Prints a paragraph a face; with a folder `pictures`, writes an occlusion map of each."""
    if model is None:
        raise ModelError("nobody is enrolled yet", remedy="Train: python kindred.py train FOLDER")
    import_tensorflow()
    from model.inference.explanation import Explainer

    explainer, unreadable = Explainer(model), 0
    broken: list[PhotoError] = []
    for path in find_photos(paths, on_error=broken.append):
        try:
            faces = explainer.explain(path)
        except PhotoError as error:
            broken.append(error)
            continue
        say(f"{path}: {len(faces) or 'no'} face{'s' if len(faces) != 1 else ''}")
        for number, face in enumerate(faces, start=1):
            say(f"  {number}. {face.sentence()}")
            if pictures:
                _write(Path(pictures) / f"{Path(path).stem}_{number}.jpg", face.picture())
    for error in broken:
        unreadable += 1
        warn(str(error))
    return SOME_UNREADABLE if unreadable else DONE


def _write(path: Path, picture: bytes) -> None:
    try:
        replace_file(path, picture)
    except OSError as error:
        raise KindredError.unwritable(
            "the picture cannot be written", error, file=path, remedy="Name another folder"
        ) from error
