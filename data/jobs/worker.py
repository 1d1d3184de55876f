"""A job as its worker does it: reports how far it is, and stops where somebody asked for it."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from data.errors import KindredError, no_room
from data.home import replace_file
from data.jobs.files import held, read, stop_request_in
from data.jobs.job import DONE, FAILED, OUTCOME, RUNNING

_SECONDS_BETWEEN_WRITES = 0.25


class Stopped(Exception):
    """Raised in the worker where it reports progress, when somebody asked it to stop."""


class JobProgress:
    """With what a worker says how far it is, and hears that it should stop."""

    def __init__(self, folder: Path):
        self._folder, self._written, self._is_warm = folder, 0.0, False
        self.state = {"status": RUNNING, "pid": os.getpid(), "phase": "", "done": 0, "of": 0}

    def progress(self, phase: str, done: int, of: int) -> None:
        """Says how much of a phase is done.

        Raises:
            Stopped: Somebody asked it to stop.
        """
        if phase != self.state["phase"]:
            self.state |= {"phase": phase, "phase_at": time.time(), "first": done}
            self._written, self._is_warm = 0.0, False
        elif done > self.state["first"] and not self._is_warm:
            # The first of a phase takes long, as networks get ready: it says nothing of the others.
            self.state |= {"phase_at": time.time(), "first": done}
            self._is_warm = True
        self.state |= {"done": done, "of": of, "now": time.time()}
        if time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self.write()
            self.check()

    def check(self) -> None:
        """Raises `Stopped` if somebody asked it to stop."""
        if stop_request_in(self._folder):
            raise Stopped

    def note(self, text: str) -> None:
        """A remark for whoever watches; the newest one is shown."""
        self.state["note"] = text

    def figures(self, row: Mapping[str, float | str]) -> None:
        """One more row of numbers by name, for whoever watches: an epoch of a learning curve."""
        self.state.setdefault("figures", []).append(dict(row))
        self.write()

    def write(self) -> bool:
        """Puts the state on disk, unless there is no room for it: the work may need none.

        Returns:
            Whether it is there.
        """
        self._written = time.monotonic()
        try:
            replace_file(self._folder / "state.json", json.dumps(self.state).encode())
        except OSError as error:
            if not no_room(error):
                raise
            return False
        return True

    def end(self) -> None:
        """Puts on disk how it ended; where there is no room, in the place of the former state."""
        if self.write():
            return
        least = {key: self.state[key] for key in ("status", "pid", "error") if key in self.state}
        for state in (self.state, least):
            content = json.dumps(state).encode()
            with (
                suppress(OSError),
                (self._folder / "state.json").open("r+b", buffering=0) as place,
            ):
                if place.write(content) == len(content):
                    place.truncate()
                    return


JobHandler = Callable[[dict, JobProgress], dict]


def work(folder: str | os.PathLike, handlers: Mapping[str, JobHandler]) -> str:
    """Does the job of a folder in this process and returns its status.

    Args:
        folder: Of the job.
        handlers: For each kind, a function of the arguments and a `JobProgress`, to its result.
    """
    folder = Path(folder)
    job, report = read(folder / "job.json"), JobProgress(folder)
    with held(folder / "lock"):
        report.write()
        try:
            report.state["result"] = handlers[job["kind"]](job["arguments"], report)
            report.state["status"] = DONE
        except Stopped:
            report.state["status"] = OUTCOME[stop_request_in(folder)]
        except KindredError as error:
            report.state |= {"status": FAILED, "error": str(error)}
        except BaseException as error:
            with suppress(OSError):  # nor may the log have room
                traceback.print_exc()
            what = " ".join(str(error).split()) or type(error).__name__
            if no_room(error):
                where = getattr(error, "filename", None)
                what = str(KindredError.unwritable("there was no room", error, file=where))
            report.state |= {"status": FAILED, "error": f"It broke off: {what}"}
        report.end()
    return report.state["status"]
