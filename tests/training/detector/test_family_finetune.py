"""Fine-tuning the detector on a family's boxes, and which detector is used then."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from data.errors import FamilyError, ModelError
from data.library.views import LibraryViews
from model.detector.family_detector import adopt, family_detector, forget
from model.detector.single_shot import KINDRED_CONFIG, SingleShotConfig, build_single_shot
from model.zoo.catalogue import KINDRED, choose, known
from model.zoo.networks import find_files, load_detector
from model.zoo.weight_file import load_weights
from tests.libraries import add_photo
from tests.libraries import face as tag_of
from tests.pictures import four_corners
from training.detector import family_finetune
from training.detector.family_finetune import FineTunedDetector, corrected_samples, fine_tune
from training.detector.fit import Schedule
from training.detector.pictures.drawings import random_drawing
from training.detector.pictures.ground_truth import Faces
from training.detector.pictures.samples import Sample

TINY = SingleShotConfig(
    stem_channels=4, stages=((), (8,), (8,), (8,), (8,)), neck_channels=8, separable=False
)


def photo(path, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_the_networks_of_the_installation_include_our_detector():
    assert choose("detector", "kindred") is KINDRED and KINDRED.is_installed()
    network = load_weights(find_files(KINDRED)["detector.npz"], build_single_shot(KINDRED_CONFIG))
    assert network.count_params() == 802_000


def test_the_shipped_detector_takes_no_drawing_for_a_face(shipped_detector):
    """Drawings of seeds that were not trained on, and one of four fields that once was a face."""
    detect = shipped_detector.detect
    drawings = [random_drawing(np.random.default_rng(seed)).pixels for seed in range(1000, 1020)]
    for picture in (*drawings, four_corners(320, 240)):
        assert not len(detect(picture, np.float32(KINDRED.min_score))[2])


def test_the_familys_detector_is_used_until_it_is_forgotten(fresh_home):
    assert family_detector(KINDRED) is None and "family" not in known()
    shipped = load_weights(find_files(KINDRED)["detector.npz"], build_single_shot(KINDRED_CONFIG))
    adopt(shipped, {"family": 0.9})
    network = choose("detector")
    assert network.name == "family" and network.figures == {"family": 0.9}
    again = load_detector(network).detector.model
    np.testing.assert_array_equal(again.get_weights()[0], shipped.get_weights()[0])
    assert choose("detector", "mtcnn").name == "mtcnn"
    assert forget() and not forget()
    assert choose("detector").name != "family"


def test_a_changed_or_unreadable_family_detector_is_refused(fresh_home):
    adopt(build_single_shot(KINDRED_CONFIG), {})
    folder = fresh_home / "networks" / "family"
    weights = folder / "detector.npz"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="SHA-256"):
        load_detector(choose("detector"))
    (folder / "detector.json").write_text("[]")
    with pytest.raises(ModelError, match="--forget"):
        known()


def test_too_few_photos_are_refused(tmp_path):
    samples = [Sample(tmp_path / f"{i}.png", Faces.of_boxes([[1, 1, 20, 20]])) for i in range(7)]
    with pytest.raises(FamilyError, match="found 7"):
        fine_tune(samples, build_single_shot(TINY), TINY)


def test_fine_tuning_is_evaluated_on_photos_that_it_did_not_learn_from(eager, tmp_path):
    samples = [
        Sample(photo(tmp_path / f"{i}.png", i), Faces.of_boxes([[10, 10, 40, 40]]))
        for i in range(8)
    ]
    network = build_single_shot(TINY)
    start = [w.copy() for w in network.get_weights()]
    steps = []
    outcome = fine_tune(
        samples,
        network,
        TINY,
        Schedule(epochs=2, steps=2, batch=2, side=64),
        progress=lambda *step: steps.append(step),
    )
    assert (outcome.learned, outcome.held_out) == (6, 2)
    assert steps[:2] == [("training", 1, 2), ("training", 2, 2)]
    assert len(steps) == (6 if outcome.gains else 2)  # both networks are tried on two photos
    assert 0 <= outcome.before <= 1 and 0 <= outcome.after <= 1
    assert any((a != b).any() for a, b in zip(start, network.get_weights(), strict=True))


def test_fine_tuning_has_to_beat_the_detector_in_use(eager, tmp_path):
    samples = [
        Sample(photo(tmp_path / f"{i}.png", i), Faces.of_boxes([[10, 10, 40, 40]]))
        for i in range(8)
    ]

    def finds_everything(image, min_score):
        return np.array([[10, 10, 40, 40]], np.float32), np.zeros((1, 5, 2)), np.ones(1)

    schedule = Schedule(epochs=1, steps=1, batch=1, side=64)
    network = build_single_shot(TINY)
    outcome = fine_tune(samples, network, TINY, schedule, in_use=finds_everything)
    assert outcome.before == 1.0 and not outcome.wins


def test_a_gain_is_tried_under_every_condition(eager, tmp_path, monkeypatch):
    """The gain is made up; what counts is that the weights are the trained ones again."""
    samples = [
        Sample(photo(tmp_path / f"{i}.png", i), Faces.of_boxes([[10, 10, 40, 40]]))
        for i in range(8)
    ]
    monkeypatch.setattr("training.detector.conditions.DRAWINGS", 2)
    monkeypatch.setattr(family_finetune, "LEAST_GAIN", -1.0)
    network = build_single_shot(TINY)
    steps = []
    schedule = Schedule(epochs=1, steps=1, batch=1, side=64)
    outcome = fine_tune(samples, network, TINY, schedule, progress=lambda *s: steps.append(s[0]))
    assert steps == ["training"] + 4 * ["close-ups, turned photos"]
    assert outcome.gains and outcome.wins == (outcome.worse == ())
    trained = [weights.copy() for weights in network.get_weights()]
    assert all((a == b).all() for a, b in zip(trained, outcome.network.get_weights(), strict=True))


@pytest.mark.parametrize(("after", "wins"), [(0.804, False), (0.81, True), (0.7, False)])
def test_only_a_gain_wins(after, wins):
    assert FineTunedDetector(6, 2, 0.8, after, None).wins is wins
    assert not FineTunedDetector(6, 2, 0.8, after, None, ("close-ups",)).wins


def test_boxes_come_from_photos_that_somebody_looked_through(tmp_path, fresh_home):
    drawn, confirmed, untouched = (tmp_path / "trip" / f"{n}.jpg" for n in range(3))
    with LibraryViews(fresh_home) as library:
        numbers = [
            add_photo(library, path, [tag_of(None, 10), tag_of(None, 60, person=1)])
            for path in (drawn, confirmed, untouched)
        ]
        library.photos.add_face(numbers[0], [100, 5, 120, 25])
        first = library.faces.of(numbers[1])[0]
        library.decisions.confirm(first.id, "Anne")
        samples = corrected_samples(library, tmp_path)
    assert [s.path for s in samples] == [drawn, confirmed]
    by_hand, decided = (sample.faces for sample in samples)
    assert by_hand.boxes[by_hand.counts].tolist() == [[100, 5, 120, 25]]
    assert decided.boxes[decided.counts].tolist() == [first.box.tolist()]
    assert len(by_hand) == 3 and len(decided) == 2
