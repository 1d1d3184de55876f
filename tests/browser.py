"""Runs the application and a real browser, for the tests that need both and for screenshots."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Chromium looks for updates and the like; a test that counts requests wants none of that.
_ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def chromium_path() -> str | None:
    """Debian's chromium, or a Chrome; `None` where there is neither."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def require_browser() -> None:
    """Skips the module that calls it where there is no browser to test with."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    if chromium_path() is None:
        reason = "there is no Chromium (Debian: apt-get install chromium)"
        pytest.skip(reason, allow_module_level=True)


@contextmanager
def running_app(home: Path, port: int | None = None) -> Iterator[str]:
    """The application with its files in `home`; yields its address.

    The user's own Streamlit settings are kept out by giving it another home folder.
    """
    port = port or free_port()
    environment = os.environ | {"KINDRED_HOME": str(home), "HOME": str(home)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    log = home / "server.log"
    home.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
        try:
            _wait_until_healthy(f"http://localhost:{port}/_stcore/health", server, log)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@contextmanager
def running_browser():
    """A headless Chromium; yields Playwright's `Browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=list(_ARGUMENTS), headless=True
        )
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(address: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the application did not start:\n{log.read_text(errors='replace')}")
