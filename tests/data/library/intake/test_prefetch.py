"""Reading ahead: in order, bounded, reduced where it may be; and the batch that follows it."""

from __future__ import annotations

import os
import threading
import time

import numpy as np
import pytest
import skimage.data
import tensorflow as tf
from PIL import Image

from data.library import Todo
from data.library.intake import prefetch as pipeline
from data.library.intake.prefetch import in_thread, read_ahead
from data.library.intake.work import Work
from data.media.photos import count_pixels, read_photo, read_reduced
from data.media.quality import face_quality
from data.tags import FaceTag, PhotoTags
from tests.pictures import as_stored, encoded, exif


def work(path) -> Work:
    status = os.stat(path)
    return Work(str(path), Todo(str(path), status.st_size, status.st_mtime_ns))


def jpeg(picture: np.ndarray, orientation: int = 1) -> bytes:
    return encoded(as_stored(picture, orientation), "JPEG", quality=90, exif=exif(orientation))


def large(factor: int = 4) -> np.ndarray:
    """The astronaut, enlarged."""
    picture = Image.fromarray(skimage.data.astronaut())
    return np.asarray(picture.resize((512 * factor, 512 * factor), Image.BICUBIC))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_jpeg_is_read_as_small_as_may_be(orientation):
    picture = large(4)[:1501]  # 2048 x 1501
    data = jpeg(picture, orientation)
    whole = read_photo(data)
    for least, scale in ((4_000_000, 1), (700_000, 2), (100_000, 4), (10_000, 8)):
        reduced = read_reduced(data, least)
        assert (reduced.width, reduced.height) == (whole.shape[1], whole.shape[0]) == (2048, 1501)
        assert reduced.image.shape == (-(-1501 // scale), 2048 // scale, 3)
        assert reduced.is_whole == (scale == 1)
        small = Image.fromarray(whole).resize(reduced.image.shape[1::-1], Image.BOX)
        assert np.abs(np.asarray(small, int) - reduced.image).mean() < 3


def test_other_formats_come_whole():
    data = encoded(large(2), "PNG")
    reduced = read_reduced(data, 1)
    assert reduced.is_whole and (reduced.width, reduced.height) == (1024, 1024)
    assert count_pixels(data) == 1024 * 1024


def test_photos_come_in_order_and_each_with_its_own_fate(tmp_path):
    good, bad, gone, done = (tmp_path / name for name in ("a.png", "b.jpg", "c.jpg", "d.png"))
    good.write_bytes(encoded(np.zeros((20, 30, 3), np.uint8)))
    bad.write_bytes(b"bad")
    gone.write_bytes(b"gone")
    works = [work(good), work(bad), work(gone), Work(str(done), None), Work("e", None, error="no")]
    gone.unlink()
    found = list(read_ahead(works, least_pixels=1))
    assert [reading.work.photo for reading in found] == [w.photo for w in works]
    assert found[0].picture.image.shape == (20, 30, 3) and found[0].error is None
    assert "not a picture" in found[1].error and "no such file" in found[2].error
    assert found[3].picture is None and found[3].error is None and found[4].error == "no"


def test_known_contents_are_not_decoded(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.zeros((20, 30, 3), np.uint8)))
    (first,) = read_ahead([work(path)], least_pixels=1)
    monkeypatch.setattr(pipeline, "read_reduced", None)
    (again,) = read_ahead([work(path)], least_pixels=1, recall={first.content: True}.get)
    assert again.content == first.content and again.picture is None and again.error is None


def test_only_so_many_pixels_are_held(tmp_path, monkeypatch):
    """The one who takes the photos is slow; no more are decoded than fit."""
    monkeypatch.setattr(pipeline, "READ_PIXELS", 2500)
    decoded, real = [], pipeline.read_reduced

    def counted(*args, **options):
        decoded.append(1)
        return real(*args, **options)

    monkeypatch.setattr(pipeline, "read_reduced", counted)
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(encoded(np.full((30, 40, 3), number, np.uint8)))
    works = [work(tmp_path / f"{number}.png") for number in range(10)]
    taken = 0
    for reading in read_ahead(works, least_pixels=1):
        time.sleep(0.02)
        assert len(decoded) - taken <= 2  # 1200 pixels each
        reading.release()
        taken += 1
    assert taken == 10


def test_a_photo_above_the_bound_comes_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "READ_PIXELS", 100)
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.zeros((30, 40, 3), np.uint8)))
    for reading in read_ahead([work(path)] * 3, least_pixels=1):
        assert reading.picture is not None
        reading.release()


def test_stopping_early_leaves_no_thread_behind(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.zeros((30, 40, 3), np.uint8)))
    before = threading.active_count()
    readings = in_thread(read_ahead([work(path)] * 50, least_pixels=1), ahead=2)
    next(readings)
    readings.close()
    assert threading.active_count() == before


