"""The detector's training: pictures, targets, losses, checkpoints, average precision."""

from __future__ import annotations

import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image

from data.errors import FamilyError
from model.detector.single_shot import SingleShotConfig, split_map
from training.detector import augment, distill, losses
from training.detector import average_precision as judge
from training.detector.drawings import random_drawing, random_lookalike
from training.detector.fit import Pictures, Schedule, _fresh, _repeat_score, fit
from training.detector.ground_truth import Faces
from training.detector.hard_negatives import with_mistakes
from training.detector.samples import Sample, read_samples, split
from training.detector.targets import BOX, KNOWN, LANDMARKS, STATE, cells, targets
from training.l2sp import L2SP

STRIDES = (8, 16, 32)
TINY = SingleShotConfig(
    stem_channels=4,
    stages=((), (8,), (8,), (8,), (8,)),
    neck_channels=8,
    separable=False,
    batch_norm=True,
)


def face(x0, y0, x1, y1):
    return np.array([[x0, y0, x1, y1]], np.float32)


def points_of(box):
    """Five landmarks that differ from each other."""
    x0, y0, x1, y1 = box
    at = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    return np.array([[x0 + u * (x1 - x0), y0 + v * (y1 - y0)] for u, v in at], np.float32)


def faces_in(boxes, counts=True):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    marks = np.array([points_of(b) for b in boxes], np.float32).reshape(-1, 5, 2)
    return Faces(boxes, np.full(len(boxes), counts), marks, np.ones(len(boxes), bool))


def picture(boxes, size=(64, 96)):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    return augment.Picture(noise, faces_in(boxes))


# --- what the cells should say ---


def wanted_for(box, counts=True):
    return targets(faces_in(box, counts=counts), 320, STRIDES)


def test_cells_lie_where_the_decoder_puts_them():
    points, strides = cells(64, STRIDES)
    assert len(points) == 64 + 16 + 4
    assert points[9].tolist() == [8, 8] and strides[9] == 8
    assert points[64 + 5].tolist() == [16, 16] and strides[64 + 5] == 16


@pytest.mark.parametrize(("side", "stride"), [(10, 8), (30, 8), (62, 16), (140, 32), (280, 32)])
def test_a_face_is_learned_by_cells_of_its_size_near_its_middle(side, stride):
    box = face(160 - side / 2, 160 - side / 2, 160 + side / 2, 160 + side / 2)
    wanted = wanted_for(box)
    points, own = cells(320, STRIDES)
    at = wanted[:, 0] == 1
    assert at.any() and set(own[at]) == {stride}
    assert np.abs(points[at] - 160).max() <= max(side / 2, stride)


@pytest.mark.parametrize("box", [face(100, 100, 104, 103), face(310, 0, 320, 12), face(3, 3, 5, 5)])
def test_even_the_smallest_face_has_a_cell(box):
    assert (wanted_for(box)[:, 0] == 1).any()


def test_a_cell_sees_box_and_landmarks_from_where_it_stands():
    box = face(40, 56, 72, 92)
    wanted = wanted_for(box)
    points, own = cells(320, STRIDES)
    for at in np.flatnonzero(wanted[:, 0] == 1):
        seen = wanted[at, BOX] * own[at] + np.tile(points[at], 2)
        np.testing.assert_allclose(seen, box[0], atol=1e-3)
        marks = wanted[at, LANDMARKS].reshape(5, 2) * own[at] + points[at]
        np.testing.assert_allclose(marks, points_of(box[0]), atol=1e-3)
        assert wanted[at, KNOWN] == 1


def test_what_does_not_count_is_not_asked():
    wanted = wanted_for(face(40, 40, 80, 80), counts=False)
    points, _ = cells(320, STRIDES)
    inside = ((points >= 40) & (points <= 80)).all(axis=1)
    assert (wanted[inside, 0] == -1).all() and (wanted[~inside, 0] == 0).all()


def test_two_faces_share_the_cells_between_them():
    boxes = np.concatenate([face(40, 40, 80, 80), face(90, 40, 130, 80)])
    wanted = targets(faces_in(boxes), 320, STRIDES)
    at = wanted[:, 0] == 1
    left = wanted[at, BOX][:, 0] * cells(320, STRIDES)[1][at] + cells(320, STRIDES)[0][at, 0]
    assert {round(float(x)) for x in left} == {40, 90}


