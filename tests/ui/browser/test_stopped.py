"""The page of a program that has stopped says how to start it, and goes on when it runs again."""

from tests.browser import free_port, require_browser, running_app

require_browser()


def test_a_stopped_program_says_how_to_start_it(browser, tmp_path):
    port = free_port()
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
