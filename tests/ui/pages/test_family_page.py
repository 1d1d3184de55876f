"""The page Family without a browser: who is on it, whose faces, what can be saved."""

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image

from data.library.people.family_map import FamilyMap
from data.library.people.people import PersonSummary
from data.library.views import LibraryViews, Place
from tests.app_pages import html, run_page
from tests.libraries import add_photo, face, small_library
from ui.actions.family import pages, through_years
from ui.actions.family.drawing import as_file
from ui.actions.family.graph_layout import LABEL, graph_of, strongest
from ui.actions.family.timeline import colour, timeline_of
from ui.actions.library.ages import age_on
from ui.components.family import parts
from ui.pages import family


def people(count, photos=lambda i: 50 - i):
    return tuple(
        PersonSummary(i + 1, f"Person {i}", photos(i), 0, None, None, None, False)
        for i in range(count)
    )


def a_family(count):
    rng = np.random.default_rng(count)
    everybody = people(count)
    years = {p.id: {1980 + int(y): 1 + p.id % 7 for y in rng.choice(40, 5)} for p in everybody}
    pairs = [
        (one.id, other.id, int(rng.integers(1, 30)))
        for one in everybody
        for other in everybody
        if one.id < other.id and rng.random() < 0.3
    ]
    pairs.sort(key=lambda pair: -pair[2])
    return FamilyMap(everybody, years, {}, tuple(pairs))


def test_an_empty_library_says_what_to_do(fresh_home):
    app = run_page("family")
    assert not app.exception and "Nobody is on the map yet" in html(app)


def test_one_person_has_years_and_a_wall_and_no_graph(fresh_home):
    with LibraryViews(fresh_home) as library:
        add_photo(library, fresh_home / "a.jpg", [face("Anne")], 2015)
    app = run_page("family")
    assert not app.exception
    assert "1 person on your photos, 2015." in html(app)
    headings = [header.value for header in app.header]
    assert headings == ["Through the years", "Anne through the years", "A wall for Anne"]


def test_everybody_is_shown_with_names_that_cannot_break_out(fresh_home):
    small_library(fresh_home)
    app = run_page("family")
    shown = html(app)
    assert not app.exception and "<b>" not in shown.replace("<b>20", "")
    assert "2 people on your photos, 2015–2020." in shown
    assert "Photos of Anne by year. 2015: 1, 2016: 1" in shown
    assert "Anne and Bo &lt;b&gt;: 3 photos" in shown
    assert 'alt="Anne, 2017"' in shown  # every picture says who


def test_a_face_that_cannot_be_shown_is_not_waited_for():
    timeline = timeline_of(a_family(2))
    assert parts.timeline_html(timeline, [b"jpeg", None]).count("kd-coming") == 1
    shown = parts.timeline_html(timeline, [b"jpeg", b""])
    assert "kd-coming" not in shown and "kd-none" in shown and shown.count("<img") == 1


def test_whose_faces_stands_in_the_address(fresh_home):
    small_library(fresh_home)
    app = run_page("family", of="Bo <b>")
    assert app.selectbox[0].value == "Bo <b>"
    assert 'alt="Bo &lt;b&gt;, 2017"' in html(app) and 'alt="Anne, 2017"' not in html(app)


def test_a_click_on_somebody_shows_their_faces(fresh_home, monkeypatch):
    small_library(fresh_home)
    state = {}
    monkeypatch.setattr("ui.pages.family.st.session_state", state)
    with LibraryViews(fresh_home) as library:
        assert family.choose({"do": "person", "id": str(library.people.find("Bo <b>"))})
    assert state == {family.OF: "Bo <b>"}


def test_photos_without_a_date_are_told_and_shown(fresh_home):
    with LibraryViews(fresh_home) as library:
        for number in range(3):
            add_photo(library, fresh_home / f"{number}.jpg", [face("Anne", number=number)])
    app = run_page("family")
    assert not app.exception and "No photo has a date" in html(app)
    assert "kd-tl-line" not in html(app), "no lines without years"
    assert [header.value for header in app.header] == ["Faces of Anne", "A wall for Anne"]
    assert html(app).count('data-do="photo"') == 6  # in the row, and on the wall
    with LibraryViews(fresh_home) as library:
        add_photo(library, fresh_home / "dated.jpg", [face("Anne", number=9)], 2001)
    app = run_page("family")
    assert "1 person has photos without a date" in html(app) and "kd-tl-line" in html(app)


@pytest.mark.parametrize("installed", [True, False])
def test_a_name_that_no_font_can_draw_is_said(fresh_home, monkeypatch, installed):
    monkeypatch.setattr(family, "can_draw", lambda name: installed or name.isascii())
    with LibraryViews(fresh_home) as library:
        add_photo(library, fresh_home / "0.jpg", [face("小明"), face("Bo", 60)], 2001)
    app = run_page("family")
    said = [caption.value for caption in app.caption if "No font" in caption.value]
    assert len(said) == (0 if installed else 1) and all("小明" in one for one in said)


def test_birthdays_come_first_with_the_age(fresh_home):
    small_library(fresh_home)
    today = date.today()
    with LibraryViews(fresh_home) as library:
        library.decisions.describe("Anne", born=f"{today.year - 9}-{today:%m-%d}")
    shown = html(run_page("family"))
    assert "Next birthdays" in shown and "9 on " in shown


