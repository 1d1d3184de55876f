"""Tags photos and films into the library: only what is new, changed or due, all or nothing of each.

    with Library(home) as library:
        album = Album(library, network, model)
        plan = album.plan(paths)
        for tags in album.run(plan, model_on_demand): ...

What finds the faces is passed in as a function from works to results, so that it may run here
(`model.inference.tagger`) or on a cluster (`model.inference.cluster`); what writes is always this
one process.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from data.errors import PhotoError
from data.films.frame_reader import duration_of
from data.library import Library, Todo
from data.library.intake.carried_over import SOURCE as CARRIED_OVER
from data.library.intake.carried_over import carry_over
from data.library.intake.labels import adopt_labels, folder_listing, labels_state, read_labels
from data.library.intake.work import TaggedPhoto, Work
from data.library.photos.film_tracks import seen_together
from data.library.photos.photo_faces import Conversion
from data.library.photos.photo_index import content_of_file
from data.media.kinds import is_film_name
from data.media.photos import count_pixels
from data.progress import Progress, silent
from data.tags import FilmTags, PhotoTags

Results = Callable[[Iterable[Work], Collection[bytes]], Iterator[TaggedPhoto]]
"""From works and the contents that are known already to what was found, in any order."""
Name = Callable[[np.ndarray], list[tuple[str | None, float]]]

Film = Callable[[Work, bytes, Callable[[float, float], object], Path], TaggedPhoto]
"""From a film, its content, what is told of seconds done and to do, and a file that keeps half-done
work, to what was found; raises `PhotoError`."""

FILMS = "watching films"  # the phase whose progress is in seconds of film
_PHOTOS_AT_A_TIME = 100


class Model(Protocol):
    """What names and finds faces, as `model.inference.on_demand.ModelOnDemand` does."""

    name: Name
    results: Results
    film: Film


@dataclass
class Plan:
    """What there is to do for the photos that were asked for.

    Attributes:
        works: One for each photo, in order.
        films: One for each film, in order.
        fresh: The photos and films that have to be read.
        rename: Ids of photos whose faces another model has named.
        labels: Paths of photos about which other programs say something new.
    """

    works: list[Work] = field(default_factory=list)
    films: list[Work] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    rename: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)


class Album:
    """The photos of a library, and one model's view of them.

    Args:
        library: Open, and used by no other thread.
        network: Id of what makes the faces.
        model: Id of what names them.
        conversion: How embeddings in the library become those of this network, if they are of one
            that finds the same faces.
    """

    def __init__(
        self, library: Library, network: str, model: str, conversion: Conversion | None = None
    ):
        self._library, self._network, self._model = library, network, model
        if conversion is not None:
            library.convert_embeddings(conversion)

    def plan(self, photos: Iterable[str]) -> Plan:
        """Looks what is to do; reads no photo, and takes a second for some 10,000 that are done."""
        plan, rename = Plan(), {}
        folder_listing.cache_clear()
        for photo in photos:
            is_film = is_film_name(os.path.basename(photo))
            works = plan.films if is_film else plan.works
            todo = next(self._library.photos.todo([photo], self._network, retry_failed=True), None)
            if todo is None and not os.path.isfile(photo):
                works.append(Work(photo, None, error=_what_is_wrong(photo)))
                continue
            works.append(Work(photo, todo))
            if todo is not None:
                plan.fresh.add(photo)
                continue
            state = self._library.records.state(photo)
            if state is None:  # it came or went this very moment
                works[-1] = Work(photo, None, error=_what_is_wrong(photo))
                continue
            if state.model != self._model:
                rename[state.photo] = None
            listing = folder_listing(os.path.dirname(photo))
            if not is_film and state.labels != labels_state(photo, listing):
                plan.labels.append(photo)
        plan.rename = list(rename)
        return plan

    def run(
        self,
        plan: Plan,
        model: Model,
        progress: Progress = silent,
        on_note: Callable[[str], object] = lambda _: None,
    ) -> Iterator[PhotoTags | FilmTags]:
        """Does what is planned: names again, then tags photos, then films; see the other methods.

        Args:
            plan: From `plan`.
            model: Asked for what it takes only if there is something to do.
            progress: Called as photos are named again, and after each photo that was read; those
                that were read before count as done.
            on_note: Called with a sentence about what of a photo or its metadata cannot be read.
        """
        if plan.rename:
            of = len(plan.rename)
            progress("naming again", 0, of)
            self.name_again(
                plan.rename, model.name, lambda done: progress("naming again", done, of)
            )
        fresh = sum(work.photo in plan.fresh for work in plan.works)
        results = model.results if fresh else None
        # Those that are done count, too: who goes on sees the same total as before.
        of = len(plan.works)
        done = of - fresh
        if fresh:
            progress("tagging photos", done, of)
        with closing(self.tag(plan, results, on_note)) as tagged:
            for tags in tagged:
                yield tags
                if tags.photo in plan.fresh:
                    done += 1
                    progress("tagging photos", done, of)
        yield from self.tag_films(plan, model, progress)

    def name_again(
        self, photos: Iterable[int], name: Name, progress: Callable[[int], object]
    ) -> None:
        """Names the faces of photos from their stored embeddings; calls `progress` with a count.

        All faces of a photo are named at once, as in `tag`: they compete for names.
        """
        photos = list(photos)
        for start in range(0, len(photos), _PHOTOS_AT_A_TIME):
            some = photos[start : start + _PHOTOS_AT_A_TIME]
            with self._library.transaction():
                for photo in some:
                    # A decided face that these networks did not find keeps what others made of it.
                    faces = [
                        face
                        for face in self._library.faces.of(photo)
                        if len(face.embedding) and face.network == self._network
                    ]
                    times = self._library.films.times(photo)
                    together = [range(len(faces))] if faces else []
                    if times:
                        together = seen_together([times[face.id].spans for face in faces])
                    answers = {}
                    for group in together:
                        found = name(np.stack([faces[i].embedding for i in group]))
                        answers |= zip((faces[i].id for i in group), found, strict=True)
                    self._library.photos.name_again(photo, self._model, answers)
            progress(start + len(some))

    def tag(
        self,
        plan: Plan,
        results: Results | None,
        on_note: Callable[[str], object] = lambda _: None,
    ) -> Iterator[PhotoTags]:
        """Does what is planned and yields the record of every photo, with the names that count.

        A photo is in the library when it is yielded.

        Args:
            plan: From `plan`; its photos are done by this album's network.
            results: Finds and names the faces; not needed if no photo has to be read.
            on_note: Called with a sentence about what of a photo or its metadata cannot be read.
        """
        adopt = set(plan.labels)
        if results is not None:
            known = self._library.records.contents(self._network, self._model)
            found = results(plan.works, known)
        else:
            found = _nothing(plan.works)
        with closing(found):
            for tagged in found:
                photo = tagged.work.photo
                error, labels = tagged.error, tagged.labels
                former = self._library.photos.photo_of(photo)
                if error is None and tagged.work.todo is not None:
                    error = self._keep(tagged)
                    if error is None and former is not None:
                        self._carry_over(photo, former, on_note)
                elif error is not None and tagged.work.todo is not None:
                    self._note_failure(tagged.work.todo, error)
                elif error is None and photo in adopt:
                    labels = read_labels(photo)
                if error is not None:
                    yield PhotoTags(photo, error=error)
                    continue
                if tagged.remark:
                    on_note(f"{photo}: {tagged.remark}")
                if tagged.work.todo is not None or photo in adopt:
                    if labels.error:
                        on_note(labels.error)
                    adopt_labels(self._library, photo, labels)
                yield replace(self._library.records.tags(photo), photo=photo)
        self._library.recognition.catch_up()

    def tag_films(
        self, plan: Plan, model: Model, progress: Progress = silent
    ) -> Iterator[FilmTags]:
        """Tags the films of a plan and yields their records; each is then in the library.

        What was found in a film so far is kept in `cache/films`, so that a run that was killed
        goes on in the middle of it.

        Args:
            plan: From `plan`.
            model: Asked only if there is a film to watch.
            progress: Called with the seconds of film that are done, and that there are.
        """
        lengths = {work.photo: duration_of(work.photo) for work in plan.films if work.todo}
        done, of = 0.0, sum(lengths.values())
        for work in plan.films:
            if work.todo is not None:
                before = done

                def watched(seconds: float, of_film: float, before: float = before) -> None:
                    progress(FILMS, round(before + seconds), round(max(of, before + of_film)))

                error = self._watch(work, model, watched)
                done += lengths[work.photo]
                progress(FILMS, round(done), round(of))
            else:
                error = work.error
            photo = self._library.photos.photo_of(work.photo) if error is None else None
            tags = None if photo is None else self._library.films.tags(photo, work.photo)
            yield tags or FilmTags(work.photo, error=error or _what_is_wrong(work.photo))
        if lengths:
            self._library.recognition.catch_up()

    def _watch(self, work: Work, model: Model, watched: Callable[[float, float], object]):
        """Puts a film into the library; returns why it cannot be, or `None`."""
        try:
            status = os.stat(work.photo)
            todo = Todo(work.todo.path, status.st_size, status.st_mtime_ns)
            content = content_of_file(work.photo)
            known = self._library.photos.known(todo, content, self._network)
            if known is not None:  # moved, or copied
                if self._library.records.state(work.photo).model != self._model:
                    self.name_again([known], model.name, lambda done: None)
                return None
            key = hashlib.sha256(content + self._network.encode()).hexdigest()
            saved = self._library.home / "cache" / "films" / f"{key}.npz"
            tagged = model.film(replace(work, todo=todo), content, watched, saved)
            status = os.stat(work.photo)
            if (status.st_size, status.st_mtime_ns) != (todo.size, todo.mtime_ns):
                raise PhotoError(
                    "The film changes while it is read",
                    file=work.photo,
                    remedy="Try again when the program that writes it has finished",
                )
        except OSError as error:
            return str(PhotoError(f"The film cannot be read ({error.strerror})", file=work.photo))
        except PhotoError as error:
            self._note_failure(work.todo, str(error))
            return str(error)
        return self._keep(tagged)

    def _keep(self, tagged: TaggedPhoto) -> str | None:
        todo = tagged.work.todo
        if tagged.width is None:  # the bytes are known
            photo = self._library.photos.known(todo, tagged.content, self._network)
            return None if photo is not None else "it changed meanwhile; tag it again"
        self._library.photos.record(
            todo,
            tagged.content,
            width=tagged.width,
            height=tagged.height,
            taken=tagged.taken,
            network=self._network,
            faces=tagged.faces,
            model=self._model,
            film=tagged.film,
        )
        return None

    def _carry_over(self, path: str, former: int, on_note: Callable[[str], object]) -> None:
        """Keeps names on the faces of a file that holds another picture than before."""
        photo = self._library.photos.photo_of(path)
        if photo == former:
            return
        lost = carry_over(self._library, former, photo)
        self._library.records.say(path, lost, CARRIED_OVER, former)
        if lost:
            names = ", ".join(lost)
            on_note(
                f"{path}: the picture was changed, and no face in it is clearly that of {names}."
                " Name the face again."
            )

    def _note_failure(self, todo: Todo, error: str) -> None:
        if os.path.lexists(todo.path):
            text = error.encode(errors="backslashreplace").decode()  # a path need not be text
            self._library.photos.record_failure(todo, text)


def _nothing(works: Iterable[Work]) -> Iterator[TaggedPhoto]:
    for work in works:
        yield TaggedPhoto(work, error=work.error)


def _what_is_wrong(photo: str) -> str:
    try:
        count_pixels(photo)
    except PhotoError as error:
        return str(error)
    return f"{photo}: it was not there a moment ago."
