"""The Tagger: paths, bytes and arrays, many photos with bad ones among them, damaged models."""

from __future__ import annotations

import json
import re
import shutil
import threading

import numpy as np
import pytest
import tensorflow as tf

from data.boxes import iou
from data.errors import ModelError, PhotoError
from data.library.intake.work import Work
from model.inference.tagger import Tagger
from model.zoo.catalogue import LIKENESS
from model.zoo.networks import load_embedder
from tests import faces
from tests.checks import check_unit
from tests.conftest import EILEEN, LEI
from tests.pictures import encoded, exif
from tests.stubs import plain


@pytest.fixture(scope="module")
def model(colour_model):
    return colour_model


@pytest.fixture(scope="module")
def tagger(model) -> Tagger:
    return Tagger.load(model)


@pytest.fixture
def copy(model, tmp_path):
    """A copy of the model, to be damaged."""
    return shutil.copytree(model, tmp_path / "copy")


def test_a_trained_family_is_recognised(trained, trained_tagger):
    tagger = trained_tagger
    assert tagger.people == (EILEEN, LEI) and tagger.folder == trained.model
    picture = faces.on_black(
        560, 860, (faces.turned(faces.astronaut(), -4), 0, 0), (faces.portrait(26), 540, 240)
    )
    tags = tagger.tag(picture)
    assert {face.name for face in tags.faces} == {EILEEN, LEI}
    assert all(0.5 < face.confidence <= 1 for face in tags.faces)
    stranger = tagger.tag(faces.portrait(0))
    assert [face.name for face in stranger.faces] == [None]
    check_unit([face.embedding for face in (*tags.faces, *stranger.faces)])


def test_untrained_finds_everybody_and_names_nobody(untrained_tagger, astronaut, face):
    tagger = untrained_tagger
    (found,) = tagger.tag(astronaut).faces
    assert (found.name, found.confidence) == (None, 1.0)
    # The default detector's box is another one than that of the cascade, round the same face.
    assert iou(found.box, face.box[None]) > 0.75
    expected = (
        load_embedder(LIKENESS).embed(tf.constant(astronaut), face.landmarks[None])[0].numpy()
    )
    assert found.embedding @ expected > 0.9
    assert (tagger.people, tagger.folder, tagger.manifest) == ((), None, {})


def test_a_path_bytes_and_an_array_are_the_same(tagger, tmp_path):
    picture = plain(60, 90, (250, 10, 10))
    path = tmp_path / "a photo 👪.png"
    path.write_bytes(encoded(picture))
    records = [tagger.tag(given) for given in (path, str(path), path.read_bytes(), picture)]
    assert [r.photo for r in records] == [str(path), str(path), "", ""]
    for record in records:
        assert (record.width, record.height, record.error) == (90, 60, None)
        (found,) = record.faces
        assert found.name == "Red" and found.score == pytest.approx(0.9)
        assert found.box.tolist() == [0, 0, 45, 30]
        assert found.box.dtype == found.landmarks.dtype == np.float32
        assert found.landmarks.shape == (5, 2) and found.embedding.shape == (3,)
    assert tagger.tag(path, name="holiday").photo == "holiday"


def test_sizes_are_those_of_the_upright_photo(tagger):
    sideways = encoded(plain(40, 80, (0, 255, 0)), "JPEG", exif=exif(6))
    tags = tagger.tag(sideways)
    assert (tags.width, tags.height) == (40, 80)
    assert tags.faces[0].box.tolist() == [0, 0, 20, 40]


def test_no_face_is_no_error(tagger):
    tags = tagger.tag(plain(10, 10, (0, 0, 0)))
    assert (tags.faces, tags.error, tags.width, tags.height) == ((), None, 10, 10)


def test_an_unknown_face_has_no_name(tagger):
    (found,) = tagger.tag(plain(50, 50, (99, 99, 99))).faces
    assert found.name is None and 0 < found.confidence <= 1


