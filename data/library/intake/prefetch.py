"""Reads photos ahead of the networks: in threads, in order, within a bound of memory."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from data.errors import PhotoError
from data.library import Todo, content_of
from data.library.intake.work import Work
from data.media.photos import ReducedPhoto, captured_at, count_pixels, read_photo, read_reduced

AHEAD = 3  # photos that are read, or being read, before they are needed
READ_PIXELS = 48_000_000  # of all these together, unless a single one has more
LARGEST_FILE = 1 << 30
_ATTEMPTS = 3  # at a file that changes while it is read
_WORD_FOR_CHANGE = "Try again when the program that writes it has finished"

T = TypeVar("T")


@dataclass
class Reading:
    """A photo that was read, or why not.

    Attributes:
        work: What was asked for; its `todo` is the state of the file that was read.
        content: The identity of the bytes; `None` for a photo that was not read.
        picture: `None` if there is nothing to look at: a photo that is done, known or unreadable.
        taken: Capture time, if known.
        recalled: What was known of the content.
        extra: What was asked to be found out besides.
        failure: Why it could not be read.
        remark: What a person should know of the file, in a sentence; "" for nothing.
        data: The bytes of the file, as long as the picture is there.
    """

    work: Work
    content: bytes | None = None
    picture: ReducedPhoto | None = None
    taken: datetime | None = None
    recalled: object = None
    extra: object = None
    failure: PhotoError | None = None
    remark: str = ""
    data: bytes = field(default=b"", repr=False)
    _leave: Callable[[], None] = lambda: None

    @property
    def error(self) -> str | None:
        """Why there is nothing to look at, unless it is done or known."""
        return self.work.error if self.failure is None else str(self.failure)

    def release(self) -> None:
        """Lets go of pixels and bytes, so that another photo may be read."""
        self.picture, self.data = None, b""
        leave, self._leave = self._leave, lambda: None
        leave()


class _Memory:
    """Lets readers in strictly in their order while there is room: what is held belongs to photos
    that come out before, so that nobody waits for ever."""

    def __init__(self, pixels: int):
        self._pixels, self._held, self._next = pixels, 0, 0
        self._changed = threading.Condition()
        self._closed = False

    def enter(self, turn: int, pixels: int) -> Callable[[], None]:
        def fits() -> bool:
            first = self._next == turn
            return self._closed or (
                first and (self._held == 0 or self._held + pixels <= self._pixels)
            )

        with self._changed:
            self._changed.wait_for(fits)
            self._next, self._held = max(self._next, turn + 1), self._held + pixels
            self._changed.notify_all()
        return lambda: self._leave(pixels)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _leave(self, pixels: int) -> None:
        with self._changed:
            self._held -= pixels
            self._changed.notify_all()


def read_ahead(
    works: Iterable[Work],
    *,
    least_pixels: int,
    recall: Callable[[bytes], object] = lambda content: None,
    extra: Callable[[Reading], object] = lambda reading: None,
    threads: int = 2,
) -> Iterator[Reading]:
    """Reads photos in threads, a few ahead of whoever takes them, and yields them in order.

    Args:
        works: The photos; one that is done passes through.
        least_pixels: A JPEG is decoded at the smallest scale that leaves so many.
        recall: From a content to what is known of it, or `None`; what is known is not decoded.
        extra: Finds out something else about each photo that was read, in its reader's thread.
        threads: How many photos are decoded at a time.
    """

    def read(work: Work, turn: int) -> Reading:
        reading = _read(work, turn, memory, least_pixels, recall)
        if reading.content is not None:
            reading.extra = extra(reading)
        return reading

    memory, reading = _Memory(READ_PIXELS), deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="kindred-read") as pool:
        try:
            for turn, work in enumerate(works):
                reading.append(pool.submit(read, work, turn))
                if len(reading) > AHEAD:
                    yield reading.popleft().result()
            while reading:
                yield reading.popleft().result()
        finally:
            memory.close()
            for future in reading:
                future.cancel()


def in_thread(items: Iterator[T], ahead: int = 8) -> Iterator[T]:
    """Yields what a generator yields, which runs in a thread of its own, a few items ahead."""
    ready: queue.Queue[tuple[bool, T | BaseException | None]] = queue.Queue(ahead)
    stopped = threading.Event()

    def put(is_item: bool, value: T | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                ready.put((is_item, value), timeout=0.1)
            except queue.Full:
                continue
            break

    def run() -> None:
        error = None
        try:
            with contextlib.closing(items) as source:
                for item in source:
                    put(True, item)
                    if stopped.is_set():
                        break
        except BaseException as raised:
            error = raised
        put(False, error)

    thread = threading.Thread(target=run, name="kindred-networks", daemon=True)
    thread.start()
    try:
        while True:
            is_item, value = ready.get()
            if not is_item:
                break
            yield value
        if value is not None:
            raise value
    finally:
        stopped.set()
        thread.join()


def _read(
    work: Work, turn: int, memory: _Memory, least_pixels: int, recall: Callable[[bytes], object]
) -> Reading:
    leave = None
    try:
        if work.todo is None:
            return Reading(work)
        work, data, content = _bytes_of(work)
        if (recalled := recall(content)) is not None:
            return Reading(
                work, content, taken=captured_at(data, name=work.photo), recalled=recalled
            )
        leave = memory.enter(turn, count_pixels(data, name=work.photo))
        picture = read_reduced(data, least_pixels, name=work.photo)
        return Reading(
            work,
            content,
            picture,
            captured_at(data, name=work.photo),
            remark=picture.remark,
            data=data,
            _leave=leave,
        )
    except PhotoError as error:
        if leave is not None:
            leave()
        return Reading(work, failure=error)
    finally:
        if leave is None:
            memory.enter(turn, 0)()


def _bytes_of(work: Work) -> tuple[Work, bytes, bytes]:
    """The bytes of a file that stood still while they were read, and its state then.

    Raises:
        PhotoError: It cannot be read, or does not stand still.
    """
    path = work.todo.path
    for _ in range(_ATTEMPTS):
        try:
            if not os.path.isfile(path):  # reading a pipe would wait for ever
                raise FileNotFoundError
            before = os.stat(path)
            if before.st_size > LARGEST_FILE:
                raise PhotoError(
                    f"The file has more than {LARGEST_FILE >> 30} GiB, the most that is read",
                    file=work.photo,
                    remedy="Save a smaller copy and use that",
                )
            with open(path, "rb") as file:
                data = file.read()
                after = os.fstat(file.fileno())
        except OSError:
            read_photo(work.photo)  # says in words what is wrong
            continue
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            todo = Todo(path, before.st_size, before.st_mtime_ns)
            return replace(work, todo=todo), data, content_of(data)
    raise PhotoError("The file changes while it is read", file=work.photo, remedy=_WORD_FOR_CHANGE)
