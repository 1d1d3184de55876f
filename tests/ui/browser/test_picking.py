"""Picking faces on Review in a real browser: one button for all or none, on a phone in one row."""

import pytest

from data.library.views import LibraryViews
from tests.browser import require_browser, running_app
from tests.libraries import small_library

require_browser()

FACES = 6  # that may be Anne


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("picking")
    small_library(home)
    with running_app(home) as address:
        yield home, address


@pytest.fixture
def tab(browser, server):
    """Review on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    tab.goto(f"{server[1]}/review")
    tab.locator("[data-pick]").first.wait_for()
    yield tab
    context.close()


def picked(tab) -> int:
    return tab.locator('[data-pick][aria-pressed="true"]').count()


def test_all_faces_are_picked_or_none_and_the_answer_says_how_many(tab, server):
    yes = tab.locator(".st-key-review-yes button").first
    button = tab.locator("[data-all]")
    assert (picked(tab), button.inner_text()) == (FACES, "Pick none")
    button.click()
    assert (picked(tab), button.inner_text()) == (0, "Pick all")
    tab.wait_for_function("() => document.querySelector('.st-key-review-yes button').disabled")
    tab.locator("[data-pick]").first.click()
    assert (picked(tab), button.inner_text()) == (1, "Pick all")
    button.click()
    assert (picked(tab), button.inner_text()) == (FACES, "Pick none")
    yes.get_by_text(f"Yes, these {FACES}", exact=True).click()
    tab.get_by_text("6 faces are Anne").wait_for()
    with LibraryViews(server[0]) as library:
        assert library.people.get("Anne").confirmed == FACES
        library.decisions.undo()


def test_arrows_move_over_the_faces_and_a_space_picks_one(tab):
    tiles = tab.locator("[data-pick]")
    tops = [round(tile.bounding_box()["y"]) for tile in tiles.all()]
    below = tops.index(next(top for top in tops if top > tops[0] + 9))  # below the first one
    tiles.first.focus()
    at = "() => [...document.querySelectorAll('[data-pick]')].indexOf(document.activeElement)"
    for key, place in (
        ("ArrowRight", 1),
        ("ArrowLeft", 0),
        ("ArrowLeft", 0),
        ("ArrowDown", below),
        ("ArrowUp", 0),
        ("End", FACES - 1),
        ("Home", 0),
        ("ArrowRight", 1),
    ):
        tab.keyboard.press(key)
        assert tab.evaluate(at) == place, key
    tab.keyboard.press("Space")
    assert tiles.nth(1).get_attribute("aria-pressed") == "false"
    assert picked(tab) == FACES - 1


def test_the_answers_are_one_row_on_a_phone_and_skip_and_undo_have_names(tab):
    answers = tab.locator(".st-key-kd-answers")
    boxes = [
        answers.locator(f".st-key-{key} button:visible").first.bounding_box()
        for key in ("review-yes", "review-no", "review-skip", "library-undo")
    ]
    assert len({box["y"] for box in boxes}) == 1
    assert all(box["x"] + box["width"] <= 390 and box["width"] >= 44 for box in boxes)
    for name in ("Skip", "Undo"):
        assert answers.get_by_role("button", name=name).is_visible()
