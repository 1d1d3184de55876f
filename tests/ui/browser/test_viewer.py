"""The viewer in a real browser: keys, zoom, the address, and back to where one was."""

import re

import pytest

from data.library.views import LibraryViews
from tests.browser import require_browser, running_app
from tests.libraries import add_photo, face

require_browser()

PHOTOS = 70  # more than one page of the wall


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    home = tmp_path_factory.mktemp("kindred")
    with LibraryViews(home) as library:
        for i in range(PHOTOS):
            name = "Anne" if i % 2 == 0 else None
            people = [face(name, number=i), face(None, 80, person=1, number=i)]
            add_photo(library, home / "trip" / f"photo {i:02}.jpg", people, 2000 + i // 10)
    with running_app(home) as address:
        yield address


@pytest.fixture
def tab(browser, address):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def title(tab, name):
    return tab.get_by_role("dialog").get_by_role("heading", name=name)


def scale(tab):
    return tab.locator(".kd-layer").evaluate("l => new DOMMatrix(getComputedStyle(l).transform).a")


def test_keys_go_through_the_list_and_back_to_the_same_place_of_the_filtered_wall(tab, address):
    tab.goto(f"{address}/find?with=Anne")
    tab.get_by_text("35 photos").wait_for()
    tile = tab.locator(".kd-tile").nth(20)
    tile.scroll_into_view_if_needed()
    scroll = "() => document.querySelector('.stMain').scrollTop"
    before = tab.evaluate(scroll)
    tile.click()
    title(tab, "photo 40.jpg").wait_for()
    assert re.search(r"photo=\d+", tab.url) and "with=Anne" in tab.url
    for _ in range(3):  # quickly, before the first answer
        tab.keyboard.press("ArrowRight")
    title(tab, "photo 46.jpg").wait_for()
    tab.keyboard.press("ArrowLeft")
    title(tab, "photo 44.jpg").wait_for()
    tab.get_by_text("23 of 35").wait_for()
    tab.keyboard.press("Escape")
    tab.get_by_role("dialog").wait_for(state="detached")
    tab.wait_for_function("() => !location.search.includes('photo=')")
    assert "with=Anne" in tab.url
    tab.get_by_text("35 photos").wait_for()
    assert abs(tab.evaluate(scroll) - before) < 300
    assert tab.evaluate("() => document.activeElement.dataset.id") == "45"  # of photo 44


def test_reload_back_and_a_second_tab_show_what_the_address_says(tab, address):
    tab.goto(f"{address}/find?page=2")
    tab.locator(".kd-tile").nth(9).wait_for()
    assert tab.locator(".kd-tile").count() == PHOTOS - 60
    tab.locator(".kd-tile").first.click()
    title(tab, "photo 60.jpg").wait_for()
    tab.reload()
    title(tab, "photo 60.jpg").wait_for()
    other = tab.context.new_page()
    other.goto(tab.url)
    title(other, "photo 60.jpg").wait_for()
    other.close()
    tab.keyboard.press("ArrowLeft")
    title(tab, "photo 59.jpg").wait_for()
    tab.go_back()
    title(tab, "photo 60.jpg").wait_for()
    tab.keyboard.press("Escape")
    tab.get_by_role("dialog").wait_for(state="detached")
    assert tab.locator(".kd-tile").count() == PHOTOS - 60


def test_zoom_pan_and_a_face_with_its_name(tab, address):
    tab.goto(f"{address}/find")
    tab.locator(".kd-tile").first.click()
    title(tab, "photo 00.jpg").wait_for()
    stage = tab.locator(".kd-stage").bounding_box()
    tab.mouse.move(stage["x"] + 300, stage["y"] + 200)
    tab.mouse.wheel(0, -400)
    tab.wait_for_timeout(100)
    assert scale(tab) > 1.8
    before = tab.locator(".kd-picture").bounding_box()
    tab.mouse.down()
    tab.mouse.move(stage["x"] + 200, stage["y"] + 150, steps=3)
    tab.mouse.up()
    after = tab.locator(".kd-picture").bounding_box()
    assert abs(after["x"] - before["x"] + 100) < 3 and abs(after["y"] - before["y"] + 50) < 3
    tab.keyboard.press("0")
    assert scale(tab) == 1
    tab.mouse.dblclick(stage["x"] + 300, stage["y"] + 200)
    assert scale(tab) == 2.5
    tab.keyboard.press("0")
    tab.locator(".kd-face").nth(1).click()
    tab.wait_for_function(
        "() => document.activeElement.getAttribute('aria-label') === 'Name of face 2'"
    )
    assert tab.locator(".kd-face").nth(1).get_attribute("data-lit") is not None
    tab.keyboard.type("Bo")
    tab.keyboard.press("Enter")
    tab.get_by_role("dialog").get_by_text("This is Bo").wait_for()
    tab.get_by_role("dialog").get_by_role("button", name="Undo").click()
    tab.get_by_role("dialog").get_by_text("Taken back: 1 face named").wait_for()
    assert tab.get_by_label("Name of face 2").input_value() == ""


def test_keys_in_the_viewer_are_not_meant_for_the_page_below(tab, address):
    tab.goto(f"{address}/people?who=1")
    tab.locator(".kd-tile").first.click()
    title(tab, "photo 00.jpg").wait_for()
    tab.keyboard.press("Escape")
    tab.get_by_role("dialog").wait_for(state="detached")
    tab.wait_for_function("() => !location.search.includes('photo=')")
    tab.wait_for_timeout(500)
    assert "who=1" in tab.url, "Escape leaves one thing at a time"
    tab.goto(f"{address}/review")
    tab.get_by_role("button", name="Skip").wait_for()
    before = tab.get_by_role("heading", level=1).inner_text()
    tab.locator(".kd-open").first.dispatch_event("click")
    tab.get_by_role("dialog").wait_for()
    tab.wait_for_timeout(500)
    for key in "ynsu":
        tab.keyboard.press(key)
    tab.wait_for_timeout(700)
    tab.keyboard.press("Escape")
    tab.get_by_role("dialog").wait_for(state="detached")
    tab.wait_for_timeout(500)
    assert tab.get_by_role("heading", level=1).inner_text() == before
    assert tab.get_by_role("button", name="Undo").is_disabled()
