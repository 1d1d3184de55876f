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
    """Waits until the strip asks this, in this order."""
    from playwright.sync_api import expect

    expect(tab.locator(".st-key-kd-uploaded-people h4")).to_have_text(
        list(questions), timeout=SECONDS
    )


def answer(tab, name: str) -> None:
    """Types a name for the first person who is asked about."""
    strip = tab.locator(".st-key-kd-uploaded-people")
    strip.locator("input[role=combobox]").first.fill(name)
    tab.keyboard.press("Enter")
    strip.get_by_role("button", name=f"are {name}").first.click()


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
        asks(tab, "Who is this? 4 photos", "Who is this? 3 photos")
        answer(tab, "Eileen")
        asks(tab, "Who is this? 3 photos")
        answer(tab, "Lei")
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
        with LibraryViews(tmp_path / "home") as library:
            confirmed = {person.name: person.confirmed for person in library.people.list()}
        assert confirmed == {"Eileen": 4, "Lei": 3}
