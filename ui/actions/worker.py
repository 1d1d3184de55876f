"""The process that does a job: `python -m ui.actions.worker JOB_FOLDER`; started by `data.jobs`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from data.jobs import DONE, work


def main(arguments: list[str]) -> int:
    """Does one job and returns the exit status."""
    from ui.actions.job_handlers import CHORES

    with suppress(OSError, AttributeError):
        os.nice(5)  # whoever looks at pages meanwhile comes first
    return 0 if work(arguments[0], CHORES) == DONE else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
