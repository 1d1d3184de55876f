"""Finds and names the people in a film: its frames through the engine, its faces into tracks."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from data.arrays import read_arrays, write_arrays
from data.films.frame_reader import Frame, probe, read_frames
from data.films.tracks import Linker, Sighting, Track
from data.library.intake.prefetch import Reading, in_thread
from data.library.intake.work import TaggedPhoto, Work
from data.library.photos.film_tracks import FilmTracks, TrackTimes, seen_together
from data.media.photos import ReducedPhoto
from data.tags import FaceTag, TrackTag
from model.inference.engine import FoundFaces

SAVED_EVERY = 30.0  # seconds of work that a kill may cost
AHEAD = 16  # frames that are decoded, and wait

_GONE = np.empty((0, 0, 3), np.uint8)
_ARRAYS = ("landmarks", "box", "embedding")

Find = Callable[[Iterable[Reading]], Iterator[FoundFaces]]
Name = Callable[[np.ndarray], list[tuple[str | None, float]]]
OnSeconds = Callable[[float, float], object]
"""Called with the seconds of the film that are done, and those that there are (0: unknown)."""


@dataclass(frozen=True)
class TaggedTrack:
    """A track, and whom it shows."""

    tag: TrackTag
    track: Track = field(repr=False)


@dataclass(frozen=True)
class TaggedFilm:
    """The people of a film, in the order in which they appear.

    Attributes:
        width, height: Of the upright picture, pixels.
        duration: Seconds.
    """

    width: int
    height: int
    duration: float
    tracks: tuple[TaggedTrack, ...]

    def for_library(self, work: Work, content: bytes, taken: datetime | None) -> TaggedPhoto:
        """What the library keeps of it: its tracks as faces with times.

        Args:
            work: The film, with its state when it was read.
            content: The identity of its bytes.
            taken: When it was filmed, if that is known.
        """
        faces, times = [], []
        for tagged in self.tracks:
            tag, track = tagged.tag, tagged.track
            best = track.best
            faces.append(
                FaceTag(
                    tag.name,
                    tag.confidence,
                    best.box,
                    best.landmarks,
                    best.score,
                    track.embedding,
                    best.quality,
                )
            )
            times.append(TrackTimes(best.time, track.spans, track.examples))
        film = FilmTracks(self.duration, tuple(times))
        return TaggedPhoto(work, content, self.width, self.height, taken, tuple(faces), film=film)


def tag_film(
    film: str | os.PathLike,
    find: Find,
    name: Name,
    *,
    same_person: float,
    progress: OnSeconds = lambda done, of: None,
    saved: Path | None = None,
) -> TaggedFilm:
    """Finds and names the people in a film.

    Args:
        film: Its path.
        find: The engine: from readings to the faces of each, in order.
        name: Embeddings float32 [N, D] of people seen at the same time, to names and confidences.
        same_person: Cosine from which two tracks are one person's.
        progress: Told about every frame; what it raises ends the work.
        saved: A file in which the faces found so far are kept, so that the next call goes on
            from there; it is gone when the film is done.

    Raises:
        PhotoError: The film cannot be read.
    """
    info = probe(film)
    looked = _load(saved)
    last_saved = time.monotonic()
    start = looked[-1].time + 1e-3 if looked else 0.0
    frames = _look(film, find, start, looked[-1] if looked else None)
    with closing(frames):
        for frame in frames:
            looked.append(frame)
            progress(frame.time, max(info.duration, frame.time))
            if saved is not None and time.monotonic() - last_saved > SAVED_EVERY:
                _save(saved, looked)
                last_saved = time.monotonic()
    duration = max(info.duration, looked[-1].time)
    tracks = _link(looked, duration, same_person)
    tagged = TaggedFilm(looked[-1].width, looked[-1].height, duration, tuple(_named(tracks, name)))
    if saved is not None:
        with suppress(OSError):
            saved.unlink()
    return tagged


@dataclass(frozen=True)
class _FrameFaces:
    """The faces of one frame; `faces` are sightings that do not know yet when they end."""

    time: float
    width: int
    height: int
    is_cut: bool
    faces: tuple[Sighting, ...]


def _look(film, find: Find, start: float, former: _FrameFaces | None) -> Iterator[_FrameFaces]:
    """The faces of each frame; those of a frame in which nothing has changed are the former's."""
    waiting: deque[tuple[Frame, float]] = deque()

    def readings() -> Iterator[Reading]:
        with closing(in_thread(read_frames(film, start), AHEAD)) as frames:
            for frame in frames:
                height, width = frame.image.shape[:2]
                picture = None if frame.is_still else ReducedPhoto(frame.image, width, height)
                waiting.append((replace(frame, image=_GONE), frame.width / width))
                yield Reading(Work(os.fspath(film), None), picture=picture)

    for found in find(readings()):
        frame, scale = waiting.popleft()
        if frame.is_still and former is not None:
            faces = tuple(replace(face, time=frame.time) for face in former.faces)
        else:
            faces = tuple(_sightings(frame, found, scale))
        former = _FrameFaces(frame.time, frame.width, frame.height, frame.is_cut, faces)
        yield former


