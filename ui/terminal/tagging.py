"""What `kindred.py tag` does: photos and films in, records and counts out."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from data.errors import LibraryError, PhotoError
from data.films.clock import clock_spans
from data.home import current_model_dir, home
from data.library import Library
from data.library.intake.album import FILMS, Album
from data.library.intake.watching import Watch
from data.lock import library_lock
from data.media.folders import LeftOut, find_photos
from data.recognition.nearest import Nearest, words
from data.tags import FilmTags, PhotoTags
from data.words import count, photos_and_films
from model.inference.on_demand import ModelOnDemand
from ui.terminal.output import DONE, SOME_UNREADABLE, Bars, Results, say, warn


def tag(options: argparse.Namespace) -> int:
    """Runs the command `tag`, whose options make sense, and returns the exit status."""
    folders = [path for path in options.paths if Path(path).is_dir()]
    model = ModelOnDemand(options.model or current_model_dir(), options.scheduler)
    with ExitStack() as stack:
        lock = stack.enter_context(ExitStack())
        lock.enter_context(library_lock(home(), "tagging photos"))
        library = stack.enter_context(Library(home()))
        if not model.people and not library.recognition.known():
            warn(
                "nobody is enrolled yet, so everybody is unknown. Name faces in the pages or with: "
                "python kindred.py confirm PHOTO NAME; or teach it a folder: "
                "python kindred.py train FOLDER"
            )
        results = stack.enter_context(Results(options.json, options.csv))
        run = _Run(library, model, results, options.paths, options.exclude)
        if others := library.photos.made_by_others(model.network):
            warn(
                f"the networks are others than before: {count(others, 'photo')} in the library "
                "must be looked at again. Those named here are, now; the others keep the names "
                "they have until they are. What you decided stays"
            )
        if options.again:
            library.folders.look_again(options.paths)
        if options.watch:
            _watch(run, options.paths, folders, lock, options.exclude)
        else:
            run.once(options.paths)
        for folder in folders:
            library.photos.sweep(folder)
        run.summary()
    return SOME_UNREADABLE if run.unreadable else DONE


def _watch(
    run: _Run, paths: list[str], folders: list[str], lock: ExitStack, exclude: Sequence[str]
) -> None:
    """Tags what is there and what arrives, until Ctrl-C.

    The library's lock is given back when nothing is left to do, so that others can group and write
    meanwhile.
    """
    with Watch(folders, exclude=exclude) as watch:
        try:
            run.once(paths)
            lock.close()
            warn("watching for photos; press Ctrl-C to stop")
            while arrived := watch.take():
                with _lock_in_time():
                    run.once(arrived)
        except KeyboardInterrupt:
            pass  # the end of watching, not of a job half done: every photo is whole


@contextmanager
def _lock_in_time() -> Iterator[None]:
    """The lock, however long somebody else holds it; says so when that takes long."""
    with ExitStack() as stack:
        try:
            stack.enter_context(library_lock(home(), "tagging photos"))
        except LibraryError as error:
            warn(f"waiting: {error.what}")
            stack.enter_context(library_lock(home(), "tagging photos", wait=-1))
        yield


class _Run:
    """One call of `tag`: photos in, records out, and what to say at the end."""

    def __init__(
        self,
        library: Library,
        model: ModelOnDemand,
        results: Results,
        asked: Sequence[str],
        exclude: Sequence[str] = (),
    ):
        self._library, self._folders, self._asked = library, library.folders, asked
        self._head = model.head
        self._album = Album(library, model.network, model.model, model.conversion)
        self._model, self._results = model, results
        self._people: Counter[str] = Counter()
        self._unknown = 0
        self._exclude, self._left_out = exclude, LeftOut()
        self.handled = self.films = self.unreadable = 0

    def once(self, paths: Iterable[str]) -> None:
        """Tags what is meant by these paths."""
        broken: list[PhotoError] = []
        found = find_photos(
            paths,
            on_error=broken.append,
            exclude=self._exclude,
            left_out=self._left_out,
            films=True,
        )
        admitted = self._folders.admit(found, self._asked, self._left_out.folders)
        plan = self._album.plan(admitted)
        with Bars(" photos", {FILMS: " s"}) as bars:
            for tags in self._album.run(plan, self._model, bars.show, on_note=warn):
                self._show(tags)
        for error in broken:
            self._show(PhotoTags(error.file or "", error=str(error)))

    def _show(self, tags: PhotoTags | FilmTags) -> None:
        is_film = isinstance(tags, FilmTags)
        self.handled += not is_film
        self.films += is_film
        if tags.error:
            self.unreadable += 1
            warn(tags.error)
        names = [one.name for one in (tags.people if is_film else tags.faces)]
        self._people.update({name for name in names if name})
        self._unknown += names.count(None)
        self._results.write(tags)
        if not self._results.any and not tags.error:
            say(_readable_film(tags) if is_film else _readable(tags, self._nearest(tags)))

    def _nearest(self, tags: PhotoTags) -> list[Nearest | None]:
        """Who comes nearest to each face of a photo; of a named one nobody asks."""
        state = self._library.records.state(tags.photo)
        if state is None or state.photo is None or all(face.name for face in tags.faces):
            return [None] * len(tags.faces)
        faces = self._library.faces.of(state.photo)
        known = [face for face in faces if face.network == self._model.network]
        found = self._library.recognition.nearest(
            self._model.network,
            [face.embedding for face in known],
            faces=[face.id for face in known],
            head=self._head,
        )
        by_face = {face.id: one for face, one in zip(known, found, strict=True)}
        return [by_face.get(face.id) for face in faces]

    def summary(self) -> None:
        """Says who was seen how often, and what could not be read.

        Where records are written the counts are for people only, who look at a terminal.
        """
        if not self._results.any or sys.stderr.isatty():
            self._say_counts(sys.stderr if self._results.any else sys.stdout)
        for sentence in self._left_out.sentences():
            warn(sentence)
        if self.unreadable:
            warn(f"{self.unreadable} of {self.handled + self.films} could not be read")

    def _say_counts(self, to: TextIO) -> None:
        say("", to)
        width = max(map(len, self._people), default=0)
        what = ("photo or film", "photos or films") if self.films else ("photo",)
        for name, seen in sorted(self._people.items(), key=lambda item: (-item[1], item[0])):
            say(f"  {name:<{width}}  {count(seen, *what)}", to)
        handled = photos_and_films(self.handled, self.films)
        say(f"{handled}, {count(self._unknown, 'unknown face')}", to)


def _readable(tags: PhotoTags, nearest: Sequence[Nearest | None]) -> str:
    names = [
        f"{face.name} ({face.confidence:.0%})"
        if face.name
        else f"unknown ({words(near)})"
        if near
        else "unknown"
        for face, near in zip(tags.faces, nearest, strict=True)
    ]
    return f"{tags.photo}: {', '.join(names) or 'no face'}"


def _readable_film(film: FilmTags) -> str:
    """The people of a film by the numbers that `confirm --track` takes, with their times."""
    people = []
    for number, track in enumerate(film.people, 1):
        who = f"{track.name} ({track.confidence:.0%})" if track.name else "unknown"
        people.append(f"{number} {who} {clock_spans(track.spans)}")
    return f"{film.film}: {', '.join(people) or 'nobody'}"
