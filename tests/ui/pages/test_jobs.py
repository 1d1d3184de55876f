"""Tagging a folder from the pages: pause, go on, cancel, a killed worker, a reload, two tabs."""

import json
import os
import sqlite3
import time

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from data.jobs import CANCELLED, DONE, PAUSED, STOPPED, Jobs
from data.library.views import LibraryViews
from data.lock import library_lock
from tests.app_pages import button, live_html
from tests.libraries import small_library
from tests.pictures import encoded
from tests.slow_worker import COMMAND

PHOTOS = 60  # three seconds of work


@pytest.fixture
def jobs(fresh_home, monkeypatch):
    monkeypatch.setattr("ui.actions.jobs.run_job.COMMAND", COMMAND)
    jobs = Jobs(fresh_home, COMMAND)
    yield jobs
    for job in jobs.list():
        jobs.kill(job.id)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(PHOTOS):
        picture = np.full((90, 160, 3), (number, 90, 120), np.uint8)
        (folder / f"{number}.png").write_bytes(encoded(picture))
    return folder


def folder_page():
    def run():
        from ui.components.shell import toasts
        from ui.pages import folder as folder_page

        toasts.show_toasts()
        folder_page.show()

    return AppTest.from_function(run, default_timeout=30)


def until(jobs, id, *statuses, seconds=60):
    end = time.monotonic() + seconds
    while (job := jobs.get(id)).status not in statuses:
        assert time.monotonic() < end, f"still {job.status}\n{jobs.log(id)}"
        time.sleep(0.05)
    return job


def under_way(jobs, id):
    """The job when some photos are done, and most are not."""
    end = time.monotonic() + 60
    while (job := jobs.get(id)).phase != "tagging photos" or job.done < 4:
        assert job.alive and time.monotonic() < end, jobs.log(id)
        time.sleep(0.02)
    assert job.done < PHOTOS
    return job


def kept(home):
    """How many photos are in the library; each must be whole."""
    with sqlite3.connect(home / "library.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        faces = db.execute(
            "SELECT COUNT(f.id) FROM photos p LEFT JOIN faces f ON f.photo = p.id GROUP BY p.id"
        ).fetchall()
        assert set(faces) <= {(2,)}
        assert db.execute("SELECT COUNT(*) FROM paths").fetchone() == (len(faces),)
    return len(faces)


def test_pause_in_one_tab_is_seen_in_the_other_and_after_a_reload_it_goes_on(jobs, photos):
    one = folder_page().run()
    one.text_input[0].set_value(str(photos)).run()
    one = button(one, "Tag this folder").click().run()
    id = jobs.running().id
    under_way(jobs, id)
    other = folder_page().run()  # another tab
    assert "Tagging photos" in other.markdown[0].value and button(other, "Pause")
    assert [b.label for b in one.run().button][:2] == [b.label for b in other.button][:2]
    assert not button(other, "Pause").click().run().exception
    paused = until(jobs, id, PAUSED)
    some = kept(jobs.home)
    assert 0 < paused.done <= some < PHOTOS

    reloaded = folder_page().run()
    for tab in (one.run(), reloaded):
        assert not tab.exception and "is paused" in tab.info[0].value
        assert f"of {PHOTOS}" in tab.info[0].value
    button(reloaded, "Go on").click().run()
    again = jobs.latest()
    assert again.id != id
    done = until(jobs, again.id, DONE)
    assert done.result["fresh"] == PHOTOS - some and done.result["photos"] == PHOTOS
    assert kept(jobs.home) == PHOTOS
    assert f"{PHOTOS} photos" in folder_page().run().success[0].value


def test_a_worker_killed_in_mid_tagging_leaves_whole_photos_and_goes_on(jobs, photos):
    job = jobs.start("tag", {"paths": [str(photos)]})
    pid = under_way(jobs, job.id).pid
    os.kill(pid, 9)  # the worker that this test started
    stopped = until(jobs, job.id, STOPPED)
    some = kept(jobs.home)
    assert stopped.pid is None and 0 < stopped.done <= some < PHOTOS
    with library_lock(jobs.home, "testing", wait=1):
        pass  # it died with the worker
    app = folder_page().run()
    assert "stopped" in app.info[0].value and "of 60" in app.info[0].value
    button(app, "Go on").click().run()
    assert until(jobs, jobs.latest().id, DONE).result["fresh"] == PHOTOS - some
    assert kept(jobs.home) == PHOTOS


def test_what_is_done_when_it_is_cancelled_stays(jobs, photos):
    job = jobs.start("tag", {"paths": [str(photos)]})
    under_way(jobs, job.id)
    app = folder_page().run()
    assert not button(app, "Cancel").click().run().exception
    until(jobs, job.id, CANCELLED)
    some = kept(jobs.home)
    assert 0 < some < PHOTOS
    app = folder_page().run()
    assert "was cancelled" in app.info[0].value and not app.exception


def test_an_adopted_model_names_the_library_in_the_background(jobs, monkeypatch):
    small_library(jobs.home)
    with LibraryViews(jobs.home) as library:
        library.db.execute("UPDATE photos SET model = 'model:former'")
        anne = library.decisions.confirm(library.people.faces("Anne")[0][0], "Anne")
    folder = jobs.home / "models" / "new"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"format": 1, "people": ["Berta"]}))

    def run():
        from ui.components.shell import toasts
        from ui.pages import teach as teach_page

        toasts.show_toasts()
        teach_page.show()

    app = AppTest.from_function(run, default_timeout=30).run()
    app = button(app, "Use").click().run()
    assert not app.exception and "names everybody" in live_html(app)
    assert until(jobs, jobs.latest("renew").id, DONE).result["renamed"] == 9
    with LibraryViews(jobs.home) as library:
        assert library.people.get("Berta").photos == 9 and anne
        assert library.people.get("Anne").photos == 1  # confirmed: no model changes it
