"""Long work in a process of its own, one at a time; its state is in files that everybody may read.

    jobs/<id>/job.json     what is to be done; never changes
    jobs/<id>/state.json   how far it is; written by the worker only
    jobs/<id>/lock         held by the worker as long as it lives, however it ends
    jobs/<id>/stop         what is asked of the worker: "pause", "cancel" or "give way"
    jobs/<id>/log.txt      what the worker printed

A page that is reloaded, a second tab and a server that was started again all see the same. Who
holds the lock is alive: no process number has to be trusted, and a killed worker is noticed.
"""

from data.jobs.job import (
    CANCEL,
    CANCELLED,
    DONE,
    FAILED,
    PAUSE,
    PAUSED,
    RUNNING,
    STARTING,
    STOPPED,
    Job,
)
from data.jobs.jobs import Jobs
from data.jobs.worker import JobProgress, Stopped, work

__all__ = [
    "CANCEL",
    "CANCELLED",
    "DONE",
    "FAILED",
    "PAUSE",
    "PAUSED",
    "RUNNING",
    "STARTING",
    "STOPPED",
    "Job",
    "JobProgress",
    "Jobs",
    "Stopped",
    "work",
]
