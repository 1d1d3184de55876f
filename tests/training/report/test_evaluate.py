"""Measuring, from Python and from the terminal: pairs, families, one's own folder, a model."""

from __future__ import annotations

import json

import numpy as np
import pytest

import kindred
import training.report.evaluate
import training.report.protocols
import training.train
from data.errors import FamilyError
from tests import faces
from tests.pictures import encoded
from tests.stubs import ColourEmbedder, CornerDetector, put
from tests.training.test_export import export_colours
from training.report.evaluate import evaluate_family, evaluate_model, middle_face
from training.train import train

RED, GREEN, BLUE = (250, 10, 10), (10, 250, 10), (10, 10, 250)

pytestmark = pytest.mark.usefixtures("fresh_home", "few_steps")


@pytest.fixture(autouse=True)
def colours(monkeypatch):
    """Stand-ins for the networks: a face is the picture's mean colour."""
    for module in (training.report.evaluate, training.train):
        monkeypatch.setattr(module, "load_detector", lambda _: CornerDetector())
        monkeypatch.setattr(module, "load_embedder", lambda _: ColourEmbedder())


@pytest.fixture
def family(tmp_path):
    folder = tmp_path / "family"
    for name, colour in {"Rosa": RED, "Grün": GREEN, "蓝": BLUE}.items():
        for i in range(3):
            put(folder / name / f"{i}.png", colour, 40 + i)
    return folder


def run(capsys, *arguments) -> tuple[int, str, str]:
    status = kindred.main(["evaluate", *map(str, arguments)])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_pairs_of_one_colour_and_of_two(capsys, family, tmp_path):
    rows = ["fold,a,b,same"]
    for fold in (1, 2):
        rows += [f"{fold},Rosa/0.png,Rosa/{fold}.png,1", f"{fold},Grün/1.png,蓝/{fold}.png,0"]
    (tmp_path / "pairs.csv").write_text("\n".join(rows), encoding="utf-8")
    page = tmp_path / "pairs.html"
    status, out, _ = run(capsys, "pairs", tmp_path / "pairs.csv", family, "--page", page)
    result = json.loads(out)
    assert status == 0 and (result["protocol"], result["accuracy"]) == ("pairs", 1.0)
    assert result["pairs"] == 4 and result["pairs_with_a_missing_face"] == 0
    assert "accuracy over the folds" in page.read_text("utf-8")


def test_a_detector_is_evaluated_by_boxes(capsys, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "eileen.png").write_bytes(encoded(faces.astronaut()))
    boxes = {"eileen.png": {"boxes_xywh": [[180, 66, 85, 108]]}}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    status, out, _ = run(capsys, "detector", tmp_path, "--detector", "kindred")
    result = json.loads(out)
    assert status == 0 and (result["detector"], result["photos"]) == ("kindred", 1)
    assert (result["found"], result["faces"]) == (1, 1) and result["average_precision"] > 0.9
    status, _, err = run(capsys, "detector", tmp_path / "images")
    assert status == 1 and "boxes.json" in err


def test_families_are_drawn_and_measured(tmp_path, monkeypatch):
    monkeypatch.setitem(training.report.protocols.draw_families.__kwdefaults__, "draws", 2)
    rng = np.random.default_rng(0)
    for person, colour in enumerate(rng.integers(0, 250, (10, 3))):
        for i in range(9):
            shade = np.clip(colour + rng.integers(0, 5, 3), 0, 255)
            put(tmp_path / f"p{person}" / f"{person}a{5 * i:02}.png", tuple(shade), 40 + i)
    put(tmp_path / "p0" / "tiny.png", RED, 9)
    result = evaluate_family(tmp_path)
    assert (result["photos"], result["photos_without_a_face"]) == (91, 1)
    assert result["nearest_mean"]["closed_set"] > 0.9 and result["kindred"]["draws"] == 2
    own = result["own_threshold"]
    assert own["asked"] == 0.01 and 0 <= own["right"] + own["wrong"] <= 1
    # 2 draws of 8 people with 4 photos each to be tested.
    tested = [int(row.split(", ")[1].split()[0]) for row in result["by_age"]]
    assert sum(tested) == 64 and next(iter(result["by_age"])).startswith("0 to 5 years")
    assert set(result["accepted_by_age"]) >= {"both 0 to 12 years", "both of any age"}


