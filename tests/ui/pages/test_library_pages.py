"""The pages of the library without a browser: review, people, find and folder, and what they do."""

import re
from dataclasses import replace

import numpy as np
import pytest

from data.errors import KindredError
from data.library.decisions import review_queue as reviewing
from data.library.views import Entry, LibraryViews
from data.media.thumbnails import Thumbnails, Wanted
from tests.app_pages import app_page, button, html
from tests.libraries import MODEL, NETWORK, add_photo, direction, face, small_library
from ui.actions.library import deciding, outliers
from ui.components.library.writing import preview_of_writing
from ui.components.photos import photo_view, wall
from ui.pages import find as find_page
from ui.pages import folder as folder_page
from ui.pages import person, person_faces


@pytest.fixture
def home(fresh_home):
    small_library(fresh_home)
    return fresh_home


@pytest.fixture
def library(home):
    with LibraryViews(home) as library:
        yield library


def shown(library, photo=None):
    number = photo or library.photos.photo_of(library.home / "trip" / "anne 0.jpg")
    return number, library.shown(number)


def key(photo, index):
    return deciding.face_keys(photo.tags.faces)[index]


@pytest.mark.parametrize("name", ["review", "people", "find", "folder"])
def test_an_empty_library_says_what_to_do_first(fresh_home, name):
    app = app_page(name).run()
    assert not app.exception and not app.error
    assert "kd-empty" in html(app)


def test_a_damaged_library_is_a_sentence(fresh_home):
    fresh_home.mkdir()
    (fresh_home / "library.sqlite").write_bytes(b"this is no database at all" * 100)
    for name in ("review", "people", "find", "folder"):
        app = app_page(name).run()
        assert not app.exception and "not a database" in app.error[0].value


def test_the_largest_question_comes_first_and_one_answer_decides_it(home, library):
    app = app_page("review").run()
    assert not app.exception and app.title[0].value == "Is this Anne?"
    assert html(app).count('aria-pressed="true"') == 6
    app = button(app, "Yes, these 6").click().run()
    assert not app.exception
    assert library.people.get("Anne").confirmed == 6
    # What somebody is likely to be comes before unknown people.
    assert "Is this Bo" in app.title[0].value and "6 faces are Anne" in html(app)
    app = button(app, "Undo").click().run()
    assert library.people.get("Anne").confirmed == 0
    assert app.title[0].value == "Is this Anne?"


def test_faces_that_are_not_sure_stand_apart_and_a_yes_is_no_answer_about_them(fresh_home):
    with LibraryViews(fresh_home) as library:
        for i, confidence in enumerate((0.9, 0.5, 0.9, 0.6, 0.9)):
            one = replace(face("Anne", number=i), confidence=confidence)
            add_photo(library, fresh_home / f"{i}.jpg", [one], 2015)
        app = app_page("review").run()
        assert app.title[0].value == "Is this Anne?"
        pressed = re.findall(r'data-pick="(\d+)" aria-pressed="(\w+)"', html(app))
        assert [on for _, on in pressed] == ["true"] * 3 + ["false"] * 2
        assert html(app).count(">Please check<") == 1 and html(app).count("kd-marked") == 2
        app = button(app, "Yes, these 3").click().run()
        assert not app.exception and library.people.get("Anne").confirmed == 3
        rejected = library.db.execute("SELECT COUNT(*) FROM rejections").fetchone()
        assert rejected == (0,) and app.title[0].value == "Is this Anne?"
        assert html(app).count('aria-pressed="false"') == 2 and "Please check" not in html(app)
        assert "Kindred is not sure of any of them" in html(app) and button(app, "Yes").disabled
        app = button(app, "None is Anne").click().run()
        rejected = library.db.execute("SELECT COUNT(*) FROM rejections").fetchone()
        assert rejected == (2,)


def test_names_that_are_said_beside_photos_are_offered_to_be_clicked(home, library):
    for number in range(3):
        path = home / "trip" / f"stranger {number}.jpg"
        library.records.say(path, ["Raj", "Mia <b>"], "a photo service")
    app = app_page("review").run()
    while "Anne" in app.title[0].value or "Bo" in app.title[0].value:
        app = button(app, "Skip").click().run()
    assert app.title[0].value == "Is this Mia \\<b\\> or Raj?"
    assert app.selectbox[0].options[:2] == ["Mia <b>", "Raj"] and app.selectbox[0].value is None
    app = button(app, "Raj").click().run()
    assert not app.exception and library.people.get("Raj").confirmed == 3
    app = button(app, "Undo").click().run()
    assert app.title[0].value == "Is this Mia \\<b\\> or Raj?"


