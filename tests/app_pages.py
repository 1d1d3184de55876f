"""Pages of the application without a browser: run, read and pressed, for the tests of pages."""

from __future__ import annotations

import json

from streamlit.testing.v1 import AppTest


def app_page(name: str, **query) -> AppTest:
    """A page of `ui.pages` with its toasts, not run yet.

    Args:
        query: What stands in its address after the question mark.
    """

    def run(name):
        import importlib

        from ui.components.shell import toasts

        toasts.show_toasts()
        importlib.import_module(f"ui.pages.{name}").show()

    app = AppTest.from_function(run, kwargs={"name": name}, default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = str(value)
    return app


def run_page(name: str, **query) -> AppTest:
    """The same after its first run."""
    return app_page(name, **query).run()


def html(app: AppTest) -> str:
    """All HTML of a page, that which answers included."""
    return "\n".join([*(element.proto.body for element in app.get("html")), live_html(app)])


def live_html(app: AppTest) -> str:
    """The HTML that answers: tiles, fields, buttons."""
    live = app.get("bidi_component")
    return "\n".join(json.loads(element.proto.json)["html"] for element in live)


def button(app: AppTest, start: str):
    """The button whose label begins so."""
    return next(one for one in app.button if one.label.startswith(start))
