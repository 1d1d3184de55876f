"""How many answers naming takes: a user who knows everybody answers Review's questions."""

from __future__ import annotations

import json

import numpy as np
import pytest

import kindred
import training.report.evaluate
from data.library.views import LibraryViews
from tests.made_faces import NETWORK, add
from tests.stubs import ColourEmbedder, CornerDetector, put
from tests.training.report.test_evaluate import BLUE, GREEN, RED
from training.report.effort import play


@pytest.fixture
def library(tmp_path):
    with LibraryViews(tmp_path / "home") as opened:
        yield opened


def test_one_answer_a_person_is_enough_where_all_photos_of_a_person_are_alike(library):
    truth = {}
    for who, (name, photos) in enumerate({"Anne": 8, "Bo": 5, "Cy": 3}.items()):
        truth |= {add(library, [who])[0]: name for _ in range(photos)}
    result = play(library, NETWORK, truth)
    assert result["decisions"]["95%"] == result["by_kind"]["group"] == 3
    assert result["decisions"]["50%"] == 1 and result["clicks"] == 0  # Anne is half of them
    assert result["right"] == 1.0 and result["wrong_unasked"] == 0


def test_faces_of_nobody_are_left_out_and_each_costs_an_answer(library):
    anne = {add(library, [0])[0]: "Anne" for _ in range(2)}
    crowd = {add(library, [1])[0]: None for _ in range(4)}
    result = play(library, NETWORK, anne | crowd)
    assert result["decisions"]["95%"] == 2 and result["right"] == 1.0
    assert {face for face in crowd if library.suggestions.name(face)} == set()


def test_a_person_whom_nobody_may_name_is_never_right(library):
    """Faces that Review does not ask about stay without a name, and the answer says so."""
    truth = {add(library, [0])[0]: "Anne" for _ in range(3)}
    library.decisions.ignore([next(iter(truth))])
    result = play(library, NETWORK, truth)
    assert result["right"] == pytest.approx(2 / 3, abs=1e-4)
    assert result["decisions"]["50%"] == 1 and result["decisions"]["95%"] is None


def test_a_wrong_name_that_nobody_asked_about_is_counted(library):
    """Two people whom the network takes for one: naming some of the one names the other."""
    anne = [add(library, [0])[0] for _ in range(40)]
    twin = [add(library, [0])[0] for _ in range(2)]
    library.decisions.confirm(anne, "Anne")
    truth = dict.fromkeys(anne, "Anne") | dict.fromkeys(twin, "Her twin")
    result = play(library, NETWORK, truth)
    assert result["decisions"]["95%"] == 0 and result["by_kind"]["named"] == 0
    assert result["named_unasked"] == result["wrong_unasked"] == 2


def test_a_folder_from_the_terminal(capsys, tmp_path, monkeypatch, fresh_home):
    monkeypatch.setattr(training.report.evaluate, "load_detector", lambda _: CornerDetector())
    monkeypatch.setattr(training.report.evaluate, "load_embedder", lambda _: ColourEmbedder())
    for name, colour in {"Rosa": RED, "Grün": GREEN, "蓝": BLUE}.items():
        for i in range(3):
            put(tmp_path / name / f"{i}.png", tuple(np.add(colour, -i)), 40 + i)
    assert kindred.main(["evaluate", "effort", str(tmp_path), "--detector", "kindred"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["protocol"], result["people"], result["faces"]) == ("effort", 3, 9)
    assert result["right"] == 1.0 and 1 <= result["decisions"]["95%"] <= 9
