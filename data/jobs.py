"""Long work in a process of its own, one at a time; its state is in files that everybody may read.

    jobs/<id>/job.json     what is to be done; never changes
    jobs/<id>/state.json   how far it is; written by the worker only
    jobs/<id>/lock         held by the worker as long as it lives, however it ends
    jobs/<id>/stop         a wish: "pause" or "cancel"
    jobs/<id>/log.txt      what the worker printed

A page that is reloaded, a second tab and a server that was started again all see the same. Who
holds the lock is alive: no process number has to be trusted, and a killed worker is noticed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import KindredError
from data.home import replace_file

ROOT = Path(__file__).parents[1]

STARTING, RUNNING, DONE, FAILED = "starting", "running", "done", "failed"
PAUSED, CANCELLED = "paused", "cancelled"
STOPPED = "stopped"  # it ended without saying so: killed, or the computer was switched off
ALIVE = frozenset({STARTING, RUNNING})

PAUSE, CANCEL = "pause", "cancel"
_OUTCOME = {PAUSE: PAUSED, CANCEL: CANCELLED}

_SECONDS_TO_START = 30.0  # for Python to come up on a busy computer
_SECONDS_BETWEEN_WRITES = 0.25
_KEPT = 30  # finished jobs, for looking back

_children: list[subprocess.Popen] = []


class Stopped(Exception):
    """Raised in the worker where it reports progress, when somebody wished it to stop."""


@dataclass(frozen=True)
class Job:
    """A piece of work as it stands.

    Attributes:
        id: Sorts by time of creation.
        kind, arguments: What is to be done.
        status: One of the module's words.
        phase: What is being done just now, in words.
        done, of: How much of the phase.
        note: The newest remark, if there is one.
        result: What came out, once it is done.
        error: Why it failed, for a person.
        pid: Of the worker, while it is alive.
        wish: "pause" or "cancel" if somebody asked for that.
        seconds_left: Of the phase, by its pace so far; `None` when nobody can tell.
    """

    id: str
    kind: str
    arguments: dict
    status: str
    phase: str = ""
    done: int = 0
    of: int = 0
    note: str = ""
    result: dict = field(default_factory=dict)
    error: str = ""
    pid: int | None = None
    wish: str = ""
    started: float = 0.0
    seconds_left: float | None = None

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def share(self) -> float:
        """How much of the phase is done, 0..1."""
        return min(max(self.done / self.of, 0.0), 1.0) if self.of else 0.0


class Jobs:
    """The jobs of one Kindred home folder.

    Args:
        home: Kindred's home folder.
        command: What starts a worker; the job's folder is appended.
    """

    def __init__(self, home: str | os.PathLike, command: Sequence[str] | None = None):
        self.home = Path(home)
        self.folder = self.home / "jobs"
        self._command = list(command or (sys.executable, "-m", "ui.worker"))

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
        job = _read(folder / "job.json")
        if not job:
            return None
        _reap()
        state = _read(folder / "state.json")
        status = state.get("status", STARTING)
        if status in ALIVE and not _is_held(folder / "lock"):
            state = _read(folder / "state.json")  # it may have ended between the two looks
            status = state.get("status", STARTING)
            waiting = status == STARTING and time.time() - job["at"] < _SECONDS_TO_START
            if status in ALIVE and not (waiting and not _has_died(folder)):
                status = STOPPED
        return Job(
            id=id,
            kind=job["kind"],
            arguments=job["arguments"],
            status=status,
            phase=state.get("phase", ""),
            done=state.get("done", 0),
            of=state.get("of", 0),
            note=state.get("note", ""),
            result=state.get("result") or {},
            error=state.get("error", ""),
            pid=state.get("pid") if status in ALIVE else None,
            wish=_wish(folder) if status in ALIVE else "",
            started=job["at"],
            seconds_left=_seconds_left(state) if status == RUNNING else None,
        )

    def start(self, kind: str, arguments: Mapping) -> Job:
        """Starts a worker.

        Raises:
            KindredError: Another job is being worked on.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".starting"):
            if busy := self.running():
                raise KindredError(
                    f"Kindred is busy ({busy.kind}: {busy.phase or 'starting'})",
                    remedy="Wait until that is done, or stop it first",
                )
            self._tidy()
            id = f"{time.time_ns():020d}-{kind}"
            folder = self.folder / id
            folder.mkdir()
            job = {"kind": kind, "arguments": dict(arguments), "at": time.time()}
            replace_file(folder / "job.json", json.dumps(job).encode())
            self._spawn(folder)
        return self.get(id)

    def resume(self, id: str) -> Job:
        """Starts again what was paused, stopped, cancelled or failed, with the same arguments."""
        job = self.get(id)
        if job is None:
            raise KindredError("this work is not known any more", remedy="Start it anew")
        return self.start(job.kind, job.arguments)

    def stop(self, id: str, wish: str) -> None:
        """Asks a worker to stop at the next place where nothing is half done."""
        if wish not in _OUTCOME:
            raise ValueError(f"`wish` must be one of {sorted(_OUTCOME)}. Received: {wish!r}")
        replace_file(self.folder / id / "stop", wish.encode())

    def kill(self, id: str) -> None:
        """Ends a worker that does not listen: the process that holds this job's lock, no other."""
        job = self.get(id)
        if job and job.alive and job.pid and _is_held(self.folder / id / "lock"):
            with suppress(ProcessLookupError):
                os.kill(job.pid, 9)

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


