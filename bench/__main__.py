"""`python -m bench PHOTOS`: how fast Kindred is on these photos, beside other programs."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

from bench.table import measure_all
from bench.timing import Timing
from data.media.folders import find_photos
from model.tensorflow_import import import_tensorflow


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures photos in a batch, photo by photo, and from a cold start. Peers are "
        "those of bench/requirements.txt that are installed. All figures of one run are taken on "
        "the same photos; where other programs use the machine, compare CPU time.",
    )
    parser.add_argument("photos", nargs="+", metavar="PHOTOS", help="photos, and folders of them")
    parser.add_argument("--model", metavar="DIR", help="a model folder (default: untrained)")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="default: %(default)s")
    parser.add_argument("--json", metavar="FILE", help="write the figures here")
    options = parser.parse_args()
    paths = [os.fspath(path) for path in find_photos(options.photos)]
    if not paths:
        parser.error("there is no photo")
    import_tensorflow()  # for the machine's devices
    megapixels = _megapixels(paths)
    print(f"{machine()}; {len(paths)} photos, {megapixels / len(paths):.1f} megapixels on average")
    rows = []
    for row in measure_all(paths, options.model, options.repeats):
        rows.append(row)
        print(_line(row), flush=True)
    cold = {"--help": _seconds(["--help"]), "tag, first name": _seconds(_tag(paths, options.model))}
    for name, seconds in cold.items():
        print(f"{name:<40}{1000 * seconds:>10.0f}")
    result = {
        "machine": machine(),
        "photos": len(paths),
        "megapixels": round(megapixels, 1),
        "milliseconds_a_photo": [row.to_json() for row in rows],
        "cold_start_seconds": {name: round(seconds, 2) for name, seconds in cold.items()},
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }
    if options.json:
        Path(options.json).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


def machine() -> str:
    """Processor, cores and versions, in words."""
    import cv2
    import tensorflow as tf

    from model.device import describe_device

    names = [line for line in _cpu_lines() if line.startswith("model name")]
    name = names[0].partition(":")[2].strip() if names else platform.machine()
    versions = f"TensorFlow {tf.__version__}, OpenCV {cv2.__version__}"
    return f"{name}, {os.cpu_count()} cores, {describe_device()}, {versions}"


def _cpu_lines() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return []


def _megapixels(paths: list[str]) -> float:
    from data.media.photos import count_pixels

    return sum(map(count_pixels, paths)) / 1e6


def _tag(paths: list[str], model: str | None) -> list[str]:
    return ["tag", paths[0], *(["--model", model] if model else [])]


def _seconds(arguments: list[str]) -> float:
    """Of one command in a process of its own, with an empty library."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="kindred-bench-") as empty:
        command = [sys.executable, os.fspath(Path(__file__).parents[1] / "kindred.py"), *arguments]
        start = time.perf_counter()
        subprocess.run(
            command, env={**os.environ, "KINDRED_HOME": empty}, capture_output=True, check=False
        )
        return time.perf_counter() - start


def _line(row: Timing) -> str:
    if row.error:
        return f"{row.name:<40}not measured: {row.error}"
    found = "" if row.faces is None else f"{row.faces:>8} faces"
    return f"{row.name:<40}{row.wall:>10.1f}{row.cpu:>10.1f} CPU ms{found}"


if __name__ == "__main__":
    sys.exit(main())
