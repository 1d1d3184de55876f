"""Starts jobs, each in a process of its own, asks them to stop, and tells how they stand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from data.errors import KindredError
from data.home import make_private, replace_file
from data.jobs.files import is_held, read, stop_request_in
from data.jobs.job import (
    ALIVE,
    CANCELLED,
    DONE,
    FAILED,
    GIVE_WAY,
    OUTCOME,
    STARTING,
    STOPPED,
    Job,
    job_of,
)

ROOT = Path(__file__).parents[2]

TRIES = 3  # times that work which nobody asked for is begun with the same arguments

_SECONDS_TO_START = 30.0  # for Python to come up on a busy computer
_SECONDS_TO_END = 10.0
_KEPT = 30  # finished jobs, for looking back

_children: list[subprocess.Popen] = []
_dead: list[subprocess.Popen] = []


class Jobs:
    """The jobs of one Kindred home folder.

    Args:
        home: Kindred's home folder.
        command: What starts a worker in the project's folder; the job's folder is appended.
    """

    def __init__(self, home: str | os.PathLike, command: Sequence[str]):
        self.home = Path(home)
        self.folder = self.home / "jobs"
        self._command = list(command)

    def list(self, kind: str | None = None) -> list[Job]:
        """The jobs, newest first."""
        with suppress(FileNotFoundError):
            names = sorted((e.name for e in os.scandir(self.folder) if e.is_dir()), reverse=True)
            jobs = (self.get(name) for name in names if kind is None or name.endswith(f"-{kind}"))
            return [job for job in jobs if job is not None]
        return []

    def latest(self, *kinds: str) -> Job | None:
        """The newest job of these kinds (of all, without any)."""
        return next((job for job in self.list() if not kinds or job.kind in kinds), None)

    def running(self) -> Job | None:
        """The job that is being worked on."""
        return next((job for job in self.list() if job.alive), None)

    def get(self, id: str) -> Job | None:
        """One job; `None` if there is none, or only half of one."""
        folder = self.folder / id
        job = read(folder / "job.json")
        if not job:
            return None
        _reap()
        state = read(folder / "state.json")
        while (status := state.get("status", STARTING)) in ALIVE and not is_held(folder / "lock"):
            before, state = state, read(folder / "state.json")
            if state == before:  # else it began or ended between the two looks: look once more
                waiting = status == STARTING and time.time() - job["at"] < _SECONDS_TO_START
                status = status if waiting and not _has_died(folder) else STOPPED
                break
        stop_request = stop_request_in(folder)
        if status == STOPPED:  # one that did not listen was ended all the same
            status = OUTCOME.get(stop_request, status)
        return job_of(id, job, state, status, stop_request)

    def start(self, kind: str, arguments: Mapping, *, gives_way: bool = False) -> Job:
        """Starts a worker.

        Args:
            kind, arguments: What is to be done.
            gives_way: Whether it is ended when something else is to be done: nothing is lost by
                that, and nobody waits for it.

        Raises:
            KindredError: Another job is being worked on, or nothing can be written.
        """
        try:
            return self._start(kind, arguments, gives_way)
        except OSError as error:
            raise KindredError.unwritable(
                "the work cannot be started",
                error,
                file=self.folder,
                remedy="Check the folder's permissions",
            ) from error

    def _start(self, kind: str, arguments: Mapping, gives_way: bool) -> Job:
        make_private(self.folder.parent)
        self.folder.mkdir(exist_ok=True)
        with FileLock(self.folder / ".starting"):
            busy = self.running()
            if busy and busy.gives_way and not gives_way:
                self._end(busy)
                busy = self.running()
            if busy:
                raise KindredError(
                    f"Kindred is busy ({busy.kind}: {busy.phase or 'starting'})",
                    remedy="Wait until that is done, or stop it first",
                )
            self._tidy()
            id = f"{time.time_ns():020d}-{kind}"
            folder = self.folder / id
            folder.mkdir()
            job = {"kind": kind, "arguments": dict(arguments), "at": time.time()}
            job |= {"gives_way": True} if gives_way else {}
            replace_file(folder / "job.json", json.dumps(job).encode())
            self._spawn(folder)
        return self.get(id)

    def start_by_itself(self, kind: str, arguments: Mapping) -> bool:
        """Starts work that nobody asked for, and that gives way; returns whether it did.

        It does not start beside other work, nor again with the same arguments when somebody
        cancelled it, when it failed, which it would do again, or when it has come to its end or
        died `TRIES` times. What gave way to other work is begun again.
        """
        if self.running():
            return False
        former = [job.status for job in self.list(kind) if job.arguments == dict(arguments)]
        if {FAILED, CANCELLED} & set(former):
            return False
        if former.count(STOPPED) + former.count(DONE) >= TRIES:
            return False
        self.start(kind, arguments, gives_way=True)
        return True

    def resume(self, id: str) -> Job:
        """Starts again what was paused, stopped, cancelled or failed, with the same arguments."""
        job = self.get(id)
        if job is None:
            raise KindredError("this work is not known any more", remedy="Start it anew")
        return self.start(job.kind, job.arguments)

    def stop(self, id: str, stop_request: str) -> None:
        """Asks a worker to stop at the next place where nothing is half done."""
        if stop_request not in OUTCOME:
            raise ValueError(
                f"`stop_request` must be one of {sorted(OUTCOME)}. "
                f"Received: stop_request={stop_request!r}"
            )
        replace_file(self.folder / id / "stop", stop_request.encode())

    def kill(self, id: str) -> None:
        """Ends a worker that does not listen: the process that holds this job's lock, no other."""
        job = self.get(id)
        if job and job.alive and job.pid and is_held(self.folder / id / "lock"):
            with suppress(ProcessLookupError):
                os.kill(job.pid, 9)

    def _end(self, job: Job) -> None:
        """Ends a worker and waits until it is gone; one that has just been started, too."""
        until = time.monotonic() + _SECONDS_TO_END
        while job and job.alive and time.monotonic() < until:
            self.stop(job.id, GIVE_WAY)
            self.kill(job.id)
            time.sleep(0.05)
            job = self.get(job.id)

    def log(self, id: str) -> str:
        """The end of what the worker printed."""
        with suppress(OSError):
            return (self.folder / id / "log.txt").read_text("utf-8", "replace")[-4000:]
        return ""

    def _spawn(self, folder: Path) -> None:
        environment = os.environ | {"KINDRED_HOME": str(self.home), "PYTHONUNBUFFERED": "1"}
        with (folder / "log.txt").open("ab") as log:
            worker = subprocess.Popen(
                [*self._command, str(folder)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C for the server is not meant for it
            )
        worker.folder = folder
        _children.append(worker)

    def _tidy(self) -> None:
        for job in self.list()[_KEPT:]:
            if not job.alive:
                shutil.rmtree(self.folder / job.id, ignore_errors=True)


def _has_died(folder: Path) -> bool:
    return any(
        child.folder == folder and child.returncode is not None for child in (*_children, *_dead)
    )


def _reap() -> None:
    """Lets the system forget workers of ours that have ended."""
    for child in list(_children):
        if child.poll() is not None:
            _children.remove(child)
            _dead.append(child)
    del _dead[:-_KEPT]