# --- losses ---


def one_cell(state=1.0, known=1.0):
    """A face from (-1, -1) to (1, 1) strides round the cell, all landmarks at the cell."""
    truth = np.zeros((1, 2, 16), np.float32)
    truth[0, 0, STATE], truth[0, 0, BOX], truth[0, 0, KNOWN] = state, [-1, -1, 1, 1], known
    return truth


TWO = float(np.log(2))


def says(face=0.0, thing=0.0, box=(0, 0, TWO, TWO), marks=0.0):
    output = np.zeros((1, 2, 16), np.float32)
    output[0, 0] = [face, thing, *box, *[marks] * 10]
    output[0, 1, 1] = -100.0  # the other cell is sure that there is nothing
    return output


def number(loss, truth, output):
    return float(keras.ops.convert_to_numpy(loss(truth, output)))


def test_overlap_of_a_box_moved_by_half_its_width():
    said = losses.boxes_of(says(box=(1, 0, *np.log([2, 2]))))
    found = keras.ops.convert_to_numpy(losses.iou(one_cell()[..., BOX], said))
    assert found[0, 0, 0] == pytest.approx(1 / 3, abs=1e-4)


def test_box_loss_by_hand():
    # IoU 1/3; centres 1 apart; hull 3 x 2: 1 - 1/3 + 1/13
    wrong = says(box=(1, 0, *np.log([2, 2])))
    assert number(losses.box_loss, one_cell(), wrong) == pytest.approx(2 / 3 + 1 / 13, abs=1e-4)
    assert number(losses.box_loss, one_cell(), says()) == pytest.approx(0, abs=1e-4)


def test_score_loss_by_hand():
    # The right box: wanted 1. Score .5: log 2 times .5 squared.
    value = number(losses.score_loss, one_cell(), says(thing=0.0))
    assert value == pytest.approx(np.log(2) / 4, abs=1e-4)
    # No face: sigmoid(1) = .7311; -log(1 - .7311) times .7311 squared.
    value = number(losses.score_loss, one_cell(state=0.0), says(thing=1.0))
    assert value == pytest.approx(1.31326 * 0.73106**2, abs=1e-4)


def test_landmarks_loss_by_hand():
    # Size 2; .2 strides off are .1 of it: .1 - .02 / 2. And .02 off are .01: .01^2 / .04.
    assert number(losses.landmarks_loss, one_cell(), says(marks=0.2)) == pytest.approx(0.09)
    assert number(losses.landmarks_loss, one_cell(), says(marks=0.02)) == pytest.approx(0.0025)
    assert number(losses.landmarks_loss, one_cell(known=0.0), says(marks=0.2)) == 0


def test_what_is_not_asked_costs_nothing():
    truth, output = one_cell(state=-1.0), says(face=3, thing=3, box=(5, 5, 1, 1), marks=4)
    assert number(losses.detection_loss, truth, output) == pytest.approx(0, abs=1e-6)


# --- what a teacher says ---


def beside(said, taught):
    """A row of `distill`: network and teacher; the other cell is empty."""
    return np.concatenate([said, taught], axis=-1)


def test_the_teachers_score_is_learned_by_hand():
    # The teacher is sure of half, sqrt(1 * .25): the network's .5 is right, its .7311 is not.
    teacher = says(face=100.0, thing=float(np.log(1 / 3)))
    right = beside(says(thing=0.0), teacher)
    assert number(distill.taught_score_loss, None, right) == pytest.approx(0, abs=1e-5)
    wrong = beside(says(thing=1.0), teacher)
    entropy = np.log1p(np.e) - 0.5  # softplus(1) - .5 * 1
    wanted = entropy * (0.73106 - 0.5) ** 2  # the sum of the teacher's scores is below 1
    assert number(distill.taught_score_loss, None, wrong) == pytest.approx(wanted, abs=1e-4)


def test_the_teachers_box_is_learned_where_the_teacher_is_sure():
    moved = says(box=(1, 0, *np.log([2, 2])))
    sure = beside(moved, says(face=100.0, thing=100.0))
    assert number(distill.taught_box_loss, None, sure) == pytest.approx(2 / 3 + 1 / 13, abs=1e-4)
    unsure = beside(moved, says(face=-10.0, thing=-10.0))
    assert number(distill.taught_box_loss, None, unsure) == 0


