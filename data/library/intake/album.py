"""Tags photos into the library: only what is new, changed or due, each photo all or nothing.

    with Library(home) as library:
        album = Album(library, network, model)
        plan = album.plan(paths)
        for tags in album.run(plan, model_on_demand): ...

What finds the faces is passed in as a function from works to results, so that it may run here
(`model.inference.tagger`) or on a cluster (`model.inference.cluster`); what writes is always this
one process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from data.errors import PhotoError
from data.library import Library, Todo
from data.library.faces import Conversion
from data.library.intake.labels import adopt_labels, folder_listing, labels_state, read_labels
from data.library.intake.work import TaggedPhoto, Work
from data.media.photos import count_pixels
from data.progress import Progress, silent
from data.tags import PhotoTags

Results = Callable[[Iterable[Work], Collection[bytes]], Iterator[TaggedPhoto]]
"""From works and the contents that are known already to what was found, in any order."""
Name = Callable[[np.ndarray], list[tuple[str | None, float]]]

_PHOTOS_AT_A_TIME = 100


class Model(Protocol):
    """What names and finds faces, as `model.inference.on_demand.ModelOnDemand` does."""

    name: Name
    results: Results


@dataclass
class Plan:
    """What there is to do for the photos that were asked for.

    Attributes:
        works: One for each photo, in order.
        fresh: The photos that have to be read.
        rename: Ids of photos whose faces another model has named.
        labels: Paths of photos about which other programs say something new.
    """

    works: list[Work] = field(default_factory=list)
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
            todo = next(self._library.photos.todo([photo], self._network, retry_failed=True), None)
            if todo is None and not os.path.isfile(photo):
                plan.works.append(Work(photo, None, error=_what_is_wrong(photo)))
                continue
            plan.works.append(Work(photo, todo))
            if todo is not None:
                plan.fresh.add(photo)
                continue
            state = self._library.records.state(photo)
            if state is None:  # it came or went this very moment
                plan.works[-1] = Work(photo, None, error=_what_is_wrong(photo))
                continue
            if state.model != self._model:
                rename[state.photo] = None
            listing = folder_listing(os.path.dirname(photo))
            if state.labels != labels_state(photo, listing):
                plan.labels.append(photo)
        plan.rename = list(rename)
        return plan

    def run(
        self,
        plan: Plan,
        model: Model,
        progress: Progress = silent,
        on_note: Callable[[str], object] = lambda _: None,
    ) -> Iterator[PhotoTags]:
        """Does what is planned: names again, then tags; see `name_again` and `tag`.

        Args:
            plan: From `plan`.
            model: Asked for what it takes only if there is something to do.
            progress: Called as photos are named again, and after each photo that was read.
            on_note: Called with a sentence about metadata that cannot be read.
        """
        if plan.rename:
            of = len(plan.rename)
            progress("naming again", 0, of)
            self.name_again(
                plan.rename, model.name, lambda done: progress("naming again", done, of)
            )
        done, of = 0, len(plan.fresh)
        results = model.results if plan.fresh else None
        progress("tagging photos", done, of)
        with closing(self.tag(plan, results, on_note)) as tagged:
            for tags in tagged:
                yield tags
                if tags.photo in plan.fresh:
                    done += 1
                    progress("tagging photos", done, of)

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
                    answers = name(np.stack([f.embedding for f in faces])) if faces else []
                    named = zip((f.id for f in faces), answers, strict=True)
                    self._library.photos.name_again(photo, self._model, dict(named))
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
            on_note: Called with a sentence about metadata that cannot be read.
        """
        adopt = set(plan.labels)
        if plan.fresh:
            known = self._library.records.contents(self._network, self._model)
            found = results(plan.works, known)
        else:
            found = _nothing(plan.works)
        with closing(found):
            for tagged in found:
                photo = tagged.work.photo
                error, labels = tagged.error, tagged.labels
                if error is None and tagged.work.todo is not None:
                    error = self._keep(tagged)
                elif error is not None and tagged.work.todo is not None:
                    self._note_failure(tagged.work.todo, error)
                elif error is None and photo in adopt:
                    labels = read_labels(photo)
                if error is not None:
                    yield PhotoTags(photo, error=error)
                    continue
                if tagged.work.todo is not None or photo in adopt:
                    if labels.error:
                        on_note(labels.error)
                    adopt_labels(self._library, photo, labels)
                yield replace(self._library.records.tags(photo), photo=photo)
        self._library.recognition.catch_up()

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
        )
        return None

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
