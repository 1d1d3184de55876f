"""Faces drawn into pictures: where the lines are, how unknown differs, labels in any script."""

import io

import numpy as np
import pytest
from PIL import Image

from data.media import fonts
from data.media.drawing import DARK, KNOWN, UNKNOWN, annotated_file, draw_faces
from data.media.thumbnails import face_thumbnail, preview
from data.tags import FaceTag

GREY = 128


def face(box, name=None):
    return FaceTag(
        name, 0.9, np.float32(box), np.zeros((5, 2), np.float32), 0.99, np.zeros(4, np.float32)
    )


def blank(width=600, height=400):
    return np.full((height, width, 3), GREY, np.uint8)


def where(picture, colour):
    """[H, W] bool: the pixels of exactly this colour."""
    return (picture == np.array(colour, np.uint8)).all(-1)


def test_nothing_to_draw_is_the_same_picture_but_not_the_same_memory():
    photo = blank()
    drawn = draw_faces(photo, [])
    assert np.array_equal(drawn, photo)
    assert not np.shares_memory(drawn, photo)


def test_the_photo_itself_is_not_changed():
    photo = blank()
    draw_faces(photo, [face((100, 50, 200, 150), "Anne")])
    assert (photo == GREY).all()


def test_a_person_has_a_solid_outline_along_the_box():
    drawn = draw_faces(blank(), [face((100, 50, 200, 150), "Anne")])
    known = where(drawn, KNOWN)
    for x in range(100, 201):
        assert known[50, x] and known[150, x]
    for y in range(50, 151):
        assert known[y, 100] and known[y, 200]
    assert where(drawn, DARK)[49, 150] and where(drawn, DARK)[100, 99]  # the line beside the line
    assert (drawn[60:140, 110:190] == GREY).all()  # the face stays free
    assert not where(drawn, UNKNOWN).any()


def test_unknown_is_dashed_with_whole_corners():
    drawn = draw_faces(blank(), [face((100, 50, 200, 150))])
    top = where(drawn, UNKNOWN)[50, 100:201]
    assert top[0] and top[-1]
    assert 0.35 < top.mean() < 0.75
    assert np.count_nonzero(np.diff(top.astype(int))) >= 4
    assert not where(drawn, KNOWN).any()


@pytest.mark.parametrize("size", [(600, 400), (4000, 3000), (60, 2000), (2000, 60)])
@pytest.mark.parametrize("box", [(-30, -30, 40, 40), (0, 0, 9999, 9999), (30, 30, 58, 58)])
@pytest.mark.parametrize("name", ["Anne", None])
def test_boxes_and_labels_stay_inside_the_picture(size, box, name):
    drawn = draw_faces(blank(*size), [face(box, name)])
    assert drawn.shape == (size[1], size[0], 3) and drawn.dtype == np.uint8
    assert where(drawn, UNKNOWN if name is None else KNOWN).any()


def test_a_label_stands_below_the_face_and_above_it_at_the_lower_edge():
    middle = where(draw_faces(blank(), [face((250, 100, 350, 200), "Anne")]), KNOWN)
    assert middle[202:240].any() and not middle[:98].any()
    low = where(draw_faces(blank(), [face((250, 290, 350, 398), "Anne")]), KNOWN)
    assert low[250:287].any()


def test_labels_of_neighbours_do_not_lie_on_each_other():
    faces = [face((200, 150, 240, 200), "Maximiliane"), face((245, 150, 285, 200), "Bartholomäus")]
    both = where(draw_faces(blank(), faces), KNOWN)
    assert both[203:240].any() and both[110:147].any()  # one below, one above


def test_line_and_label_grow_with_the_picture():
    small = where(draw_faces(blank(), [face((200, 100, 300, 200), "A")]), KNOWN).sum()
    large = where(draw_faces(blank(2400, 1600), [face((800, 400, 1200, 800), "A")]), KNOWN).sum()
    assert large > 8 * small


@pytest.mark.parametrize(
    "name",
    ["عائشة", "陳小明", "आरव", "Ольга", "👩‍👧 Mia", "a\nb", " ", "\u202eevil", "x" * 500, "\ud800"],
)
def test_any_name_can_be_drawn(name):
    drawn = draw_faces(blank(), [face((200, 100, 300, 200), name)])
    assert where(drawn, KNOWN).sum() > 400


def test_without_any_font_installed_there_is_pillows_own(monkeypatch):
    monkeypatch.setattr("data.media.fonts.font_files", lambda: ())
    monkeypatch.setattr("data.media.fonts.best_font", lambda characters: None)
    assert fonts.font_for("Anne", 20).getlength("Anne") > 10


@pytest.fixture
def nothing_remembered():
    """No font is known from before, and none is known afterwards."""
    fonts.best_font.cache_clear()
    yield
    fonts.best_font.cache_clear()


@pytest.mark.usefixtures("nothing_remembered")
def test_a_font_is_chosen_for_the_characters_of_the_name(monkeypatch):
    has = {"latin.ttf": frozenset(map(ord, "Ane")), "both.ttf": frozenset(map(ord, "Ane陳"))}
    monkeypatch.setattr("data.media.fonts.font_files", lambda: tuple(has))
    monkeypatch.setattr("data.media.fonts.characters_of", has.get)
    assert fonts.best_font(frozenset("Anne")) == "latin.ttf"
    assert fonts.best_font(frozenset("Anne陳")) == "both.ttf"
    assert fonts.best_font(frozenset("👩")) is None


def test_the_file_is_a_jpeg_of_full_size():
    content, suffix = annotated_file(blank(), [face((200, 100, 300, 200), "Anne")])
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size, suffix) == ("JPEG", (600, 400), ".jpg")


def test_thumbnails_keep_the_shape_and_show_the_face():
    photo = blank(3000, 1500)
    photo[700:900, 2800:3000] = (250, 20, 20)
    small = Image.open(io.BytesIO(preview(photo)))
    assert small.size == (1600, 800)
    assert Image.open(io.BytesIO(preview(blank(5, 3)))).size == (5, 3)
    chip = Image.open(io.BytesIO(face_thumbnail(photo, np.float32([2800, 700, 3000, 900]))))
    red, green, _ = chip.getpixel((chip.width // 2, chip.height // 2))
    assert chip.size == (112, 112) and red > 200 and green < 80


def test_whether_a_name_can_be_drawn(monkeypatch):
    assert fonts.can_draw("Anne") and fonts.can_draw("")
    monkeypatch.setattr(fonts, "characters_of", lambda _: frozenset(range(128)))
    assert fonts.can_draw("Anne") and not fonts.can_draw("Anne 小明")
    monkeypatch.setattr(fonts, "best_font", lambda _: None)
    assert fonts.can_draw("Anne") and not fonts.can_draw("小明")