def test_skip_no_and_an_unknown_group(home, library):
    app = button(app_page("review").run(), "Skip").click().run()
    assert "Bo" in app.title[0].value and "<b>" not in html(app)
    app = button(app, "None is").click().run()
    assert library.people.get("Bo <b>").photos == 0
    assert app.title[0].value == "Who is this?"
    assert button(app, "These 3").disabled
    app.selectbox[0].set_value("Anne").run()
    app = button(app, "These 3 are Anne").click().run()
    assert library.people.get("Anne").confirmed == 3
    app = button(app, "None of the faces seen once matter").click().run()
    assert app.title[0].value == "Is this Anne?"  # skipped, so it comes last


def test_taking_a_face_out_of_a_suggestion_rejects_it(library):
    question = reviewing.questions(library)[0]
    said = reviewing.yes(library, question, question.faces[:4], "Anne")
    assert said == "4 faces are Anne, 2 not"
    assert library.people.get("Anne").photos == 4
    assert all(q.name != "Anne" for q in reviewing.questions(library))


def test_the_people_are_on_the_wall_and_names_bring_no_html(home):
    app = app_page("people").run()
    assert not app.exception
    assert html(app).count("kd-tile ") + html(app).count('kd-tile"') >= 2
    assert "2015–2020" in html(app) and "Bo &lt;b&gt;" in html(app) and "Bo <b>" not in html(app)


def test_a_persons_page_marks_who_looks_different(home, library):
    anne = library.people.find("Anne")
    app = app_page("people")
    app.query_params[person.WHO] = str(anne)
    app.query_params["view"] = "Faces"
    app.run()
    assert not app.exception and app.title[0].value == "Anne"
    assert "unlike the others" in app.warning[0].value
    assert html(app).count("kd-marked") == 1
    places, captions, odd = person_faces.person_faces(library, anne)
    assert places[0].face in odd and captions[0] == "looks different"
    app.text_input[0].set_value("Anna")
    app = button(app, "Rename").click().run()
    assert app.title[0].value == "Anna" and library.people.find("Anna") == anne
    assert app_page("people").run().exception == app.exception


def test_moving_faces_to_somebody_new_and_to_somebody_known(library):
    anne = library.people.find("Anne")
    faces = [face for face, *_ in library.people.faces(anne)]
    assert person_faces.move(library, anne, faces[:1], "Cléo") == "1 face is Cléo now"
    assert person_faces.move(library, anne, faces[1:3], "Bo <b>") == "2 faces are Bo <b> now"
    assert library.people.get(anne).photos == 3


def test_outliers_need_company():
    same = np.stack([direction(0, i) for i in range(8)])
    assert not outliers.outliers(same).any()
    marks = outliers.outliers(np.vstack([same, direction(5)[None]]))
    assert marks.tolist() == [False] * 8 + [True]
    assert not outliers.outliers(np.stack([direction(0), direction(5)])).any()


def test_find(library):
    def names(*args, **options):
        return [e.path.rsplit("/")[-1] for e in find_page.find(library, *args, **options)]

    assert len(names([], [], None)) == 9
    assert names(["Anne", "Bo <b>"], [], (2016, 2017)) == ["anne 1.jpg", "anne 2.jpg"]
    assert names(["Anne"], ["Bo <b>"], None) == ["anne 3.jpg", "anne 4.jpg", "anne 5.jpg"]
    assert names(["Anne"], [], None, confirmed=True) == []


def test_the_find_page(home):
    app = app_page("find").run()
    assert not app.exception and "9 photos" in html(app)
    app.multiselect[0].set_value(["Bo <b>"])
    app.run()
    assert "3 photos" in html(app) and html(app).count("kd-tile ") + html(app).count('kd-tile"')
    app.toggle[0].set_value(True)
    app.run()
    assert "No photo fits" in html(app)


def test_a_photo_of_the_wall_opens_and_its_faces_can_be_named(home, library):
    number, _ = shown(library)
    for name in ("find", "folder"):
        app = app_page(name)
        app.query_params["photo"] = str(number)
        app.run()
        assert not app.exception and "anne 0.jpg" in html(app) and "1 of 9" in html(app)
        assert 'value="Anne"' in html(app) and 'value="Bo &lt;b&gt;"' in html(app)
        app.query_params["photo"] = "12345"
        app.run()
        assert not app.exception and "The file of this photo is gone" in html(app)


