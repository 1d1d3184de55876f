"""A folder of plain photos, whose "faces" the stand-in networks tell apart by colour, and `tag`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np

import kindred
from tests.pictures import encoded

ROOT = Path(__file__).parents[1]
RED, GREEN, BLUE, GREY = (250, 0, 0), (0, 250, 0), (0, 0, 250), (120, 120, 120)
NAMES = {RED: "Red", GREEN: "Grün", BLUE: "蓝", GREY: None}


def picture(colour: tuple[int, int, int], number: int = 0, side: int = 40) -> bytes:
    """A PNG of one colour; its size makes it another content for every number below 400."""
    return encoded(np.full((side + number // 20, side + number % 20, 3), colour, np.uint8))


def folder_of_photos(folder: Path, count: int) -> dict[str, str | None]:
    """Writes photos in turns of red, green, blue and grey; returns the name in each."""
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for number in range(count):
        colour = tuple(NAMES)[number % 4]
        path = folder / f"{number}.png"
        path.write_bytes(picture(colour, number))
        expected[str(path)] = NAMES[colour]
    return expected


def tag(*arguments, out: Path, status: int = 0) -> dict[str, dict]:
    """Runs `tag --json` in this process; returns the records by photo."""
    assert kindred.main(["tag", *map(str, arguments), "--json", str(out)]) == status
    return read(out)


def read(out: Path) -> dict[str, dict]:
    """The records of a file of JSON Lines, by photo; each photo is there once."""
    records = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert len({record["photo"] for record in records}) == len(records)
    return {record["photo"]: record for record in records}


def names(records: dict[str, dict]) -> dict[str, str | None]:
    """The name of the one face of each photo."""
    return {photo: record["faces"][0]["name"] for photo, record in records.items()}


def command(*arguments) -> list[str]:
    """The command line of a child process that runs Kindred."""
    return [sys.executable, os.fspath(ROOT / "kindred.py"), *map(str, arguments)]


def make_foreign(sidecar: Path) -> None:
    """Takes our record out of a sidecar, as if another program had written the regions."""
    text = sidecar.read_text("utf-8")
    sidecar.write_text(text.replace("kindred:Regions", "kindred:Other"), "utf-8")
