"""How long pages take to answer in a browser, with libraries of several sizes; prints a table.

`python -m pytest -m slow -s tests/ui/browser/test_click_times.py`
"""

import os
import time

import numpy as np
import pytest

from data.library.views import LibraryViews
from tests.browser import require_browser, running_app, running_browser
from tests.pictures import encoded, four_corners

require_browser()

SIZES = tuple(map(int, os.environ.get("KINDRED_SIZES", "0 1000 20000").split()))
REPEATS, PEOPLE, CONFIRMED, FACES = int(os.environ.get("KINDRED_REPEATS", 12)), 30, 10, 3
NETWORK = "kindred+resnet29:1"


def large_library(home, photos):
    """Photos with three faces each, of 30 people who are known and 30 who wait in groups."""
    home.mkdir()
    first = home / "photos" / "0.jpg"
    first.parent.mkdir()
    first.write_bytes(encoded(four_corners(640, 480), "JPEG"))
    random = np.random.default_rng(7)
    centres = random.normal(size=(2 * PEOPLE, 128))
    names = [f"Person {i}" for i in range(PEOPLE)]
    with LibraryViews(home) as library, library.transaction():
        db = library.db
        db.executemany("INSERT INTO people (name, name_key) VALUES (?, ?)", [(n, n) for n in names])
        db.executemany("INSERT INTO groups (id) VALUES (?)", [(i + 1,) for i in range(PEOPLE)])
        named = [0] * PEOPLE
        for photo in range(1, photos + 1):
            path = first.with_name(f"{photo}.jpg")
            os.link(first, path)
            status = path.stat()
            taken = f"{1990 + photo % 30}-07-01T12:00:00"
            db.execute(
                "INSERT INTO photos VALUES (?, 640, 480, ?, ?, NULL)", (photo, taken, NETWORK)
            )
            db.execute(
                "INSERT INTO paths (path, photo, size, mtime_ns) VALUES (?, ?, ?, ?)",
                (os.fsencode(path), photo, status.st_size, status.st_mtime_ns),
            )
            for place, who in enumerate(random.choice(2 * PEOPLE, FACES, replace=False)):
                vector = centres[who] + 0.6 * random.normal(size=128)
                vector = np.float32(vector / np.linalg.norm(vector))
                known = who < PEOPLE and named[who] < CONFIRMED
                if known:
                    named[who] += 1
                box = (20 + 200 * place, 40, 140 + 200 * place, 190)
                db.execute(
                    "INSERT INTO faces (photo, x0, y0, x1, y1, score, embedding, network, quality,"
                    " person, group_id) VALUES (?, ?, ?, ?, ?, 1, ?, ?, 0.8, ?, ?)",
                    (
                        *(photo, *box, vector.tobytes(), NETWORK),
                        int(who) + 1 if known else None,
                        int(who) - PEOPLE + 1 if who >= PEOPLE else None,
                    ),
                )
        library.recognition.changed()


def settled(tab):
    """Waits until the page has run, and nothing that was done is still on its way."""
    tab.wait_for_function(
        "() => !document.querySelector('[data-pending], [data-testid=stSkeleton]') &&"
        " document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'",
        polling=10,
    )


def timed(tab, act):
    start = time.perf_counter()
    act()
    tab.wait_for_timeout(30)  # until the page has been told
    settled(tab)
    return 1000 * (time.perf_counter() - start)


def clicks(tab, address, photos):
    """(what, how it is done) of everything that is measured."""
    for page in ("folder", "review", "people", "find"):
        link = tab.get_by_role("link", name=page.capitalize(), exact=True).first
        yield f"open {page}", (lambda: tab.goto(f"{address}/teach"), link.click)
    if not photos:
        return
    both = tab.get_by_text("Confirmed only")
    yield "filter on Find", (lambda: tab.goto(f"{address}/find"), both.click)
    later = tab.get_by_test_id("stPaginationNext")
    yield "next page of Find", (lambda: None, later.click)
    tile = tab.locator(".kd-tile").first
    yield "open a photo", (lambda: tab.goto(f"{address}/find"), tile.click)
    field = tab.get_by_label("Name of face 1", exact=True)

    def name():
        others = [f"Person {i}" for i in range(PEOPLE) if f"Person {i}" != field.input_value()]
        field.fill(others[time.time_ns() % len(others)])  # the same name again decides nothing
        field.press("Enter")

    turns = iter(range(10_000))
    yield "name a face", (lambda: tab.goto(f"{address}/find?photo={photos - next(turns)}"), name)
    yield (
        "open a person",
        (
            lambda: tab.goto(f"{address}/people"),
            lambda: tab.get_by_role("button", name="Person 1,").first.click(),
        ),
    )


@pytest.mark.slow
def test_how_long_pages_take_to_answer(tmp_path):
    rows = []
    for photos in SIZES:
        home = tmp_path / str(photos)
        large_library(home, photos)
        with running_app(home) as address, running_browser() as browser:
            tab = browser.new_page(viewport={"width": 1440, "height": 900})
            for what, (before, act) in clicks(tab, address, photos):
                times = []
                for _ in range(REPEATS):
                    before()
                    settled(tab)
                    tab.wait_for_timeout(300)
                    times.append(timed(tab, act))
                rows.append((what, photos, np.median(times), np.percentile(times, 95)))
                print(f"{what:20} {photos:6,} photos  {rows[-1][2]:6.0f} {rows[-1][3]:6.0f} ms")
        with LibraryViews(home) as library:
            made = len(library.decisions.history(None))
        assert made == (REPEATS if photos else 0)
    assert len(rows) == sum(9 if photos else 4 for photos in SIZES)
