"""Every page of a filled and of an empty library: contrast, labels, headings, room for fingers."""

import pytest

from tests.accessibility import small_targets, violations
from tests.browser import require_browser, running_app
from tests.libraries import small_library

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
require_browser()

PAGES = ("", "folder", "review", "people", "people?who=1", "find", "find?photo=1")
PAGES += ("family", "teach", "about")
_WIDEST = """() => Math.max(...[document.documentElement, document.querySelector('.stMain')]
    .map((e) => e.scrollWidth))"""  # what a finger can move to and fro
EMPTY = ("", "folder", "review", "people", "find", "family", "teach", "about")


@pytest.mark.parametrize(
    "is_filled, width, scheme", [(True, 390, "light"), (True, 1440, "dark"), (False, 390, "dark")]
)
def test_pages_can_be_read_and_used(browser, tmp_path, is_filled, width, scheme):
    if is_filled:
        small_library(tmp_path)
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width == 390
    )
    tab = context.new_page()
    with running_app(tmp_path) as address:
        for page in PAGES if is_filled else EMPTY:
            tab.goto(f"{address}/{page}")
            tab.locator(".stMain").locator("h1").first.wait_for()
            tab.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
            tab.wait_for_timeout(300)
            assert not violations(tab), page
            if width == 390:
                assert not small_targets(tab), page
                assert tab.evaluate(_WIDEST) <= width, page
    context.close()
