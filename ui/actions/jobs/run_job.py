"""The process that does a job: `data.jobs` starts `python -m ui.actions.jobs.run_job FOLDER`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from data.home import home
from data.jobs import DONE, Jobs, work

COMMAND = (sys.executable, "-m", "ui.actions.jobs.run_job")


def jobs() -> Jobs:
    """The jobs of this Kindred."""
    return Jobs(home(), COMMAND)


def main(arguments: list[str]) -> int:
    """Does one job and returns the exit status."""
    from ui.actions.jobs.job_handlers import HANDLERS

    with suppress(OSError, AttributeError):
        os.nice(5)  # whoever looks at pages meanwhile comes first
    return 0 if work(arguments[0], HANDLERS) == DONE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
