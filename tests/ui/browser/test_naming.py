"""Naming quickly in a real browser: no name is lost, and nothing is decided by accident."""

import pytest

from data.library.views import LibraryViews
from tests.browser import require_browser, running_app
from tests.libraries import add_photo, face
from tests.made_faces import NETWORK, add

require_browser()

FACES = 5


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The home and the address of an application that all tests here share."""
    home = tmp_path_factory.mktemp("naming")
    with running_app(home) as address:
        yield home, address


def begin_anew(home):
    """Takes the library away; the application opens it anew for every run."""
    for file in home.glob("library.sqlite*"):
        file.unlink()


def grouped(home, *sizes):
    """A new library with Anne and groups of so many unknown faces; the faces of each."""
    begin_anew(home)
    with LibraryViews(home) as library:
        library.decisions.confirm(add(library, [0]), "Anne")
        faces = [[add(library, [who])[0] for _ in range(n)] for who, n in enumerate(sizes, 1)]
        library.groups.update(NETWORK, max_distance=1.0)
    return faces


@pytest.fixture
def home(server):
    """A new library of one photo with five faces in a row, of whom the first looks like Anne."""
    home, _ = server
    begin_anew(home)
    with LibraryViews(home) as library:
        faces = [face("Anne" if i == 0 else None, 2 + 31 * i, person=i) for i in range(FACES)]
        add_photo(library, home / "trip" / "all.jpg", faces, 2019)
    return home


@pytest.fixture
def tab(browser, home, server):
    """The photo, open on the page Find."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(f"{server[1]}/find")
    tab.locator(".kd-tile").first.click()
    field(tab, 1).wait_for()
    yield tab
    context.close()


def test_groups_that_change_places_leave_a_half_typed_name_alone(browser, server):
    home, address = server
    first, _ = grouped(home, 4, 3)
    tab = browser.new_page()
    tab.goto(f"{address}/people")
    names = tab.locator("form[data-do=name] input")
    names.nth(1).wait_for()
    groups = "() => [...document.querySelectorAll('form[data-group]')].map((f) => f.dataset.group)"
    before = tab.evaluate(groups)
    names.nth(1).press_sequentially("Half")
    with LibraryViews(home) as library:
        library.decisions.ignore(first[:2])  # now the second group is the larger one
        count = len(library.decisions.history(None))
    tab.get_by_label("Pick several").evaluate("(box) => box.click()")
    tab.wait_for_function(f"(before) => ({groups})()[0] === before[1]", arg=before)
    tab.keyboard.type(" a name")
    assert tab.evaluate(groups) == before[::-1]
    assert names.nth(0).input_value() == "Half a name"
    with LibraryViews(home) as library:
        assert len(library.decisions.history(None)) == count
    tab.close()


def test_the_cursor_goes_on_when_its_group_is_gone_but_not_with_half_a_name(browser, server):
    home, address = server
    found = grouped(home, 5, 4, 3, 2)
    tab = browser.new_page()
    tab.goto(f"{address}/people")
    names = tab.locator("form[data-do=name] input")
    names.nth(3).wait_for()
    focused = "() => document.activeElement.closest('.kd-group')?.dataset.part ?? 'nowhere'"
    groups = tab.evaluate(
        "() => [...document.querySelectorAll('.kd-group')].map(g => g.dataset.part)"
    )

    def leave_out(faces, left):
        with LibraryViews(home) as library:
            library.decisions.ignore(faces)
        tab.get_by_label("Pick several").evaluate("(box) => box.click()")
        tab.wait_for_function(f"document.querySelectorAll('.kd-group').length === {left}")

    names.nth(1).focus()
    leave_out(found[1], 3)
    assert tab.evaluate(focused) == groups[2]
    tab.keyboard.type("Half")
    leave_out(found[2], 2)
    assert tab.evaluate(focused) == "nowhere"
    tab.close()


def field(tab, number):
    return tab.get_by_label(f"Name of face {number}", exact=True)


def names(home):
    """The confirmed names of the photo from left to right; None for the others."""
    with LibraryViews(home) as library:
        shown = library.shown(1)
        order = sorted(range(len(shown.faces)), key=lambda i: shown.tags.faces[i].box[0])
        return [
            shown.tags.faces[i].name if shown.faces[i] in shown.confirmed else None for i in order
        ]


def decisions(home):
    with LibraryViews(home) as library:
        return [(d.kind, d.in_force) for d in reversed(library.decisions.history())]


