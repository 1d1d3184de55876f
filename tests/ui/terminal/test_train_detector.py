"""`train-detector` in the terminal, and `python -m training.detector`, on drawn and real faces."""

from __future__ import annotations

import dataclasses
import functools
import json

import numpy as np
import pytest

import kindred
import training.detector.__main__ as training_command
from data.home import home
from model.detector import single_shot
from model.detector.single_shot import build_single_shot
from model.zoo.catalogue import KINDRED, choose
from model.zoo.weight_file import load_weights
from tests import faces
from tests.pictures import encoded
from tests.training.detector.labelled import TINY
from training.detector import family_finetune, fit
from training.detector.family_finetune import FineTunedDetector

FACE = [170, 60, 110, 150]  # x, y, width, height of the astronaut's


@pytest.fixture
def labelled(tmp_path):
    """Eight photos of one face, each darker than the last, with their boxes."""
    folder = tmp_path / "labelled"
    (folder / "images").mkdir(parents=True)
    entries = {}
    for number in range(8):
        picture = faces.darker(faces.astronaut(), 1 - number / 20)
        (folder / "images" / f"{number}.png").write_bytes(encoded(picture))
        entries[f"{number}.png"] = {"boxes_xywh": [FACE]}
    (folder / "boxes.json").write_text(json.dumps(entries))
    return folder


@pytest.fixture
def outcome(monkeypatch):
    """Sets what fine-tuning comes to, so that only the command is run."""

    def set_to(after: float, worse: tuple[str, ...] = ()) -> None:
        def fine_tune(samples, shipped, **_):
            assert len(samples) == 8 and samples[0].faces.landmarks.shape == (1, 5, 2)
            return FineTunedDetector(6, 2, 0.8, after, shipped, worse)

        monkeypatch.setattr(family_finetune, "fine_tune", fine_tune)

    return set_to


def test_a_better_detector_is_used_until_it_is_forgotten(labelled, outcome, fresh_home, capsys):
    outcome(0.9)
    assert kindred.main(["train-detector", str(labelled)]) == 0
    assert "Learned from 6 photos" in capsys.readouterr().out
    assert choose("detector").name == "family"
    assert kindred.main(["train-detector", "--forget"]) == 0
    assert choose("detector") is KINDRED and "shipped detector" in capsys.readouterr().out


def test_what_is_no_gain_is_not_used(labelled, outcome, fresh_home, capsys):
    outcome(0.8)
    assert kindred.main(["train-detector", str(labelled)]) == 0
    assert "no gain" in capsys.readouterr().out and choose("detector") is KINDRED
    assert not (home() / "networks" / "family").exists()


def test_what_does_worse_on_close_ups_is_not_used(labelled, outcome, fresh_home, capsys):
    outcome(0.9, ("close-ups",))
    assert kindred.main(["train-detector", str(labelled)]) == 0
    assert "worse on close-ups" in capsys.readouterr().out and choose("detector") is KINDRED


@pytest.mark.parametrize("arguments", [[], ["photos", "--forget"]])
def test_a_folder_or_forget_is_asked_for(arguments, fresh_home, capsys):
    with pytest.raises(SystemExit) as caught:
        kindred.main(["train-detector", *arguments])
    assert caught.value.code == 2 and "expected FOLDER, or --forget" in capsys.readouterr().err


def test_too_few_corrected_photos_say_what_to_do(tmp_path, fresh_home, capsys):
    (tmp_path / "photos").mkdir()
    assert kindred.main(["train-detector", str(tmp_path / "photos")]) == 1
    assert "found 0" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_learns_and_measures(labelled, fresh_home, capsys):
    assert kindred.main(["train-detector", str(labelled)]) == 0
    assert "Learned from 6 photos. On 2 others, average precision" in capsys.readouterr().out


def test_the_training_command_writes_weights_that_can_be_loaded(
    labelled, tmp_path, fresh_home, monkeypatch, capsys
):
    monkeypatch.setattr(fit, "Schedule", functools.partial(fit.Schedule, side=64, batch=2))
    monkeypatch.setattr(single_shot, "KINDRED_CONFIG", TINY)
    out = tmp_path / "out"
    arguments = [str(labelled), "--out", str(out), "--epochs", "1", "--steps", "2"]
    assert training_command.main(arguments) == 0
    said = capsys.readouterr().out
    assert "8 photos to learn from" in said or "7 photos to learn from" in said
    assert "epoch 1: " in said and "detector.npz" in said
    network = load_weights(
        out / "detector.npz", build_single_shot(dataclasses.replace(TINY, batch_norm=False))
    )
    maps = network.predict(np.zeros((1, 64, 64, 3), np.float32), verbose=0)
    assert all(np.isfinite(values).all() for values in maps.values())


def test_the_training_command_names_bad_labels(tmp_path, capsys):
    assert training_command.main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "boxes.json" in capsys.readouterr().err
