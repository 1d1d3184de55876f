"""How long work looks on a page: progress, time left, pause and cancel, the same in every tab."""

from __future__ import annotations

import streamlit as st

from data.errors import KindredError
from data.jobs import CANCEL, CANCELLED, FAILED, PAUSE, PAUSED, STARTING, STOPPED, Job
from data.words import count
from ui.actions.jobs.run_job import jobs
from ui.actions.library.library_in_use import say
from ui.components.jobs.learning_curve import curve_html
from ui.components.shell.live import live
from ui.components.shell.style import plain

WHAT = {
    "train": "Learning your family",
    "tag": "Tagging photos",
    "renew": "Naming everybody in your library",
    "group": "Grouping unknown faces",
    "write": "Writing names",
    "unwrite": "Taking names back",
    "fetch": "Getting a network",
}


def start(kind: str, arguments: dict) -> None:
    """Starts a job and runs the page again; says why if that is not possible."""
    try:
        jobs().start(kind, arguments)
    except KindredError as error:
        say(str(error), failed=True)
    st.rerun()


def show_running(*, may_pause: tuple[str, ...] = ("tag", "renew")) -> bool:
    """Shows the job that is being worked on, if there is one; returns whether there is.

    Of what gives way to everything else nothing is shown.
    """
    job = jobs().running()
    if job is None or job.gives_way:
        return False
    _watch(job.id, job.kind in may_pause)
    return True


def show_grouping() -> None:
    """Shows that unknown faces are grouped, and runs the page again when they are."""
    job = jobs().running()
    if job is not None and job.kind == "group":
        _watch(job.id, may_pause=False)


def show_ended(job: Job) -> None:
    """What became of a job that did not get to its end, and how it goes on."""
    what = WHAT.get(job.kind, job.kind)
    if job.status == FAILED:
        st.error(plain(job.error), icon=":material/error:")
    elif job.status in (PAUSED, STOPPED, CANCELLED):
        how = {
            PAUSED: "is paused",
            CANCELLED: "was cancelled",
            STOPPED: "stopped: the program was closed or the computer switched off",
        }[job.status]
        at = f" after {job.done:,} of {job.of:,}" if job.of else ""
        st.info(f"{what} {how}{at}. Nothing that was done is lost.", icon=":material/pause_circle:")
    else:
        return
    if st.button("Go on", icon=":material/play_arrow:", key=f"job.resume.{job.id}", type="primary"):
        start(job.kind, job.arguments)


def show_curve(job: Job) -> None:
    """The learning curve of a training, as far as it has come."""
    if html := curve_html(job.figures):
        live(html, key=f"job.curve.{job.id}")


def time_left(seconds: float | None) -> str:
    """A time in words: "about 3 minutes left"; "" if nobody knows."""
    if seconds is None:
        return ""
    if seconds < 50:
        return f"about {max(5, 5 * round(seconds / 5))} seconds left"
    minutes = round(seconds / 60) or 1
    if minutes < 90:
        return f"about {count(minutes, 'minute')} left"
    return f"about {count(round(minutes / 60), 'hour')} left"


def progress_text(job: Job) -> str:
    """How far a job is, in one line."""
    if job.status == STARTING or not job.phase:
        return "Starting"
    parts = [job.phase[:1].upper() + job.phase[1:]]
    if job.of:
        parts.append(f"{job.done:,} of {job.of:,}")
    if left := time_left(job.seconds_left):
        parts.append(left)
    return " · ".join(parts)


@st.fragment(run_every=0.7)
def _watch(id: str, may_pause: bool) -> None:
    job = jobs().get(id)
    if job is None or not job.alive:
        st.rerun()
    with st.container(border=True, key=f"kd-job-{id}"):
        st.markdown(f"**{WHAT.get(job.kind, job.kind)}**")
        st.progress(job.share, plain(progress_text(job)))
        st.caption("It goes on when you close this page; every tab shows the same.")
        with st.container(horizontal=True):
            _show_ways_to_stop(job, may_pause)
        show_curve(job)


def _show_ways_to_stop(job: Job, may_pause: bool) -> None:
    if job.stop_request:
        st.write("Stopping at the next safe place…")
        if st.button("End it now", key=f"job.kill.{job.id}", icon=":material/dangerous:"):
            jobs().kill(job.id)
        return
    if may_pause and st.button("Pause", key=f"job.pause.{job.id}", icon=":material/pause:"):
        jobs().stop(job.id, PAUSE)
        st.rerun()
    if st.button("Cancel", key=f"job.cancel.{job.id}", icon=":material/close:"):
        jobs().stop(job.id, CANCEL)
        st.rerun()
