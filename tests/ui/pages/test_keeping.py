"""Photos that come through the browser and are kept, and everything that can be saved of them."""

import io
import zipfile

import pytest

from data.library.intake.keeping import keep_photo
from data.library.views import LibraryViews
from data.media.photos import read_photo
from data.regions import read_regions
from data.tags import PhotoTags
from tests.app_pages import html
from tests.libraries import face
from tests.pictures import encoded, four_corners
from tests.ui.pages.test_app import StubTagger, ready, tag_page, upload
from ui.actions.library import deciding
from ui.actions.uploads import tagging
from ui.components.photos import dropped_photos

JPEG = encoded(four_corners(160, 96), "JPEG")


@pytest.fixture
def library(fresh_home):
    with LibraryViews(fresh_home) as library:
        yield library


def act(shown, index, do, **more):
    return {"do": do, "face": deciding.face_keys(shown.tags.faces)[index], **more}


def look(model, name="beach.jpg"):
    return tagging.look_at(JPEG, name, model)


def test_naming_keeps_a_copy_and_the_name_comes_back_with_the_same_photo(library):
    model = ready(StubTagger([face("Anne"), face(None, 60, person=1)]))
    photo = tagging.add_to_library(look(model), JPEG, library, model)
    [path] = library.photos.paths(photo.photo)
    assert path.read_bytes() == JPEG and path.name == "beach.jpg"
    assert path.is_relative_to(library.home / "photos")
    shown = library.shown(photo.photo)
    deciding.decide(library, photo.photo, shown, act(shown, 1, "name", value="Åsa"))
    again = tagging.from_library(look(model, "copy of it.jpg"), JPEG, library)
    assert [f.name for f in again.tags.faces] == ["Anne", "Åsa"]
    assert again.confirmed == {1} and again.tags.photo == "copy of it.jpg"
    assert library.find(["Åsa"]) == [path]


def test_a_photo_that_the_library_knows_from_elsewhere_is_not_copied(library, tmp_path):
    tags = PhotoTags("x.jpg", 160, 96, (face("Anne"),))
    first = keep_photo(library, JPEG, tags, network="n", model="m")
    assert keep_photo(library, JPEG, tags, network="n", model="m") == first
    assert len(list((library.home / "photos").rglob("*.jpg"))) == 1


def test_a_hostile_file_name_stays_inside(library):
    tags = PhotoTags("../../../etc/passwd.jpg", 160, 96)
    number = keep_photo(library, JPEG, tags, network="n", model="m")
    [path] = library.photos.paths(number)
    assert path.is_relative_to(library.home / "photos") and path.name == "passwd.jpg"


def test_a_drawn_face_gets_a_thumbnail_and_an_ignored_one_goes(library):
    model = ready(StubTagger([face("Anne")]))
    photo = tagging.add_to_library(look(model), JPEG, library, model)
    shown = library.shown(photo.photo)
    deciding.decide(library, photo.photo, shown, {"do": "draw", "box": [0.5, 0.2, 0.9, 0.9]})
    now = tagging.from_library(photo, JPEG, library)
    assert len(now.tags.faces) == len(now.thumbnails) == 2
    deciding.decide(library, photo.photo, shown, act(shown, 0, "ignore"))
    assert len(tagging.from_library(now, JPEG, library).thumbnails) == 1


def test_everything_in_one_zip():
    tags = PhotoTags("beach.jpg", 160, 96, (face("Åsa 陳"), face(None, 60)))
    other = PhotoTags("Beach.jpg", 160, 96, (face("Bo"),))
    broken = PhotoTags("x.jpg", error="x.jpg: no.")
    content = tagging.everything([(JPEG, tags), (JPEG, other), (b"", broken)])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert names[:2] == ["kindred.jsonl", "kindred.csv"]
        assert set(names[2:]) == {
            "pictures/beach-named.jpg",
            "sidecars/beach.jpg.xmp",
            "pictures/Beach (2)-named.jpg",
            "sidecars/Beach (2).jpg.xmp",
        }
        assert read_photo(archive.read("pictures/beach-named.jpg")).shape == (96, 160, 3)
        assert len(archive.read("kindred.jsonl").splitlines()) == 3
        assert "Åsa 陳" in archive.read("kindred.csv").decode()


def test_a_sidecar_is_read_back(tmp_path):
    tags = PhotoTags("beach.jpg", 160, 96, (face("Åsa 陳"), face(None, 60)))
    (tmp_path / "beach.jpg").write_bytes(JPEG)
    (tmp_path / "beach.jpg.xmp").write_bytes(tagging.sidecar(JPEG, tags))
    [region] = read_regions(tmp_path / "beach.jpg")
    assert region.name == "Åsa 陳" and abs(region.box[0] - 10 / 160) < 0.01
    assert tagging.sidecar(b"no picture", tags) == b""


@pytest.mark.parametrize("installed", [True, False])
def test_a_name_that_no_font_can_draw_is_said_beside_the_picture(
    fresh_home, monkeypatch, installed
):
    monkeypatch.setattr(dropped_photos, "can_draw", lambda name: installed or name.isascii())
    app = upload(tag_page(ready(StubTagger([face("小明"), face("Bo", 60)]))).run(), ("a.jpg", JPEG))
    assert not app.exception and 'value="小明"' in html(app)
    said = [caption.value for caption in app.caption if "No font" in caption.value]
    assert installed or ("小明" in said[0] and "Bo" not in said[0].split(":")[2])
    assert not (installed and said)


def test_add_to_library_on_the_page(fresh_home):
    app = upload(tag_page(ready(StubTagger([face("Anne")]))).run(), ("a.jpg", JPEG))
    assert not app.exception and 'value="Anne"' in html(app)
    button = next(b for b in app.button if b.label == "Add to library")
    button.click().run()
    assert not app.exception
    assert "Add to library" not in [b.label for b in app.button]
    with LibraryViews(fresh_home) as library:
        assert len(library.find(["Anne"])) == 1
