"""Names teach on the pages: named once, a person has the name on every other photo of the page."""

from __future__ import annotations

import numpy as np
import pytest

from data.library.views import LibraryViews
from data.tags import FaceTag, PhotoTags
from tests.app_pages import html, run_page
from tests.made_faces import NETWORK, POINTS, add, look
from ui.actions.uploads.tagging import ShownPhoto, from_library
from ui.components.photos.photo_view import Known, people_html, photo_html
from ui.components.shell.live import with_names


def uploaded(*vectors, name="new.jpg") -> ShownPhoto:
    """A photo that was dropped on the page and is not in the library."""
    faces = tuple(
        FaceTag(
            None, 0.9, np.array([70 * i, 0, 70 * i + 60, 60], np.float32), POINTS, 0.9, vector, 0.9
        )
        for i, vector in enumerate(vectors)
    )
    return ShownPhoto(PhotoTags(name, 400, 100, faces), thumbnails=(b"",) * len(faces))


@pytest.fixture
def library(tmp_path):
    with LibraryViews(tmp_path / "home") as opened:
        yield opened


def test_a_name_that_is_given_once_is_on_the_other_photos_and_goes_with_undo(library):
    faces = [add(library, [0])[0] for _ in range(3)]
    photo = uploaded(look(0, 90), look(3, 90))
    assert [f.name for f in from_library(photo, b"x", library, NETWORK).tags.faces] == [None, None]
    library.decisions.confirm(faces, "Anne")
    shown = from_library(photo, b"x", library, NETWORK)
    assert [face.name for face in shown.tags.faces] == ["Anne", None]
    assert shown.photo is None and not shown.confirmed
    library.decisions.undo()
    assert [f.name for f in from_library(shown, b"x", library, NETWORK).tags.faces] == [None, None]


def test_an_unsure_face_is_asked_about_and_can_be_answered(library):
    library.decisions.confirm(add(library, [0]), "Anne")
    shown = from_library(uploaded(look(0, 5, noise=2.2)), b"x", library, NETWORK)
    assert shown.tags.faces[0].name is None and shown.questions == {0: "Anne"}
    html = people_html(shown.tags, (b"",), Known(questions=shown.questions), names="names")
    assert 'placeholder="Anne?"' in html
    assert 'data-do="confirm"' in html and 'data-do="reject"' in html
    assert html.count('data-name="Anne"') == 2


def test_an_unknown_face_says_who_comes_nearest(library):
    shown = from_library(uploaded(look(3, 1)), b"x", library, NETWORK)
    assert shown.near == {}, "nobody is known yet"
    library.decisions.confirm(add(library, [0]), "Anne")
    shown = from_library(uploaded(look(3, 1)), b"x", library, NETWORK)
    assert shown.near == {0: "like nobody"}
    table = people_html(shown.tags, (b"",), Known(near=shown.near), names="names")
    assert "like nobody · " in table and "How sure</th>" not in table
    assert 'title="Like nobody. The' in table
    shown = from_library(uploaded(look(0, 5, noise=2.2)), b"x", library, NETWORK)
    assert shown.near == {0: "a little like Anne"}
    [face] = add(library, [7])
    assert library.near([face]) == {face: "like nobody"}


def test_review_and_people_say_it_too(fresh_home):
    with LibraryViews(fresh_home) as library:
        library.decisions.confirm(add(library, [0]), "Anne")
        group = [add(library, [7])[0] for _ in range(3)]
        library.groups.update(NETWORK, max_distance=0.7)
        assert [one.faces for one in library.groups.list()] == [tuple(group)]
    for page, times in (("people", 1), ("review", 3)):
        assert (
            html(run_page(page)).count(">like nobody<")
            + html(run_page(page)).count("photos · like nobody<")
            == times
        )


def test_without_a_question_nobody_is_asked(library):
    html = people_html(uploaded(look(0, 1)).tags, (b"",), names="names")
    assert 'placeholder="Who is this?"' in html and 'data-do="confirm"' not in html


def test_a_photo_of_the_library_has_its_questions(library):
    first = add(library, [0])
    library.decisions.confirm(first, "Anne")
    (face,) = add(library, [5])
    photo = library.faces.get(face).photo
    assert library.shown(photo).questions == {}
    with library.transaction():
        library.db.execute(
            "UPDATE faces SET embedding = ? WHERE id = ?",
            (look(0, 5, noise=2.2).astype("<f4").tobytes(), face),
        )
    library.recognition.refresh()
    assert library.shown(photo).questions == {0: "Anne"}


def test_the_known_names_are_a_list_to_complete_from_and_no_text(library):
    html = with_names(photo_html("<p>a</p>", "<p>b</p>"), "tag.a", ['Anne "<b>"'])
    assert '<datalist id="kd-names-tag-a"><option value="Anne &#34;&lt;b&gt;&#34;">' in html
    assert "<p>a</p>" in html and "&lt;datalist" not in html
    assert with_names("<p>a</p>", "tag.a", []) == "<p>a</p>"