@pytest.mark.parametrize(
    ("image", "received"),
    [
        (np.zeros((4, 4, 3), np.float32), "float32 of shape [4, 4, 3]"),
        (np.zeros((4, 4), np.uint8), "uint8 of shape [4, 4]"),
        (np.zeros((4, 4, 4), np.uint8), "uint8 of shape [4, 4, 4]"),
        (np.zeros((1, 4, 4, 3), np.uint8), "uint8 of shape [1, 4, 4, 3]"),
    ],
)
def test_other_arrays_are_refused(tagger, image, received):
    with pytest.raises(
        ValueError, match=r"must be uint8 of shape \[H, W, 3\]. Received: "
    ) as caught:
        tagger.tag(image)
    assert str(caught.value).endswith(received)


def test_a_bad_photo_is_a_photo_error(tagger, tmp_path):
    with pytest.raises(PhotoError, match="no such file"):
        tagger.tag(tmp_path / "gone.jpg")
    with pytest.raises(PhotoError, match=r"upload\.jpg"):
        tagger.tag(b"text", name="upload.jpg")


def test_many_photos_come_back_in_order_with_the_bad_ones_among_them(tagger, tmp_path):
    colours = {"Red": (255, 0, 0), "Grün": (0, 255, 0), "蓝": (0, 0, 255)}
    paths, expected = [], []
    for i in range(12):
        path = tmp_path / f"{11 - i}.png"
        name = None if i % 4 == 2 else list(colours)[i % 3]
        path.write_bytes(b"bad" if name is None else encoded(plain(30, 30 + i, colours[name])))
        paths.append(path if i % 2 else str(path))
        expected.append((str(path), name))
    received = list(tagger.tag_all(iter(paths)))
    assert [(t.photo, t.faces[0].name if t.faces else None) for t in received] == expected
    for tags in received:
        assert (tags.error is None) == (tags.width is not None) == bool(tags.faces)
        if tags.error:
            assert tags.photo in tags.error and tags.height is None
    assert sum(tags.error is not None for tags in received) == 3


def test_no_photos(tagger):
    assert list(tagger.tag_all([])) == []


def test_photos_are_asked_for_only_a_little_ahead(tagger, tmp_path):
    path = tmp_path / "one.png"
    path.write_bytes(encoded(plain(30, 30, (255, 0, 0))))
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield path

    stream = tagger.tag_all(endless())
    for _ in range(5):
        next(stream)
    stream.close()
    assert len(asked) < 12


def test_a_failure_of_the_model_on_one_photo_is_that_photos_error(tagger, tmp_path, monkeypatch):
    path = tmp_path / "one.png"
    path.write_bytes(encoded(plain(30, 30, (255, 0, 0))))

    real = tagger.functions["detect"]

    def explode(image, **arguments):
        if image.shape[1] == 31:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        return real(image=image, **arguments)

    other = tmp_path / "other.png"
    other.write_bytes(encoded(plain(30, 31, (255, 0, 0))))
    monkeypatch.setitem(tagger.functions, "detect", explode)
    before, tags, after = tagger.tag_all([path, other, path])
    assert "out of memory" in tags.error and str(other) in tags.error and tags.faces == ()
    assert before.faces[0].name == after.faces[0].name == "Red"
    with pytest.raises(tf.errors.ResourceExhaustedError):
        tagger.tag(other)


def test_a_failure_of_the_embedder_is_that_photos_error(tagger, tmp_path, monkeypatch):
    real = tagger.functions["embed_chips"]

    def small(chips):
        if (chips.numpy() > 100).all():
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        return real(chips=chips)

    paths = [tmp_path / f"{i}.png" for i in range(3)]
    for path, colour in zip(paths, [(255, 0, 0), (255, 255, 255), (255, 0, 0)], strict=True):
        path.write_bytes(encoded(plain(30, 30, colour)))
    monkeypatch.setitem(tagger.functions, "embed_chips", small)
    before, found, after = tagger.run(map(Work.at, paths))
    assert "out of memory" in found.error and found.width is None and found.faces == ()
    assert before.faces[0].name == after.faces[0].name == "Red"


