"""Long work: two readers, cancel, pause and resume, a killed worker, and one at a time."""

import json
import os
import signal
import sys
import time

import pytest

from data.errors import KindredError
from data.jobs import CANCELLED, DONE, FAILED, PAUSED, RUNNING, STOPPED, Jobs
from data.jobs.job import GAVE_WAY, Job, job_of
from data.jobs.jobs import TRIES
from data.jobs.worker import JobProgress

NO_WORKER = [sys.executable, "-c", "raise SystemExit(1)"]
WORKER = """
import sys, time
sys.path.insert(0, {root!r})
from data.errors import KindredError
from data.jobs import work

def count(arguments, report):
    for i in range(arguments["to"]):
        report.progress("counting", i, arguments["to"])
        time.sleep(0.02)
    return {{"counted": arguments["to"]}}

def fail(arguments, report):
    raise KindredError("there is no moon", remedy="Wait for the night")

def crash(arguments, report):
    return 1 / 0

work(sys.argv[1], {{"count": count, "fail": fail, "crash": crash}})
"""


@pytest.fixture
def jobs(tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(WORKER.format(root=os.getcwd()))
    jobs = Jobs(tmp_path / "home", command=[sys.executable, str(script)])
    yield jobs
    for job in jobs.list():
        jobs.kill(job.id)


def until(jobs, id, *statuses, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = jobs.get(id)
        if job.status in statuses:
            return job
        time.sleep(0.02)
    raise AssertionError(f"still {job.status} after {seconds} s\n{jobs.log(id)}")


def under_way(jobs, id):
    end = time.monotonic() + 20
    while not jobs.get(id).done:
        assert time.monotonic() < end, jobs.log(id)
        time.sleep(0.02)


def test_a_job_runs_to_its_end_and_two_readers_see_the_same(jobs):
    job = jobs.start("count", {"to": 30})
    other = Jobs(jobs.home, NO_WORKER)
    assert other.running().id == job.id
    under_way(other, job.id)
    now = other.get(job.id)
    assert now.status == RUNNING and now.phase == "counting" and now.of == 30
    done = until(other, job.id, DONE)
    assert done.result == {"counted": 30} and done == jobs.get(job.id)
    assert jobs.running() is None and jobs.latest().id == job.id


def test_only_one_at_a_time(jobs):
    job = jobs.start("count", {"to": 2000})
    with pytest.raises(KindredError, match="busy"):
        Jobs(jobs.home, NO_WORKER).start("count", {"to": 1})
    jobs.stop(job.id, "cancel")
    assert until(jobs, job.id, CANCELLED).result == {}
    again = jobs.start("count", {"to": 1})
    assert until(jobs, again.id, DONE)


def test_pause_and_resume(jobs):
    job = jobs.start("count", {"to": 2000})
    under_way(jobs, job.id)
    jobs.stop(job.id, "pause")
    assert until(jobs, job.id, PAUSED)
    again = jobs.resume(job.id)
    assert again.arguments == job.arguments and again.id != job.id and again.alive
    jobs.stop(again.id, "cancel")
    until(jobs, again.id, CANCELLED)


def test_a_killed_worker_is_stopped_and_can_be_started_again(jobs):
    job = jobs.start("count", {"to": 2000})
    under_way(jobs, job.id)
    os.kill(jobs.get(job.id).pid, 9)
    stopped = until(jobs, job.id, STOPPED)
    assert stopped.pid is None and stopped.done > 0
    assert Jobs(jobs.home, NO_WORKER).get(job.id).status == STOPPED
    again = jobs.resume(job.id)
    under_way(jobs, again.id)
    jobs.kill(again.id)
    until(jobs, again.id, STOPPED)


def test_what_was_asked_to_stop_and_did_not_listen_is_not_taken_for_a_crash(jobs):
    job = jobs.start("count", {"to": 2000})
    under_way(jobs, job.id)
    os.kill(jobs.get(job.id).pid, signal.SIGSTOP)
    jobs.stop(job.id, "cancel")
    jobs.kill(job.id)
    assert until(jobs, job.id, CANCELLED, STOPPED).status == CANCELLED


def test_work_that_nobody_asked_for_gives_way_and_begins_again_until_it_is_cancelled(jobs):
    for _ in range(TRIES + 1):
        assert jobs.start_by_itself("count", {"to": 2000})
        quiet = jobs.running()
        assert quiet.gives_way
        assert not jobs.start_by_itself("count", {"to": 3000}), "it does not end its like"
        asked = jobs.start("count", {"to": 1})
        assert jobs.get(quiet.id).status == GAVE_WAY
        until(jobs, asked.id, DONE)
    assert jobs.start_by_itself("count", {"to": 2000})
    last = jobs.running()
    jobs.stop(last.id, "cancel")
    until(jobs, last.id, CANCELLED)
    assert not jobs.start_by_itself("count", {"to": 2000})
    assert jobs.start_by_itself("count", {"to": 2}), "that is other work"


@pytest.mark.parametrize(
    ("ended", "begins"),
    [
        ([STOPPED], True),  # killed, or the computer was switched off
        ([STOPPED] * TRIES, False),
        ([GAVE_WAY] * (TRIES + 1), True),  # other work came first
        ([CANCELLED, GAVE_WAY], False),
        ([FAILED], False),
        ([DONE], True),  # and is due once more: an earlier model is in use again
        ([DONE] * TRIES, False),
    ],
)
def test_when_work_that_nobody_asked_for_begins_again(tmp_path, monkeypatch, ended, begins):
    jobs = Jobs(tmp_path, NO_WORKER)
    former = [Job(str(number), "count", {"to": 1}, status) for number, status in enumerate(ended)]
    monkeypatch.setattr(Jobs, "list", lambda *_: former)
    monkeypatch.setattr(Jobs, "start", lambda *_, **__: None)
    assert jobs.start_by_itself("count", {"to": 1}) == begins
    assert jobs.start_by_itself("count", {"to": 2})


def test_kill_ends_nobody_but_the_holder_of_the_lock(jobs):
    job = jobs.start("count", {"to": 1})
    until(jobs, job.id, DONE)
    state = jobs.folder / job.id / "state.json"
    state.write_text(json.dumps({"status": "running", "pid": os.getpid()}))
    jobs.kill(job.id)  # we are still here
    assert jobs.get(job.id).status == STOPPED


def test_a_worker_that_begins_between_two_looks_is_running(jobs, monkeypatch):
    """Its lock is not held when it is looked at, and a moment later there is a state: not dead."""
    folder = jobs.folder / "1-count"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"kind": "count", "arguments": {}, "at": 0.0}))
    answers = iter([False, True])

    def begins(lock):
        (folder / "state.json").write_text(json.dumps({"status": RUNNING, "pid": 1}))
        return next(answers)

    monkeypatch.setattr("data.jobs.jobs.is_held", begins)
    assert jobs.get("1-count").status == RUNNING


