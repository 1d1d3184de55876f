"""Has unknown faces grouped that nobody grouped: the terminal tagged them, or they came by Tag."""

from __future__ import annotations

from contextlib import suppress

from data.errors import KindredError
from data.home import home
from data.library.views import LibraryViews
from ui.actions.jobs.run_job import jobs


def group_if_due() -> None:
    """Starts the worker when there are such faces, and nothing else runs."""
    with suppress(KindredError), LibraryViews(home(), compare_later=True) as library:
        newest = library.groups.newest_to_group()  # of a broken library the page says it itself
        if newest is not None:
            jobs().start_by_itself("group", {"faces": newest})
