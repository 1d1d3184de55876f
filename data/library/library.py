"""The library of one person's photos: one object that opens the file and holds all its parts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from data.errors import LibraryError
from data.home import make_private
from data.library.decisions.decisions import Decisions
from data.library.decisions.forget import Forgotten, clean, forget
from data.library.groups.groups import Groups
from data.library.people.family_map import Overview
from data.library.people.people import People
from data.library.people.person_names import Person
from data.library.photos import photo_search as search
from data.library.photos.film_tracks import Films
from data.library.photos.library_folders import Folders, Leaving, remove
from data.library.photos.photo_faces import Conversion, Faces, convert_embeddings
from data.library.photos.photo_index import AnyPath, Photos
from data.library.photos.records import Records
from data.library.recognition.recognition import Recognition
from data.library.recognition.suggestions import Suggestions
from data.library.storage.database import open_database, readable_errors, transaction


class Library:
    """Photos, faces, people and decisions, kept in `library.sqlite` in Kindred's home folder.

    Several processes may have one library open. Writing is one at a time; each write is short and
    waits for its turn. An object belongs to the thread that made it; opening takes milliseconds,
    so each thread opens its own.

    Args:
        home: Kindred's home folder; made if it is not there.
        wait: Seconds to wait while another process is writing.
        compare_later: Whether faces are not compared after a decision: `data.library.comparing`
            must be asked to. What is suggested is then right for photos that are `look_at_shown`.

    Attributes:
        photos, faces, films, folders, suggestions, decisions, groups, people, records, overview:
            The parts; see their classes.
        db: The connection that they share, to `library.sqlite`.

    Raises:
        LibraryError: The file is not a library, is damaged or newer than this Kindred, or another
            process is writing for longer than `wait`. The file is left as it was.
    """

    def __init__(self, home: str | os.PathLike, *, wait: float = 10.0, compare_later: bool = False):
        self.home = Path(home)
        self.file = self.home / "library.sqlite"
        try:
            make_private(self.home)
        except OSError as error:
            raise LibraryError.unwritable(
                "the folder cannot be made",
                error,
                file=self.home,
                remedy="Name another one as KINDRED_HOME",
            ) from error
        self.db = open_database(self.file, wait=wait)
        self.photos = Photos(self.db)
        self.faces = Faces(self.db)
        self.films = Films(self.db)
        self.folders = Folders(self.db)
        self.suggestions = Suggestions(self.db)
        self.decisions = Decisions(self.db)
        self.groups = Groups(self.db)
        self.people = People(self.db)
        self.records = Records(self.db)
        self.overview = Overview(self.db)
        self.recognition = Recognition(self.db, later=compare_later)
        self.photos.on_found = self.recognition.look_at
        self.photos.on_new_vectors = self.recognition.outdate
        # Due if forgetting somebody was interrupted. When the file is in use the next opening
        # tries again; everything else works meanwhile.
        with suppress(LibraryError):
            clean(self.db)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; everything was written already."""
        with readable_errors(self.file):
            self.db.close()

    def transaction(self) -> AbstractContextManager[None]:
        """Makes several writes one: all are kept when the `with` block ends, or none."""
        return transaction(self.db)

    def find(
        self,
        with_: Sequence[Person] = (),
        without: Sequence[Person] = (),
        *,
        since: search.Date | None = None,
        until: search.Date | None = None,
        alone: bool = False,
        confirmed: bool = False,
    ) -> list[Path]:
        """The files of the photos that fit; see `data.library.photos.photo_search.find`."""
        return search.find(
            self.db, with_, without, since=since, until=until, alone=alone, confirmed=confirmed
        )

    def convert_embeddings(self, conversion: Conversion) -> int:
        """Converts what an earlier network made; see `photo_faces.convert_embeddings`."""
        count = convert_embeddings(self.db, conversion)
        if count:
            self.recognition.changed()
        return count

    def forget(self, person: Person) -> Forgotten:
        """Removes a person for good; see `data.library.decisions.forget.forget`."""
        gone = forget(self.db, self.home, person)
        self.recognition.changed()
        return gone

    def remove(self, places: Iterable[AnyPath]) -> Leaving:
        """Takes photos and folders out of the library; see `library_folders.remove`."""
        with self.transaction():
            leaving = remove(self.db, self.home, places)
            self.recognition.changed()
        return leaving
