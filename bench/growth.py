"""`python -m bench.growth`: what a photo costs in libraries of several sizes, without networks.

Photos are small drawn JPEGs with two made-up faces each, of people of whom some are known and some
not. CPU time is that of this process; on a busy machine ratios count.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from data.library import Library, content_of
from data.library.intake.album import Album
from data.library.intake.work import TaggedPhoto, Work
from data.library.name_writer import write_names
from data.recognition.spaces import SPACES
from data.tags import FaceTag

NETWORK, MODEL = "bench+likeness:0", "model:bench"
KNOWN, UNKNOWN, CONFIRMED = 20, 20, 10  # people, and confirmed faces of each known one
DIMENSION, SPREAD = 256, 0.6  # of embeddings: numbers, and the noise against the person's own
WRITTEN = 200  # photos whose names are written


class MadeUpFaces:
    """Stands for the networks: finds two faces in every photo.

    Args:
        seed: Of the people's directions and of everything that is drawn.
    """

    def __init__(self, seed: int = 7):
        self._random = np.random.default_rng(seed)
        self._centres = self._random.normal(size=(KNOWN + UNKNOWN, DIMENSION))

    def results(self, works: Iterable[Work], known: Collection[bytes]) -> Iterator[TaggedPhoto]:
        """Every photo with its faces, as `data.library.intake.album.Results`."""
        for work in works:
            content = content_of(Path(work.photo).read_bytes())
            yield TaggedPhoto(work, content, 640, 480, faces=self._faces())

    def _faces(self) -> tuple[FaceTag, ...]:
        faces = []
        for place, who in enumerate(self._random.choice(KNOWN + UNKNOWN, 2, replace=False)):
            vector = self._centres[who] + SPREAD * self._random.normal(size=DIMENSION)
            vector = np.float32(vector / np.linalg.norm(vector))
            box = np.float32([20 + 300 * place, 40, 180 + 300 * place, 240])
            name = f"Person {who}" if who < KNOWN else None
            faces.append(FaceTag(name, 0.9, box, np.zeros((5, 2)), 0.98, vector, 0.8))
        return tuple(faces)


def measure(folder: Path, photos: int) -> dict[str, float]:
    """CPU milliseconds by what was done with a library of so many photos.

    Args:
        folder: Empty; photos and library are put there.
    """
    paths = _draw(folder / "photos", photos)
    some = paths[:: max(photos // WRITTEN, 1)][:WRITTEN]
    distance = math.sqrt(2 - 2 * SPACES["likeness"].group_threshold)
    with Library(folder / "home") as library:

        def tag() -> None:
            album = Album(library, NETWORK, MODEL)
            plan = album.plan(paths)
            with closing(album.tag(plan, MadeUpFaces().results if plan.fresh else None)) as tagged:
                deque(tagged, maxlen=0)

        times = {"into the library, a photo": _cpu(tag) / photos}
        times["once more, a photo"] = _cpu(tag) / photos
        last = _confirm(library, paths)
        times["one more decision, a photo"] = (
            _cpu(lambda: library.decisions.confirm([last], "Person 0")) / photos
        )
        writing = write_names(library, some)
        times["names written, a written photo"] = _cpu(lambda: deque(writing, maxlen=0)) / len(some)
        grouping = _cpu(lambda: library.groups.update(NETWORK, max_distance=distance))
        times["unknown faces grouped, a photo"] = grouping / photos
    return times


def _draw(folder: Path, photos: int) -> list[str]:
    """Writes the photos; each has its own bytes."""
    folder.mkdir(parents=True)
    picture = np.full((48, 64, 3), 120, np.uint8)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    paths = [folder / f"{number // 500:03d}" / f"{number}.jpg" for number in range(photos)]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(jpeg + path.name.encode())
    return [str(path) for path in paths]


def _confirm(library: Library, paths: list[str]) -> int:
    """Confirms a few faces of every known person; returns another face of the first one."""
    by_name: dict[str, list[int]] = {f"Person {who}": [] for who in range(KNOWN)}
    for path in paths:
        named = library.records.tags(path).faces
        for face, tag in zip(library.faces.of(library.photos.photo_of(path)), named, strict=True):
            if tag.name:
                by_name[tag.name].append(face.id)
        if all(len(faces) > CONFIRMED for faces in by_name.values()):
            break
    with library.transaction():
        for name, faces in by_name.items():
            library.decisions.confirm(faces[:CONFIRMED], name)
    return by_name["Person 0"][CONFIRMED]


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument(
        "sizes", nargs="*", type=int, default=[500, 5_000, 50_000], metavar="PHOTOS"
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures here")
    options = parser.parse_args()
    rows: dict[int, dict[str, float]] = {}
    for photos in sorted(options.sizes):
        with tempfile.TemporaryDirectory(prefix="kindred-bench-") as folder:
            rows[photos] = measure(Path(folder), photos)
        rows[photos]["peak memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{'CPU ms':<36}" + "".join(f"{photos:>12,}" for photos in rows))
    for name in next(iter(rows.values())):
        print(f"{name:<36}" + "".join(f"{row[name]:>12.3f}" for row in rows.values()))
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
