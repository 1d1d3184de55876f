"""`tag` and the library: nothing is done twice, what was decided stays; finding and people."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

import kindred
from data.library import Library
from data.library.storage.database import Connection
from data.lock import library_lock
from data.regions import Region, write_regions
from tests.colours import (
    BLUE,
    GREEN,
    GREY,
    RED,
    folder_of_photos,
    make_foreign,
    names,
    picture,
    read,
    tag,
)
from tests.pictures import encoded
from tests.terminal import complaint, said
from tests.training.test_export import export_colours
from training.export import export
from ui.terminal.output import CSV_COLUMNS

pytestmark = pytest.mark.usefixtures("fresh_home")


@pytest.fixture
def model(colour_model):
    return colour_model


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.jsonl"


@pytest.fixture
def no_decoding(monkeypatch):
    """Makes it an error to decode a photo."""

    def forbidden(*_, **__):
        raise AssertionError("a photo was decoded")

    return lambda: monkeypatch.setattr("data.library.intake.prefetch.read_reduced", forbidden)


def test_the_second_run_reads_nothing_and_says_the_same(tmp_path, model, out, no_decoding):
    expected = folder_of_photos(tmp_path / "photos", 21)
    first = tag(tmp_path / "photos", "--model", model, out=out)
    assert names(first) == expected
    no_decoding()
    assert tag(tmp_path / "photos", "--model", model, out=out) == first


def test_nothing_new_needs_no_tensorflow(tmp_path, model, out):
    folder_of_photos(tmp_path / "photos", 3)
    arguments = ["tag", str(tmp_path / "photos"), "--model", str(model), "--json", str(out)]
    assert kindred.main(arguments) == 0
    script = f"import sys, kindred; kindred.main({arguments!r}); print('tensorflow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n" and len(read(out)) == 3


def test_new_changed_and_moved_photos(tmp_path, model, out, no_decoding):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 4)
    tag(folder, "--model", model, out=out)
    (folder / "0.png").write_bytes(picture(BLUE, 50))
    (folder / "new.png").write_bytes(picture(GREEN, 51))
    assert names(tag(folder, "--model", model, out=out)) == {
        str(folder / name): who
        for name, who in {
            "0.png": "蓝", "1.png": "Grün", "2.png": "蓝", "3.png": None, "new.png": "Grün"
        }.items()
    }  # fmt: skip
    shutil.move(folder, tmp_path / "moved")
    no_decoding()
    assert set(names(tag(tmp_path / "moved", "--model", model, out=out)).values()) == {
        "蓝", "Grün", None
    }  # fmt: skip


def test_another_model_of_the_same_networks_names_again(tmp_path, model, out, no_decoding):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 4)
    tag(folder, "--model", model, out=out)
    export_colours(tmp_path / "one", ("Rouge",))
    no_decoding()
    renamed = names(tag(folder, "--model", tmp_path / "one", out=out))
    assert list(renamed.values()) == ["Rouge", None, None, None]


def test_other_networks_look_again_and_decisions_stay(tmp_path, model, out, capsys):
    from model.zoo.catalogue import RESNET29, YUNET
    from tests.stubs import colour_graph

    folder = tmp_path / "photos"
    folder_of_photos(folder, 4)
    tag(folder, "--model", model, out=out)
    said(capsys, "confirm", folder / "0.png", "Ruth")
    training = {"training": {"photos": {}}, "measured": {}}
    export(colour_graph(), tmp_path / "m2", networks=(YUNET, RESNET29), training=training)
    again = names(tag(folder, "--model", tmp_path / "m2", out=out))
    assert list(again.values()) == ["Ruth", "Grün", "蓝", None]
    with Library(os.environ["KINDRED_HOME"]) as library:
        (face,) = library.faces.of(library.photos.photo_of(folder / "1.png"))
        assert face.network.startswith("yunet+resnet29:")


def test_what_was_decided_wins_in_every_output(tmp_path, model, out, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 4)
    tag(folder, "--model", model, out=out)
    assert said(capsys, "confirm", folder / "0.png", "Ruth")[0].endswith("confirmed Ruth")
    said(capsys, "reject", folder / "1.png", "Grün")
    found = tag(folder, "--model", model, out=out)
    assert list(names(found).values()) == ["Ruth", None, "蓝", None]
    assert found[str(folder / "0.png")]["faces"][0]["confidence"] == 1
    assert "took back: reject of 1 face" in said(capsys, "undo")[0]
    assert list(names(tag(folder, "--model", model, out=out)).values())[:2] == ["Ruth", "Grün"]


def test_csv_has_a_row_for_every_photo(tmp_path, model):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 2)
    (folder / "bad.png").write_bytes(b"bad")
    (folder / "tiny.png").write_bytes(picture(RED, 0, side=10))
    file = tmp_path / "out.csv"
    assert kindred.main(["tag", str(folder), "--model", str(model), "--csv", str(file)]) == 3
    rows = [line.split(",") for line in file.read_text("utf-8").splitlines()]
    assert rows[0] == [*CSV_COLUMNS]
    assert [(os.path.basename(row[0]), row[3]) for row in rows[1:]] == [
        ("0.png", "Red"), ("1.png", "Grün"), ("bad.png", ""), ("tiny.png", "")
    ]  # fmt: skip
    assert "not a picture" in rows[3][-1] or "not a picture" in ",".join(rows[3])


def test_wrong_usage(tmp_path, model, capsys):
    for arguments in (
        ["tag", "x.jpg", "--watch", "--model", str(model)],
        ["tag", "x.jpg", "--json", "-", "--csv", "-"],
        ["write", "x.jpg", "--undo"],
        ["people", "merge", "Anne"],
        ["people", "fly"],
    ):
        with pytest.raises(SystemExit) as left:
            kindred.main(arguments)
        assert left.value.code == 2, arguments


# ---- names that other programs wrote


def test_names_in_metadata_become_confirmed_names(tmp_path, model, out, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 4)
    write_regions(folder / "3.png", [Region("Grey lady", (0, 0, 0.5, 0.5))])
    make_foreign(folder / "3.png.xmp")
    found = tag(folder, "--model", model, out=out)
    assert found[str(folder / "3.png")]["faces"][0]["name"] == "Grey lady"
    # One beside a photo that is known already, and with nothing found at that place.
    write_regions(folder / "1.png", [Region("Aunt  May", (0.6, 0.6, 0.9, 0.9))])
    make_foreign(folder / "1.png.xmp")
    faces = tag(folder, "--model", model, out=out)[str(folder / "1.png")]["faces"]
    assert sorted(face["name"] for face in faces) == ["Aunt May", "Grün"]
    assert [len(face["landmarks"]) for face in faces] == [0, 5]  # a place, and nothing invented
    with Library(os.environ["KINDRED_HOME"]) as library:
        assert {d.source for d in library.decisions.history()} == {"metadata"}
        assert len(library.decisions.history()) == 2


def test_metadata_move_nothing_that_was_decided_or_taken_back(tmp_path, model, out, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 3)
    tag(folder, "--model", model, out=out)
    said(capsys, "confirm", folder / "0.png", "Ruth")
    said(capsys, "reject", folder / "1.png", "Grün")
    said(capsys, "confirm", folder / "2.png", "Bea")
    said(capsys, "undo")
    for name in ("0.png", "1.png", "2.png"):
        write_regions(folder / name, [Region("Mistaken", (0, 0, 0.5, 0.5))])
        make_foreign(folder / f"{name}.xmp")
    assert list(names(tag(folder, "--model", model, out=out)).values()) == ["Ruth", None, "蓝"]


def test_our_own_suggestions_are_not_taken_for_a_persons_word(tmp_path, model, out, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 2)
    tag(folder, "--model", model, out=out)
    said(capsys, "write")
    tag(folder, "--model", model, out=out)
    with Library(os.environ["KINDRED_HOME"]) as library:
        assert library.decisions.history() == []


# ---- finding, grouping, people


@pytest.fixture
def tagged(tmp_path, model, out):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 8)
    tag(folder, "--model", model, out=out)
    return folder


def test_find_prints_paths_for_pipes(tagged, capsysbinary):
    assert kindred.main(["find", "--with", "Red"]) == 0
    expected = [os.fsencode(tagged / name) for name in ("0.png", "4.png")]
    assert capsysbinary.readouterr().out.split(b"\n") == [*expected, b""]
    assert kindred.main(["find", "--without", "Red", "--without", "蓝", "--alone", "-0"]) == 0
    assert len(capsysbinary.readouterr().out.split(b"\0")) == 5


def test_nobody_of_that_name(tagged, capsys):
    error = complaint(capsys, "find", "--with", "Rod")
    assert "nobody is called 'Rod'. Did you mean Red" in error
    assert "Traceback" not in error and len(error.splitlines()) == 1


def test_people_from_list_to_forgetting(tagged, capsys, out, model):
    lines = said(capsys, "people", "list")
    assert lines == said(capsys, "people") and len(lines) == 3
    assert lines[1].split() == ["Red", "2", "photos,", "0", "confirmed"]
    assert said(capsys, "people", "rename", "Red", "Ruth") == ["Red is now called Ruth"]
    assert names(tag(tagged, "--model", model, out=out))[str(tagged / "0.png")] == "Ruth"
    assert said(capsys, "people", "merge", "Ruth", "Grün") == ["Grün merged into Ruth: 4 photos"]
    assert said(capsys, "people", "split", "Ruth", "Greta", tagged / "1.png") == [
        "1 face of Ruth is now Greta"
    ]
    said(capsys, "people", "ignore", "Greta")
    assert not any("Greta" in line for line in said(capsys, "people", "list"))
    assert any("Greta" in line for line in said(capsys, "people", "list", "--all"))
    said(capsys, "people", "ignore", "Greta", "--not")
    assert said(capsys, "people", "forget", "Ruth", "--yes")[0].startswith("forgot ")
    assert "nobody is called 'Ruth'" in complaint(capsys, "people", "rename", "Ruth", "x")
    assert (tagged / "0.png").exists()


def test_unknown_faces_are_grouped_and_named(tagged, capsys, model):
    lines = said(capsys, "group", "--model", model)
    assert lines[0] == "group 1: 2 faces (new faces)" and lines[-1].startswith("1 group;")
    assert {line.strip() for line in lines[1:-1]} == {str(tagged / n) for n in ("3.png", "7.png")}
    assert said(capsys, "group", "--model", model)[0] == "group 1: 2 faces"
    (line,) = said(capsys, "group", "--model", model, "--json", "-")
    group = json.loads(line)
    assert group["group"] == 1 and len(group["faces"]) == 2
    for face in group["faces"]:
        x0, y0, x1, y1 = face["box"]
        assert os.path.exists(face["photo"]) and x0 < x1 and y0 < y1
    assert said(capsys, "group", "--name", "1", "Greta") == ["confirmed 2 faces as Greta"]
    assert len(said(capsys, "find", "--with", "Greta")) == 2


def test_which_face_is_meant(tagged, capsys, model, out):
    with Library(os.environ["KINDRED_HOME"]) as library:
        photo = library.photos.photo_of(tagged / "0.png")
        library.photos.add_face(photo, (20, 20, 30, 30))
    error = complaint(capsys, "confirm", tagged / "0.png", "Ruth")
    assert "which face? There are 2" in error and "Say --face N" in error
    said(capsys, "confirm", tagged / "0.png", "Ruth", "--face", "1")
    said(capsys, "reject", tagged / "0.png", "Ruth")  # the one that has the name
    assert "from 1 to 2" in complaint(capsys, "confirm", tagged / "0.png", "x", "--face", "3")
    assert "not in the library" in complaint(capsys, "confirm", "x.png", "Ruth")


# ---- what may be wrong with the library


def test_a_file_that_is_no_library_is_left_as_it_is(tmp_path, model, fresh_home, capsys):
    fresh_home.mkdir()
    file = fresh_home / "library.sqlite"
    file.write_bytes(b"this is a letter to my aunt, and no database at all. " * 40)
    before = file.read_bytes()
    folder_of_photos(tmp_path / "photos", 1)
    error = complaint(capsys, "tag", tmp_path / "photos", "--model", model)
    assert "the file is not a database" in error and file.read_bytes() == before


def test_a_photo_without_its_end_is_tagged_and_that_is_said(tmp_path, model, out, capsys):
    photo = tmp_path / "photos" / "cut.jpg"
    photo.parent.mkdir()
    photo.write_bytes(encoded(np.full((64, 48, 3), RED, np.uint8), "JPEG")[:-2])
    assert names(tag(photo.parent, "--model", model, out=out)) == {str(photo): "Red"}
    assert (
        f"kindred: {photo}: The file is cut short: its end is missing." in capsys.readouterr().err
    )
    assert names(tag(photo.parent, "--model", model, out=out)) == {str(photo): "Red"}
    assert "cut short" not in capsys.readouterr().err


def test_names_that_may_be_one_person_are_told(tmp_path, model, out, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 4)
    tag(folder, "--model", model, out=out)
    said(capsys, "confirm", folder / "0.png", "Roger Federer")
    assert "is new here" not in capsys.readouterr().err
    kindred.main(["confirm", str(folder / "1.png"), "Roger"])
    assert "Roger is new here, and Roger Federer is known" in capsys.readouterr().err
    kindred.main(["confirm", str(folder / "1.png"), "Roger"])
    assert "is new here" not in capsys.readouterr().err
    kindred.main(["people"])
    assert "may be one person: Roger and Roger Federer." in capsys.readouterr().err


def test_two_kindreds_on_one_library(tagged, fresh_home, model, capsys, monkeypatch):
    monkeypatch.setattr(
        "ui.terminal.tagging.library_lock", lambda *args: library_lock(*args, wait=0.2)
    )
    script = (
        "import sys, time; from data.lock import library_lock\n"
        "with library_lock(sys.argv[1], 'tagging photos'):\n"
        "    print('mine', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, fresh_home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"mine\n"
        error = complaint(capsys, "tag", tagged, "--model", model)
        assert "another Kindred works with this library" in error
        assert f"tagging photos, process {other.pid}" in error and " since " in error
        assert "Wait until it has finished, or stop it" in error
        assert said(capsys, "people")  # looking is always possible
        other.kill()
        other.wait()
    assert len(said(capsys, "tag", tagged, "--model", model)) > 8  # the lock went with its holder


def test_a_full_disk_says_so_and_loses_nothing(tmp_path, model, out, capsys, fresh_home):
    folder_of_photos(tmp_path / "a", 2)
    tag(tmp_path / "a", "--model", model, out=out)
    expected = folder_of_photos(tmp_path / "b", 60)
    with sqlite3.connect(fresh_home / "library.sqlite") as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    real = Library.__init__

    def cramped(self, *args, **options):
        real(self, *args, **options)
        self.db.execute(f"PRAGMA max_page_count = {pages + 3}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Library, "__init__", cramped)
        error = complaint(capsys, "tag", tmp_path / "b", "--model", model)
    assert "the disk is full" in error and "the rest is kept" in error
    assert names(tag(tmp_path / "b", "--model", model, out=out)) == expected


# ---- names and folders as they come


def test_odd_names_links_in_circles_and_broken_notes(tmp_path, model, out, capsys):
    folder = tmp_path / "odd\nfolder"
    folder.mkdir()
    (folder / "two\nlines.png").write_bytes(picture(RED, 1))
    (folder / "circle").symlink_to(folder)
    (folder / "nowhere.png").symlink_to(folder / "nowhere.png")
    (folder / "notes.png").write_bytes(picture(GREEN, 2))
    (folder / "notes.png.xmp").write_text("<not xml")
    try:
        with open(os.fsencode(folder) + b"/Ren\xe9.png", "wb") as file:
            file.write(picture(GREY, 3))
    except OSError:  # this file system takes only valid names
        (folder / "René.png").write_bytes(picture(GREY, 3))
    capsys.readouterr()
    found = tag(folder, "--model", model, out=out, status=3)
    errors = capsys.readouterr().err
    assert "notes.png.xmp" in errors and "nowhere.png" in errors
    assert len(found) == 4 and sum(record["error"] is not None for record in found.values()) == 1
    assert (
        names({p: r for p, r in found.items() if r["faces"]})[str(folder / "notes.png")] == "Grün"
    )
    said(capsys, "write", "--dry-run", folder, status=3)
    lines = said(capsys, "write", folder, status=3)  # all but the one with the broken notes
    assert lines[-1] == "changed 1 photo" and (folder / "two\nlines.png.xmp").exists()
    assert (folder / "notes.png.xmp").read_text() == "<not xml"


def test_photos_that_are_done_cost_a_few_statements_each(tmp_path, model, out, monkeypatch):
    """No photo is read, and the library is asked for each the same number of times."""
    from data.recognition.identity import model_id, network_of
    from model.manifest import read_manifest
    from tests.data.library.samples import row_of_faces

    manifest, folder = read_manifest(model), tmp_path / "photos"
    folder.mkdir()
    count, asked = 500, []
    with Library(os.environ["KINDRED_HOME"]) as library, library.transaction():
        paths = [folder / f"{number}.jpg" for number in range(count)]
        for path in paths:
            path.touch()
        faces = row_of_faces((1, "Anne"), (2, None))
        for number, todo in enumerate(library.photos.todo(paths, "x")):
            library.photos.record(
                todo, number.to_bytes(32, "big"), width=640, height=480, taken=None, faces=faces,
                network=network_of(manifest), model=model_id(manifest),
            )  # fmt: skip
    execute = Connection.execute

    def counted(self, *arguments):
        asked.append(arguments[0])
        return execute(self, *arguments)

    monkeypatch.setattr(Connection, "execute", counted)
    monkeypatch.setattr("data.library.intake.prefetch.read_reduced", None)
    found = tag(folder, "--model", model, out=out)
    assert len(found) == count and len(asked) < 10 * count
    assert json.loads(out.read_text().splitlines()[0])["faces"][0]["name"] == "Anne"


def test_kinds_that_are_not_read_are_counted_and_patterns_left_out(tmp_path, model, out, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 3)
    for name in ("a.NEF", "b.nef", "c.JXL", "notes.txt"):
        (folder / name).write_bytes(b"x" * 100)
    (folder / "old").mkdir()
    (folder / "old" / "z.png").write_bytes((folder / "0.png").read_bytes() + b" ")
    found = tag(folder, "--model", model, "--exclude", "old", "--exclude", "2.*", out=out)
    assert sorted(os.path.basename(photo) for photo in found) == ["0.png", "1.png"]
    err = capsys.readouterr().err
    assert "2 NEF and 1 JXL were not looked at: pip install imagecodecs rawpy" in err


def test_other_networks_look_again_say_so_and_change_no_decision(model, out, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder_of_photos(folder, 3)
    tag(folder, "--model", model, out=out)
    photo = sorted(folder.iterdir())[2]
    assert kindred.main(["confirm", str(photo), "Lady Blue"]) == 0
    home = os.environ["KINDRED_HOME"]
    with sqlite3.connect(os.path.join(home, "library.sqlite")) as db:
        for table in ("photos", "faces"):
            db.execute(f"UPDATE {table} SET network = 'kindred+resnet29:before'")
    capsys.readouterr()
    tag(folder, "--model", model, out=out)
    said_again = capsys.readouterr().err
    assert "3 photos in the library must be looked at again" in said_again
    assert "What you decided stays" in said_again
    assert "Lady Blue" in out.read_text("utf-8")
    with sqlite3.connect(os.path.join(home, "library.sqlite")) as db:
        left = db.execute("SELECT COUNT(*) FROM faces WHERE network LIKE '%:before'").fetchone()
    assert left == (0,)
    tag(folder, "--model", model, out=out)
    assert "looked at again" not in capsys.readouterr().err
