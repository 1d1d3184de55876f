"""The page "Teach" and what is around it without a browser: families, models, jobs, warnings."""

import io
import json
import re
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from data.errors import ModelError
from data.family import read_family
from data.home import current_model_dir, set_current_model
from data.jobs import FAILED, RUNNING, STOPPED, Job
from data.jobs.files import held
from data.library.views import LibraryViews
from tests.made_faces import add
from tests.pictures import encoded, four_corners
from ui.actions.models import comparing, teaching
from ui.actions.server import serving
from ui.components.jobs import job_view, learning_curve
from ui.components.library import folder_picker
from ui.components.models import network_list
from ui.pages import folder as folder_page

MANIFEST = {
    "format": 1,
    "created": "2026-01-02T03:04:05+00:00",
    "people": ["Anne", "Bo"],
    "measured": {"right": 0.9, "unknown": 0.1, "wrong": 0.0, "false_names": 0.01},
}


def teach_page():
    def run():
        from ui.components.shell import toasts
        from ui.pages import teach as teach_page

        toasts.show_toasts()
        teach_page.show()

    return AppTest.from_function(run, default_timeout=20)


def model(home, name, **other):
    folder = home / "models" / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST | other))
    return folder


def family(folder):
    for name, count in (("Anne", 5), ("小明", 1)):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            (folder / name / f"{i}.jpg").write_bytes(encoded(four_corners(40 + i, 30), "JPEG"))
    (folder / "loose.jpg").write_bytes(b"x")
    return folder


def ended(home, kind="train", **state):
    folder = home / "jobs" / f"{1:020d}-{kind}"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"kind": kind, "arguments": {}, "at": 1.0}))
    (folder / "state.json").write_text(json.dumps(state))
    return folder


def live_html(app):
    return [json.loads(element.proto.json)["html"] for element in app.get("bidi_component")]


def test_the_page_of_somebody_who_has_just_come(fresh_home):
    app = teach_page().run()
    assert not app.exception and not app.error and not app.subheader


def test_a_folder_is_looked_through_before_anything_is_learned(fresh_home, tmp_path):
    app = teach_page().run()
    app.text_input[0].set_value(str(family(tmp_path / "family"))).run()
    assert not app.exception
    assert "2 people, 6 photos" in [m.value.strip("*") for m in app.markdown]
    assert list(app.dataframe[0].value["Name"]) == ["Anne", "小明"]
    assert "five or more" in app.dataframe[0].value["Note"][1]
    assert app.expander[0].label == "Cannot be used (1)"
    assert "Learn these people" in [b.label for b in app.button]
    app.text_input[0].set_value(str(tmp_path / "nowhere")).run()
    assert "no such folder" in app.caption[0].value


def test_a_zip_becomes_kindreds_own_family_folder_and_a_hostile_one_is_a_sentence(fresh_home):
    def zipped(name):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr(name, encoded(four_corners(40, 30), "JPEG"))
        return stream.getvalue()

    app = teach_page().run()
    app.file_uploader[0].set_value(("a.zip", zipped("../../etc/x.jpg"), "application/zip")).run()
    assert "outside" in app.error[0].value and not (fresh_home / "people").exists()
    app.file_uploader[0].set_value(("b.zip", zipped("Anne/1.jpg"), "application/zip")).run()
    assert not app.exception and "1 new photo of 1 person" in app.success[0].value
    assert set(read_family(teaching.people_folder()).photos) == {"Anne"}


def test_what_was_learned_is_compared_and_used_only_when_somebody_says_so(fresh_home):
    old, new = (
        model(fresh_home, "old"),
        model(fresh_home, "new", created="2026-02-02T00:00:00+00:00"),
    )
    (new / "card.html").write_text("<script>alert('x')</script>")
    teaching.use("old")
    ended(fresh_home, status="done", result={"model": "new", "missing": ["Cléo"]})
    app = teach_page().run()
    assert not app.exception and app.subheader[0].value == "It has learned"
    assert list(app.dataframe[0].value.columns)[1:] == ["New model", "Model in use"]
    assert current_model_dir() == old
    [card] = [shown for shown in live_html(app) if "kd-frame" in shown]
    assert " sandbox " in card and "<script>" not in card
    next(b for b in app.button if b.label == "Use this model").click().run()
    assert not app.exception and current_model_dir() == new
    assert app.subheader[-1].value == "Models (2)"
    next(b for b in app.button if b.label == "Use").click().run()
    assert current_model_dir() == old


