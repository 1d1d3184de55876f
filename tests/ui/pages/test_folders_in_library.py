"""The page Folder remembers folders: looked at again, removed, and named when names are written."""

from pathlib import Path

import pytest

from data.jobs import DONE, Job
from data.library.photos.library_folders import Folder
from data.library.views import LibraryViews
from tests.app_pages import html, live_html, run_page
from tests.libraries import add_photo, face, small_library
from ui.actions.library.known_folders import known_folders
from ui.pages import folder as folder_page


@pytest.fixture
def library(fresh_home):
    small_library(fresh_home)
    with LibraryViews(fresh_home) as library:
        add_photo(library, fresh_home / "other" / "deep" / "bo.jpg", [face("Bo <b>", 60)], 2019)
        yield library


def job(at, *paths):
    return Job(str(at), "tag", {"paths": list(map(str, paths))}, DONE, started=float(at))


def test_a_folder_counts_what_lies_below_it_and_says_when_it_was_looked_at():
    folders = [
        Folder(Path("/p/a"), photos=3, films=1),
        Folder(Path("/p/b"), photos=1, unreadable=2),
        Folder(Path("/q"), photos=5, missing=1),
    ]
    found = known_folders(folders, [job(20, "/p"), job(10, "/p"), job(5, "/gone")])
    assert [(str(f.path), f.photos, f.films, f.looked) for f in found] == [
        ("/p", 4, 1, 20.0),
        ("/q", 5, 0, None),
    ]
    assert found[0].facts.startswith("4 photos, 1 film · 2 unreadable · last looked at")
    assert found[1].facts == "5 photos · 1 missing"


def test_photos_that_were_dropped_are_one_folder_whatever_else_lies_beside_them():
    folders = [Folder(Path(f"/k/photos/{i}"), photos=1) for i in range(12)]
    folders.append(Folder(Path("/p/a"), photos=3))
    found = known_folders(folders, [job(20, "/p/a")], Path("/k/photos"))
    assert [(str(f.path), f.photos, f.title) for f in found] == [
        ("/p/a", 3, ""),
        ("/k/photos", 12, "Photos and films that you dropped"),
    ]


def test_the_page_lists_folders_and_names_folder_and_count_of_what_is_written(library):
    app = run_page("folder")
    assert not app.exception
    assert str(library.home / "trip") in live_html(app) and "9 photos" in live_html(app)
    assert 'data-do="again"' in live_html(app) and 'data-do="remove"' in live_html(app)
    entries = library.entries()
    assert folder_page.writing_title(entries, None) == "Write names beside 7 photos in all folders"
    under = str(library.home / "other")
    assert folder_page.writing_title(entries, under) == "Write names beside 1 photo in other"
    assert any("beside 7 photos" in button.label for button in app.button)


def test_the_filter_calls_what_was_dropped_by_what_it_is_and_not_by_its_path(library):
    dropped = library.home / "photos" / "ab" / "dropped.jpg"
    add_photo(library, dropped, [face("Bo <b>", 60)], 2019)
    app = run_page("folder")
    said = "Photos and films that you dropped"
    assert said in app.selectbox[0].options
    assert not any(str(library.home / "photos") in option for option in app.selectbox[0].options)
    app = app.selectbox[0].set_value(str(library.home / "photos")).run()
    assert not app.exception and f"1 of {len(library.entries())} photos" in html(app)


def test_a_removed_folder_is_gone_from_the_list(library):
    library.remove([library.home / "trip"])
    assert str(library.home / "trip") not in live_html(run_page("folder"))
