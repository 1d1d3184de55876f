"""The rows of the table: each contestant is measured in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from bench.timing import Timing, measure
from data.errors import KindredError
from model.tensorflow_import import import_tensorflow


def measure_all(paths: list[str], model: str | None, repeats: int) -> Iterator[Timing]:
    """Measures one contestant after the other.

    How many threads an operation takes is set once in a process, and not the same for all of them.
    A program that takes its process with it says so in its row.
    """
    for name in contestants(paths, model):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            measured = process.submit(_measured, name, paths, model, repeats)
            try:
                yield measured.result()
            except BrokenProcessPool as error:
                yield Timing(name, error=str(error))


def contestants(paths: list[str], model: str | None) -> dict[str, Callable[[], Callable]]:
    """What is measured, by the name of its row; each makes its networks when it is called."""
    from bench import contestants as them

    return {
        "decoding, reduced": lambda: them.decoding(paths),
        "Kindred, batch": lambda: them.kindred(paths, model),
        "Kindred, photo by photo": lambda: them.kindred_one_by_one(paths, model),
        "OpenCV YuNet, 1280 px, boxes only": lambda: them.yunet(paths),
        "mtcnn, 1280 px, boxes only": lambda: them.mtcnn(paths),
        "face_recognition's way, 1600 px": lambda: them.face_recognition(paths),
    }


def _measured(name: str, paths: list[str], model: str | None, repeats: int) -> Timing:
    import_tensorflow()
    return measure_if_possible(name, contestants(paths, model)[name], len(paths), repeats)


def measure_if_possible(
    name: str, make: Callable[[], Callable], photos: int, repeats: int
) -> Timing:
    """The row of a program; one that cannot run here says why instead of figures."""
    try:
        return measure(name, make(), photos, repeats)
    except (ImportError, OSError, RuntimeError, KindredError) as error:
        return Timing(name, error=" ".join(str(error).split()))