def test_keeping_the_old_model(fresh_home):
    old, _ = model(fresh_home, "old"), model(fresh_home, "new")
    teaching.use("old")
    ended(fresh_home, status="done", result={"model": "new"})
    app = teach_page().run()
    next(b for b in app.button if b.label == "Keep the old one").click().run()
    assert current_model_dir() == old and app.subheader[-1].value == "Models (2)"


CURVE = [
    {"run": "classifier", "epoch": 1, "loss": 2.0, "val_accuracy": 0.5},
    {"run": "classifier", "epoch": 2, "loss": 1.0, "val_accuracy": 0.875, "val_faces": 16},
    {"run": "split 1", "epoch": 1, "loss": float("nan")},
]


def test_the_learning_curve_is_drawn_while_it_learns_in_every_tab(fresh_home):
    now = {"phase": "fine-tuning", "done": 1, "of": 36, "phase_at": 1.0, "now": 3.0, "first": 0}
    folder = ended(fresh_home, status=RUNNING, pid=1, figures=CURVE, **now)
    with held(folder / "lock"):
        for tab in (teach_page().run(), teach_page().run()):
            assert not tab.exception
            [curve] = [shown for shown in live_html(tab) if "kd-curves" in shown]
            assert (
                "epoch 2" in curve
                and "loss 1" in curve
                and "87.5% of 16 held-out faces right" in curve
            )
            assert [b.label for b in tab.button] == ["Cancel"]
        next(b for b in tab.button if b.label == "Cancel").click().run()
        assert (folder / "stop").read_text() == "cancel"
        assert "Stopping" in teach_page().run().markdown[-1].value
    assert "was cancelled" in teach_page().run().info[0].value  # it did not listen, and is gone


def test_a_curve_of_nothing_is_nothing_and_lines_stay_within():
    assert learning_curve.curve_html([]) == ""
    html = learning_curve.curve_html(CURVE)
    assert html.count("<figure>") == 2 and html.count("<path") == 4 and "nan" not in html
    points = re.findall(r"[ML](\d[\d.]*) (\d[\d.]*)", html)
    assert all(0 <= float(x) <= 300 and 0 <= float(y) <= 120 for x, y in points)


def test_the_cards_of_both_models_are_shown(fresh_home):
    for name in ("old", "new"):
        (model(fresh_home, name) / "card.html").write_text(f"<h1>{name}</h1>")
    teaching.use("old")
    ended(fresh_home, status="done", result={"model": "new"}, figures=CURVE)
    app = teach_page().run()
    assert not app.exception and [tab.label for tab in app.tabs][:2] == [
        "New model",
        "Model in use",
    ]
    cards = [shown for shown in live_html(app) if "kd-frame" in shown]
    assert ["&lt;h1&gt;new" in cards[0], "&lt;h1&gt;old" in cards[1]] == [True, True]
    assert any("kd-curves" in shown for shown in live_html(app))


def test_a_failed_and_a_killed_training_are_said_and_can_go_on(fresh_home):
    ended(fresh_home, status=FAILED, error="nobody has a face. Add photos.")
    app = teach_page().run()
    assert "nobody has a face" in app.error[0].value.replace("\\", "")
    assert app.button[0].label == "Go on"
    state = fresh_home / "jobs" / f"{1:020d}-train" / "state.json"
    state.write_text(json.dumps({"status": RUNNING, "done": 3, "of": 9, "pid": 1}))
    app = teach_page().run()
    assert "stopped" in app.info[0].value and "3 of 9" in app.info[0].value


def test_models(fresh_home):
    assert teaching.models() == [] and teaching.find_model("x") is None
    with pytest.raises(ModelError, match="gone"):
        teaching.use("x")
    model(fresh_home, "one")
    model(fresh_home, "of another version", format=99)
    [known] = teaching.models()
    assert not known.current
    assert known.title.endswith("2 people, 90% right on photos it had not seen")


def test_the_comparison_in_words():
    def of(right, people=("Anne", "Bo")):
        return {"measured": {"right": right}, "people": list(people)}

    assert "could not be measured" in comparing.verdict({}, None)
    assert comparing.verdict(of(0.9), None).endswith("right name.")
    assert "as good as" in comparing.verdict(of(0.9), of(0.9))
    assert "had 80%" in comparing.verdict(of(0.9), of(0.8))
    assert "other people" in comparing.verdict(of(0.9), of(0.8, ["Anne"]))
    assert comparing.comparison_rows(MANIFEST, None)[0]["New model"] == "90.0%"
    old = of(0.8)
    old["measured"] |= {"held_out": 1200, "strangers": 50, "false_names": 0.02}
    assert "had 80%, on 1,200 photos of its own" in comparing.verdict(of(0.9), old)
    rows = comparing.comparison_rows(of(0.9), old)
    assert (rows[0]["New model"], rows[0]["Model in use"]) == ("90.0%", "80.0% of 1,200")
    assert rows[3]["Model in use"] == "2.0% of 50"


