"""The browser that the tests of pages share."""

from __future__ import annotations

import pytest

from tests.browser import running_browser


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium; each test opens a context of its own."""
    # Not for the session: while Playwright runs, nothing else in this thread may run an event loop.
    with running_browser() as browser:
        yield browser
