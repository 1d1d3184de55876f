"""What a trained model says of itself: its card, and why a face got its name."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from data.errors import ModelError
from data.recognition.calibration import expected_calibration_error, reliability
from model.inference.explanation import Explainer
from model.manifest import read_manifest
from tests.conftest import EILEEN, LEI
from training.report.charts import curves, diagonal


@pytest.fixture(scope="module")
def explainer(trained):
    return Explainer(trained.model)


@pytest.fixture(scope="module")
def explained(explainer, astronaut):
    return explainer.explain(astronaut)


def test_the_explanation_is_of_what_tag_says(explained, trained_tagger, astronaut):
    (face,) = trained_tagger.tag(astronaut).faces
    (why,) = explained
    assert why.name == face.name == EILEEN
    assert why.confidence == pytest.approx(face.confidence, abs=1e-6)


def test_the_nearest_photos_come_with_their_files(explained):
    (why,) = explained
    nearest = why.nearest[0]
    # The picture itself was learned from.
    assert (nearest.person, nearest.file) == (EILEEN, "copy of portrait.png")
    assert nearest.cosine == pytest.approx(1, abs=1e-3)
    assert [n.cosine for n in why.nearest] == sorted((n.cosine for n in why.nearest), reverse=True)
    assert [name for name, _ in why.candidates] == [EILEEN, LEI] and why.margin > 0
    assert "copy of portrait.png" in why.sentence() and EILEEN in why.sentence()


def test_the_face_carries_the_decision_and_not_the_corners(explained):
    (why,) = explained
    assert why.importance.shape == why.chip.shape[:2] and why.importance.max() == 1
    size = len(why.chip)
    middle = why.importance[size // 4 : -size // 4, size // 4 : -size // 4].mean()
    assert middle > why.importance[: size // 8, : size // 8].mean()
    assert why.picture()[:2] == b"\xff\xd8"


def test_no_face_has_no_explanation(explainer):
    assert explainer.explain(np.zeros((60, 80, 3), np.uint8)) == []


def test_a_model_without_exemplars_says_so(trained, tmp_path):
    folder = shutil.copytree(trained.model, tmp_path / "model")
    (folder / "assets" / "exemplars.npz").unlink()
    with pytest.raises(ModelError, match="could not explain itself"):
        Explainer(folder)


@pytest.mark.parametrize("damaged", ["saved_model.pb", "manifest.json", "assets/exemplars.npz"])
def test_a_damaged_model_is_a_model_error(trained, tmp_path, damaged):
    folder = shutil.copytree(trained.model, tmp_path / "model")
    file = folder / damaged
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(ModelError) as caught:
        Explainer(folder)
    assert str(folder) in str(caught.value) and caught.value.remedy.startswith("Train it again")


def test_the_card_stands_alone_and_says_it_all(trained):
    page = (trained.model / "card.html").read_text("utf-8")
    assert not re.search(r'(src|href)=(?!"data:)', page)
    assert "http" not in page and "url(" not in page
    for words in (EILEEN, LEI, "blurred.png", "the face is unclear", "sky.png", "right name"):
        assert words in page
    assert page.count("data:image/jpeg") >= 2
    assert "fine-tuning was not tried" in page


def test_the_manifest_names_the_exemplars_in_their_order(trained):
    manifest = read_manifest(trained.model)
    assert [x["person"] for x in manifest["exemplars"]] == [EILEEN] * 5 + [LEI] * 5
    assert manifest["training"]["stages"]["stage"] == 1


def test_reliability_by_hand():
    confidence = np.array([0.1, 0.3, 0.9, 0.9, 1.0])
    right = np.array([False, True, True, False, True])
    bins = reliability(confidence, right, bins=2)
    assert [(b.count, b.accuracy) for b in bins] == [(2, 0.5), (3, pytest.approx(2 / 3))]
    # 2/5 |.2 - .5| + 3/5 |2.8/3 - 2/3|
    assert expected_calibration_error(confidence, right, 2) == pytest.approx(0.28)
    assert diagonal(bins).count("<circle") == 2


def test_curves_of_every_split():
    drawn = curves([{"loss": [3.0, 1.0], "val_loss": [2.0, 1.5]}, {"loss": [1.0]}])
    assert drawn.count("<svg") == 2 and drawn.count('class="one"') == 2
    assert drawn.count('class="two"') == 1