def settle(tab):
    """Waits until everything that was done has been carried out and shown."""
    tab.wait_for_function("() => !document.querySelector('[data-pending]')")
    tab.wait_for_timeout(700)


def test_names_typed_in_a_row_with_enter_are_all_kept(tab, home):
    field(tab, 2).click()
    for name in ("Bo", "Cleo", "Dan", "Eve"):
        tab.keyboard.type(name, delay=15)
        tab.keyboard.press("Enter")
    settle(tab)
    assert names(home) == [None, "Bo", "Cleo", "Dan", "Eve"]


def test_a_name_left_by_tab_click_or_another_field_is_saved(tab, home):
    field(tab, 2).fill("Bo")
    tab.keyboard.press("Tab")
    field(tab, 3).fill("Cleo")
    field(tab, 4).click()
    tab.keyboard.type("Dan")
    tab.get_by_role("heading", name="all.jpg").click()
    settle(tab)
    assert names(home) == [None, "Bo", "Cleo", "Dan", None]
    assert [kind for kind, _ in decisions(home)] == ["confirm"] * 3


def test_a_draft_and_the_cursor_outlive_the_answer_to_an_earlier_name(tab, home):
    field(tab, 2).fill("Bo")
    tab.keyboard.press("Enter")  # the cursor goes to the third face
    tab.keyboard.type("Cle")
    settle(tab)
    tab.keyboard.type("o")
    assert field(tab, 3).input_value() == "Cleo"
    tab.keyboard.press("Enter")
    settle(tab)
    assert names(home) == [None, "Bo", "Cleo", None, None]


def test_a_space_after_a_decision_decides_nothing_else(tab, home):
    yes = tab.get_by_role("button", name="Yes, this is Anne")
    yes.focus()
    tab.keyboard.press("Space")
    settle(tab)
    tab.keyboard.press("Space")
    settle(tab)
    assert names(home) == ["Anne", None, None, None, None]
    assert decisions(home) == [("confirm", True)]


def test_two_quick_clicks_are_two_decisions(tab, home):
    out = tab.get_by_role("button", name="Leave out")
    boxes = [out.nth(i).bounding_box() for i in (2, 4)]
    for box in boxes:
        tab.mouse.click(box["x"] + 5, box["y"] + 5)
    settle(tab)
    assert decisions(home) == [("ignore", True), ("ignore", True)]
    with LibraryViews(home) as library:
        assert [face.ignored for face in library.faces.of(1)].count(True) == 2


def test_a_double_click_does_not_decide_about_the_next_face(tab, home):
    out = tab.get_by_role("button", name="Leave out").nth(1)
    out.click(click_count=2, delay=120)
    settle(tab)
    assert decisions(home) == [("ignore", True)]


def test_a_drawn_face_has_the_cursor_and_undo_takes_it_away_after_a_reload_too(tab, home):
    tab.get_by_role("button", name="Add a face that was missed").click()
    picture = tab.locator(".kd-picture").bounding_box()
    x, y = picture["x"], picture["y"] + 0.6 * picture["height"]
    tab.mouse.move(x + 200, y)
    tab.mouse.down()
    tab.mouse.move(x + 260, y + 60, steps=4)
    tab.mouse.up()
    # The networks load now, which takes long on a busy machine; the box is sent again meanwhile.
    field(tab, FACES + 1).wait_for(timeout=180_000)
    settle(tab)
    assert [kind for kind, _ in decisions(home)] == ["draw"]
    tab.keyboard.type("Fay")
    tab.keyboard.press("Enter")
    settle(tab)
    assert "Fay" in names(home) and len(names(home)) == FACES + 1
    undo = tab.get_by_role("status").get_by_role("button", name="Undo").last
    undo.click()
    settle(tab)
    assert "Fay" not in names(home) and len(names(home)) == FACES + 1
    tab.reload()  # the photo is in the address, and opens by itself
    field(tab, FACES + 1).wait_for()
    tab.get_by_role("button", name="Take back the last decision").click()
    field(tab, FACES + 1).wait_for(state="detached")
    assert len(names(home)) == FACES


def test_escape_gives_the_old_name_back(tab, home):
    field(tab, 1).fill("Nobody")
    tab.keyboard.press("Escape")
    assert field(tab, 1).input_value() == "Anne"
    settle(tab)
    assert decisions(home) == []
