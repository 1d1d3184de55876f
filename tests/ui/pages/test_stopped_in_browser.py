"""The page of a program that has stopped says how to start it, and goes on when it runs again."""

import pytest

from tests.browser import chromium_path, free_port, running_app, running_browser

pytest.importorskip("playwright", reason="playwright is not installed")
if chromium_path() is None:
    pytest.skip("there is no Chromium (Debian: apt-get install chromium)", allow_module_level=True)


def test_a_stopped_program_says_how_to_start_it(tmp_path):
    port = free_port()
    with running_browser() as browser:
        tab = browser.new_page()
        with running_app(tmp_path, port) as address:
            tab.goto(f"{address}/find")
            tab.get_by_role("heading", name="Find photos").wait_for()
            tab.wait_for_function("'kindredWatch' in window")
        tab.get_by_role("heading", name="Kindred has stopped").wait_for()
        assert "streamlit run app.py" in tab.locator(".kd-stopped").inner_text()
        assert not tab.get_by_text("yourscript.py").is_visible()
        with running_app(tmp_path, port):
            tab.locator(".kd-stopped").wait_for(state="detached")
            tab.get_by_role("heading", name="Find photos").wait_for()