def test_decisions_on_a_photo(library):
    number, before = shown(library)
    index = [f.name for f in before.tags.faces].index("Anne")
    last = deciding.last_decision(library)
    said = deciding.decide(
        library, number, before, {"do": "name", "face": key(before, index), "value": " Cléo  B "}
    )
    assert said == "This is Cléo B"
    assert shown(library)[1].faces[index] in shown(library)[1].confirmed
    act = {"do": "reject", "face": key(before, index), "name": "Cléo B"}
    assert "not Cléo B" in deciding.decide(library, number, shown(library)[1], act)
    # With that name gone the model's own suggestion counts again, and is confirmed.
    act = {"do": "confirm", "face": key(before, index), "name": "Anne"}
    assert "Anne" in deciding.decide(library, number, shown(library)[1], act)
    made = deciding.decided_since(library, last)
    assert len(made) == 3 and deciding.take_back(library, made) == 3
    after = shown(library)[1]
    assert [f.name for f in after.tags.faces] == [f.name for f in before.tags.faces]
    assert not after.confirmed


def test_a_decision_is_about_the_face_and_the_name_that_were_shown(library):
    number, before = shown(library)
    left, right = sorted(range(2), key=lambda i: before.tags.faces[i].box[0])
    deciding.decide(library, number, before, {"do": "ignore", "face": key(before, left)})
    after = shown(library)[1]
    act = {"do": "reject", "face": key(before, right), "name": "Somebody else"}
    assert deciding.decide(library, number, after, act) == ""
    deciding.decide(
        library, number, after, {"do": "name", "face": key(before, right), "value": "Cléo"}
    )
    assert shown(library)[1].faces == (before.faces[right],)
    assert shown(library)[1].tags.faces[0].name == "Cléo"


def test_faces_at_one_place_have_keys_of_their_own():
    assert deciding.face_keys([face(None), face(None), face(None, 60)]) == [
        "10-10-50-50",
        "10-10-50-50-1",
        "60-10-100-50",
    ]


def test_undo_takes_back_what_was_decided_together_before_a_reload_too(home, library):
    question = reviewing.questions(library)[0]
    reviewing.yes(library, question, question.faces[:4], "Anne")
    stranger = library.photos.photo_of(home / "trip" / "stranger 0.jpg")
    deciding.decide(
        library, stranger, library.shown(stranger), {"do": "draw", "box": [0.5, 0.5, 0.75, 1]}
    )
    assert len(library.shown(stranger).faces) == 2
    app = button(app_page("review").run(), "Undo").click().run()
    assert "Taken back: 1 face drawn" in html(app) and len(library.shown(stranger).faces) == 1
    app = button(app, "Undo").click().run()
    assert "4 faces named, 2 faces said not to be somebody" in html(app)
    assert library.people.get("Anne").confirmed == 0 and library.people.get("Anne").photos == 6
    assert button(app, "Undo").disabled


def test_a_box_by_hand_and_a_face_left_out(library):
    number, before = shown(library)
    deciding.decide(library, number, before, {"do": "draw", "box": [0.5, 0.5, 0.75, 1]})
    after = shown(library)[1]
    assert len(after.faces) == 3
    box = next(f.box for f in after.tags.faces if f.box[0] == 80)
    assert box.tolist() == [80, 45, 120, 90]
    deciding.decide(library, number, after, {"do": "ignore", "face": key(after, 0)})
    assert len(shown(library)[1].faces) == 2
    for act in (
        {"do": "draw", "box": [0.5, 0.5, 0.5, 1]},
        {"do": "draw", "box": []},
        {"do": "name", "face": 7, "value": "x"},
        {"do": "name", "face": "none", "value": "x"},
        {"do": "name", "face": key(before, 0), "value": "  "},
    ):
        with pytest.raises(KindredError):
            deciding.decide(library, number, before, act)


def test_a_box_by_hand_that_a_model_looked_at_is_named_and_grouped_like_any_face(library):
    number, before = shown(library)
    drawn = face("Cléo", 100, person=5)

    def look(box):
        assert box == (80.0, 45.0, 120.0, 90.0)
        return deciding.FaceInBox(drawn, NETWORK, MODEL)

    act = {"do": "draw", "box": [0.5, 0.5, 0.75, 1]}
    assert "looks like Cléo" in deciding.decide(library, number, before, act, look)
    assert len(library.find(["Cléo"])) == 1
    [added] = [f for f in library.faces.of(number) if f.by_hand]
    assert added.network == NETWORK and added.embedding @ drawn.embedding > 0.999
    assert added.landmarks.shape == (5, 2)
    # One that looks like the unknown group joins it.
    drawn = face(None, 100, person=2)
    assert "give it a name" in deciding.decide(library, number, before, act, look)
    library.groups.update(NETWORK, max_distance=0.9)
    assert max(len(group.faces) for group in library.groups.list()) == 4


