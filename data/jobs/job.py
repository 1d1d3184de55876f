"""The record of a job: what is to be done, how far it is, and the words for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STARTING, RUNNING, DONE, FAILED = "starting", "running", "done", "failed"
PAUSED, CANCELLED = "paused", "cancelled"
GAVE_WAY = "gave way"  # it was ended because something else was to be done
STOPPED = "stopped"  # it ended without saying so: killed, or the computer was switched off
ALIVE = frozenset({STARTING, RUNNING})

PAUSE, CANCEL, GIVE_WAY = "pause", "cancel", "give way"
OUTCOME = {PAUSE: PAUSED, CANCEL: CANCELLED, GIVE_WAY: GAVE_WAY}


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
        figures: Rows of numbers by name that the worker has reported, oldest first.
        result: What came out, once it is done.
        error: Why it failed, for a person.
        pid: Of the worker, while it is alive.
        stop_request: "pause", "cancel" or "give way" if that was asked for.
        gives_way: Whether it is ended when something else is to be done.
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
    figures: tuple[dict, ...] = ()
    result: dict = field(default_factory=dict)
    error: str = ""
    pid: int | None = None
    stop_request: str = ""
    started: float = 0.0
    gives_way: bool = False
    seconds_left: float | None = None

    @property
    def alive(self) -> bool:
        return self.status in ALIVE

    @property
    def share(self) -> float:
        """How much of the phase is done, 0..1."""
        return min(max(self.done / self.of, 0.0), 1.0) if self.of else 0.0


def job_of(id: str, what: Mapping, state: Mapping, status: str, stop_request: str) -> Job:
    """A job from what is in its files.

    Args:
        id: Its name.
        what, state: `job.json` and `state.json`.
        status: What counts, whatever the state says.
        stop_request: "pause", "cancel", "give way" or "".
    """
    alive = status in ALIVE
    return Job(
        id=id,
        kind=what["kind"],
        arguments=what["arguments"],
        status=status,
        phase=state.get("phase", ""),
        done=state.get("done", 0),
        of=state.get("of", 0),
        note=state.get("note", ""),
        figures=tuple(state.get("figures", ())),
        result=state.get("result") or {},
        error=state.get("error", ""),
        pid=state.get("pid") if alive else None,
        stop_request=stop_request if alive else "",
        started=what["at"],
        gives_way=what.get("gives_way", False),
        seconds_left=_seconds_left(state) if status == RUNNING else None,
    )


def _seconds_left(state: Mapping) -> float | None:
    made = state.get("done", 0) - state.get("first", 0)
    spent = state.get("now", 0.0) - state.get("phase_at", 0.0)
    if made < 1 or spent < 1.0 or not state.get("of"):
        return None
    return max(state["of"] - state["done"], 0) * spent / made
