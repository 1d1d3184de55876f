"""Makes the pictures in `docs/images`: run `python docs/screenshots.py` in the repository's root.

They show a family that is drawn by `drawn_family.py`. As nobody has to be found in a drawing, its
photos go into the library with the faces where they were drawn. The accuracy card is one of a
training, with portraits of 25 pixels that scikit-image carries and its astronaut (Eileen Collins,
NASA, public domain), under made-up names.
Needs requirements-dev.txt and a Chromium; takes a few minutes, most of them for the training.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from data.library import Todo, content_of  # noqa: E402
from data.library.views import LibraryViews  # noqa: E402
from data.tags import FaceTag  # noqa: E402
from docs.drawn_family import (  # noqa: E402
    FAMILY,
    HEIGHT,
    PLACES,
    STRANGER,
    WIDTH,
    scene,
    younger,
)
from tests import faces  # noqa: E402
from tests.browser import running_app, running_browser  # noqa: E402

IMAGES = ROOT / "docs" / "images"
HERO = ROOT / "ui" / "components" / "shell" / "family.svg"
# Portraits by their number in scikit-image's file.
PORTRAITS = {"Eileen": None, "Lena": 21, "Nadia": 18}
YEARS, BORN = range(2012, 2024), {"Mia": "2011-05-20", "Grandpa": "1948-09-02"}
LONG = 600_000  # milliseconds, for networks to load on a busy machine
WIDE = {"width": 1440, "height": 900}


def main() -> None:
    """Makes all of them."""
    IMAGES.mkdir(exist_ok=True)
    HERO.write_text(hero(), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="kindred-") as temporary, running_browser() as browser:
        folder = Path(temporary)
        with running_app(folder / "empty") as address:
            shoot(browser, f"{address}/", "drop", "Runs on", height=640)
        home = folder / "Kindred"
        album(browser, home, folder / "Photos")
        with running_app(home) as address:
            birthday = f"{address}/find?photo={len(YEARS) * 3 - 1}"
            shoot(browser, birthday, "name", "Add a face", scheme="dark")
            shoot(browser, f"{address}/find?with=Mia&with=Grandpa", "find", "photos")
        portraits(folder / "family")
        train(folder / "family", folder / "trained")
        [card] = (folder / "trained" / "models").glob("*/card.html")
        shoot(browser, card.as_uri(), "card", "Person by person", height=780)


def hero() -> str:
    """The picture of pages that have nothing to show yet: three people, two of them with names."""
    people = [FAMILY["Anne"], FAMILY["Mia"], FAMILY["Grandpa"]]
    svg, boxes = scene("beach", people, 3)
    outlines = "".join(
        f'<rect x="{x0:.0f}" y="{y0:.0f}" width="{x1 - x0:.0f}" height="{y1 - y0:.0f}" rx="14"'
        f' stroke="{"#2ee6b8" if i < 2 else "#fff"}"{"" if i < 2 else dashes}/>'
        for dashes in [' stroke-dasharray="26 16"']
        for i, (x0, y0, x1, y1) in enumerate(boxes)
    )
    drawn = f'<g fill="none" stroke-width="11">{outlines}</g></svg>'
    corners = '<clipPath id="r"><rect width="1200" height="800" rx="60"/></clipPath>'
    head, body = svg.strip().removesuffix("</svg>").split(">", 1)
    return f'{head}>{corners}<g clip-path="url(#r)">{body}</g>{drawn}\n'


def album(browser, home: Path, folder: Path) -> None:
    """Photos of twelve years, drawn and put into the library; some names are confirmed."""
    folder.mkdir()
    rng = np.random.default_rng(5)
    tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    with LibraryViews(home) as library:
        for number in range(3 * len(YEARS)):
            year = YEARS[number // 3]
            whole = number % 3 == 1
            some = [*FAMILY] if whole else list(rng.choice([*FAMILY], rng.integers(1, 4), False))
            place = "birthday" if whole else str(rng.choice([p for p in PLACES if p != "birthday"]))
            grown = younger(FAMILY["Mia"], (year - 2011) / 16)
            looks = [grown if name == "Mia" else FAMILY[name] for name in some]
            if number % 7 == 3:
                some, looks = [*some, None], [*looks, STRANGER]
            svg, boxes = scene(place, looks, number)
            tab.set_content(f'<body style="margin:0">{svg}</body>')
            record(
                library,
                folder,
                tab.screenshot(),
                datetime(year, 4 + number % 3 * 2, 20),
                some,
                boxes,
            )
        library.groups.update("drawn", max_distance=0.9)
        for name, born in BORN.items():
            library.decisions.describe(name, born=born)
        for name in FAMILY:
            faces_of = [face for face, *_ in library.people.faces(name)]
            library.decisions.confirm(faces_of[::2], name)
    tab.close()


def record(library: LibraryViews, folder: Path, png: bytes, taken: datetime, names, boxes) -> None:
    """One photo, as `tag` would put it into the library."""
    exif = Image.Exif()
    stamp = f"{taken:%Y:%m:%d 12:00:00}"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = stamp
    path = folder / f"{taken:%Y-%m-%d}.jpg"
    Image.open(io.BytesIO(png)).convert("RGB").save(path, quality=92, exif=exif.tobytes())
    known = [*FAMILY, None]
    tags = []
    for name, box in zip(names, boxes, strict=True):
        vector = np.eye(8)[known.index(name)] + 0.02 * np.random.default_rng(int(box[0])).normal(
            size=8
        )
        vector = np.float32(vector / np.linalg.norm(vector))
        points = np.zeros((5, 2), np.float32)
        tags.append(
            FaceTag(name, 0.97 if name else 0.9, np.float32(box), points, 0.99, vector, 0.9)
        )
    status = path.stat()
    library.photos.record(
        Todo(str(path), status.st_size, status.st_mtime_ns),
        content_of(path.read_bytes()),
        width=WIDTH,
        height=HEIGHT,
        taken=taken,
        network="drawn",
        faces=tags,
        model="drawn",
    )


def portraits(folder: Path) -> None:
    """Each person in a folder, from variants of one picture: light from elsewhere, mirrored."""
    across = np.linspace(-1, 1, 480)[None, :, None]
    for name, number in PORTRAITS.items():
        (folder / name).mkdir(parents=True)
        if number is None:
            picture = Image.fromarray(faces.astronaut()).crop((104, 10, 344, 250))
        else:
            picture = Image.fromarray(faces.portrait(number)).crop((30, 30, 270, 270))
        pixels = np.asarray(picture.resize((480, 480)), np.float32)
        for i, side in enumerate((-0.6, -0.3, 0.0, 0.3, 0.6)):
            lit = np.clip(pixels[:, :: (-1) ** i] * (1 + side * across), 0, 255)
            photo = Image.fromarray(lit.astype(np.uint8)).rotate(3 * (i - 2))
            photo.save(folder / name / f"{i}.jpg", quality=92)


def train(folder: Path, home: Path) -> None:
    """Learns the family, the way a user would in a terminal."""
    subprocess.run(
        [sys.executable, "kindred.py", "train", str(folder), "--quick"],
        cwd=ROOT,
        env=os.environ | {"KINDRED_HOME": str(home)},
        check=True,
    )


def shoot(browser, address: str, name: str, text: str, *, scheme="light", height=900) -> None:
    """Opens a page, waits for a text and until nothing is loading, and saves what is seen."""
    size = WIDE | {"height": height}
    context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1.5)
    tab = context.new_page()
    tab.goto(address)
    tab.get_by_text(text).first.wait_for(timeout=LONG)
    tab.locator(".kd-coming").first.wait_for(state="detached", timeout=LONG)
    tab.add_style_tag(content=".kd-where { visibility: hidden }")  # a folder for a moment
    tab.wait_for_timeout(3000)
    shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    shot.quantize(256).save(IMAGES / f"{name}.png", optimize=True)  # a third of the size
    context.close()


if __name__ == "__main__":
    main()