@pytest.mark.parametrize(
    "born, taken, said",
    [
        ("1950-12-03", "1962-01-12T10:00:00", "11 years old"),
        ("1950-12-03", "1951-12-03T10:00:00", "1 year old"),
        ("1950-12-03", "1951-03-01", "in the first year"),
        ("1950-12-03", "1950-03-01", ""),
        ("1950", "1962-01-12T10:00:00", "11 to 12 years old"),
    ],
)
def test_ages(born, taken, said):
    assert age_on(born, taken) == said


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40, 60])
def test_nobody_stands_over_anybody(count):
    graph = graph_of(a_family(count))
    assert len(graph.nodes) == min(count, 40)
    for one in graph.nodes:
        assert one.size / 2 <= one.x <= graph.width - one.size / 2
        assert one.size / 2 <= one.y <= graph.height - one.size / 2 - LABEL
        for other in graph.nodes[one.place + 1 :]:
            apart = abs(one.x - other.x), abs(one.y - other.y)
            room = (one.size + other.size) / 2
            assert apart[0] >= room or apart[1] >= room + LABEL
    assert graph_of(a_family(count)) == graph


def test_friends_stand_closer_than_others():
    everybody = people(8, lambda i: 20)
    pairs = [(1, 2, 20), (3, 4, 20), (5, 6, 20), (7, 8, 20)]
    nodes = graph_of(FamilyMap(everybody, {p.id: {} for p in everybody}, {}, tuple(pairs))).nodes
    at = np.array([(node.x, node.y) for node in nodes])
    far = np.linalg.norm(at[:, None] - at[None], axis=2)
    friends = [far[one - 1, other - 1] for one, other, _ in pairs]
    assert np.mean(friends) < 0.6 * far[far > 0].mean()


def test_a_crowd_is_drawn_by_its_strongest_lines():
    pairs = [(i, j, 30 - i - j) for i in range(15) for j in range(i + 1, 15)]
    pairs.sort(key=lambda pair: -pair[2])
    kept = strongest(pairs)
    assert kept[0] == pairs[0] and len(kept) < len(pairs)
    assert {person for pair in kept for person in pair[:2]} == {*range(15)}


def test_dots_grow_with_photos_and_stay_on_the_line():
    timeline = timeline_of(a_family(50))
    assert len(timeline.rows) == 40 and timeline.more == 10
    dots = sorted((dot for row in timeline.rows for dot in row.dots), key=lambda dot: dot.photos)
    assert all(0 < dot.x < 1 and 0 < dot.size <= 1 for dot in dots)
    assert [dot.size for dot in dots] == sorted(dot.size for dot in dots)
    assert 2 <= len(timeline.ticks) <= 9
    assert len({colour(number) for number in range(40)}) == 40


def test_a_square_on_the_wall_lies_in_the_photo_and_holds_the_face():
    for box in ([0, 0, 40, 50], [590, 400, 639, 479], [100, 100, 500, 470], [300, 200, 310, 212]):
        place = Place(1, 1, "a.jpg", np.float32(box), 640, 480, None)
        x0, y0, x1, y1 = through_years.surroundings(place)
        half = (x1 - x0) * 0.65  # as thumbnails are cut
        assert x1 - x0 == pytest.approx(y1 - y0, rel=1e-4)
        left, right = (x0 + x1) / 2 - half, (x0 + x1) / 2 + half
        top, bottom = (y0 + y1) / 2 - half, (y0 + y1) / 2 + half
        assert left >= -0.1 and top >= -0.1 and right <= 640.1 and bottom <= 480.1
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        assert left <= middle[0] <= right and top <= middle[1] <= bottom


def test_the_map_is_saved_as_pages_and_as_a_picture(fresh_home):
    small_library(fresh_home)
    with LibraryViews(fresh_home) as library:
        found = library.overview.family_map()
        drawn = family.map_pages(found, graph_of(found), family.portraits(library, found))
        anne = library.people.get("Anne")
        wall = family.wall_pages(anne, through_years.moments(library, anne, 30))
    pdf = as_file([*drawn, *wall], "pdf")
    assert pdf.startswith(b"%PDF") and b"/Count 3" in pdf
    picture = Image.open(io.BytesIO(as_file(drawn, "jpg")))
    assert picture.size == (2339, 2 * 1654)


@pytest.mark.parametrize("count", [1, 2, 7, 30])
def test_pictures_on_a_wall_are_as_large_as_they_can_be_and_fit(count):
    columns, side = pages.best_columns(count, 2100, 1300, 70)
    rows = -(-count // columns)
    assert columns * side + (columns - 1) * 26 <= 2100.001
    assert rows * (side + 70) + (rows - 1) * 26 <= 1300.001 and side > 150


def test_forty_people_take_two_pages_and_the_graph():
    found = a_family(40)
    drawn = pages.pages_of_years(timeline_of(found), {})
    graph = graph_of(found)
    drawn.append(pages.page_of_company(graph, [p.name for p in found.people], [None] * 40))
    assert [page.size for page in drawn] == [(2339, 1654)] * 3
    assert all(len(page.getcolors(1 << 24)) > 50 for page in drawn)
