"""Makes the pictures in `docs/images`: run `python docs/screenshots.py` in the repository's root.

They show scikit-image's astronaut (Eileen Collins, NASA, public domain) and nobody else. Needs
requirements-dev.txt and a Chromium; takes about four minutes.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageEnhance
from skimage import data

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import running_app, running_browser  # noqa: E402

IMAGES = ROOT / "docs" / "images"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def main() -> None:
    """Makes all of them, without and then with a trained model."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kindred-") as temporary:
        photo = Path(temporary) / "eileen.jpg"
        portrait().save(photo, quality=95)
        with running_browser() as browser:
            with running_app(Path(temporary) / "untrained") as address:
                shoot(browser, address, "start", WIDE)
                shoot(browser, address, "start-narrow", NARROW, scheme="dark")
                shoot(browser, address, "unknown", WIDE, photos=[photo])
            home = Path(temporary) / "Kindred"
            train(Path(temporary) / "family", home)
            with running_app(home) as address:
                for name, scheme in (("tag", "light"), ("tag-dark", "dark")):
                    shoot(browser, address, name, WIDE, scheme=scheme, photos=[photo])
                shoot(browser, address, "tag-narrow", NARROW, photos=[photo])
                shoot(browser, address, "about", WIDE, page="about")
                shoot(browser, address, "about-narrow", NARROW, page="about", scheme="dark")
                album(Path(temporary) / "Photos")
                tag_folder(browser, address, Path(temporary) / "Photos")
                for page in ("folder", "review", "people", "find", "teach"):
                    shoot(browser, address, page, WIDE, page=page)
                    shoot(browser, address, f"{page}-narrow", NARROW, page=page, scheme="dark")


def portrait() -> Image.Image:
    """The astronaut, twice as large as the package carries her."""
    return Image.fromarray(data.astronaut()).resize((1024, 1024), Image.Resampling.LANCZOS)


def album(folder: Path) -> None:
    """Photos of ten years to look through: the same one, taken differently."""
    folder.mkdir()
    for year in range(2014, 2024):
        taken = Image.Exif()
        taken.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{year}:07:12 12:00:00"
        photo = ImageEnhance.Brightness(portrait()).enhance(0.7 + 0.06 * (year - 2014))
        photo = photo.rotate(2 * (year - 2018)).crop((40 * (year % 5), 0, 900, 760))
        photo.save(folder / f"summer {year}.jpg", quality=92, exif=taken.tobytes())


def tag_folder(browser, address: str, folder: Path) -> None:
    """Tags the album, on the page that does it."""
    tab = browser.new_page()
    tab.goto(f"{address}/folder")
    tab.get_by_role("textbox", name="Folder on this computer").fill(str(folder))
    tab.keyboard.press("Enter")
    tab.get_by_role("button", name="Tag this folder").click()
    tab.get_by_text("Done:").wait_for(timeout=300_000)
    tab.close()


def train(folder: Path, home: Path) -> None:
    """Learns Eileen from variants of that one photo, the way a user would."""
    person = folder / "Eileen"
    person.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number, brightness in enumerate((0.75, 0.9, 1.0, 1.15, 1.3)):
        left, top = rng.integers(100, 300, 2)
        photo = ImageEnhance.Brightness(portrait()).enhance(brightness).rotate(3 * (number - 2))
        photo.crop((left, 0, left + 640, 500 + top)).save(person / f"{number}.jpg", quality=92)
    subprocess.run(
        [sys.executable, "kindred.py", "train", str(folder)],
        cwd=ROOT,
        env=os.environ | {"KINDRED_HOME": str(home)},
        check=True,
    )


def shoot(browser, address, name, size, *, page="", scheme="light", photos=()) -> None:
    """Opens a page, uploads photos, waits until nothing is loading, and saves what is seen."""
    context = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1.5)
    tab = context.new_page()
    tab.goto(f"{address}/{page}")
    if page in ("", "about"):
        tab.get_by_text("Runs on").wait_for(timeout=60_000)
    tab.locator(".stMain").locator("h1, h2, [type=file]").first.wait_for(state="attached")
    if photos:
        tab.locator("input[type=file]").set_input_files([str(photo) for photo in photos])
        tab.locator(".kd-row").first.wait_for(timeout=60_000)
    tab.locator(".kd-busy").first.wait_for(state="detached", timeout=60_000)
    tab.wait_for_timeout(1000)
    shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    shot.quantize(256).save(IMAGES / f"{name}.png", optimize=True)  # a third of the size
    context.close()


if __name__ == "__main__":
    main()
