"""The cascade detector: parity with the `mtcnn` package, any size of picture, invariances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from data.media.photos import read_photo
from model.detector.cascade import Cascade
from model.detector.mtcnn import ONET, PNET, RNET, assign_stage, build_stage, for_inference
from tests import faces
from tests.checks import check_faces, check_model

GROUPS = Path(__file__).parents[4] / "shared" / "photos" / "groups"


def overlaps(boxes, others) -> np.ndarray:
    """[N, M] intersection over union."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=2)
    area, other = (np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, others))
    return both / (area[:, None] + other - both)


def assert_same_faces(found, expected, least=0.9, pixels=2.0) -> None:
    """As many faces, each over one of the others; landmarks within pixels of a face of 100 px."""
    boxes, landmarks = found[:2]
    their_boxes, their_landmarks = expected[:2]
    assert len(boxes) == len(their_boxes)
    if len(boxes):
        table = overlaps(their_boxes, boxes)
        match = table.argmax(1)
        assert sorted(match) == list(range(len(boxes)))
        assert table.max(1).min() > least
        side = (their_boxes[:, 2:] - their_boxes[:, :2]).min(1)[:, None, None]
        assert (np.abs(landmarks[match] - their_landmarks) / side * 100).max() < pixels


@pytest.fixture(scope="module")
def package():
    """The detector of the package whose weights we use: boxes, landmarks, scores."""
    mtcnn = pytest.importorskip("mtcnn").MTCNN()

    def run(image: np.ndarray) -> tuple[np.ndarray, ...]:
        rows = mtcnn.detect_faces(image, output_type="numpy", box_format="xyxy").reshape(-1, 16)
        return rows[:, 1:5], rows[:, 6:].reshape(-1, 2, 5).transpose(0, 2, 1), rows[:, 5]

    return run


def crowd() -> np.ndarray:
    """Four faces of three sizes, one of them mirrored, one of somebody else."""
    whole, half = faces.astronaut(), faces.resized(faces.astronaut(), 0.5)
    return faces.on_black(
        640,
        1100,
        (whole, 0, 0),
        (half, 530, 20),
        (faces.mirrored(whole), 580, 110),
        (faces.portrait(26), 30, 340),
    )


PICTURES = {
    "astronaut": (faces.astronaut, 1),
    "half as large": (lambda: faces.resized(faces.astronaut(), 0.5), 1),
    "twice as large": (lambda: faces.resized(faces.astronaut(), 2), 2),  # a patch on the suit
    "padded": (lambda: faces.on_black(700, 900, (faces.astronaut(), 301, 77)), 1),
    "crowd": (crowd, 4),
}


@pytest.mark.parametrize("name", PICTURES)
def test_same_faces_as_the_package(name, package, find):
    picture, count = PICTURES[name]
    image = picture()
    found, expected = find(image), package(image)
    assert len(expected[0]) == count
    assert_same_faces(found, expected)
    np.testing.assert_allclose(np.sort(found[2]), np.sort(expected[2]), rtol=0, atol=1e-3)


@pytest.mark.skipif(not GROUPS.is_dir(), reason="needs ../shared/photos")
def test_same_faces_as_the_package_on_group_photos(package, find_upright):
    count = 0
    for path in sorted(GROUPS.glob("*.jpg")):
        image = read_photo(path)
        if image.shape[0] * image.shape[1] < 2_000_000:  # from there on we shrink
            expected = package(image)
            assert_same_faces(find_upright(image), expected)
            count += len(expected[0])
    assert count > 30


SIZES = [(1, 1), (1, 300), (300, 1), (12, 12), (19, 500), (20, 20), (21, 20), (40, 40), (64, 257)]


@pytest.mark.parametrize("size", SIZES)
def test_any_size_and_no_face_is_an_empty_result(size, find):
    check_faces(*find(np.zeros((*size, 3), np.uint8)), size, count=0)
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    check_faces(*find(noise), size)


def test_a_thumbnail_of_a_face(find):
    thumbnail = faces.resized(faces.astronaut()[40:200, 140:300], 0.25)  # 40 px, the face 27
    check_faces(*find(thumbnail), thumbnail.shape, count=1)


def test_one_trace_for_all_sizes(cascade):
    traced = []

    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.uint8)])
    def graph(image):
        traced.append(1)
        return cascade.detect(image, tf.constant(0.8))

    for size in ((1, 1), (33, 50), (50, 33), (120, 90)):
        graph(tf.zeros([*size, 3], tf.uint8))
    assert len(traced) == 1
    assert graph.experimental_get_tracing_count() == 1


def test_the_least_score_is_an_input_of_the_same_graph(astronaut, find):
    for least in (0.02, 0.5, 0.9):
        find(astronaut, least)
    assert find.graph.experimental_get_tracing_count() == 1