def test_the_cells_of_all_levels_are_laid_one_after_the_other():
    network = _fresh(TINY)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    outputs = network(pixels)
    rows = keras.ops.convert_to_numpy(distill.by_cell(outputs, TINY.strides))
    assert rows.shape == (2, 64 + 16 + 4, 16)
    fine = keras.ops.convert_to_numpy(outputs["map16"])
    np.testing.assert_allclose(rows[1, 64 + 5], fine[1, 1, 1], rtol=1e-5)


# --- pictures ---


def test_a_cut_moves_boxes_and_landmarks_with_the_pixels():
    photo = picture([(40, 20, 60, 44)])
    photo.pixels[:] = 0
    photo.pixels[20:44, 40:60] = 255
    found = augment.cut(photo, np.array([30.0, 10.0]), 2.0, 64)
    np.testing.assert_allclose(found.faces.boxes, [[20, 20, 60, 64]])
    np.testing.assert_allclose(
        found.faces.landmarks[0, 0], [(40 + 6 - 30) * 2, (20 + 9.6 - 10) * 2]
    )
    assert found.faces.counts.tolist() == [True]
    assert (found.pixels[24:60, 24:56] == 255).all() and (found.pixels[:, :18] == 0).all()


def test_what_lies_outside_the_photo_is_grey():
    found = augment.cut(picture([]), np.array([-32.0, -32.0]), 1.0, 64)
    assert (found.pixels[:32] == 114).all() and (found.pixels[:, :32] == 114).all()
    assert len(np.unique(found.pixels[32:, 32:])) > 100


def test_faces_too_small_or_cut_in_half_do_not_count():
    photo = picture([(0, 0, 20, 24), (40, 20, 60, 44), (70, 30, 74, 33)])
    found = augment.cut(photo, np.array([15.0, 0.0]), 1.0, 64)
    assert found.faces.counts.tolist() == [False, True, False]


@pytest.mark.parametrize("degrees", [-40.0, 25.0, 90.0])
def test_a_tilted_head_keeps_its_box_and_its_landmarks(degrees):
    photo = picture([(70, 60, 110, 124)], (180, 180))
    x, y = np.meshgrid(np.arange(180) + 0.5, np.arange(180) + 0.5)
    photo.pixels[:] = np.where(((x - 90) / 20) ** 2 + ((y - 92) / 32) ** 2 < 1, 100, 0)[..., None]
    left_eye = photo.faces.landmarks[0, 0].round().astype(int)
    photo.pixels[left_eye[1] - 1 : left_eye[1] + 2, left_eye[0] - 1 : left_eye[0] + 2] = 255
    found = augment.tilted(photo, np.array([30.0, 30.0]), 1.0, 120, degrees)
    assert found.pixels.shape == (120, 120, 3)
    rows, columns = np.nonzero(found.pixels[..., 0] > 50)
    round_head = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    np.testing.assert_allclose(found.faces.boxes[0], round_head, atol=1.5)
    rows, columns = np.nonzero(found.pixels[..., 0] > 150)
    middle = [columns.mean() + 0.5, rows.mean() + 0.5]
    np.testing.assert_allclose(found.faces.landmarks[0, 0], middle, atol=1.5)


def test_what_is_tilted_has_no_empty_corner():
    photo = picture([(100, 100, 130, 140)], (240, 240))
    photo.pixels[:] = 200
    for degrees in (-45.0, 10.0, 45.0):
        found = augment.tilted(photo, np.array([80.0, 80.0]), 1.5, 120, degrees)
        assert (found.pixels == 200).all()


def test_mirrored_twice_is_the_same_and_left_stays_left():
    photo = picture([(40, 20, 60, 44)])
    once = augment.mirrored(photo)
    assert once.faces.landmarks[0, 0, 0] < once.faces.landmarks[0, 1, 0]
    twice = augment.mirrored(once)
    np.testing.assert_array_equal(twice.pixels, photo.pixels)
    np.testing.assert_allclose(twice.faces.boxes, photo.faces.boxes)
    np.testing.assert_allclose(twice.faces.landmarks, photo.faces.landmarks)


