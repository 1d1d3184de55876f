"""The single-shot detector: architecture, weights, golden decoding, parity with OpenCV."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from data.errors import ModelError
from model.batch_norm import fold, unfold
from model.detector.decode import agreed, asked, decode, leaned, suppress
from model.detector.single_shot import (
    YUNET_CONFIG,
    SingleShotConfig,
    assign_yunet,
    build_single_shot,
    load_yunet,
    split_map,
)
from model.detector.single_shot_detector import SingleShotDetector
from model.zoo.readers.onnx_file import read_onnx
from model.zoo.weight_file import load_weights, save_weights
from tests.model.zoo import test_onnx_file as onnx_writer

SHARED = Path(__file__).parents[4] / "shared"
PUBLISHED = SHARED / "weights" / "yunet_n_640_640.onnx"
TINY = SingleShotConfig(stem_channels=4, stages=((4,), (6,), (8, 8), (8,), (8,)), neck_channels=8)


def random_model(config: SingleShotConfig, spread: float = 0.4) -> keras.Model:
    """Every weight random; the variances of a normalisation positive."""
    model = build_single_shot(config)
    random = np.random.default_rng(0)
    for weight in model.weights:
        value = random.normal(0, spread, weight.shape)
        weight.assign(np.abs(value) + 0.1 if "variance" in weight.path else value)
    return model


@pytest.fixture(scope="module")
def tiny() -> keras.Model:
    return random_model(TINY)


@pytest.fixture(scope="module")
def detector(tiny) -> SingleShotDetector:
    return SingleShotDetector(tiny, TINY)


def photo(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (height, width, 3), np.uint8)


# ---- architecture


@pytest.mark.parametrize("separable", [True, False])
def test_normalisation_is_put_in_again_by_what_pictures_have(separable):
    """The same function in use; in training, too, for the pictures that it was put in by."""
    config = dataclasses.replace(SMALL, separable=separable)
    keras.utils.set_random_seed(1)
    folded = build_single_shot(config)
    pictures = np.random.default_rng(0).uniform(0, 255, (4, 2, 64, 96, 3)).astype(np.float32)
    model = build_single_shot(dataclasses.replace(config, batch_norm=True))
    unfold(folded, model, pictures)
    image = np.random.default_rng(1).uniform(0, 255, (1, 96, 64, 3)).astype(np.float32)
    again = fold(model, build_single_shot(config))
    wanted, inside = folded(image), folded(pictures.reshape(8, 64, 96, 3))
    trained = model(pictures.reshape(8, 64, 96, 3), training=True)
    for name in wanted:
        np.testing.assert_allclose(model(image, training=False)[name], wanted[name], atol=1e-4)
        np.testing.assert_allclose(again(image)[name], wanted[name], atol=1e-4)
        np.testing.assert_allclose(trained[name], inside[name], atol=1e-4)


def test_yunet_is_one_configuration():
    trained = build_single_shot(dataclasses.replace(YUNET_CONFIG, batch_norm=True))
    assert sum(int(np.prod(w.shape)) for w in trained.trainable_weights) == 75_856
    assert build_single_shot(YUNET_CONFIG).count_params() == 73_840


@pytest.mark.parametrize(
    "config",
    [
        TINY,
        dataclasses.replace(TINY, batch_norm=True, head_units=2),
        dataclasses.replace(TINY, neck_channels=12),
        dataclasses.replace(TINY, strides=(4, 8, 16, 32)),
        dataclasses.replace(TINY, stages=TINY.stages[:3], strides=(8,)),
    ],
)
def test_maps_have_one_cell_a_stride(config):
    maps = build_single_shot(config)(np.zeros((2, 64, 96, 3), "f4"))
    assert {name: m.shape for name, m in maps.items()} == {
        f"map{s}": (2, 64 // s, 96 // s, 16) for s in config.strides
    }
    parts = split_map(maps["map8"])
    assert {name: p.shape[-1] for name, p in parts.items()} == {
        "face": 1, "object": 1, "box": 4, "landmarks": 10,
    }  # fmt: skip


@pytest.mark.parametrize("strides", [(), (8, 32), (8, 16), (16, 32, 64), (1, 2, 4, 8, 16, 32)])
def test_refuses_strides_that_the_stages_do_not_have(strides):
    with pytest.raises(ValueError, match=r"`strides` must double and end at 32.*Received"):
        dataclasses.replace(TINY, strides=strides)


def test_config_survives_json():
    again = SingleShotConfig(**json.loads(json.dumps(dataclasses.asdict(TINY))))
    assert [w.path for w in build_single_shot(again).weights] == [
        w.path for w in build_single_shot(TINY).weights
    ]


def test_folding_normalisation_keeps_the_function():
    config = dataclasses.replace(TINY, batch_norm=True, neck_channels=6)
    model = random_model(config)
    folded = fold(model, build_single_shot(dataclasses.replace(config, batch_norm=False)))
    assert not any(isinstance(x, keras.layers.BatchNormalization) for x in folded.layers)
    image = photo(64, 96)[None].astype("f4") / 255
    expected, got = model(image, training=False), folded(image)
    for name in ("map8", "map16", "map32"):
        np.testing.assert_allclose(got[name], expected[name], atol=1e-4)


# ---- weights from an ONNX file


def onnx_of(model: keras.Model, change=lambda layer, kernel: kernel) -> bytes:
    """Writes a network as its publishers do: [out, in, h, w], BGR, a branch for each meaning."""
    nodes, tensors = [], []

    def conv(layer, kernel, bias, depthwise):
        kernel = change(layer.name, kernel.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1)))
        names = [f"k{len(nodes)}", f"b{len(nodes)}"]
        for name, array in zip(names, (kernel, bias), strict=True):
            tensors.append(onnx_writer.tensor(name, np.array(array, "<f4")))
        group = kernel.shape[0] if depthwise else 1
        nodes.append(
            onnx_writer.node("Conv", ["x", *names], "y", group=group, strides=list(layer.strides))
        )

    def pair(name, channels=slice(None)):
        for kind in ("point", "depthwise"):
            layer = model.get_layer(f"{name}_{kind}")
            kernel, bias = layer.get_weights()
            kernel = kernel[:, :, channels] if kind == "depthwise" else kernel[..., channels]
            conv(layer, kernel, bias[channels], kind == "depthwise")

    stem = model.get_layer("stem_conv")
    conv(stem, stem.get_weights()[0][:, :, ::-1], stem.get_weights()[1], False)
    for unit in ("1_unit1", "2_unit1", "3_unit1", "3_unit2", "4_unit1", "5_unit1"):
        pair(f"stage{unit}")
    for name in ("neck32", "neck16", "neck8", "head8_unit1", "head16_unit1", "head32_unit1"):
        pair(name)
    for channels in (slice(0, 1), slice(2, 6), slice(1, 2), slice(6, 16)):
        for stride in (8, 16, 32):
            pair(f"head{stride}_map", channels)
    return onnx_writer.model(nodes, tensors)


def test_weights_arrive_where_they_belong(tiny, tmp_path):
    other = build_single_shot(TINY)
    assign_yunet(other, TINY, read_onnx(onnx_writer.write(tmp_path, onnx_of(tiny))))
    for mine, theirs in zip(other.weights, tiny.weights, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy(), err_msg=mine.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda name, k: k[:-1] if name == "stage3_unit2_point" else k, "stage3_unit2_point"),
        (lambda name, k: k[..., :2] if name == "head16_map_depthwise" else k, "head16_map_depth"),
        (lambda name, k: k * np.nan if name == "neck8_point" else k, "finite numbers for neck8"),
    ],
)
def test_refuses_other_weights_and_stays_as_it_was(tiny, tmp_path, change, said):
    path = onnx_writer.write(tmp_path, onnx_of(tiny, change))
    other = build_single_shot(TINY)
    before = other.get_weights()
    with pytest.raises(ModelError, match=said) as refusal:
        assign_yunet(other, TINY, read_onnx(path), file=path)
    assert str(refusal.value).startswith(str(path))
    for mine, theirs in zip(other.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_refuses_another_network(tiny, tmp_path):
    graph = read_onnx(onnx_writer.write(tmp_path, onnx_of(tiny)))
    fewer = dataclasses.replace(TINY, stages=((4,), (6,), (8, 8), (8,), (8, 8)))
    with pytest.raises(ModelError, match="expected YuNet"):
        assign_yunet(build_single_shot(fewer), fewer, graph)
    longer = dataclasses.replace(graph, nodes=graph.nodes + graph.nodes[:1])
    with pytest.raises(ModelError, match="no further convolution"):
        assign_yunet(build_single_shot(TINY), TINY, longer)
    with pytest.raises(ModelError, match="kernel and bias of stem_conv"):
        assign_yunet(build_single_shot(TINY), TINY, dataclasses.replace(graph, nodes=()))


# ---- decoding


def quiet_maps(height: int = 64, width: int = 96) -> dict[str, np.ndarray]:
    """Maps on which nothing is a face."""
    maps = {f"map{s}": np.zeros((1, height // s, width // s, 16), "f4") for s in (8, 16, 32)}
    for m in maps.values():
        m[..., :2] = -50
    return maps


def test_decoding_by_hand():
    maps = quiet_maps()
    # Stride 8, row 2, column 3; logits 0 and 0 -> sigmoids .5 and .5 -> score .5.
    # Centre ((3 + .5) 8, (2 + .5) 8) = (28, 20), sides 8 exp(log 2) = 16 and 8 exp(log 3) = 24.
    maps["map8"][0, 2, 3] = [0, 0, 0.5, 0.5, np.log(2), np.log(3), 0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]
    # Stride 32, row 1, column 2; logits log 3 and 0 -> .75 and .5 -> score sqrt(.375) = .6124.
    maps["map32"][0, 1, 2, :2] = np.log(3), 0
    boxes, landmarks, scores = decode(maps, (8, 16, 32), 0.1)
    np.testing.assert_allclose(scores, [0.375**0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(boxes, [[48, 16, 80, 48], [20, 8, 36, 32]], atol=1e-4)
    points = [[24, 16], [32, 16], [28, 20], [24, 24], [32, 24]]
    np.testing.assert_allclose(landmarks, [[[64, 32]] * 5, points], atol=1e-4)
    assert decode(maps, (8, 16, 32), 0.55)[2].shape == (1,)
    assert decode(maps, (8, 16, 32), np.float32(0.5))[2].shape == (2,)  # "at least"


def test_mirrored_maps_give_mirrored_boxes():
    maps, width = quiet_maps(), 96
    random = np.random.default_rng(3)
    maps["map8"] = random.normal(0, 1, maps["map8"].shape).astype("f4")
    mirrored = {name: m[:, :, ::-1].copy() for name, m in maps.items()}
    mirrored["map8"][..., 2] = 1 - mirrored["map8"][..., 2]
    boxes, _, scores = decode(maps, (8, 16, 32), 0.1)
    others, _, again = decode(mirrored, (8, 16, 32), 0.1)
    expected = boxes.numpy()[:, [2, 1, 0, 3]]
    expected[:, ::2] = width - expected[:, ::2]
    np.testing.assert_array_equal(scores, again)
    np.testing.assert_allclose(others, expected, atol=1e-3)


def test_suppression_keeps_the_best_of_each_face():
    # The second box covers 12 * 20 = 240 of 400 + 400 - 240 with the first: .43, below .45;
    # the third 13 * 20 = 260 of 540: .48.
    boxes = tf.constant([[0, 0, 20, 20], [8, 0, 28, 20], [-7, 0, 13, 20], [40, 0, 60, 20.0]])
    assert suppress(boxes, tf.constant([0.9, 0.8, 0.7, 0.95])).numpy().tolist() == [3, 0, 1]
    assert suppress(boxes[:0], tf.zeros([0])).shape == (0,)


# ---- the detector


def check_result(result, height: int, width: int):
    boxes, landmarks, scores = (np.asarray(x) for x in result)
    count = len(scores)
    assert (boxes.shape, landmarks.shape, scores.shape) == ((count, 4), (count, 5, 2), (count,))
    assert boxes.dtype == landmarks.dtype == scores.dtype == np.float32
    assert (np.diff(scores) <= 0).all() and ((scores >= 0) & (scores <= 1)).all()
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= [width, height]).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


@pytest.mark.parametrize("size", [(64, 96), (65, 31), (1, 1), (1, 200), (300, 7)])
def test_any_size_without_retracing(detector, size):
    check_result(detector.detect(photo(*size), 0.1), *size)
    assert detector.graph.traced.experimental_get_tracing_count() == 1


def test_nothing_found_keeps_rank_and_type(detector):
    result = detector.detect(photo(64, 64), 1.1)
    assert [x.shape for x in result] == [(0, 4), (0, 5, 2), (0,)]
    check_result(result, 64, 64)


def test_a_higher_threshold_gives_the_first_of_the_same_faces(detector):
    everything = detector.detect(photo(96, 128), 0.05)
    middle = float(np.median(everything[2]))
    best = detector.detect(photo(96, 128), middle)
    assert 0 < len(best[2]) < len(everything[2])
    for a, b in zip(everything, best, strict=True):
        np.testing.assert_array_equal(a[: len(b)], b)


def test_padding_by_hand_changes_nothing(tiny, detector):
    image = photo(50, 70)
    padded = np.zeros((64, 96, 3), np.uint8)
    padded[:50, :70] = image
    boxes, landmarks, scores = decode(tiny(padded[None].astype("f4")), TINY.strides, 0.3)
    kept = suppress(boxes, scores).numpy()
    got = detector.detect(image, 0.3)
    found = tf.clip_by_value(tf.gather(boxes, kept), 0.0, [70, 50, 70, 50]).numpy()
    inside = kept[(found[:, 2:] > found[:, :2]).all(axis=1)]
    np.testing.assert_array_equal(got[2], scores.numpy()[inside])
    np.testing.assert_allclose(got[1], landmarks.numpy()[inside], atol=1e-3)


def test_a_large_photo_is_searched_smaller_and_answered_in_its_own_pixels(tiny, detector):
    image = photo(64, 96)
    large = image.repeat(2, axis=0).repeat(2, axis=1)
    small_boxes, small_points, small_scores = detector.detect(image, 0.3)
    frugal = SingleShotDetector(tiny, TINY, max_pixels=64 * 96)
    boxes, points, scores = frugal.detect(large, 0.3)
    assert len(scores) > 0
    np.testing.assert_allclose(scores, small_scores, atol=1e-5)
    np.testing.assert_allclose(boxes, small_boxes * 2, atol=1e-2)
    np.testing.assert_allclose(points, small_points * 2, atol=1e-2)


def test_refuses_no_pixels(tiny):
    with pytest.raises(ValueError, match="Received: max_pixels=0"):
        SingleShotDetector(tiny, TINY, max_pixels=0)


def test_exported_and_loaded_again(detector, tmp_path):
    parts = "boxes", "landmarks", "scores"

    def detect(image, min_score):
        return dict(zip(parts, detector.detect(image, min_score), strict=True))

    detect = tf.function(
        detect,
        input_signature=[
            tf.TensorSpec([None, None, 3], tf.uint8, "image"),
            tf.TensorSpec([], tf.float32, "min_score"),
        ],
    )
    tf.saved_model.save(detector, str(tmp_path / "d"), signatures={"detect": detect})
    again = tf.saved_model.load(str(tmp_path / "d"))
    for size in ((64, 96), (70, 33)):
        expected = detector.detect(photo(*size), 0.2)
        got = again.signatures["detect"](
            image=tf.constant(photo(*size)), min_score=tf.constant(0.2)
        )
        got = [got[part] for part in parts]
        check_result(got, *size)
        for a, b in zip(expected, got, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


# ---- parity on the published network and real photos


@pytest.fixture(scope="module")
def yunet() -> SingleShotDetector:
    if not PUBLISHED.exists():
        pytest.skip(f"the published network is not in {PUBLISHED.parent}")
    return SingleShotDetector(load_yunet(PUBLISHED), max_pixels=10**8)


def real_photos(pattern: str, count: int) -> list[Path]:
    found = sorted((SHARED / "photos").glob(pattern))
    if not found:
        pytest.skip(f"there are no photos {SHARED / 'photos' / pattern}")
    return found[:: max(1, len(found) // count)]


def iou(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = sides.clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    return shared / (areas - shared)


@pytest.mark.parametrize(
    ("pattern", "count", "min_score"),
    [("groups/*.jpg", 12, 0.6), ("wider_val/images/*.jpg", 25, 0.6), ("groups/*.jpg", 12, 0.02)],
)
def test_parity_with_opencv(yunet, pattern, count, min_score):
    cv2 = pytest.importorskip("cv2")
    theirs = cv2.FaceDetectorYN.create(str(PUBLISHED), "", (320, 320), min_score, 0.45, 5000)
    total = 0
    for path in real_photos(pattern, count):
        bgr = cv2.imread(str(path))
        size = np.array(bgr.shape[1::-1])
        theirs.setInputSize(size.tolist())
        faces = theirs.detect(bgr)[1]
        faces = np.zeros((0, 15), "f4") if faces is None else faces
        expected = np.concatenate([faces[:, :2], faces[:, :2] + faces[:, 2:4]], axis=1)
        expected = expected.clip(0, [*size, *size])
        seen = (expected[:, 2:] > expected[:, :2]).all(axis=1)  # not in the padding
        faces, expected = faces[seen], expected[seen]
        boxes, landmarks, scores = (x.numpy() for x in yunet.detect(bgr[..., ::-1], min_score))
        assert len(boxes) == len(expected), path.name
        for face, box in zip(faces, expected, strict=True):
            overlap = iou(box, boxes)
            best = overlap.argmax()
            assert overlap[best] > 0.95, path.name
            assert np.abs(landmarks[best] - face[4:14].reshape(5, 2)).max() < 1, path.name
            assert abs(scores[best] - face[14]) < 1e-3, path.name
        total += len(expected)
    assert total > 50


def test_the_left_eye_is_left_in_the_picture(yunet):
    cv2 = pytest.importorskip("cv2")
    for path in real_photos("groups/*.jpg", 12):
        rgb = cv2.imread(str(path))[..., ::-1]
        _, points, _ = yunet.detect(rgb, 0.8)
        eyes, mouth = points[:, :2], points[:, 3:]
        assert (eyes[:, 0, 0] < eyes[:, 1, 0]).numpy().all(), path.name
        assert (mouth[:, 0, 0] < mouth[:, 1, 0]).numpy().all(), path.name
        assert (eyes[..., 1] < mouth[..., 1]).numpy().all(), path.name


# --- our own configuration and its file ---

SMALL = SingleShotConfig(
    stem_channels=4, stages=((), (8,), (8,), (8,), (8,)), neck_channels=8, separable=False
)


def test_full_convolutions_fold_and_line_up_with_the_cells():
    config = dataclasses.replace(SMALL, batch_norm=True)
    model = build_single_shot(config)
    rng = np.random.default_rng(0)
    model.set_weights([np.abs(rng.normal(0.1, 0.3, w.shape)) + 0.05 for w in model.get_weights()])
    image = rng.uniform(0, 255, (1, 64, 96, 3)).astype(np.float32)
    before, after = (
        model(image, training=False),
        fold(model, build_single_shot(dataclasses.replace(config, batch_norm=False)))(image),
    )
    assert before["map8"].shape == (1, 8, 12, 16) and before["map32"].shape == (1, 2, 3, 16)
    for name in before:
        np.testing.assert_allclose(before[name], after[name], rtol=2e-4)


def test_weights_survive_their_file(tmp_path):
    model = build_single_shot(SMALL)
    save_weights(model, tmp_path / "w.npz")
    again = load_weights(tmp_path / "w.npz", build_single_shot(SMALL))
    for one, two in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one.astype(np.float16), two.astype(np.float16))
    assert not list(tmp_path.glob("part-*"))


def test_other_weights_are_refused(tmp_path):
    path = tmp_path / "w.npz"
    save_weights(build_single_shot(SMALL), path)
    with pytest.raises(ModelError, match=r"of shape"):
        load_weights(path, build_single_shot(dataclasses.replace(SMALL, neck_channels=16)))
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelError, match=r"w\.npz"):
        load_weights(path, build_single_shot(SMALL))
    np.savez(path, **{"stem_conv/0": np.array([{}], object)})
    with pytest.raises(ModelError, match=r"w\.npz"):
        load_weights(path, build_single_shot(SMALL))


class OneFace(keras.layers.Layer):
    """Sees a square face of that side in one cell of stride 32."""

    def __init__(self, side, score=0.9999):
        super().__init__()
        odds = np.log(score / (1 - score))
        self.cell = [odds, odds, 0, 0, *[np.log(side / 32)] * 2, *[0] * 10]

    def call(self, pixels):
        maps = {}
        for stride in (8, 16, 32):
            height, width = tf.unstack(tf.shape(pixels)[1:3] // stride)
            nothing = tf.constant([-100.0] * 2 + [0.0] * 14)[None, None, None]
            output = tf.tile(nothing, [1, height, width, 1])
            if stride == 32:
                output = tf.tensor_scatter_nd_update(output, [[0, 2, 2]], [self.cell])
            maps[f"map{stride}"] = output
        return maps


def one_face(*seen):
    """Stands for a network: a model of one layer, `OneFace`."""
    pixels = keras.Input((None, None, 3))
    return keras.Model(pixels, OneFace(*seen)(pixels))


@pytest.mark.parametrize(("side", "sides"), [(100, [100, 200]), (40, [40])])
def test_an_octave_more_sees_faces_twice_as_large_and_none_that_are_small_there(side, sides):
    finder = SingleShotDetector(one_face(side), YUNET_CONFIG, octaves=2)
    found, _, _ = finder.detect(tf.zeros([256, 256, 3], tf.uint8), tf.constant(0.5))
    found = sorted(found.numpy().tolist(), key=lambda box: box[2] - box[0])
    assert [box[2] - box[0] for box in found] == pytest.approx(sides)
    middles = [(box[0] + box[2]) / 2 for box in found]
    assert middles == pytest.approx([64, 128][: len(sides)])


def test_of_a_large_face_the_detector_must_be_surer():
    sides = np.array([10, 48, 96, 900], np.float32)
    boxes = np.stack([0 * sides, 0 * sides, sides, 2 * sides], axis=1)
    np.testing.assert_allclose(asked(boxes, 0.5, 1.0), [0.5, 0.5, 0.7311, 0.7311], atol=1e-4)
    np.testing.assert_allclose(asked(boxes, 0.3, 0.0), 0.3, rtol=1e-6)


@pytest.mark.parametrize("side, score, found", [(24, 0.6, 1), (120, 0.6, 0), (120, 0.8, 1)])
def test_a_large_box_of_a_small_score_is_no_face(side, score, found):
    finder = SingleShotDetector(one_face(side, score), YUNET_CONFIG, caution=1.0)
    assert len(finder.detect(np.zeros((256, 256, 3), np.uint8), np.float32(0.5))[2]) == found


def test_twice_the_size_adds_the_lean():
    boxes = np.array([[0, 0, 32, 40], [0, 0, 64, 64], [0, 0, 16, 99]], np.float32)
    scores = leaned(boxes, np.full(3, 0.5, np.float32), 0.2)
    np.testing.assert_allclose(scores, [0.5, 0.5498, 0.4502], atol=1e-4)  # sigmoid(0), (.2), (-.2)


def test_agreement_by_hand():
    """Three cells see the first face, one of them faintly; one sees the second."""
    boxes = np.array([[0, 0, 10, 10], [50, 50, 70, 70]], np.float32)
    seen = [boxes[0], boxes[0], [0, 0, 10, 6], [0, 0, 10, 4], boxes[0], boxes[1]]
    sure = np.array([0.9, 0.8, 0.7, 0.9, 0.09, 0.6], np.float32)  # the fourth overlaps by .4
    cells = tf.constant(np.array(seen, np.float32)), tf.zeros([6, 5, 2]), tf.constant(sure)
    scores = agreed(tf.constant(boxes), tf.constant([0.5, 0.5]), cells, 0.5)
    # sigmoid(0.5 log(2.9 / 5)) and sigmoid(0.5 log(1.1 / 5))
    np.testing.assert_allclose(scores, [0.4323, 0.3193], atol=1e-4)


def test_agreement_without_a_cell_that_says_much():
    none = tf.zeros([0, 4]), tf.zeros([0, 5, 2]), tf.zeros([0])
    scores = agreed(tf.zeros([1, 4]), tf.constant([0.05]), none, 0.5)
    # odds of 1/19 times the root of 0.5 / 5
    np.testing.assert_allclose(scores, [0.01637], atol=1e-4)