def test_progress_in_words():
    job = Job("1", "tag", {}, RUNNING, "tagging photos", 5, 20, seconds_left=100)
    assert job_view.progress_text(job) == "Tagging photos · 5 of 20 · about 2 minutes left"
    assert job_view.progress_text(Job("1", "tag", {}, RUNNING)) == "Starting"
    assert job_view.time_left(3) == "about 5 seconds left" and job_view.time_left(None) == ""
    assert job_view.time_left(60) == "about 1 minute left"
    assert job_view.time_left(20_000) == "about 6 hours left"
    got = {"photos": 9, "fresh": 2, "unknown": 1, "unreadable": 1}
    said = folder_page.result_text(Job("1", "tag", {}, "done", result=got))
    assert said == "Done: 9 photos, 2 of them new, 1 unknown face, 1 could not be read"
    assert folder_page.result_text(Job("1", "tag", {}, STOPPED)) == ""


def test_who_serves_to_others_is_told_that_there_is_no_login():
    for address in ("localhost", "127.0.0.1", "::1"):
        assert serving.open_to_others(address) == ""
    assert "no login" in serving.open_to_others("0.0.0.0")
    assert "every address" in serving.open_to_others(None)


def test_getting_a_network_says_what_from_where_under_which_licence():
    class Network:
        size, source, licence = 2_500_000, "example.org", "MIT"

    said = network_list.question(Network)
    assert "2.5 MB from example.org, licence MIT" in said


def test_folders_to_choose_from(tmp_path):
    for name in ("b", "A", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("x")
    assert folder_picker.folders_in(tmp_path) == ["A", "b"]
    assert folder_picker.folders_in(tmp_path / "none") == []


def test_it_opens_with_whom_kindred_knows_and_learns_more_deeply(fresh_home, monkeypatch):
    folder = model(
        fresh_home, "used", training={"photos": {"Anne": 9, "Bo": 4}}, people=["Anne", "Bo"]
    )
    set_current_model(folder)
    with LibraryViews(fresh_home) as library:
        library.people.ensure("Bo")
        library.decisions.rename("Bo", "Bodo")
        library.decisions.confirm([add(library, [0])[0] for _ in range(2)], "Cy")
    started = []
    monkeypatch.setattr("ui.pages.teach.start", lambda *job: started.append(job))
    app = teach_page().run()
    assert not app.exception and "Kindred knows 3 people" in [s.value for s in app.subheader]
    known = app.dataframe[0].value
    assert list(known["Name"]) == ["Anne", "Bodo", "Cy"]
    assert list(known["Faces"]) == [9, 4, 2]
    assert "Years" not in known, "no photo has a date, and an empty column says nothing"
    assert any("2 of them have fewer than five" in caption.value for caption in app.caption)
    app.button(key="teach.known").click().run()
    assert started == [("train", {"folder": None})]


def test_whom_a_new_model_forgets_is_said_first_and_its_button_is_not_the_main_one(fresh_home):
    set_current_model(model(fresh_home, "used", people=["Anne", "Bo"]))
    model(fresh_home, "new", people=["Anne"], created="2026-01-03T03:04:05+00:00")
    ended(fresh_home, status="done", result={"model": "new", "photos": {}})
    app = teach_page().run()
    assert not app.exception
    assert app.warning[0].value.startswith("It does not know Bo any more")
    (use,) = (button for button in app.button if button.label == "Use this model")
    assert use.proto.type == "secondary"


def test_people_of_a_zip_are_renamed_and_left_out_before_learning(fresh_home):
    for name in ("Anne", "Bo"):
        (fresh_home / "people" / name).mkdir(parents=True)
        (fresh_home / "people" / name / "1.jpg").write_bytes(encoded(four_corners(), "JPEG"))
    app = teach_page().run()
    next(t for t in app.text_input if t.label == "Name of Bo").set_value("Björn").run()
    assert not app.exception and sorted(read_family(fresh_home / "people").photos) == [
        *("Anne", "Björn")
    ]
    next(c for c in app.checkbox if c.label == "Learn Anne").uncheck().run()
    assert not app.exception and list(read_family(fresh_home / "people").photos) == ["Björn"]
    assert "1 photo, left out" in [caption.value for caption in app.caption]
    next(c for c in app.checkbox if c.label == "Learn Anne").check().run()
    assert not app.exception and len(read_family(fresh_home / "people").photos) == 2
    next(t for t in app.text_input if t.label == "Name of Anne").set_value("?").run()
    assert not app.exception and len(read_family(fresh_home / "people").photos) == 2