def test_graph_and_eager_agree(astronaut, cascade, find):
    image = astronaut[:256, 100:356]
    eager = [x.numpy() for x in cascade.detect(tf.constant(image), tf.constant(0.8))]
    check_faces(*eager, image.shape, count=1)
    for one, other, tolerance in zip(eager, find(image), (0.05, 0.05, 1e-4), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_the_astronauts_face_is_where_her_face_is(face):
    # Read off the picture by eye: chin, forehead and ears; pupils, tip of the nose, mouth.
    np.testing.assert_allclose(face.box, [180, 65, 265, 172], rtol=0, atol=8)
    by_eye = [[203, 100], [246, 101], [224, 126], [203, 138], [245, 140]]
    np.testing.assert_allclose(face.landmarks, by_eye, rtol=0, atol=5)


def test_a_mirrored_photo_has_mirrored_faces(astronaut, face, find):
    boxes, landmarks, _ = find(faces.mirrored(astronaut))
    mirrored_box = np.array([[512, 0, 512, 0]]) - boxes[:, [2, 1, 0, 3]] * [1, -1, 1, -1]
    mirrored_points = landmarks[:, [1, 0, 2, 4, 3]] * [-1, 1] + [511, 0]
    assert_same_faces(
        (mirrored_box, mirrored_points), (face.box[None], face.landmarks[None]), 0.8, 6
    )


@pytest.mark.parametrize(("left", "top"), [(0, 0), (64, 0), (37, 91)])
def test_black_around_a_photo_moves_its_faces_and_nothing_else(left, top, face, find):
    padded = faces.on_black(640, 600, (faces.astronaut(), left, top))
    expected = face.box[None] + [left, top, left, top], face.landmarks[None] + [left, top]
    assert_same_faces(find(padded), expected, 0.85, 5)


def test_faces_of_a_high_score_are_among_those_of_a_low_one(find):
    image = faces.resized(crowd(), 1.3)
    former = find(image, 0.02)
    check_faces(*former, image.shape)
    assert len(former[0]) > 4
    for least in (0.5, 0.9, 0.99):
        found = find(image, least)
        check_faces(*found, image.shape)
        assert (found[2] >= least).all() and len(found[0]) <= len(former[0])
        assert overlaps(found[0], former[0]).max(1).min() > 0.9
        former = found
    assert len(find(image, 1.1)[0]) == 0


def test_a_large_photo_is_searched_small_and_answered_large(astronaut, cascade, face):
    parts = cascade.pnet, cascade.rnet, cascade.onet
    small = Cascade(*(part.network for part in parts), max_pixels=100_000)
    found = [x.numpy() for x in small.detect(tf.constant(astronaut), tf.constant(0.8))]
    check_faces(*found, astronaut.shape, count=1)
    assert_same_faces(found, (face.box[None], face.landmarks[None]), 0.8, 6)


def test_boxes_end_at_the_border(astronaut, find):
    image = np.ascontiguousarray(astronaut[90:300, 100:400])  # cuts off the forehead
    boxes, landmarks, scores = find(image, 0.3)
    check_faces(boxes, landmarks, scores, image.shape)
    assert len(boxes) and boxes[0, 1] == 0.0


@pytest.mark.parametrize(
    ("config", "shapes"),
    [
        (PNET, [(1, 1, 4), (1, 1, 2)]),
        (RNET, [(4,), (2,)]),
        (ONET, [(4,), (10,), (2,)]),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_three_networks(config, shapes, tmp_path):
    model = build_stage(config)
    check_model(model, (config.window, config.window, 3), shapes, tmp_path)


def test_parameters_are_those_of_the_paper():
    counted = [build_stage(config).count_params() for config in (PNET, RNET, ONET)]
    # By hand for P-Net: 3*3*3*10+10+10, 3*3*10*16+16+16, 3*3*16*32+32+32, then 32*6+6.
    assert counted == [290 + 1472 + 4672 + 198, 100_178, 389_040]


def test_the_sliding_window_slides_by_two_pixels(cascade):
    """A larger picture gives the values of each of its windows."""
    image = np.random.default_rng(1).uniform(-1, 1, (1, 20, 16, 3)).astype(np.float32)
    offsets, score = (x.numpy() for x in cascade.pnet(image))
    assert offsets.shape == (1, 5, 3, 4)
    for row, column in ((0, 0), (4, 2), (1, 2)):
        window = image[:, 2 * row : 2 * row + 12, 2 * column : 2 * column + 12]
        alone = cascade.pnet(window)
        np.testing.assert_allclose(alone[0][0, 0, 0], offsets[0, row, column], rtol=0, atol=1e-5)
        np.testing.assert_allclose(alone[1][0, 0, 0], score[0, row, column], rtol=0, atol=1e-5)


def test_weights_of_another_network_are_refused():
    from data.errors import ModelError

    model = build_stage(PNET)
    arrays = [np.zeros(weight.shape, np.float32) for weight in model.weights]
    assign_stage(model, arrays)
    with pytest.raises(ModelError, match="pnet expects weights of"):
        assign_stage(model, arrays[:-1])
    with pytest.raises(ModelError, match="received"):
        assign_stage(model, [*arrays[:-1], np.zeros(7, np.float32)])


@pytest.mark.parametrize("config", [PNET, RNET, ONET], ids=lambda config: config.name)
def test_the_network_for_inference_is_the_same_function(config):
    """Also where slopes are negative, above 1, 0 and 1: each takes another way."""
    model = build_stage(config)
    rng = np.random.default_rng(2)
    for layer in model.layers:
        if layer.name.startswith("prelu"):
            slopes = rng.uniform(-1.5, 1.0, layer.alpha.shape)
            if layer.name == "prelu1":
                slopes[..., :3] = (1.3, 0.0, 1.0)
            layer.set_weights([slopes])
    size = (config.window, config.window) if config.dense else (31, 44)
    windows = rng.normal(size=(3, *size, 3)).astype(np.float32)
    for plain, fast in zip(model(windows), for_inference(model)(windows), strict=True):
        np.testing.assert_allclose(plain, fast, rtol=0, atol=1e-5)