def _sightings(frame: Frame, found: FoundFaces, scale: float) -> Iterator[Sighting]:
    if not len(found):
        return
    quality = found.quality.min(axis=1)
    for i in range(len(found)):
        yield Sighting(
            frame.time,
            frame.time,
            (found.boxes[i] * scale).astype(np.float32),
            (found.landmarks[i] * scale).astype(np.float32),
            float(found.scores[i]),
            found.embeddings[i],
            float(quality[i]),
        )


def _link(looked: list[_FrameFaces], duration: float, same_person: float) -> list[Track]:
    linker = Linker(same_person, link=same_person - 0.5 * (1 - same_person))
    ends = [frame.time for frame in looked[1:]] + [duration]
    for frame, end in zip(looked, ends, strict=True):
        faces = [replace(face, until=max(end, frame.time)) for face in frame.faces]
        linker.add(faces, is_cut=frame.is_cut)
    return linker.tracks()


def _named(tracks: list[Track], name: Name) -> Iterator[TaggedTrack]:
    """Names those together who are seen together: they compete for names, as in a photo."""
    answers: dict[int, tuple[str | None, float]] = {}
    for together in seen_together([track.spans for track in tracks]):
        vectors = np.stack([tracks[i].embedding for i in together])
        answers.update(zip(together, name(vectors), strict=True))
    for i, track in enumerate(tracks):
        tag = TrackTag(*answers[i], track.spans, track.best.time, track.best.box)
        yield TaggedTrack(tag, track)


def _save(path: Path, looked: list[_FrameFaces]) -> None:
    """Keeps the faces found so far, whole or not at all; a full disk only costs the time."""
    faces = [face for frame in looked for face in frame.faces]
    arrays = {key: np.array([getattr(face, key) for face in faces]) for key in _ARRAYS}
    arrays["rates"] = np.array([(face.score, face.quality) for face in faces])
    arrays["frames"] = np.array(
        [(f.time, f.width, f.height, f.is_cut, len(f.faces)) for f in looked], np.float64
    )
    with suppress(OSError):
        write_arrays(path, arrays)


def _load(path: Path | None) -> list[_FrameFaces]:
    """What `_save` kept; nothing if there is none, or it is damaged."""
    if path is None or not path.is_file():
        return []
    try:
        found = read_arrays(path)
        looked, first = [], 0
        for at, width, height, is_cut, count in found["frames"]:
            faces = tuple(
                Sighting(
                    float(at),
                    float(at),
                    found["box"][i],
                    found["landmarks"][i],
                    float(found["rates"][i, 0]),
                    found["embedding"][i],
                    float(found["rates"][i, 1]),
                )
                for i in range(first, first + int(count))
            )
            first += int(count)
            looked.append(_FrameFaces(float(at), int(width), int(height), bool(is_cut), faces))
        return looked
    except (OSError, ValueError, KeyError, IndexError):
        return []
