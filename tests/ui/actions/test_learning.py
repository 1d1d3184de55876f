"""When the model in use follows the names that are given, and what the pages say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.home import home
from data.jobs import FAILED, Job, Jobs
from data.library.views import LibraryViews
from tests.made_faces import add
from ui.actions.jobs import run_job
from ui.actions.models import learning


@pytest.fixture
def library(fresh_home):
    with LibraryViews(home()) as opened:
        yield opened


def decided_before(library, seconds: float) -> None:
    """The last decision was made so long ago."""
    at = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
    library.db.execute("UPDATE decisions SET at = ?", (at,))


def test_it_follows_many_names_at_once_and_a_few_after_a_pause(library):
    assert not learning.due(library, {})
    faces = [add(library, [0])[0] for _ in range(learning.ENOUGH)]
    library.decisions.confirm(faces[0], "Anne")
    assert not learning.due(library, {}), "whoever named the first face names the next one now"
    decided_before(library, learning.PAUSE + 1)
    assert learning.due(library, {})
    assert not learning.due(library, {"decisions": library.recognition.version})
    for face in faces[1:]:
        library.decisions.confirm(face, "Anne")
    assert learning.due(library, {})


def test_names_that_were_taken_back_are_followed_too(library):
    decision = library.decisions.confirm(add(library, [0]), "Anne")
    known = {"decisions": library.recognition.version, "people": ["Anne"]}
    library.decisions.undo(decision)
    decided_before(library, learning.PAUSE + 1)
    assert learning.due(library, known)
    assert not learning.due(library, {}), "nobody is known, and nobody was"


def test_the_worker_is_started_once_and_gives_way(library, monkeypatch):
    started = []
    monkeypatch.setattr(Jobs, "start", lambda *job, **how: started.append((*job[1:], how)))
    learning.learn_if_due()
    assert not started
    library.decisions.confirm(add(library, [0]), "Anne")
    decided_before(library, learning.PAUSE + 1)
    learning.learn_if_due()
    version = library.recognition.version
    assert started == [("refit", {"decisions": version}, {"gives_way": True})]


def test_what_fails_is_not_begun_again(library, monkeypatch):
    library.decisions.confirm(add(library, [0]), "Anne")
    decided_before(library, learning.PAUSE + 1)
    asked = {"decisions": library.recognition.version}
    started = []
    monkeypatch.setattr(Jobs, "start", lambda *job, **how: started.append(job))
    monkeypatch.setattr(Jobs, "list", lambda *_: [Job("1", "refit", asked, FAILED)])
    learning.learn_if_due()
    assert started == []


def test_asking_whether_it_is_due_compares_nothing(library, monkeypatch):
    monkeypatch.setattr(Jobs, "start", lambda *_, **__: None)
    with LibraryViews(home(), compare_later=True) as later:
        later.decisions.confirm(add(library, [0]), "Anne")
        learning.learn_if_due()
        assert later.recognition.is_behind


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "just now"), (61, "1 minute ago"), (7300, "2 hours ago"), (2 * 86400, "2 days ago")],
)
def test_when_it_learned_in_words(seconds, said):
    assert learning.ago(seconds) == said


def test_without_a_model_nothing_is_said(fresh_home):
    assert learning.state_text() == ""
    assert run_job.jobs().list() == []
