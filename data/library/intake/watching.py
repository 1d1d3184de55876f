"""Photos and films that arrive in a folder, or get a sidecar, once nobody writes to them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from data.errors import PhotoError
from data.library.intake.labels import is_notes, photos_of_notes
from data.media.folders import (
    find_photos,
    is_excluded,
    is_live_film,
    is_walked,
    stems_of_photos,
)
from data.media.kinds import is_film_name, is_photo_name

SETTLED = 2.0  # seconds without a change after which a file is taken for complete


class Watch:
    """Watches folders and everything below them, from the moment it is made.

    A sidecar, or Picasa's notes, that arrive or change stand for the photos beside them. Links to
    other folders are not followed, and a network disk may not say what arrives there.

    Args:
        folders: What to watch.
        settled: Seconds a file must stand still.
        exclude: Patterns of what is left out (`data.media.folders.is_excluded`).

    Raises:
        PhotoError: A folder cannot be watched.
    """

    def __init__(
        self, folders: Iterable[str], *, settled: float = SETTLED, exclude: Sequence[str] = ()
    ):
        self._settled, self._exclude = settled, exclude
        self._lock = threading.Lock()
        self._arrived: dict[str, tuple[tuple[int, int] | None, float]] = {}
        self._observer = Observer()
        try:
            for folder in folders:
                handler = _Handler(folder, self._note, exclude)
                self._observer.schedule(handler, folder, recursive=True)
            self._observer.start()
        except OSError as error:
            raise PhotoError(
                f"The folder cannot be watched ({error.strerror or error})",
                file=error.filename,
                remedy="Run without --watch now and then",
            ) from error

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_) -> None:
        self._observer.stop()
        self._observer.join()

    def take(self, timeout: float | None = None) -> list[str]:
        """Waits until photos, or what is said of them, have arrived and are complete.

        Returns:
            The photos' paths, each once; empty after `timeout` seconds.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            if ready := self._ready(time.monotonic()):
                return ready
            if end is not None and time.monotonic() >= end:
                return []
            time.sleep(min(0.25, self._settled / 4))

    def _note(self, path: str) -> None:
        if os.path.isdir(path):  # moved here with all that is in it
            found = list(
                find_photos([path], on_error=lambda _: None, exclude=self._exclude, films=True)
            )
        else:
            name = os.path.basename(path)
            is_wanted = is_photo_name(name) or is_film_name(name) or is_notes(path)
            found = [path] if is_wanted else []
        with self._lock:
            for file in found:
                self._arrived[file] = (None, time.monotonic())

    def _ready(self, now: float) -> list[str]:
        ready = set()
        with self._lock:
            for file, (state, since) in list(self._arrived.items()):
                try:
                    status = os.stat(file)
                except OSError:  # gone again, or a temporary name
                    del self._arrived[file]
                    continue
                current = (status.st_size, status.st_mtime_ns)
                if current != state:
                    self._arrived[file] = (current, now)
                elif now - since >= self._settled:
                    del self._arrived[file]
                    ready.update(photos_of_notes(file) if is_notes(file) else [file])
            ready.difference_update(self._arrived)  # these are still being written
        return sorted(file for file in ready if not _is_live(file))


def _is_live(file: str) -> bool:
    if not is_film_name(os.path.basename(file)):
        return False
    try:
        return is_live_film(file, stems_of_photos(os.listdir(os.path.dirname(file))))
    except OSError:
        return False


class _Handler(FileSystemEventHandler):
    """Passes on the path of whatever is new, written to or moved here.

    What a walk through the folder would leave out, as thumbnails that a disk station makes, is
    left out here, too.
    """

    def __init__(self, folder: str, note: Callable[[str], None], exclude: Sequence[str]):
        self._folder, self._note, self._exclude = folder, note, exclude

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in ("created", "modified", "closed"):
            path = event.src_path
            if event.is_directory and event.event_type != "created":
                return
        elif event.event_type == "moved":
            path = event.dest_path
        else:
            return
        path = os.fsdecode(path)
        folder = path if event.is_directory else os.path.dirname(path)
        if is_excluded(path, self._folder, self._exclude):
            return
        if is_walked(folder, self._folder, self._exclude):
            self._note(path)