def test_a_mosaic_keeps_every_face_where_its_part_went():
    parts = [picture([(10, 10, 30, 34)], (64, 64)) for _ in range(4)]
    found = augment.mosaic(parts)
    assert found.pixels.shape == (128, 128, 3)
    assert found.faces.boxes[:, :2].tolist() == [[10, 10], [74, 10], [10, 74], [74, 74]]
    np.testing.assert_array_equal(found.pixels[64:, 64:], parts[3].pixels)


def test_random_pictures_are_whole_and_the_same_for_a_seed():
    photo = picture([(30, 20, 60, 54)], (100, 120))
    for seed in range(20):
        one, two = (
            augment.random_picture(lambda: photo, 64, np.random.default_rng(seed)) for _ in "12"
        )
        np.testing.assert_array_equal(one.pixels, two.pixels)
        assert one.pixels.shape == (64, 64, 3) and one.pixels.dtype == np.uint8
        faces = one.faces
        assert len(faces.counts) == len(faces.landmarks) == len(faces.known) == len(faces)
        assert ((faces.boxes >= 0) & (faces.boxes <= 64)).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_close_up_is_filled_by_the_largest_face_that_counts(seed):
    photo = picture([(30, 20, 60, 54), (70, 30, 80, 42)], (100, 120))
    close = augment.close_up(photo, 64, np.random.default_rng(seed))
    assert close.pixels.shape == (64, 64, 3) and len(close.faces)
    area = np.prod(close.faces.boxes[0, 2:] - close.faces.boxes[0, :2])  # cut by the edge
    assert area >= 0.1 * 64**2
    faces = photo.faces
    other = dataclasses.replace(photo, faces=dataclasses.replace(faces, counts=~faces.counts))
    other.faces.counts[1] = True
    close = augment.close_up(other, 64, np.random.default_rng(seed))
    assert close.faces.counts.sum() <= 1


def test_large_faces_are_cut_as_close_ups_and_mistakes_are_shown(tmp_path):
    entries = {"a.png": {"boxes_xywh": [[10, 10, 30, 30]]}, "b.png": {"boxes_xywh": []}}
    samples = read_samples(folder_of(tmp_path, entries, photos=("a.png", "b.png")))
    assert Pictures(samples, Schedule(side=64), STRIDES)._portrait(np.random.default_rng(0)) is None
    large = dataclasses.replace(samples[0], faces=Faces.of_boxes([[0, 0, 95, 95]]))
    pictures = Pictures([large, samples[1]], Schedule(side=64), STRIDES)
    portrait = pictures._portrait(np.random.default_rng(0))
    assert len(portrait().faces) == 1
    # A cut round a mistake of a photo without a face shows it.
    mistake = np.float32([[40, 50, 44, 54]])
    shown = 0
    for seed in range(200):
        photo = augment.Picture(np.zeros((100, 120, 3), np.uint8), Faces.of_boxes([]), mistake)
        photo.pixels[50:54, 40:44] = 255
        cut = augment.cut_randomly(photo, 32, np.random.default_rng(seed))
        shown += int((cut.pixels > 200).any())
    plain = 0
    for seed in range(200):
        photo = augment.Picture(photo.pixels, Faces.of_boxes([]))
        cut = augment.cut_randomly(photo, 32, np.random.default_rng(seed))
        plain += int((cut.pixels > 200).any())
    assert shown > plain


def test_mistakes_are_what_was_found_outside_all_labelled_boxes(tmp_path):
    entries = {"a.png": {"boxes_xywh": [[10, 10, 30, 30]]}}
    samples = read_samples(folder_of(tmp_path, entries))
    seen = []

    def detect(image, min_score):
        seen.append(image.shape)
        boxes = np.float32([[12, 11, 41, 40], [50, 20, 60, 30], [35, 35, 80, 80]])
        return boxes, np.zeros((3, 5, 2), np.float32), np.float32([0.9, 0.5, 0.3])

    for _ in "12":  # the second time from the file
        (searched,) = with_mistakes(samples, detect, tmp_path / "cache" / "mistakes.npz")
        assert searched.mistakes.tolist() == [[50, 20, 60, 30], [35, 35, 80, 80]]
    assert len(seen) == 1 and searched.faces is samples[0].faces


