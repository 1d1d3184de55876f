"""Faces that nobody grouped are grouped when somebody looks at unknown people, and once only."""

from __future__ import annotations

import pytest

from data.home import home
from data.jobs import FAILED, RUNNING, Job, Jobs
from data.library.views import LibraryViews
from tests.made_faces import NETWORK, add
from ui.actions.library import grouping


@pytest.fixture
def library(fresh_home):
    with LibraryViews(home()) as opened:
        yield opened


@pytest.fixture
def started(monkeypatch) -> list:
    """What was started, instead of starting it."""
    found = []
    monkeypatch.setattr(Jobs, "start", lambda *job, **how: found.append((*job[1:], how)))
    return found


def test_faces_that_came_since_the_last_grouping_are_grouped(library, started):
    grouping.group_if_due()
    assert started == [], "there is nobody"
    [first] = add(library, [0])
    [second] = add(library, [0])
    grouping.group_if_due()
    assert started == [("group", {"faces": second}, {"gives_way": True})]
    assert len(library.groups.update(NETWORK, max_distance=1.0)) == 1
    assert library.groups.newest_to_group() is None
    [stranger] = add(library, [1])
    assert library.groups.newest_to_group() == stranger, "one that is in no group"
    library.groups.update(NETWORK, max_distance=1.0)
    assert library.groups.newest_to_group() is None, "it was looked at, and is alone"
    [named] = add(library, [2])
    library.decisions.confirm(named, "Bo")
    assert library.groups.newest_to_group() is None and first < second


def test_what_fails_is_not_tried_for_ever_and_nothing_starts_beside_other_work(
    library, started, monkeypatch
):
    [face] = add(library, [0])
    monkeypatch.setattr(Jobs, "list", lambda *_: [Job("1", "group", {"faces": face}, FAILED)])
    grouping.group_if_due()
    monkeypatch.setattr(Jobs, "list", lambda *_: [Job("2", "tag", {}, RUNNING)])
    grouping.group_if_due()
    assert started == []
    monkeypatch.setattr(Jobs, "list", lambda *_: [Job("1", "group", {"faces": face - 1}, FAILED)])
    grouping.group_if_due()
    assert len(started) == 1