def test_an_error_in_the_thread_comes_out_where_it_is_waited_for():
    def items():
        yield 1
        raise RuntimeError("inside")

    received = in_thread(items())
    assert next(received) == 1
    with pytest.raises(RuntimeError, match="inside"):
        next(received)


def test_a_file_that_does_not_stand_still_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.zeros((20, 30, 3), np.uint8)))
    other = os.stat(tmp_path)
    monkeypatch.setattr(pipeline.os, "fstat", lambda _: other)  # never as it was before reading
    (reading,) = read_ahead([work(path)], least_pixels=1)
    assert "changes while it is read" in reading.error


# ---- with the default networks


@pytest.fixture
def tagger(untrained_tagger):
    return untrained_tagger


def run(tagger, *paths):
    return list(tagger.run([work(path) for path in paths]))


def by_the_signatures(tagger, path) -> PhotoTags:
    """What the SavedModel's signatures make of a photo in full, put together by hand."""
    image = read_photo(path)
    found = tagger.functions["tag"](image=tf.constant(image))
    found = {key: value.numpy() for key, value in found.items()}
    aligned = tagger.functions["align"](image=image, landmarks=tf.constant(found["landmarks"]))
    parts = face_quality(
        found["boxes"],
        found["landmarks"],
        found["scores"],
        tagger.min_score,
        tagger.functions["embed_chips"](chips=aligned["chips"])["quality"].numpy(),
    )
    faces = [
        FaceTag(
            found["names"][i].decode() or None,
            float(found["confidences"][i]),
            *(found[key][i] for key in ("boxes", "landmarks", "scores", "embeddings")),
            quality=float(parts[i].min()),
        )
        for i in range(len(parts))
    ]
    return PhotoTags(str(path), image.shape[1], image.shape[0], tuple(faces))


def test_the_batch_finds_what_the_model_finds(tagger, tmp_path):
    """To the last bit of the boxes' rounding, for photos as large as the detector looks at."""
    pictures = (skimage.data.astronaut(), large(2), np.zeros((50, 60, 3), np.uint8))
    paths = []
    for number, picture in enumerate(pictures):
        paths.append(tmp_path / f"{number}.jpg")
        paths[-1].write_bytes(encoded(picture, "JPEG", quality=95))
    for path, tagged in zip(paths, run(tagger, *paths), strict=True):
        expected = by_the_signatures(tagger, path)
        assert (tagged.width, tagged.height) == (expected.width, expected.height)
        assert [f.to_json() for f in tagged.faces] == [f.to_json() for f in expected.faces]
        worth = [f.quality for f in expected.faces]
        assert [f.quality for f in tagged.faces] == pytest.approx(worth, abs=1e-4)
        for one, other in zip(tagged.faces, expected.faces, strict=True):
            np.testing.assert_allclose(one.embedding, other.embedding, rtol=0, atol=1e-5)


def test_one_photo_is_a_batch_of_one(tagger, tmp_path):
    """A path, its bytes, and the photo among others: the same record and the same vectors."""
    path, other = tmp_path / "large.jpg", tmp_path / "other.jpg"
    path.write_bytes(encoded(large(6), "JPEG", quality=95))
    other.write_bytes(encoded(skimage.data.astronaut(), "JPEG", quality=95))
    _, among, _ = run(tagger, other, path, other)
    for one in (tagger.tag(path), tagger.tag(path.read_bytes()), *tagger.tag_all([path])):
        assert (one.width, one.height) == (among.width, among.height) == (3072, 3072)
        assert [f.to_json() for f in one.faces] == [f.to_json() for f in among.faces]
        assert one.faces[0].quality == pytest.approx(among.faces[0].quality, abs=1e-6)
        vectors = (one.faces[0].embedding, among.faces[0].embedding)
        np.testing.assert_allclose(*vectors, rtol=0, atol=1e-5)


@pytest.mark.parametrize("paste", [False, True])
def test_large_photos_give_the_same_faces_from_less(tagger, tmp_path, paste):
    """A large face is cut from the reduced photo, a small one from the whole one."""
    picture = large(8)
    if paste:
        picture = np.zeros_like(picture)
        picture[1000:1512, 1000:1512] = skimage.data.astronaut()
    path = tmp_path / "large.jpg"
    path.write_bytes(encoded(picture, "JPEG", quality=95))
    (tagged,) = run(tagger, path)
    expected = by_the_signatures(tagger, path)
    assert (tagged.width, tagged.height) == (4096, 4096) and len(tagged.faces) == 1
    (one,), (other,) = tagged.faces, expected.faces
    side = float((other.box[2:] - other.box[:2]).min())
    assert np.abs(one.box - other.box).max() < 0.1 * side
    assert float(one.embedding @ other.embedding) > (0.97 if paste else 0.99)


def test_bytes_that_are_no_file_do_not_stop_the_others(tagger, tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(skimage.data.astronaut()))
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    first, second = run(tagger, tmp_path / "a.png", tmp_path / "b.png")
    assert len(first.faces) == 1 and second.error and second.width is None
