"""Checks a page for WCAG 2.2 A and AA with axe-core, and for targets that a finger can hit."""

from __future__ import annotations

from importlib.resources import files

_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_TARGETS = """() => [...document.querySelectorAll(
        '.stMain :is(button, a[href], input:not([type=checkbox], [type=range])), dialog button')]
    .filter((e) => e.checkVisibility({ visibilityProperty: true }))
    .map((e) => [e, e.getBoundingClientRect()])
    .filter(([e, at]) => at.width > 1 && (at.height < 40.5 || at.width < 43.5))
    .map(([e]) => e.outerHTML.slice(0, 160))"""


def violations(tab) -> list[str]:
    """What breaks a rule on this page, an element a line.

    Args:
        tab: Playwright's page.
    """
    if not tab.evaluate("'axe' in window"):
        tab.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = tab.evaluate("(rules) => axe.run({ runOnly: rules })", list(_RULES))
    return [
        f"{broken['id']}: {node['html'][:160]} {node['failureSummary']}"
        for broken in found["violations"]
        for node in broken["nodes"]
    ]


def small_targets(tab) -> list[str]:
    """Controls of a page on a phone that are smaller than 44 pixels, their edges not counted."""
    return tab.evaluate(_TARGETS)