def test_families_without_a_face_are_refused(tmp_path):
    put(tmp_path / "p" / "tiny.png", RED, 9)
    with pytest.raises(FamilyError, match="no face in this folder"):
        evaluate_family(tmp_path)


def test_a_folder_is_measured_by_leaving_photos_out(capsys, family, tmp_path):
    page, figures = tmp_path / "card.html", tmp_path / "figures.json"
    status, out, _ = run(capsys, "folder", family, "--page", page, "--json", figures)
    result = json.loads(figures.read_text("utf-8"))
    assert (status, out) == (0, "")
    assert {p["name"]: p["photos"] for p in result["people"]} == {"Grün": 3, "Rosa": 3, "蓝": 3}
    assert result["measured"]["strangers"] == 9 and 0 <= result["measured"]["right"] <= 1
    assert "Grün" in page.read_text("utf-8") and "data:image/jpeg" in page.read_text("utf-8")
    assert not any((tmp_path / "fresh home").glob("models/*"))  # nothing is changed


def test_results_that_cannot_be_written_are_an_error_by_name(capsys, family, tmp_path):
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "figures.json"
    status, _, err = run(capsys, "folder", family, "--json", target)
    assert status != 0 and "results cannot be written" in err and "Name another file" in err


def test_a_model_is_evaluated_by_folders(tmp_path):
    export_colours(tmp_path / "model")
    folder = tmp_path / "judged"
    put(folder / "Red" / "right.png", RED)
    put(folder / "Grün" / "wrong.png", BLUE)
    put(folder / "Grün" / "unknown.png", (120, 120, 130))
    put(folder / "Grün" / "tiny.png", GREEN, 9)
    (folder / "Grün" / "bad.jpg").write_bytes(b"bad")
    put(folder / "Guest" / "named.png", GREEN)
    put(folder / "Guest" / "unknown.png", (120, 120, 130))
    result = evaluate_model(folder, tmp_path / "model")
    assert result["photos"] == {
        "right": 1, "unknown": 1, "wrong": 1, "no_face": 1, "unreadable": 1, "learned": 0,
    }  # fmt: skip
    assert result["strangers"] == {"faces": 2, "named": 1}


def test_photos_that_a_model_learned_from_do_not_count(family, tmp_path):
    report = train(family, tmp_path / "model")
    put(family / "Rosa" / "new.png", RED, 50)
    result = evaluate_model(family, report.model)
    assert result["photos"]["learned"] == 9 and result["photos"]["right"] == 1


def test_a_portrait_is_about_the_face_in_the_middle():
    faces = [
        (np.float32([0, 0, 30, 30]), "corner"),
        (np.float32([40, 40, 60, 60]), "middle"),
    ]
    assert middle_face(faces, (100, 100)) == "middle" and middle_face([], (9, 9)) is None


def test_why_a_face_got_its_name(capsys, family, tmp_path):
    model = train(family, tmp_path / "model").model
    put(tmp_path / "new" / "red.png", RED, 50)
    put(tmp_path / "new" / "tiny.png", RED, 9)
    (tmp_path / "new" / "bad.jpg").write_bytes(b"bad")
    pictures = tmp_path / "why"
    arguments = ["tag", "--explain", pictures, tmp_path / "new", "--model", model]
    status = kindred.main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    assert status == 3 and "bad.jpg" in err
    assert "red.png: 1 face\n" in out and "tiny.png: no faces" in out
    assert "likest is Rosa with 1.000" in out and "nearest photos: Rosa/0.png (1.0" in out
    assert [p.name for p in pictures.iterdir()] == ["red_1.jpg"]
    (tmp_path / "file").write_text("")
    arguments[2] = tmp_path / "file" / "why"
    assert kindred.main(list(map(str, arguments))) not in (0, 3)
    assert "the picture cannot be written" in capsys.readouterr().err
