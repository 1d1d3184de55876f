"""The page Folder remembers folders: looked at again, removed, and named when names are written."""

from pathlib import Path

import pytest

from data.jobs import DONE, Job
from data.library.photos.library_folders import Folder
from data.library.views import LibraryViews
from tests.app_pages import button, html, live_html, run_page
from tests.libraries import add_photo, face, small_library
from ui.actions.library.known_folders import known_folders
from ui.components.library import writing
from ui.components.library.writing import writing_title
from ui.components.shell.style import plain


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
    entries, kept = library.entries(), str(library.home / "photos")
    other = str(library.home / "other")
    assert writing_title(entries[:7], None, kept) == "Write names beside 7 photos in all folders"
    assert writing_title(entries[:1], other, kept) == "Write names beside 1 photo in other"
    assert writing_title(entries[:1], kept, kept) == "Write names beside 1 photo that you dropped"


def test_the_count_is_of_what_is_written_and_nothing_to_write_says_what_to_do(library):
    app = run_page("folder")
    write = button(app, "Write names")
    assert write.label == "Write names beside 0 photos in all folders" and write.disabled
    assert any("page Review" in caption.value for caption in app.caption)
    app = app.toggle(key="folder.confirmed").set_value(False).run()
    assert not app.exception
    write = button(app, "Write names")
    assert write.label == "Write names beside 7 photos in all folders" and not write.disabled
    [bo, *_] = [face for face, *_ in library.people.faces("Bo <b>")]
    library.decisions.confirm([bo], "Bo <b>")
    app = run_page("folder")
    write = button(app, "Write names")
    assert write.label == "Write names beside 1 photo in all folders" and not write.disabled


def test_the_preview_looks_first_at_photos_that_get_names(library, monkeypatch):
    monkeypatch.setattr(writing, "_PREVIEWED", 1)
    [bo, *_] = [face for face, *_ in library.people.faces("Bo <b>")]
    library.decisions.confirm([bo], "Bo <b>")
    app = run_page("folder")
    app = button(app, "Show what would change").click().run()
    assert not app.exception and len(app.dataframe[0].value) == 1
    assert any("The first 1 of 10 photos" in caption.value for caption in app.caption)


def test_it_is_said_where_the_names_of_dropped_photos_go(library):
    kept = plain(str(library.home / "photos"))
    assert not any(kept in text.value for text in run_page("folder").markdown)
    add_photo(library, library.home / "photos" / "ab" / "dropped.jpg", [face("Anne")], 2019)
    app = run_page("folder")
    assert any(kept in text.value and "copies" in text.value for text in app.markdown)


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
