"""The pages without a browser: what they say and show, with a stub for the model and with the real.

The real model loads TensorFlow once for the whole file; everything else runs without it.
"""

import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from data.tags import FaceTag, PhotoTags
from model.inference.background import BackgroundModel, Loaded
from model.zoo.catalogue import CATALOGUE
from tests.app_pages import html
from tests.pictures import encoded, four_corners, png
from ui.actions.models import about_facts
from ui.actions.models.network_figures import figures_text
from ui.actions.uploads import tagging
from ui.actions.uploads.tag_words import all_photos_text
from ui.components.photos import photo_view
from ui.components.shell import style

JPEG = encoded(four_corners(96, 64), "JPEG")


def face(name="Anne", box=(10, 10, 40, 50), confidence=0.93):
    points = np.zeros((5, 2), np.float32)
    return FaceTag(name, confidence, np.float32(box), points, 0.98, np.zeros(4, np.float32))


class StubTagger:
    """Finds the same faces in every photo, and counts how often it was asked."""

    network, model = "stub+stub:1", "model:stub"

    def __init__(self, faces=(), people=("Anne",), manifest=None):
        self.faces, self.people, self.manifest = tuple(faces), people, manifest or {}
        self.asked = []

    def prepare(self):
        """Nothing takes long here."""

    def tag(self, image, *, name):
        self.asked.append(name)
        return PhotoTags(name, image.shape[1], image.shape[0], self.faces)


def ready(tagger, folder=None):
    model = BackgroundModel(folder, load=lambda _: Loaded(tagger, "Abacus"))
    assert model.wait(10)
    return model


def tag_page(model):
    def page(model):
        from ui.pages import tag as tag_page

        tag_page.show(model)

    return AppTest.from_function(page, kwargs={"model": model}, default_timeout=20)


def about_page(model):
    def page(model):
        from ui.pages import about as about_page

        about_page.show(model)

    return AppTest.from_function(page, kwargs={"model": model}, default_timeout=20)


def upload(app, *files):
    app.file_uploader[0].set_value([(name, content, "image/jpeg") for name, content in files])
    return app.run()


def test_the_empty_page_says_what_to_do_and_that_nothing_leaves_the_computer():
    app = tag_page(ready(StubTagger())).run()
    assert not app.exception and not app.error
    assert "Who is in this photo?" in html(app)
    assert "stay on this computer" in html(app)
    assert "Runs on: <b>Abacus</b>" in html(app) and "1 person" in html(app)
    assert app.file_uploader[0].accept_multiple_files


def test_names_appear_on_the_picture_and_in_the_table():
    tagger = StubTagger([face("Åsa 陳"), face(None, (50, 10, 90, 50), 0.6)])
    app = upload(tag_page(ready(tagger)).run(), ("beach.jpg", JPEG))
    assert not app.exception
    page = html(app)
    assert page.count('class="kd-face kd-known') == 1
    assert page.count('class="kd-face kd-unknown') == 1
    assert page.count('class="kd-row') == 2
    assert "Åsa 陳 and 1 unknown" in page and "93%" in page and "30 × 40" in page
    assert "Who is in this photo?" not in page
    # Who points at a face, or selects it, sees why it has its name; a screen reader says it.
    assert 'aria-label="Åsa 陳. The model takes this for Åsa 陳, with a probability of 93%' in page
    assert page.count('<small class="kd-why">') == 2


def test_a_rerun_tags_nothing_again_and_another_photo_only_itself():
    tagger = StubTagger([face()])
    app = upload(tag_page(ready(tagger)).run(), ("a.jpg", JPEG))
    app.run()
    upload(app, ("a.jpg", JPEG), ("b.png", encoded(four_corners(80, 80))))
    assert tagger.asked == ["a.jpg", "b.png"]
    assert "2 photos: 2 faces" in app.markdown[0].value.replace("\\", "")


