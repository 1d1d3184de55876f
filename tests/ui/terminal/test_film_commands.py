"""Films in the terminal: `tag`, `find`, `confirm --track`, `write`, and files that are no films."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

import kindred
from data.home import home
from data.library import Library
from data.regions.film_sidecar import read_appearances
from data.regions.xmp import packet
from tests.colours import BLUE, GREEN, GREY, RED, picture
from tests.films import write_film
from tests.training.test_export import export_colours

pytestmark = pytest.mark.usefixtures("fresh_home")


@pytest.fixture(scope="module")
def model(colour_model, tmp_path_factory):
    return shutil.copytree(colour_model, tmp_path_factory.mktemp("films") / "model")


def shots(*colours, seconds=3, size=(160, 120)):
    """Frames of plain colours, one after the other; each is one person to the stand-ins."""
    for colour in colours:
        for _ in range(seconds * 20):
            yield np.full((size[1], size[0], 3), colour, np.uint8)


@pytest.fixture
def folder(tmp_path):
    """A film of Red, Grün and Red again, one of a stranger, and a photo of Grün."""
    place = tmp_path / "trip"
    place.mkdir()
    write_film(place / "a.mp4", shots(RED, GREEN, RED))
    write_film(place / "b.avi", shots(GREY), codec="MJPG")
    (place / "c.png").write_bytes(picture(GREEN))
    return place


def run(capsys, *arguments, status=0):
    assert kindred.main(list(map(str, arguments))) == status
    printed = capsys.readouterr()
    return printed.out, printed.err


def records(capsys, model, *paths, status=0):
    file = model / "out.jsonl"
    _, err = run(capsys, "tag", *paths, "--model", model, "--json", file, status=status)
    found = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return {os.path.basename(r.get("video") or r["photo"]): r for r in found}, err


def test_the_record_of_a_film_is_one_line(capsys, model, folder):
    found, err = records(capsys, model, folder)
    assert err == "" and list(found) == ["c.png", "a.mp4", "b.avi"]
    film = found["a.mp4"]
    assert list(film) == ["video", "width", "height", "duration", "people", "error"]
    assert (film["video"], film["width"], film["height"]) == (str(folder / "a.mp4"), 160, 120)
    assert film["duration"] == pytest.approx(9, abs=0.1) and film["error"] is None
    red, green = film["people"]
    assert list(red) == ["name", "confidence", "spans", "best"] and list(red["best"]) == [
        "time",
        "box",
    ]
    assert (red["name"], green["name"]) == ("Red", "Grün")
    assert np.allclose(red["spans"], [[0, 3], [6, 9]], atol=0.2)
    assert np.allclose(green["spans"], [[3, 6]], atol=0.2)
    assert any(start <= red["best"]["time"] <= end for start, end in red["spans"])
    assert red["best"]["box"] == pytest.approx([0, 0, 80, 60])
    (stranger,) = found["b.avi"]["people"]
    assert stranger["name"] is None and np.allclose(stranger["spans"], [[0, 3]], atol=0.2)


def test_what_is_done_is_not_watched_again(capsys, model, folder, monkeypatch):
    before, _ = records(capsys, model, folder)
    monkeypatch.setattr("model.inference.film_tagger.read_frames", None)
    assert records(capsys, model, folder)[0] == before
    os.rename(folder / "a.mp4", folder / "moved.mp4")
    moved = records(capsys, model, folder)[0]["moved.mp4"]
    assert moved["people"] == before["a.mp4"]["people"]


def test_words_for_people(capsys, model, folder):
    out, err = run(capsys, "tag", folder, "--model", model)
    assert "a.mp4: 1 Red (" in out and "0:00-0:03 0:06-0:09, 2 Grün (" in out
    assert "  Grün  2 photos or films\n" in out
    assert out.endswith("1 photo, 2 films, 1 unknown face\n") and err == ""


def test_find_confirm_and_take_back(capsys, model, folder):
    records(capsys, model, folder)
    film, other = folder / "a.mp4", folder / "b.avi"
    assert run(capsys, "find", "--with", "Red")[0] == f"{film}\n"
    _, err = run(capsys, "confirm", film, "Otto", status=1)
    assert "which track? There are 2: 1 Red, 2 Grün" in err and "--track N" in err
    _, err = run(capsys, "confirm", film, "Otto", "--track", 3, status=1)
    assert "expected a track from 1 to 2. Received: 3" in err
    run(capsys, "confirm", film, "Otto", "--track", 2)
    run(capsys, "confirm", other, "Mia")
    found = records(capsys, model, folder)[0]
    assert [p["name"] for p in found["a.mp4"]["people"]] == ["Red", "Otto"]
    assert [p["name"] for p in found["b.avi"]["people"]] == ["Mia"]
    assert run(capsys, "find", "--with", "Mia", "--confirmed")[0] == f"{other}\n"
    run(capsys, "undo")
    assert records(capsys, model, folder)[0]["b.avi"]["people"][0]["name"] is None


def test_a_confirmed_track_teaches(capsys, folder, tmp_path):
    """Nobody is known; the person of a film is named, and so are theirs in other files."""
    empty = tmp_path / "empty model"
    export_colours(empty, ())
    (folder / "d.png").write_bytes(picture(BLUE))
    records(capsys, empty, folder)
    run(capsys, "confirm", folder / "a.mp4", "Otto", "--track", 2)
    run(capsys, "confirm", folder / "d.png", "Mia")
    with Library(home()) as library:
        assert set(library.recognition.known()) == {"Mia", "Otto"}
        network = library.faces.get(1).network
        green = np.float32([[0, 1, 0]])
        ((person, confidence, _),) = library.recognition.suggest(network, green)
        assert library.people.get(person).name == "Otto" and confidence > 0.1


def test_names_beside_films_and_back(capsys, model, folder):
    records(capsys, model, folder)
    content = (folder / "a.mp4").read_bytes()
    out, _ = run(capsys, "write", folder)
    sidecar = folder / "a.mp4.xmp"
    assert "adds Red" in out and sidecar.is_file() and not (folder / "b.avi.xmp").exists()
    assert (folder / "a.mp4").read_bytes() == content
    people = {p.name: p.spans for p in read_appearances(packet.parse(sidecar.read_bytes()))}
    assert np.allclose(people["Red"], [(0, 3), (6, 9)], atol=0.2) and len(people["Grün"]) == 1
    assert run(capsys, "write", folder)[0].endswith("changed 0 photos\n")
    run(capsys, "write", "--undo")
    assert not sidecar.exists()


def test_what_is_no_film_is_a_sentence_and_the_rest_goes_on(capsys, model, folder):
    (folder / "empty.mov").write_bytes(b"")
    (folder / "nonsense.mkv").write_bytes(os.urandom(5000))
    (folder / "photo.mp4").write_bytes(picture(RED))
    (folder / "cut.mp4").write_bytes((folder / "a.mp4").read_bytes()[:900])
    found, err = records(capsys, model, folder, status=3)
    for name in ("empty.mov", "nonsense.mkv", "photo.mp4", "cut.mp4"):
        assert found[name]["error"].startswith(f"{folder / name}: ") and name in err
        assert found[name]["people"] == [] and found[name]["duration"] is None
    assert found["a.mp4"]["people"] and "4 of 7 could not be read" in err


def test_a_live_photo_is_one_thing(capsys, model, tmp_path):
    place = tmp_path / "phone"
    place.mkdir()
    (place / "IMG_1.png").write_bytes(picture(RED))
    write_film(place / "IMG_1.mov", shots(GREEN))
    (place / "IMG_2.png").write_bytes(picture(GREEN))
    write_film(place / "IMG_2.mov", shots(GREEN, RED, GREEN))  # too long for one
    found, err = records(capsys, model, place)
    assert list(found) == ["IMG_1.png", "IMG_2.png", "IMG_2.mov"]
    assert "1 film is one thing with the photo beside (live photos)" in err
