"""A new user's way in a real browser, with the real networks: drop photos, name people, go on."""

from __future__ import annotations

from data.library.views import LibraryViews
from tests import faces
from tests.browser import require_browser, running_app
from tests.pictures import encoded

require_browser()

EILEEN, LEI = faces.astronaut(), faces.portrait(26)
SECONDS = 300_000  # ms for the networks to be loaded and to see the photos, on a busy computer


def upload(name: str, picture) -> dict:
    return {"name": name, "mimeType": "image/jpeg", "buffer": encoded(picture, "JPEG")}


def dropped(tab, *photos: dict) -> None:
    tab.locator("input[type=file]").first.set_input_files(list(photos))


def asks(tab, *questions: str) -> None:
    """Waits until these people are asked about, in this order: in how many photos each is."""
    from playwright.sync_api import expect

    expect(tab.locator(".kd-group p span")).to_have_text(list(questions), timeout=SECONDS)


def answer(tab, *names: str) -> None:
    """Types names for the people who are asked about, one after the other."""
    tab.locator(".kd-group input").first.click()
    for name in names:
        tab.keyboard.type(name, delay=15)
        tab.keyboard.press("Enter")


def faces_named(tab, name: str, count: int) -> None:
    """Waits until so many faces on the page have a name."""
    from playwright.sync_api import expect

    fields = tab.locator(f'input[name=name][value="{name}"]')
    expect(fields).to_have_count(count, timeout=SECONDS)


def test_two_answers_name_an_album_and_what_is_dropped_later(tmp_path, browser):
    with running_app(tmp_path / "home") as address:
        tab = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        tab.goto(address)
        tab.locator("input[type=file]").first.wait_for(state="attached", timeout=SECONDS)
        dropped(
            tab,
            *(upload(f"e{i}.jpg", faces.darker(EILEEN, 1 - 0.1 * i)) for i in range(4)),
            *(upload(f"l{i}.jpg", faces.darker(LEI, 1 - 0.1 * i)) for i in range(3)),
        )
        asks(tab, "4 photos", "3 photos")
        answer(tab, "Eileen", "Lei")
        asks(tab)
        faces_named(tab, "Eileen", 4)
        faces_named(tab, "Lei", 3)
        dropped(
            tab,
            upload("e9.jpg", faces.turned(faces.darker(EILEEN, 0.8), -6)),
            upload("l9.jpg", faces.turned(faces.darker(LEI, 0.9), 5)),
        )
        faces_named(tab, "Eileen", 5)
        faces_named(tab, "Lei", 4)
        asks(tab)
        # Somebody who goes elsewhere finds the album again; so does a reload.
        tab.get_by_role("link", name="People", exact=True).click()
        tab.locator(".kd-wall-people .kd-tile").nth(1).wait_for()
        tab.get_by_role("link", name="Tag", exact=True).click()
        faces_named(tab, "Eileen", 5)
        tab.reload()
        faces_named(tab, "Lei", 4)
        tab.get_by_role("button", name="e9.jpg: show it large").click()
        tab.get_by_role("dialog").get_by_text("8 of 9").wait_for()
        tab.keyboard.press("ArrowRight")
        tab.get_by_role("dialog").get_by_role("heading", name="l9.jpg").wait_for()
        tab.reload()
        tab.get_by_role("dialog").get_by_role("heading", name="l9.jpg").wait_for(timeout=SECONDS)
        tab.keyboard.press("Escape")
        tab.get_by_role("dialog").wait_for(state="detached")
        with LibraryViews(tmp_path / "home") as library:
            confirmed = {person.name: person.confirmed for person in library.people.list()}
        assert confirmed == {"Eileen": 4, "Lei": 3}