def test_another_model_tags_anew():
    first, second = StubTagger([face("Anne")]), StubTagger([face("Berta")])
    app = upload(tag_page(ready(first)).run(), ("a.jpg", JPEG))
    again = tag_page(ready(second))
    again.session_state["tag.album"] = app.session_state["tag.album"]
    again.run()
    assert "Berta" in html(again) and "Anne" not in html(again)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("note.jpg", b"Dear diary", "not a picture of a known kind"),
        ("none.jpg", b"", "The file is empty"),
        ("huge.png", png(20000, 15000, 8, 2, b""), "more than 200 megapixels"),
        ("cut.jpg", JPEG[: len(JPEG) // 2], "damaged"),
    ],
    ids=["text", "empty", "300 megapixels", "cut short"],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bad_upload_is_a_sentence_and_the_others_are_handled(name, content, said):
    app = upload(tag_page(ready(StubTagger([face()]))).run(), (name, content), ("good.jpg", JPEG))
    assert not app.exception
    assert len(app.error) == 1
    message = app.error[0].value.replace("\\", "")
    assert message.startswith(f"{name}: ") and said in message
    assert "Anne" in html(app)
    assert "1 could not be read" in app.markdown[0].value


def test_names_and_file_names_cannot_bring_html_or_markdown_into_the_page():
    tagger = StubTagger([face('<img src="http://x.example">')])
    app = upload(
        tag_page(ready(tagger)).run(),
        ("<script>.jpg", JPEG),
        ("![x](http://x.example/y.png).jpg", b""),
    )
    assert "<script>" not in html(app) and '<img src="http' not in html(app)
    assert "\\!\\[x\\]\\(" in app.error[0].value


def test_a_photo_on_which_the_model_fails_does_not_take_the_page_with_it():
    tagger = StubTagger()
    tagger.tag = lambda image, *, name: 1 / 0
    app = upload(tag_page(ready(tagger)).run(), ("a.jpg", JPEG))
    assert not app.exception
    assert "the model failed" in app.error[0].value


def test_photos_show_while_the_model_loads_and_get_their_names_afterwards():
    gate = threading.Event()

    def load(_):
        gate.wait(20)
        return Loaded(StubTagger([face()]), "Abacus")

    model = BackgroundModel(None, load=load)
    app = tag_page(model).run()
    assert "networks are loading" in html(app)
    upload(app, ("a.jpg", JPEG))
    assert "Waiting for the networks" in html(app) and "kd-picture" in html(app)
    gate.set()
    assert model.wait(20)
    app.run()
    assert "Anne" in html(app) and "Waiting" not in html(app)


def test_a_damaged_model_is_an_error_with_a_remedy_and_faces_are_still_found(tmp_path):
    def load(folder):
        if folder is not None:
            raise ValueError("bad wire type")
        return Loaded(StubTagger([face(None)], people=()), "Abacus")

    model = BackgroundModel(tmp_path, load=load)
    assert model.wait(10)
    app = upload(tag_page(model).run(), ("a.jpg", JPEG))
    assert "bad wire type" in app.error[0].value and "Train it again" in app.error[0].value
    assert "1 unknown" in html(app)
    assert "Try again" in [button.label for button in app.button]


def test_when_nothing_can_be_loaded_the_page_still_opens_photos(tmp_path):
    def load(folder):
        raise OSError("no disk")

    model = BackgroundModel(None, load=load)
    assert model.wait(10)
    app = upload(tag_page(model).run(), ("a.jpg", JPEG))
    assert not app.exception and "no disk" in app.error[0].value
    assert "kd-picture" in html(app)


def test_records_are_those_of_the_terminal():
    tags = PhotoTags("Ünï 1.jpg", 96, 64, (face(),))
    [line] = tagging.json_lines([tags]).decode().splitlines()
    assert json.loads(line) == tags.to_json()
    assert "Ünï" in line


def test_the_annotated_picture_has_the_photos_size():
    from data.media.photos import read_photo

    content = tagging.annotated_picture(JPEG, PhotoTags("a.jpg", 96, 64, (face(),)))
    assert read_photo(content).shape == (64, 96, 3)


def test_words():
    faces = (face("Anne"), face("Bo"), face(None), face(None))
    assert photo_view.summary(faces) == "Anne, Bo and 2 unknown"
    assert photo_view.summary(()) == "No face was found."
    right, left = face("Anne", (50, 0, 60, 9)), face("Bo", (0, 0, 9, 9))
    assert photo_view.summary((right, left)) == "Bo and Anne"
    assert photo_view.reading_order((face(box=(50, 0, 60, 9)), face(box=(0, 0, 9, 9)))) == [1, 0]
    assert tagging.saved_as(PhotoTags("my beach.heic"), "-named.jpg") == "my beach-named.jpg"
    photos = [PhotoTags("a", 1, 1, faces), PhotoTags("b", error="b: no.")]
    assert all_photos_text(photos) == "2 photos: 4 faces, 2 unknown, 1 could not be read"
    photos = [PhotoTags("a", 1, 1, faces[2:])]
    assert all_photos_text(photos) == "1 photo: 2 faces, all unknown"
    assert style.plain("a_b *c* [d](e) :f: $g$ <h> ü") == (
        r"a\_b \*c\* \[d\]\(e\) \:f\: \$g\$ \<h\> ü"
    )


MANIFEST = {
    "created": "2026-01-02T03:04:05+00:00",
    "people": ["Anne", "陳小明"],
    "networks": {"detector": {"name": "finder", "licence": "MIT"}},
    "thresholds": {"detection_score": 0.8, "name_probability": 0.81},
    "training": {
        "photos": {"Anne": 7, "陳小明": 3},
        "left_out": [{"person": "Anne", "file": "x.jpg", "reason": "no face was found in it"}],
    },
    "measured": {
        "held_out": 10,
        "right": 0.9,
        "unknown": 0.1,
        "wrong": 0.0,
        "strangers": 10,
        "false_names": 0.014,
    },
}


def test_the_facts_about_a_model():
    known = SimpleNamespace(task="detector", about="A finder", source="a shop", licence="MIT")
    assert about_facts.network_rows(MANIFEST, {"finder": known}, ()) == [
        ("Detector", "finder: A finder, from a shop. Licence: MIT")
    ]
    assert about_facts.network_rows({}, {"finder": known}, ["finder"])[0][0] == "Detector"
    assert about_facts.people_rows(MANIFEST)[1] == {"Name": "陳小明", "Photos": 3}
    assert about_facts.left_out_rows(MANIFEST)[0]["Reason"] == "no face was found in it"
    assert "90% got the right name" in about_facts.measured_text(MANIFEST)[0]
    assert "1.4% got a name" in about_facts.measured_text(MANIFEST)[1]
    assert "not measured" in about_facts.measured_text({})[0]
    assert "81%" in about_facts.threshold_rows(MANIFEST)[1][1]
    assert about_facts.created_text({}) == "at an unknown time"
    assert "<b>" not in about_facts.facts_html([("a", "<b>")])


def test_the_figures_of_networks_are_said_in_words():
    assert figures_text({"wider_easy": 0.779, "wider_hard": 0.5332}) == (
        "WIDER FACE, easy .779, hard .533"
    )
    of_embedder = {"lfw": 0.9897, "family_closed": 1.0, "family_dir": 0.83}
    assert figures_text(of_embedder) == (
        "LFW .990; family protocol, closed set 1.000, DIR@FPIR1% .830"
    )
    assert figures_text({"family": 0.9, "new": 0.1}) == ("this family's photos, now .900; new .100")
    assert figures_text({}) == ""
    of_catalogue = " ".join(figures_text(one.figures) for one in CATALOGUE.values())
    assert "_" not in of_catalogue and "WIDER FACE" in of_catalogue


def test_the_pages_load_no_tensorflow_before_they_are_shown():
    import subprocess
    import sys

    pages = ("about", "find", "folder", "people", "review", "tag", "teach")
    code = f"import sys, {', '.join(f'ui.pages.{page}' for page in pages)}"
    code += "; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.fixture(scope="module")
def untrained(astronaut):  # drawn first: its package is imported by parsing, as graphs are made
    model = BackgroundModel(None)
    assert model.wait(120)
    assert model.loaded, model.problem
    return model


def test_without_a_trained_model_a_real_face_is_found_and_unknown(untrained, astronaut):
    app = tag_page(untrained).run(timeout=60)
    upload(app, ("eileen.png", encoded(astronaut)))
    assert not app.exception
    page = html(app)
    assert page.count('class="kd-face kd-unknown') == 1 and "kd-known" not in page
    assert "python kindred.py train FOLDER" in page


def test_about_an_untrained_model(untrained):
    app = about_page(untrained).run(timeout=60)
    assert not app.exception
    assert "Licence:" in html(app) and "python kindred.py train FOLDER" in html(app)


def test_about_a_trained_model(untrained, tmp_path):
    (tmp_path / "card.html").write_text("<h1>How well</h1>")
    model = ready(StubTagger(people=("Anne", "陳小明"), manifest=MANIFEST), tmp_path)
    app = about_page(model).run(timeout=60)
    assert not app.exception
    assert 'sandbox title="Accuracy card" srcdoc="&lt;h1&gt;How well' in html(app)
    assert app.header[1].value == "Whom it knows (2)"
    assert list(app.dataframe[0].value["Name"]) == ["Anne", "陳小明"]
    labels = [expander.label for expander in app.expander]
    assert labels[:2] == ["Accuracy card", "Files left out of learning (1)"]


def test_the_pages_of_the_application_open(untrained, tmp_path, monkeypatch):
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path))
    module = "ui.actions.models.model_in_use"
    monkeypatch.setattr(f"{module}.background_model", lambda *key, **_: untrained)
    app = AppTest.from_file("../../../ui/components/shell/navigation.py", default_timeout=60).run()
    assert not app.exception
    assert "Who is in this photo?" in html(app)


