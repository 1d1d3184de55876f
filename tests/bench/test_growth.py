"""The measurement of growth does what it says to a library, and needs no networks."""

from __future__ import annotations

from pathlib import Path

from bench.growth import NETWORK, WRITTEN, measure
from data.library import Library


def test_a_made_up_library_is_filled_decided_written_and_grouped(tmp_path):
    times = measure(tmp_path, 400)
    assert len(times) == 5 and all(milliseconds > 0 for milliseconds in times.values())
    with Library(tmp_path / "home") as library:
        paths = library.records.paths()
        assert len(paths) == 400
        confirmed = library.faces.confirmed_by_network()[NETWORK]
        assert len(confirmed) == 20 and {len(faces) for faces in confirmed.values()} <= {10, 11}
        assert len(library.groups.list()) >= 10
        every_other = [path for path in paths if int(Path(path).stem) % (400 // WRITTEN) == 0]
        named = [
            path for path in every_other if any(f.name for f in library.records.tags(path).faces)
        ]
    written = (tmp_path / "photos").rglob("*.xmp")
    assert sorted(map(str, written)) == sorted(f"{path}.xmp" for path in named)