@pytest.mark.parametrize("draw", [random_drawing, random_lookalike])
def test_drawings_are_pictures_without_a_face_and_all_different(draw):
    drawings = [draw(np.random.default_rng(seed)) for seed in (0, 0, *range(1, 30))]
    np.testing.assert_array_equal(drawings[0].pixels, drawings[1].pixels)
    assert len({d.pixels.tobytes() for d in drawings}) == 30
    for drawing in drawings:
        assert drawing.pixels.dtype == np.uint8 and drawing.pixels.shape[2] == 3
        assert drawing.pixels.std() > 0
        faces = drawing.faces
        assert faces.boxes.shape == (0, 4) and faces.landmarks.shape == (0, 5, 2)
        assert faces.counts.shape == faces.known.shape == (0,)


def test_a_drawing_is_drawn_for_ten_photos(tmp_path):
    entries = {f"{i}.png": {"boxes_xywh": [[20, 20, 30, 30]]} for i in range(20)}
    samples = read_samples(folder_of(tmp_path, entries))
    pictures = Pictures(samples, Schedule(side=64, batch=4), STRIDES)
    rng = np.random.default_rng(0)
    drawn = [not len(pictures._draw(rng).faces) for _ in range(440)]
    assert sum(drawn) == pytest.approx(40, abs=18)
    pixels, wanted = pictures[1]
    assert pixels.shape == (4, 64, 64, 3) and wanted.shape[0] == 4


# --- samples ---


def folder_of(tmp_path, entries, photos=None):
    (tmp_path / "images").mkdir(exist_ok=True)
    for name in entries if photos is None else photos:
        noise = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "images" / name)
    (tmp_path / "boxes.json").write_text(json.dumps(entries))
    return tmp_path


def test_reads_boxes_and_which_of_them_count(tmp_path):
    entries = {"a.png": {"boxes_xywh": [[1, 2, 10, 20], [5, 5, 3, 3]], "hard": [0]}}
    (sample,) = read_samples(folder_of(tmp_path, entries))
    assert sample.faces.boxes.tolist() == [[1, 2, 11, 22], [5, 5, 8, 8]]
    assert sample.faces.counts.tolist() == [True, False] and not sample.faces.known.any()


@pytest.mark.parametrize(
    ("text", "photos"),
    [
        ("{", []),
        ("[]", []),
        ('{"a.png": {}}', []),
        ('{"a.png": {"boxes_xywh": []}}', []),
        ("{}", []),
    ],
)
def test_bad_labels_are_named(tmp_path, text, photos):
    folder_of(tmp_path, {}, photos)
    (tmp_path / "boxes.json").write_text(text)
    with pytest.raises(FamilyError, match=r"boxes\.json|a\.png"):
        read_samples(tmp_path)


def test_no_photo_is_on_both_sides():
    samples = [Sample(f"{i}.jpg", Faces.of_boxes([])) for i in range(50)]
    learned, aside = split(samples, 5)
    assert len(aside) == 10 and len(learned) == 40
    assert not {s.path for s in learned} & {s.path for s in aside}


# --- average precision ---


def test_average_precision_by_hand():
    # Two faces. Found: one right (.9), one wrong (.8), the other right (.7): 1/2 * 1 + 1/2 * 2/3.
    sample = Sample("a.jpg", Faces.of_boxes([[0, 0, 10, 10], [50, 50, 60, 60]]))
    boxes = np.array([[0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 61]], np.float32)
    found = judge.Found(boxes, np.array([0.9, 0.8, 0.7], np.float32))
    assert judge.average_precision([sample], [found]) == pytest.approx(5 / 6)


def test_the_second_find_of_a_face_is_wrong_and_what_does_not_count_is_neither():
    sample = Sample("a.jpg", Faces.of_boxes([[0, 0, 10, 10], [50, 50, 60, 60]], [True, False]))
    boxes = np.array([[50, 50, 60, 60], [0, 0, 10, 10], [0, 0, 10, 11]], np.float32)
    found = judge.Found(boxes, np.array([0.9, 0.8, 0.85], np.float32))
    # .85 hits the face, .8 hits it again: precision 1 at the only face.
    assert judge.average_precision([sample], [found]) == pytest.approx(1.0)
    assert np.isnan(judge.average_precision([Sample("a.jpg", Faces.of_boxes([]))], [found]))


