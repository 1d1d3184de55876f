"""Measures a piece of work: seconds on the clock, and seconds of all processor cores."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Timing:
    """What one contestant took.

    Attributes:
        name: Who.
        wall, cpu: Milliseconds a photo: medians over the repeats, on the clock and of all cores.
        faces: How many it found in all photos; `None` if it does not look for faces.
        error: Why it was not measured.
    """

    name: str
    wall: float | None = None
    cpu: float | None = None
    faces: int | None = None
    error: str | None = None

    def to_json(self) -> dict:
        return {key: value for key, value in asdict(self).items() if value is not None}


def measure(name: str, work: Callable[[], int | None], photos: int, repeats: int) -> Timing:
    """Runs `work` once to warm up and then `repeats` times.

    Args:
        name: What the table calls it.
        work: Handles all photos; returns how many faces it found.
        photos: How many photos that are.
        repeats: How often it is measured.
    """
    faces, walls, cpus = work(), [], []
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    wall, cpu = (1000 * statistics.median(seconds) / photos for seconds in (walls, cpus))
    return Timing(name, round(wall, 1), round(cpu, 1), faces)