def test_a_failure_is_a_sentence_and_a_crash_is_one_too(jobs):
    job = jobs.start("fail", {})
    assert until(jobs, job.id, FAILED).error == "there is no moon. Wait for the night."
    job = jobs.start("crash", {})
    assert "division by zero" in until(jobs, job.id, FAILED).error
    assert "ZeroDivisionError" in jobs.log(job.id)


def test_a_worker_that_does_not_come_up_is_stopped_at_once(tmp_path):
    jobs = Jobs(tmp_path, NO_WORKER)
    job = jobs.start("count", {})
    until(jobs, job.id, STOPPED, seconds=10)
    assert jobs.running() is None


def test_nothing_there_is_no_error(tmp_path):
    jobs = Jobs(tmp_path / "none", NO_WORKER)
    assert jobs.list() == [] and jobs.latest() is None and jobs.get("x") is None
    with pytest.raises(ValueError, match="stop_request"):
        jobs.stop("x", "explode")
    with pytest.raises(KindredError, match="not known"):
        jobs.resume("x")


def test_the_first_of_a_phase_says_nothing_of_the_time_that_is_left(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("data.jobs.worker.time.time", lambda: now[0])
    report = JobProgress(tmp_path)
    report.progress("tagging photos", 40, 100)  # 40 were done before
    what = {"kind": "tag", "arguments": {}, "at": 0.0}

    def left():
        return job_of("1", what, report.state, RUNNING, "").seconds_left

    for seconds, done in ((60, 41), (61, 42), (63, 43), (64, 44)):
        now[0] = 1000.0 + seconds
        report.progress("tagging photos", done, 100)
        if done == 41:
            assert left() is None  # a minute for one photo: the networks got ready
    assert left() == pytest.approx(56 * 4 / 3)
    assert job_of("1", what, report.state, RUNNING, "").share == 0.44
