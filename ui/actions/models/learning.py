"""Has the model in use follow the names that are given: when it is due, what is said of it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from data.errors import KindredError
from data.home import home
from data.library.views import LibraryViews
from model.manifest import manifest_in_use
from ui.actions.jobs.run_job import jobs

ENOUGH = 10  # decisions that a model follows at once
PAUSE = 60.0  # seconds after the last decision, after which it follows fewer


def learn_if_due() -> None:
    """Starts the worker when enough was decided since the model was made, and nothing else runs."""
    with suppress(KindredError), LibraryViews(home(), compare_later=True) as library:
        if due(library, manifest_in_use()):
            jobs().start_by_itself("refit", {"decisions": library.recognition.version})


def due(library: LibraryViews, manifest: dict) -> bool:
    """Whether a model does not know what was decided, and nobody is in the middle of deciding.

    Args:
        manifest: Of the model in use; empty where there is none.
    """
    followed = manifest.get("decisions", 0)
    behind = abs(library.recognition.version - followed)
    if not behind or not (library.recognition.known() or manifest.get("people")):
        return False
    return behind >= ENOUGH or library.decisions.seconds_since_last() >= PAUSE


def state_text() -> str:
    """When the model learned, or that it does; "" where there is none."""
    running = jobs().running()
    if running and running.kind in ("refit", "train"):
        return "learning now"
    try:
        learned = datetime.fromisoformat(manifest_in_use()["created"])
    except (LookupError, TypeError, ValueError):
        return ""
    return f"learned {ago((datetime.now(UTC) - learned).total_seconds())}"


def ago(seconds: float) -> str:
    """A time span in words: "2 minutes ago"."""
    if seconds < 60:
        return "just now"
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return ""
