"""The application in a real browser: upload, outlines, table, downloads, no request elsewhere."""

import io
import json
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from data.media.photos import read_photo
from tests import faces
from tests.browser import require_browser, running_app
from tests.pictures import encoded, four_corners

skimage_data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
require_browser()

PAGES = ("folder", "review", "people", "find", "family", "teach", "about", "tag")
LOADED = 120_000  # milliseconds for TensorFlow and the networks on a slow machine


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with running_app(tmp_path_factory.mktemp("kindred")) as address:
        yield address


@pytest.fixture
def tab(browser, address):
    """A page that afterwards must have had no error and asked no other computer for anything."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    errors, asked = [], set()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda said: is_error(said) and errors.append(said.text))
    tab.on("request", lambda request: asked.add(urlsplit(request.url)[:2]))
    tab.on("websocket", lambda socket: asked.add(urlsplit(socket.url)[:2]))
    yield tab
    context.close()
    assert not errors
    here = urlsplit(address).netloc
    others = {(scheme, host) for scheme, host in asked if host != here}
    assert {scheme for scheme, _ in others} <= {"data", "blob"}, others


def is_error(said):
    # Opened at /about, Streamlit first asks whether its server is below /about: two times 404.
    place = str(said.location)
    expected = said.text.startswith("Failed to load") and any(
        f"/{page}/_stcore/" in place for page in PAGES
    )
    return said.type == "error" and not expected


def files(**contents):
    return [
        {"name": name.replace("_", "."), "mimeType": "image/png", "buffer": content}
        for name, content in contents.items()
    ]


def test_the_page_is_there_and_then_says_what_it_runs_on(tab, address):
    tab.goto(address)
    tab.get_by_role("heading", name="Who is in this photo?").wait_for()
    tab.get_by_text("Runs on:").wait_for(timeout=LOADED)


def test_two_photos_with_and_without_a_face(tab, address):
    tab.goto(address)
    tab.get_by_text("Runs on:").wait_for(timeout=LOADED)
    photos = files(
        eileen_png=encoded(skimage_data.astronaut()), corners_png=encoded(four_corners(320, 240))
    )
    tab.locator("input[type=file]").set_input_files(photos)
    tab.get_by_text("No face was found.").wait_for(timeout=LOADED)
    assert tab.locator(".kd-face").count() == 1
    assert tab.locator(".kd-picture").count() == 2
    row = tab.locator(".kd-row")
    assert row.count() == 1 and row.locator("input").get_attribute("placeholder") == "Who is this?"

    # The outline lies where the face is: about (182, 64) to (265, 171) of 512 pixels.
    picture = tab.locator(".kd-picture").first.bounding_box()
    outline = tab.locator(".kd-face").bounding_box()
    scale = picture["width"] / 512
    assert abs((outline["x"] - picture["x"]) / scale - 182) < 12
    assert abs((outline["y"] - picture["y"]) / scale - 64) < 12
    assert abs(outline["width"] / scale - 83) < 16
    assert "dashed" in tab.locator(".kd-face").evaluate("face => getComputedStyle(face).border")

    # By keyboard, too, a face and its row belong together.
    before = row.evaluate("row => getComputedStyle(row).backgroundColor")
    tab.locator(".kd-face").focus()
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert row.evaluate("row => getComputedStyle(row).backgroundColor") != before

    with tab.expect_download() as download:
        tab.get_by_role("button", name="Picture with names").first.click()
    assert download.value.suggested_filename == "eileen-named.jpg"
    drawn = read_photo(download.value.path().read_bytes())
    assert drawn.shape == (512, 512, 3)
    assert np.abs(drawn.astype(int) - skimage_data.astronaut()).max() > 60

    with tab.expect_download() as download:
        tab.get_by_role("button", name="Save all").click()
        tab.get_by_role("button", name="JSON of all photos").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert [len(json.loads(line)["faces"]) for line in lines] == [1, 0]
    assert json.loads(lines[0])["photo"] == "eileen.png"


def test_a_picture_can_be_pasted(tab, address):
    tab.goto(address)
    tab.get_by_text("Runs on:").wait_for(timeout=LOADED)
    tab.wait_for_timeout(500)
    tab.evaluate(
        """(bytes) => {
            const pasted = new DataTransfer();
            pasted.items.add(new File([new Uint8Array(bytes)], "image.png", {type: "image/png"}));
            document.body.dispatchEvent(new ClipboardEvent("paste", {
                clipboardData: pasted, bubbles: true, cancelable: true}));
        }""",
        list(encoded(four_corners(64, 64))),
    )
    tab.get_by_text("No face was found.").wait_for(timeout=LOADED)
    tab.get_by_role("heading", name="image.png").wait_for()


def test_a_bad_upload_is_explained_and_the_other_photo_is_shown(tab, address):
    tab.goto(address)
    tab.get_by_text("Runs on:").wait_for(timeout=LOADED)
    photos = files(letter_jpg=b"Dear diary", nothing_jpg=b"", ok_png=encoded(four_corners(64, 64)))
    tab.locator("input[type=file]").set_input_files(photos)
    tab.get_by_text("No face was found.").wait_for(timeout=LOADED)
    tab.get_by_text("letter.jpg: This is not a picture of a known kind").wait_for()
    tab.get_by_text("nothing.jpg: The file is empty").wait_for()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_window_and_the_theme_is_the_systems(tab, address, width, scheme):
    tab.set_viewport_size({"width": width, "height": 844})
    tab.emulate_media(color_scheme=scheme)
    for path in ("", *PAGES):
        tab.goto(f"{address}/{path}")
        if path in ("", "about"):
            tab.get_by_text("Runs on:").wait_for(timeout=LOADED)
        tab.locator(".stMain").locator("h1, h2").first.wait_for(timeout=LOADED)
        tab.wait_for_timeout(300)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        shot = Image.open(io.BytesIO(tab.screenshot())).convert("L")
        assert (np.asarray(shot).mean() < 100) == (scheme == "dark")


def test_a_face_is_named_and_after_a_reload_the_photo_is_found_by_that_name(tab, address):
    tab.goto(address)
    tab.get_by_text("Runs on:").wait_for(timeout=LOADED)
    photos = files(
        eileen_png=encoded(skimage_data.astronaut()), lei_png=encoded(faces.portrait(26))
    )
    tab.locator("input[type=file]").set_input_files(photos)
    tab.locator(".kd-row").nth(1).wait_for(timeout=LOADED)
    name = tab.get_by_label("Name of face 1").first
    name.fill("Åsa 陳 <i>")
    name.press("Enter")
    tab.get_by_text("confirmed").filter(visible=True).first.wait_for()
    tab.get_by_text("In your library").wait_for()

    tab.reload()
    tab.goto(f"{address}/find")
    tab.get_by_text("1 photo", exact=True).wait_for()
    tab.get_by_label("With", exact=True).fill("Åsa")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    tile = tab.get_by_role("button", name="Åsa 陳 <i>, eileen.png")
    tile.focus()
    tab.keyboard.press("Enter")  # by keyboard as by mouse
    tab.get_by_role("heading", name="eileen.png").wait_for()
    assert tab.get_by_label("Name of face 1").input_value() == "Åsa 陳 <i>"

    # "Not Åsa" is for good, and can be taken back.
    tab.get_by_role("button", name="Not Åsa 陳 <i>: never suggest it for this face").click()
    tab.get_by_text("will not be suggested again").wait_for()
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("confirmed").filter(visible=True).first.wait_for()

    # A box by hand.
    tab.get_by_role("button", name="Add a face that was missed").click()
    picture = tab.locator(".kd-picture").bounding_box()
    tab.mouse.move(picture["x"] + 20, picture["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(picture["x"] + 90, picture["y"] + 110, steps=4)
    tab.mouse.up()
    tab.get_by_label("Name of face 2").wait_for()
    assert tab.locator(".kd-face").count() == 2


def test_a_family_is_learned_in_the_background_and_its_model_adopted(browser, tmp_path):
    family, home = tmp_path / "family", tmp_path / "home"
    for name, picture in (("Eileen", faces.astronaut()), ("李雷", faces.portrait(26))):
        (family / name).mkdir(parents=True)
        for number, one in enumerate((picture, faces.darker(picture), faces.turned(picture, 5))):
            (family / name / f"{number}.png").write_bytes(encoded(one))
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    with running_app(home) as address:
        tab, other = context.new_page(), context.new_page()
        tab.goto(f"{address}/teach")
        tab.get_by_role("textbox", name="Family folder").fill(str(family))
        tab.get_by_role("textbox", name="Family folder").press("Enter")
        tab.get_by_text("2 people, 6 photos").wait_for()
        tab.get_by_role("button", name="Learn these people").click()
        tab.get_by_text("Learning your family").wait_for()
        tab.close()  # it goes on without anybody who looks, and every tab sees the same
        other.goto(f"{address}/teach")
        other.get_by_text("Learning your family").wait_for()
        other.get_by_text("It has learned").wait_for(timeout=3 * LOADED)
        other.get_by_role("button", name="Use this model").click()
        other.get_by_text("in use").first.wait_for()
        other.goto(address)
        other.get_by_text("Knows: 2 people").wait_for(timeout=LOADED)
        photo = files(eileen_png=encoded(faces.mirrored(faces.astronaut())))
        other.locator("input[type=file]").set_input_files(photo)
        other.locator(".kd-known").wait_for(timeout=LOADED)
        assert other.get_by_label("Name of face 1").input_value() == "Eileen"
    context.close()