def test_the_quality_is_what_the_embedder_says(tagger, tmp_path, monkeypatch):
    """Of an embedder without a second output it is sharpness, of which these chips have much."""
    path = tmp_path / "red.png"
    path.write_bytes(encoded(plain(300, 300, (250, 0, 0))))
    assert tagger.tag(path).faces[0].quality == pytest.approx(2 / 3)  # the score's part
    real = tagger.functions["embed_chips"]
    monkeypatch.setitem(
        tagger.functions,
        "embed_chips",
        lambda chips: real(chips=chips) | {"quality": tf.fill([len(chips)], 0.125)},
    )
    assert tagger.tag(path).faces[0].quality == 0.125


def test_two_photos_are_searched_at_a_time(tagger, tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        path.write_bytes(encoded(plain(40 + number, 40, (250, 0, 0))))
    expected = list(tagger.tag_all(paths))
    real, both = tagger.functions["detect"], threading.Barrier(2, timeout=60)

    def meet(**inputs):
        both.wait()  # raises if nobody else comes
        return real(**inputs)

    monkeypatch.setitem(tagger.functions, "detect", meet)
    found = list(tagger.tag_all(paths))
    assert [tags.photo for tags in found] == [tags.photo for tags in expected]
    assert [tags.height for tags in found] == [40, 41, 42, 43]
    assert all(tags.error is None and tags.faces[0].name == "Red" for tags in found)


def edit_manifest(folder, **changes) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**manifest, **changes}), "utf-8")


def half(path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE = {
    "graph cut short": lambda m: half(m / "saved_model.pb"),
    "graph empty": lambda m: (m / "saved_model.pb").write_bytes(b""),
    "graph of garbage": lambda m: (m / "saved_model.pb").write_bytes(b"garbage" * 100),
    "graph gone": lambda m: (m / "saved_model.pb").unlink(),
    "variables gone": lambda m: shutil.rmtree(m / "variables"),
    "variables cut short": lambda m: half(next((m / "variables").glob("*.data*"))),
    "index cut short": lambda m: half(m / "variables" / "variables.index"),
    "another format": lambda m: edit_manifest(m, format=99),
    "manifest cut short": lambda m: half(m / "manifest.json"),
    "manifest empty": lambda m: (m / "manifest.json").write_bytes(b""),
    "manifest not text": lambda m: (m / "manifest.json").write_bytes(b"\xff\xfe\x00"),
    "manifest a list": lambda m: (m / "manifest.json").write_text("[1]"),
    "manifest without people": lambda m: (m / "manifest.json").write_text('{"format": 1}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_model_is_a_model_error(copy, damage):
    DAMAGE[damage](copy)
    with pytest.raises(ModelError) as caught:
        Tagger.load(copy)
    assert str(copy) in str(caught.value)
    assert "Train" in caught.value.remedy


def test_another_format_says_which(copy):
    edit_manifest(copy, format=2)
    with pytest.raises(ModelError, match="expected a model of format 1, received format 2"):
        Tagger.load(copy)


def test_a_saved_model_of_something_else_is_a_model_error(copy):
    shutil.rmtree(copy / "variables")
    tf.saved_model.save(tf.Module(), str(copy))
    with pytest.raises(ModelError, match="damaged"):
        Tagger.load(copy)


@pytest.mark.parametrize("make", ["nothing", "empty folder", "file"])
def test_no_model_says_how_to_get_one(tmp_path, make):
    path = tmp_path / "model"
    if make == "empty folder":
        path.mkdir()
    elif make == "file":
        path.write_text("not a folder")
    with pytest.raises(ModelError, match=re.escape("python kindred.py train FOLDER")):
        Tagger.load(path)
