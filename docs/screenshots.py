"""Makes the pictures in `docs/images`: run `python docs/screenshots.py` in the repository's root.

They show pictures that scikit-image carries, hung on a wall that is drawn here: its astronaut
(Eileen Collins, NASA, public domain) and some of its portraits of 25 pixels, under made-up names.
Needs requirements-dev.txt and a Chromium; takes about five minutes.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageEnhance, ImageFilter

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests import faces  # noqa: E402
from tests.browser import running_app, running_browser  # noqa: E402

IMAGES = ROOT / "docs" / "images"
# Portraits by their number in scikit-image's file; of nobody in the family is the last one.
FAMILY = {"Eileen": None, "李雷": 21, "Nadia": 18}
STRANGER = 25
LONG = 600_000  # milliseconds, for networks to load and families to be learned on a busy machine
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def main() -> None:
    """Makes all of them, with a trained model and then without one."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kindred-") as temporary:
        folder = Path(temporary)
        photo = folder / "birthday.jpg"
        wall([*FAMILY.values(), STRANGER], 7).save(photo, quality=95)
        family(folder / "family")
        album(folder / "Photos")
        with running_browser() as browser:
            home = folder / "Kindred"
            train(folder / "family", home)
            with running_app(home) as address:
                for name, scheme in (("tag", "light"), ("tag-dark", "dark")):
                    shoot(browser, address, name, WIDE, scheme=scheme, photos=[photo])
                shoot(browser, address, "tag-narrow", NARROW, photos=[photo])
                work(browser, address, "folder", folder / "Photos", "Tag this folder", "Done:")
                for page in ("folder", "review", "people", "find", "about"):
                    shoot(browser, address, page, WIDE, page=page)
                    shoot(browser, address, f"{page}-narrow", NARROW, page=page, scheme="dark")
                work(browser, address, "teach", folder / "family", "Learn these people", "It has")
                shoot(browser, address, "teach", WIDE, page="teach")
                shoot(browser, address, "teach-narrow", NARROW, page="teach", scheme="dark")
            with running_app(folder / "untrained") as address:
                shoot(browser, address, "start", WIDE)
                shoot(browser, address, "start-narrow", NARROW, scheme="dark")
                shoot(browser, address, "unknown", WIDE, photos=[photo])


def picture_of(number: int | None) -> Image.Image:
    """A portrait, or the astronaut's head for `None`, 240 pixels a side."""
    if number is None:
        return Image.fromarray(faces.astronaut()).crop((104, 10, 344, 250))
    return Image.fromarray(faces.portrait(number)).crop((30, 30, 270, 270))


def wall(people: Sequence[int | None], seed: int) -> Image.Image:
    """A drawn wall with the people's pictures in frames."""
    rng = np.random.default_rng(seed)
    width, height = 440 * len(people) + 200, 980
    light = np.linspace(235, 195, height)[:, None, None] * np.float32([1.0, 0.965, 0.9])
    canvas = Image.fromarray(np.broadcast_to(light, (height, width, 3)).astype(np.uint8))
    shadow = Image.new("L", canvas.size, 0)
    frames = []
    for i, number in enumerate(people):
        left, top = 130 + 440 * i, int(rng.integers(190, 330))
        frames.append((number, left, top))
        ImageDraw.Draw(shadow).rectangle((left - 20, top - 15, left + 375, top + 385), fill=130)
    dark = Image.new("RGB", canvas.size, (90, 80, 70))
    canvas.paste(dark, mask=shadow.filter(ImageFilter.GaussianBlur(22)))
    draw = ImageDraw.Draw(canvas)
    for number, left, top in frames:
        wood = tuple(int(c) for c in np.float32([120, 84, 52]) * rng.uniform(0.7, 1.15))
        draw.rectangle((left - 34, top - 34, left + 354, top + 354), fill=wood)
        draw.rectangle((left - 18, top - 18, left + 338, top + 338), fill=(248, 245, 238))
        canvas.paste(picture_of(number).resize((320, 320), Image.Resampling.LANCZOS), (left, top))
    draw.rectangle((0, height - 90, width, height), fill=(136, 112, 86))
    draw.rectangle((0, height - 104, width, height - 90), fill=(244, 240, 232))
    return canvas


def family(folder: Path) -> None:
    """Each person in a folder, from variants of one picture: light from elsewhere, mirrored."""
    across = np.linspace(-1, 1, 480)[None, :, None]
    for name, number in FAMILY.items():
        (folder / name).mkdir(parents=True)
        picture = np.asarray(picture_of(number).resize((480, 480)), np.float32)
        for i, side in enumerate((-0.6, -0.3, 0.0, 0.3, 0.6)):
            lit = np.clip(picture[:, :: (-1) ** i] * (1 + side * across), 0, 255)
            photo = Image.fromarray(lit.astype(np.uint8)).rotate(3 * (i - 2))
            photo.save(folder / name / f"{i}.jpg", quality=92)


def album(folder: Path) -> None:
    """Photos of ten years to look through: ever other people of the family, and a stranger."""
    folder.mkdir()
    everybody = [*FAMILY.values(), STRANGER]
    for i, year in enumerate(range(2014, 2024)):
        taken = Image.Exif()
        taken.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = f"{year}:07:12 12:00:00"
        some = [everybody[(i + k) % 4] for k in range(1 + i % 3)]
        photo = ImageEnhance.Brightness(wall(some, year)).enhance(0.8 + 0.04 * i)
        photo.save(folder / f"summer {year}.jpg", quality=92, exif=taken.tobytes())


def work(browser, address: str, page: str, folder: Path, button: str, done: str) -> None:
    """Has a page work on a folder, and waits until that is done."""
    tab = browser.new_page()
    tab.goto(f"{address}/{page}")
    box = tab.get_by_role("textbox", name=re.compile("folder", re.IGNORECASE))
    box.fill(str(folder))
    box.press("Enter")
    tab.get_by_role("button", name=button).click()
    tab.get_by_text(done).first.wait_for(timeout=LONG)
    tab.close()


def train(folder: Path, home: Path) -> None:
    """Learns the family, the way a user would in a terminal."""
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
        tab.get_by_text("Runs on").wait_for(timeout=LONG)
    tab.locator(".stMain").locator("h1, h2, [type=file]").first.wait_for(state="attached")
    if photos:
        tab.locator("input[type=file]").set_input_files([str(photo) for photo in photos])
        tab.locator(".kd-row").first.wait_for(timeout=LONG)
    tab.locator(".kd-busy").first.wait_for(state="detached", timeout=LONG)
    if page:  # all but the first page have a wall of pictures or a card by now
        tab.locator(".kd-tile img, .kd-frame").first.wait_for(timeout=LONG)
    tab.wait_for_timeout(3000)
    shot = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    shot.quantize(256).save(IMAGES / f"{name}.png", optimize=True)  # a third of the size
    context.close()


if __name__ == "__main__":
    main()
