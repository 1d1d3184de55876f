"""The page People without a browser: groups named in place, merging, hiding, a person's page."""

import pytest

from data.library.views import LibraryViews
from tests.app_pages import button, html, run_page
from tests.libraries import add_photo, face, small_library
from ui.actions.library.ages import age_in
from ui.components.people import merging, unnamed
from ui.pages import person


@pytest.fixture
def library(fresh_home):
    small_library(fresh_home)
    with LibraryViews(fresh_home) as library:
        yield library


def test_unknown_people_wait_after_the_named_ones_and_are_named_in_place(library):
    app = run_page("people")
    assert not app.exception and app.header[0].value == "Who is this?"
    [group] = library.groups.list()
    assert f'data-group="{group.id}"' in html(app) and "3 photos" in html(app)
    assert unnamed.act_on_group({"do": "name", "group": str(group.id), "value": "Cléo"})
    assert library.people.get("Cléo").confirmed == 3
    assert "kd-group" not in html(run_page("people"))


def test_a_group_that_is_gone_is_not_decided_about(library):
    [group] = library.groups.list()
    assert unnamed.act_on_group({"do": "hide", "group": str(group.id)})
    assert library.groups.list() == []
    assert not unnamed.act_on_group({"do": "hide", "group": str(group.id)})


def test_near_names_are_asked_about_and_the_answer_is_kept(library):
    anne, bo = library.people.find("Anne"), library.people.find("Bo <b>")
    library.decisions.rename(bo, "Ann")
    assert "one person?" not in html(run_page("people"))  # they are on one photo together
    [group] = library.groups.list()
    library.decisions.confirm(group.faces, "Anne B")
    app = run_page("people")
    assert "Are Anne B and Anne one person?" in html(app)
    assert "One person: Anne B" in html(app) and "One person: Anne<" in html(app)
    other = library.people.find("Anne B")
    assert merging.act_on_merge({"do": "merge", "keep": str(anne), "other": str(other)})
    assert library.people.find("Anne B") == anne and library.people.get(anne).name == "Anne"
    assert "one person?" not in html(run_page("people"))


def test_renaming_to_somebody_elses_name_offers_to_merge(library):
    anne = library.people.find("Anne")
    app = run_page("people", who=anne)
    app.text_input[0].set_value("Bo <b>")
    app = button(app, "Rename").click().run()
    assert not app.exception and "one person?" in html(app) and "<b>" not in html(app)
    assert library.people.get(anne).name == "Anne"


def test_several_are_picked_and_hidden(library):
    app = run_page("people")
    app.toggle[0].set_value(True).run()
    assert "Click people to pick them" in app.caption[0].value
    assert html(app).count('aria-pressed="false"') == 2


def test_a_persons_photos_stand_by_year_with_the_age_and_the_company(library):
    anne = library.people.find("Anne")
    library.decisions.describe(anne, born="2014-03")
    app = run_page("people", who=anne)
    assert not app.exception
    shown = html(app)
    assert "Most often with" in shown and "Bo &lt;b&gt;" in shown
    assert shown.index("2015<") < shown.index("2016<")
    assert "1 photo · 0 to 1 year old" in shown and "1 to 2 years old" in shown


def test_a_portrait_is_chosen_by_hand(library):
    anne = library.people.find("Anne")
    face = next(f for f, *_ in library.people.faces(anne) if f != library.people.get(anne).key_face)
    library.decisions.describe(anne, key_face=face)
    assert library.people.get(anne).key_face == face


def test_ages():
    assert age_in("1950", 1949) == "" and age_in("1950", 1950) == "in the first year"
    assert age_in("1950-07-31", 1960) == "9 to 10 years old"
    assert age_in("1950-01-01", 1951) == "1 year old"
    assert person.WHO == "who"


def test_years_of_few_photos_stand_in_the_rows(library):
    shown = html(run_page("people", who=library.people.find("Anne")))
    assert "kd-inline" in shown and shown.count('<span class="kd-heading">') == 6
    assert 'alt="Anne, Bo &lt;b&gt;, 1 July 2015"' in shown  # every picture says who
    assert 'class="kd-heading" data-key' not in shown


def test_the_strip_says_who_is_on_the_photos_beside(library):
    from ui.pages.photo import strip_of

    numbers = [str(number) for (number,) in library.db.execute("SELECT id FROM photos")]
    said = [who for _, who in strip_of([*numbers, "999"])]
    assert said[0] == "Anne, Bo <b>" and said[5] == "Anne"
    assert said[6:] == ["nobody with a name"] * 3 + ["gone"]


def test_where_nobody_has_a_name_the_page_leads_on(fresh_home):
    assert 'href="folder"' in html(run_page("people")), "an empty library"
    with LibraryViews(fresh_home) as library:
        add_photo(library, fresh_home / "one.jpg", [face(None)])
    assert 'href="review"' in html(run_page("people")), "somebody was seen once"
    assert 'href="people"' in html(run_page("family"))