class Report:
    """With what a worker says how far it is, and hears that it should stop."""

    def __init__(self, folder: Path):
        self._folder, self._written = folder, 0.0
        self.state = {"status": RUNNING, "pid": os.getpid(), "phase": "", "done": 0, "of": 0}

    def progress(self, phase: str, done: int, of: int) -> None:
        """Says how much of a phase is done.

        Raises:
            Stopped: Somebody wished it to stop.
        """
        if phase != self.state["phase"]:
            self.state |= {"phase": phase, "phase_at": time.time(), "first": done}
            self._written = 0.0
        self.state |= {"done": done, "of": of, "now": time.time()}
        if time.monotonic() - self._written > _SECONDS_BETWEEN_WRITES:
            self.write()
            self.check()

    def check(self) -> None:
        """Raises `Stopped` if somebody wished it to stop."""
        if _wish(self._folder):
            raise Stopped

    def note(self, text: str) -> None:
        """A remark for whoever watches; the newest one is shown."""
        self.state["note"] = text

    def write(self) -> None:
        replace_file(self._folder / "state.json", json.dumps(self.state).encode())
        self._written = time.monotonic()


Chore = Callable[[dict, Report], dict]


def work(folder: str | os.PathLike, chores: Mapping[str, Chore]) -> str:
    """Does the job of a folder in this process and returns its status.

    Args:
        folder: Of the job.
        chores: For each kind, a function of the arguments and a `Report`, to its result.
    """
    folder = Path(folder)
    job, report = _read(folder / "job.json"), Report(folder)
    with _held(folder / "lock"):
        report.write()
        try:
            report.state["result"] = chores[job["kind"]](job["arguments"], report)
            report.state["status"] = DONE
        except Stopped:
            report.state["status"] = _OUTCOME[_wish(folder)]
        except KindredError as error:
            report.state |= {"status": FAILED, "error": str(error)}
        except BaseException as error:
            traceback.print_exc()
            what = " ".join(str(error).split()) or type(error).__name__
            report.state |= {"status": FAILED, "error": f"It broke off: {what}"}
        report.write()
    return report.state["status"]


@contextmanager
def _held(lock: Path) -> Iterator[None]:
    # A reader that just looks whether the lock is held has it for a moment.
    with FileLock(lock).acquire(timeout=20):
        yield


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    try:
        with FileLock(lock).acquire(timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _has_died(folder: Path) -> bool:
    return any(
        child.folder == folder and child.returncode is not None for child in (*_children, *_dead)
    )


_dead: list[subprocess.Popen] = []


def _reap() -> None:
    """Lets the system forget workers of ours that have ended."""
    for child in list(_children):
        if child.poll() is not None:
            _children.remove(child)
            _dead.append(child)
    del _dead[:-_KEPT]


def _wish(folder: Path) -> str:
    with suppress(OSError):
        wish = (folder / "stop").read_text("utf-8").strip()
        return wish if wish in _OUTCOME else ""
    return ""


def _read(file: Path) -> dict:
    with suppress(OSError, ValueError):
        found = json.loads(file.read_text("utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _seconds_left(state: Mapping) -> float | None:
    made = state.get("done", 0) - state.get("first", 0)
    spent = state.get("now", 0.0) - state.get("phase_at", 0.0)
    if made < 1 or spent < 1.0 or not state.get("of"):
        return None
    return max(state["of"] - state["done"], 0) * spent / made