def test_the_folder_page_filters_and_previews_what_writing_changes(home, library):
    entries = library.entries()
    assert [sum(folder_page.fits(e, w) for e in entries) for w in folder_page.FILTERS] == [
        *(9, 6, 3, 0, 0)
    ]
    assert library.entries(home / "elsewhere") == []
    photos = library.records.paths()
    options = {"embed": False, "confirmed_only": True}
    assert preview_of_writing(library, photos, **options) == []
    options["confirmed_only"] = False
    assert len(preview_of_writing(library, photos, **options)) == 6
    assert not list(home.rglob("*.xmp"))
    app = app_page("folder").run()
    assert not app.exception and "9 of 9 photos" in html(app)
    app = button(app, "Show what would change").click().run()
    assert not app.exception and "Nothing would change" in app.info[0].value


def test_a_photo_without_anybody_says_its_name_once():
    tile = wall.photo_tile(Entry("/trip/beach.jpg", 1, None), b"")
    assert (tile.title, tile.caption, tile.said) == ("", "beach.jpg", "beach.jpg")
    tile = wall.photo_tile(Entry("/trip/beach.jpg", 1, "2019-07-31T12:00:00"), b"")
    assert (tile.title, tile.caption) == ("beach.jpg", "31 July 2019")


def test_on_a_persons_own_page_only_the_company_is_named_below_a_photo():
    both = Entry("/trip/beach.jpg", 1, "2019-07-31T12:00:00", ("Anne", "Bo"))
    tile = wall.photo_tile(both, b"", "Anne")
    assert (tile.title, tile.said) == ("with Bo", "Anne, Bo, 31 July 2019")
    tile = wall.photo_tile(both._replace(names=("Anne",)), b"", "Anne")
    assert (tile.title, tile.said) == ("", "Anne, 31 July 2019")
    assert wall.photo_tile(both, b"").title == "Anne, Bo"


def test_enter_takes_one_name_in_find_and_not_all_that_fit(home):
    app = app_page("find").run()
    assert [box.label for box in app.multiselect] == ["With", "Without"]
    assert all(box.proto.select_all == 0 for box in app.multiselect)


def test_thumbnails_are_made_once_and_again_when_the_file_changes(home, monkeypatch):
    thumbnails, path = Thumbnails(home), home / "trip" / "anne 0.jpg"
    wanted = [Wanted(str(path)), Wanted(str(path), (10, 10, 50, 50), 160, 80)]
    assert thumbnails.many(wanted, seconds=0.0) == [None, None]
    made = thumbnails.many(wanted)
    assert all(content.startswith(b"\xff\xd8") for content in made)
    with monkeypatch.context() as patch:
        patch.setattr(Thumbnails, "make", lambda *_: 1 / 0)
        assert thumbnails.many(wanted) == made
    path.write_bytes(b"damaged")
    assert thumbnails.many(wanted) == [b"", b""]
    path.unlink()
    assert thumbnails.many(wanted) == [b"", b""]


def test_ten_thousand_photos_are_found_and_shown_a_page_at_a_time(fresh_home):
    with LibraryViews(fresh_home) as library, library.transaction():
        first = add_photo(library, fresh_home / "first.jpg", [face("Anne"), face(None, 60)], 2015)
        for sql in (
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
            " INSERT INTO photos SELECT i, width, height, taken, network, model FROM n, photos"
            " WHERE id = 1",
            "INSERT INTO paths (path, photo, size, mtime_ns) SELECT CAST('/gone/' || id AS BLOB),"
            " id, 1, 1 FROM photos WHERE id > 1",
            "INSERT INTO faces (photo, x0, y0, x1, y1, score, embedding, network) SELECT p.id,"
            " 1, 1, 9, 9, 1, f.embedding, f.network FROM photos p, faces f WHERE f.photo = 1"
            " AND p.id > 1",
            "INSERT INTO suggestions SELECT id, 0, 'Anne', 0.9, 'm' FROM faces WHERE id > 2"
            " AND id % 2",
        ):
            library.db.execute(sql)
    assert first == 1
    with LibraryViews(fresh_home) as library:
        found = find_page.find(library, ["Anne"], [], None)
        Thumbnails(fresh_home).many([Wanted(entry.path) for entry in found[:60]], 1.0)
        assert len(found) == 10_000
    app = app_page("find").run()
    assert not app.exception and "10,000 photos" in html(app)
    assert html(app).count("data-do") == wall.PHOTOS_A_PAGE


def test_words():
    assert wall.day("2019-07-31T12:00:00") == "31 July 2019" and wall.day(None) == ""
    assert photo_view.sure(0.999) == ">99%" and photo_view.sure(0.5) == "50%"