def test_the_pages_end_of_run_does_not_clear_keras_under_the_model(untrained):
    import keras

    before = keras.src.backend.common.global_state.GLOBAL_STATE_TRACKER
    keras.backend.clear_session()  # what Streamlit does after every run
    assert keras.src.backend.common.global_state.GLOBAL_STATE_TRACKER is before


def test_training_a_new_model_replaces_the_one_in_use(tmp_path, monkeypatch):
    from data.home import set_current_model
    from ui.actions.models import model_in_use as module

    monkeypatch.setenv("KINDRED_HOME", str(tmp_path))
    seen = []
    monkeypatch.setattr(module, "background_model", lambda *key: seen.append(key))
    module.model_in_use()
    for name in ("one", "two"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(f'{{"format": 1, "created": "{name}"}}')
        set_current_model(folder)
        module.model_in_use()
    folder.rename(tmp_path / "elsewhere")
    module.model_in_use()
    assert [key[1] and key[1].name for key in seen] == [None, "one", "two", None]
    assert "the model in use is gone" in seen[-1][2]
    keys = [key[0] for key in seen]
    assert len({*keys[:3]}) == 3 and keys[3] == keys[0]


def test_a_model_that_only_follows_the_names_is_not_loaded_anew(tmp_path, monkeypatch):
    from data.home import set_current_model
    from data.recognition.identity import model_id
    from ui.actions.models import model_in_use as module

    monkeypatch.setenv("KINDRED_HOME", str(tmp_path))
    seen = []
    monkeypatch.setattr(module, "background_model", lambda *key: seen.append(key[0]))
    first = {"format": 1, "created": "today"}
    for name, manifest in {
        "trained": first,
        "answers": {"format": 1, "refit": {"of": model_id(first)}},
    }.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        set_current_model(folder)
        module.model_in_use()
    assert seen[0] == seen[1] == model_id(first)
