"""The long jobs of the pages, as the worker does them: the same calls that the terminal makes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

from data.errors import KindredError
from data.home import current_model_dir, home, new_model_dir
from data.jobs import JobProgress
from data.library.name_writer import Written, undo_writes, write_names
from data.library.views import LibraryViews
from data.lock import library_lock
from data.media.folders import LeftOut, find_photos
from data.media.kinds import is_film_name
from data.media.thumbnails import WALL_FACE_SIDE, Thumbnails, Wanted
from data.tags import FilmTags, PhotoTags
from model.inference.on_demand import ModelOnDemand


def train(arguments: dict, report: JobProgress) -> dict:
    """Learns the family `folder`; the model is not put in use, that is for the user to say."""
    report.progress("loading the networks", 0, 0)
    from model.tensorflow_import import import_tensorflow

    import_tensorflow()
    from training.train import train

    learned = train(
        arguments["folder"], new_model_dir(), progress=report.progress, on_epoch=report.figures
    )
    return {
        "model": Path(learned.model).name,
        "photos": dict(learned.photos),
        "missing": list(learned.missing),
        "left_out": [[x.person, x.path, x.reason] for x in learned.left_out],
    }


def refit(arguments: dict, report: JobProgress) -> dict:
    """Has the model in use follow the names that were given (`training.refit`)."""
    report.progress("loading the networks", 0, 0)
    from model.tensorflow_import import import_tensorflow

    import_tensorflow()
    from training.refit import refit

    learned = refit(report.progress)
    return {"model": Path(learned.model).name, "people": len(learned.photos)}


def tag(arguments: dict, report: JobProgress) -> dict:
    """Tags the photos and films in the folders `paths` into the library; goes on where it stood."""

    left_out = LeftOut()

    def photos(library: LibraryViews, broken: list) -> Iterable[str]:
        asked = arguments["paths"]
        found = find_photos(asked, on_error=broken.append, left_out=left_out, films=True)
        return library.folders.admit(found, asked, left_out.folders)

    done = _tag(photos, report, arguments["paths"])
    said = [sentence[:1].upper() + sentence[1:] + "." for sentence in left_out.sentences()]
    return done | {"left_out": said}


def renew(arguments: dict, report: JobProgress) -> dict:
    """Has the model in use name everybody in the library, where another one did that.

    From the stored embeddings; photos are read again only if the model's networks are others.
    """

    def photos(library: LibraryViews, broken: list) -> Iterable[str]:
        return (str(path) for path in library.records.paths())

    return _tag(photos, report)


def _tag(
    find: Callable[[LibraryViews, list], Iterable[str]],
    report: JobProgress,
    folders: Sequence[str] = (),
) -> dict:
    report.progress("loading the networks", 0, 0)
    # Only now: this imports TensorFlow, or will.
    from data.library.intake.album import Album

    model = model_of_jobs()
    unreadable = unknown = 0
    with library_lock(home(), "tagging photos"), LibraryViews(home()) as library:
        album, broken = Album(library, model.network, model.model, model.conversion), []
        report.progress("looking for photos", 0, 0)
        plan = album.plan(find(library, broken))
        with (
            ThreadPoolExecutor(1, "kindred-thumbnails") as pool,
            closing(album.run(plan, model, report.progress, report.note)) as tagged,
        ):
            waiting = []
            for tags in tagged:
                unreadable += tags.error is not None
                if isinstance(tags, FilmTags):
                    unknown += sum(person.name is None for person in tags.people)
                else:
                    unknown += sum(face.name is None for face in tags.faces)
                path = tags.film if isinstance(tags, FilmTags) else tags.photo
                if path in plan.fresh and not tags.error:
                    waiting.append(pool.submit(_make_thumbnails, tags))
                    waiting = [w for w in waiting if not w.done()]
                    if len(waiting) > 8:
                        waiting.pop(0).result()
        for folder in folders:
            library.photos.sweep(folder)
    return {
        "photos": len(plan.works),
        "films": len(plan.films),
        "fresh": len(plan.fresh),
        "renamed": len(plan.rename),
        "unreadable": unreadable + len(broken),
        "unknown": unknown,
        "groups": _group(model, report),
    }


def group(arguments: dict, report: JobProgress) -> dict:
    """Groups the unknown faces of the library into likely people."""
    return {"groups": _group(model_of_jobs(), report)}


def _group(model: ModelOnDemand, report: JobProgress) -> int:
    report.progress("grouping unknown faces", 0, 0)
    distance = math.sqrt(2 - 2 * model.group_threshold)
    with library_lock(home(), "grouping faces"), LibraryViews(home()) as library:
        library.groups.update(model.network, max_distance=distance)
        return len(library.groups.list())


def model_of_jobs() -> ModelOnDemand:
    """The model in use, for one job."""
    return ModelOnDemand(current_model_dir())


def write(arguments: dict, report: JobProgress) -> dict:
    """Writes names beside the library's photos and films under `paths`."""
    with library_lock(home(), "writing names"), LibraryViews(home()) as library:
        photos = library.records.paths(arguments.get("paths") or ())
        written = write_names(
            library,
            photos,
            embed=bool(arguments.get("embed")),
            confirmed_only=bool(arguments.get("confirmed_only")),
        )
        with closing(written):
            return _changed(written, lambda n: report.progress("writing names", n, len(photos)))


def unwrite(arguments: dict, report: JobProgress) -> dict:
    """Takes back what was written last."""
    with library_lock(home(), "taking names back"), LibraryViews(home()) as library:
        written = undo_writes(library)
        return _changed(written, lambda n: report.progress("taking names back", n, n))


def _changed(written: Iterable[Written], progress: Callable[[int], None]) -> dict:
    """What was done to photos and films, as it is done."""
    changed, films, errors = 0, 0, []
    for done, file in enumerate(written, 1):
        changed += bool(file.change)
        films += bool(file.change) and is_film_name(file.photo)
        errors += [file.error] if file.error else []
        progress(done)
    counts = {"changed": changed, "films": films, "failed": len(errors)}
    return counts | {"errors": errors[:20]}


def fetch(arguments: dict, report: JobProgress) -> dict:
    """Gets the network `name` from its publisher."""
    from model.tensorflow_import import import_tensorflow

    import_tensorflow()
    from model.zoo.catalogue import CATALOGUE
    from model.zoo.fetch import fetch

    network = CATALOGUE.get(arguments["name"])
    if network is None:
        raise KindredError(f"there is no network called {arguments['name']!r}")
    folder = fetch(network, progress=report.progress)
    return {"name": network.name, "folder": str(folder)}


HANDLERS = {
    "train": train,
    "refit": refit,
    "tag": tag,
    "renew": renew,
    "group": group,
    "write": write,
    "unwrite": unwrite,
    "fetch": fetch,
}


def _make_thumbnails(tags: PhotoTags | FilmTags) -> None:
    """Makes what the walls will ask for, while the photo is likely still in memory."""
    if isinstance(tags, FilmTags):
        for person in tags.people:
            whole = Wanted(tags.film, time=person.time)
            face = Wanted(tags.film, person.box, tags.width, WALL_FACE_SIDE, person.time)
            with suppress(Exception):
                Thumbnails(home()).make([whole, face])
        return
    wanted = [Wanted(tags.photo)]
    wanted += [Wanted(tags.photo, face.box, tags.width, WALL_FACE_SIDE) for face in tags.faces]
    with suppress(Exception):  # walls make what is missing, and know how to fail
        Thumbnails(home()).make(wanted)