def test_what_is_found_at_a_score():
    sample = Sample("a.jpg", Faces.of_boxes([[0, 0, 10, 10], [50, 50, 60, 60]]))
    boxes = np.array([[0, 0, 10, 10], [20, 20, 30, 30], [50, 50, 60, 61]], np.float32)
    found = judge.Found(boxes, np.array([0.9, 0.8, 0.7], np.float32))
    assert judge.at_score([sample], [found], 0.75) == (1, 1)
    assert judge.at_score([sample], [found], 0.7) == (2, 1)


# --- training ---


def test_training_goes_on_from_its_checkpoint(eager, tmp_path):
    entries = {f"{i}.png": {"boxes_xywh": [[20, 20, 30, 30]]} for i in range(3)}
    samples = read_samples(folder_of(tmp_path, entries))
    run = tmp_path / "run"
    short = Schedule(epochs=1, steps=2, batch=2, side=64)
    fit(samples, [], run, short, TINY)
    model = fit(samples, samples[:1], run, Schedule(epochs=2, steps=2, batch=2, side=64), TINY)
    rows = (run / "log.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1"]
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert not list(run.glob("part-*"))


def test_what_goes_on_from_a_checkpoint_is_still_held_to_its_start(eager, tmp_path):
    samples = read_samples(folder_of(tmp_path, {"0.png": {"boxes_xywh": [[20, 20, 30, 30]]}}))
    for epochs in (1, 2):
        keras.utils.set_random_seed(3)  # the same start each time
        start = _fresh(dataclasses.replace(TINY, batch_norm=False))
        before = [np.asarray(weight) for weight in start.trainable_weights]
        schedule = Schedule(epochs=epochs, steps=2, batch=2, side=64)
        network = fit(samples, [], tmp_path / "run", schedule, TINY, start=start, l2sp=0.5)
    pairs = zip(before, network.trainable_weights, strict=True)
    expected = sum(float(L2SP(then, 0.5)(np.asarray(now))) for then, now in pairs)
    assert float(sum(network.losses)) == pytest.approx(expected, rel=1e-4) and expected > 0


def test_training_with_a_teacher_leaves_the_teacher_as_it_is_and_can_be_gone_on_with(
    eager, tmp_path
):
    entries = {f"{i}.png": {"boxes_xywh": [[20, 20, 30, 30]]} for i in range(3)}
    samples = read_samples(folder_of(tmp_path, entries))
    teacher = _fresh(dataclasses.replace(TINY, stem_channels=6, batch_norm=False))
    before = [w.copy() for w in teacher.get_weights()]
    for epochs in (1, 2):
        schedule = Schedule(epochs=epochs, steps=2, batch=2, side=64)
        network = fit(samples, [], tmp_path / "run", schedule, TINY, teacher=teacher)
    for one, two in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    rows = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert len(rows) == 3 and "taught_score_loss" in rows[0]
    assert "head8_map_conv" in {layer.name for layer in network.layers}


@pytest.mark.parametrize("separable", [False, True])
def test_the_score_is_that_of_one_branch(separable):
    config = dataclasses.replace(TINY, separable=separable)
    network = _fresh(config)
    _repeat_score(network, config)
    maps = network(np.random.default_rng(0).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32))
    for output in maps.values():
        parts = {name: keras.ops.convert_to_numpy(x) for name, x in split_map(output).items()}
        np.testing.assert_array_equal(parts["face"], parts["object"])
        assert np.ptp(parts["object"]) > 0


def test_training_learns_one_picture_by_heart(tmp_path):
    pixels = np.full((96, 96, 3), 60, np.uint8)
    pixels[30:62, 30:62] = (220, 180, 150)
    (tmp_path / "images").mkdir()
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")
    (tmp_path / "boxes.json").write_text(json.dumps({"a.png": {"boxes_xywh": [[30, 30, 32, 32]]}}))
    samples = read_samples(tmp_path)
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(logs["loss"])
    )
    schedule = Schedule(epochs=8, steps=15, batch=4, side=64, rate=5e-3)
    fit(samples, [], tmp_path / "run", schedule, TINY, callbacks=[note])
    assert seen[-1] < 0.75 * seen[0]
