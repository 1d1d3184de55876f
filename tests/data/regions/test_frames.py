"""Tests of data.regions.frames, matching and the Region record."""

import math

import numpy as np
import pytest
from PIL import Image, ImageOps

from data.boxes import iou
from data.regions import Region
from data.regions.frames import (
    Frame,
    centred,
    corners,
    displayed_from_stored,
    stored_from_displayed,
    usable,
)
from data.regions.matching import Face, combine, pair

BOX = (0.2, 0.3, 0.2, 0.4)  # displayed, centre


@pytest.mark.parametrize(
    ("orientation", "stored"), [(6, (0.3, 0.8, 0.4, 0.2)), (8, (0.7, 0.2, 0.4, 0.2))]
)
def test_the_vector_of_the_specification(orientation, stored):
    assert stored_from_displayed(BOX, orientation) == pytest.approx(stored)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_there_and_back(orientation):
    there = stored_from_displayed(BOX, orientation)
    assert displayed_from_stored(there, orientation) == pytest.approx(BOX)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_stays_on_its_pixels_when_pillow_turns_the_picture(orientation):
    pixels = np.zeros((40, 80), np.uint8)
    pixels[4:12, 8:40] = 255
    picture = Image.fromarray(pixels)
    picture.getexif()[274] = orientation
    upright = np.asarray(ImageOps.exif_transpose(picture))
    box = Frame(80, 40, orientation).displayed((8 / 80, 4 / 40, 40 / 80, 12 / 40))
    rows, columns = np.nonzero(upright)
    height, width = upright.shape
    seen = (columns.min() / width, rows.min() / height,
            (columns.max() + 1) / width, (rows.max() + 1) / height)  # fmt: skip
    assert box == pytest.approx(seen)


def test_corners_and_centre():
    assert corners(BOX) == pytest.approx((0.1, 0.1, 0.3, 0.5))
    assert centred(corners(BOX)) == pytest.approx(BOX)


@pytest.mark.parametrize(
    "box",
    [(1.1, 0.5, 0.5, 0.5), (0.5, -0.1, 0.5, 0.5), (0.5, 0.5, 0, 0.5), (0.5, 0.5, -1, 0.5),
     (math.nan, 0.5, 0.1, 0.1), (0.5, 0.5, math.inf, 0.1), (None, 0.5, 0.1, 0.1)],
)  # fmt: skip
def test_boxes_that_readers_must_ignore(box):
    assert usable(box) is None


def test_a_box_past_the_edge_is_clipped():
    assert usable((0.1, 0.9, 0.4, 0.4)) == pytest.approx((0, 0.7, 0.3, 1))


def test_region_record():
    region = Region.from_pixels(" Zoë ", (-10, 20, 50, 60), 100, 200)
    assert region.name == "Zoë"
    assert region.box == pytest.approx((0, 0.1, 0.5, 0.3))
    assert region.to_pixels(100, 200) == pytest.approx((0, 20, 50, 60))
    assert Region("  ", region.box).name is None


@pytest.mark.parametrize(
    "box", [(0, 0, 1), (0, 0, math.nan, 1), (0.5, 0, 0.5, 1), (2, 0, 3, 1), (0.9, 0, 0.1, 1)]
)
def test_region_refuses_a_bad_box(box):
    with pytest.raises(ValueError, match="Received"):
        Region("Anne", box)


def test_overlap_by_hand():
    assert iou([(0, 0, 2, 2)], [(1, 0, 3, 2), (5, 5, 6, 6)])[0] == pytest.approx([1 / 3, 0])
    assert iou([], [(0, 0, 1, 1)]).shape == (0, 1)


def test_pairs_prefer_equal_names_then_overlap():
    left, right = (0.1, 0.1, 0.3, 0.3), (0.16, 0.1, 0.36, 0.3)
    some = [Face("Anne", left), Face("Bob", right)]
    assert pair(some, [Face("Bob", left), Face("Anne", right)]) == {0: 1, 1: 0}
    assert pair(some, [Face(None, right), Face(None, left)]) == {0: 1, 1: 0}


def test_a_tight_and_a_loose_box_are_one_face_and_neighbours_are_two():
    tight, loose = (0.3, 0.3, 0.4, 0.4), (0.25, 0.22, 0.45, 0.42)
    assert pair([Face(None, tight)], [Face("Anne", loose)]) == {0: 0}
    assert pair([Face(None, tight)], [Face("Anne", (0.36, 0.3, 0.46, 0.4))]) == {}


def test_accents_compare_equal_however_encoded():
    box, other = (0.1, 0.1, 0.3, 0.3), (0.22, 0.1, 0.42, 0.3)
    assert pair([Face("Zoe\u0308", box)], [Face("Zo\u00eb", other)]) == {0: 0}
    assert pair([Face(None, box)], [Face(None, other)]) == {}


def test_one_list_never_merges_its_own_faces():
    face = Face("Anne", (0.1, 0.1, 0.3, 0.3))
    assert [len(group) for group in combine([[face, face], [face]])] == [2, 1]
