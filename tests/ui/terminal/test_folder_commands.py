"""`library` and `tag --again`: what is known where, taking it out, looking again."""

from __future__ import annotations

import pytest

import kindred
from tests.colours import folder_of_photos, names, tag
from tests.terminal import said

pytestmark = pytest.mark.usefixtures("fresh_home")


@pytest.fixture
def model(colour_model):
    return colour_model


@pytest.fixture
def photos(tmp_path, model):
    """A tagged folder of two folders, and the record of each photo."""
    folder_of_photos(tmp_path / "photos" / "one", 4)
    folder_of_photos(tmp_path / "photos" / "two", 7)
    tag(tmp_path / "photos", "--model", model, out=tmp_path / "out.jsonl")
    return tmp_path / "photos"


def test_folders_are_listed(photos, capsys):
    both = [f"{photos / 'one'}: 4 photos", f"{photos / 'two'}: 7 photos"]
    assert said(capsys, "library") == said(capsys, "library", "folders") == both
    assert said(capsys, "library", "folders", photos / "two") == both[1:]
    assert said(capsys, "library", "folders", "/nowhere") == ["the library knows no photo there"]


def test_removing_asks_says_what_goes_and_can_be_taken_back(photos, model, tmp_path, capsys):
    out, two = tmp_path / "out.jsonl", photos / "two"
    said(capsys, "confirm", two / "6.png", "Zoe")
    with pytest.raises(SystemExit):  # nobody is there who could say yes
        kindred.main(["library", "remove", str(two)])
    assert "--yes" in capsys.readouterr().err
    assert said(capsys, "library", "remove", two, "--yes") == [
        "removed 7 files with 1 confirmed face from the library; the files stay as they are",
        "What you decided is kept, and counts again when they are tagged again by name",
    ]
    assert "Zoe" in " ".join(said(capsys, "people")) and not said(capsys, "find", "--with", "Zoe")
    assert len(tag(photos, "--model", model, out=out)) == 4
    assert f"left alone: {two} (removed from the library" in capsys.readouterr().err
    assert said(capsys, "library")[-1] == f"{two}: removed; tag it by this name to bring it back"
    assert names(tag(two, "--model", model, out=out))[str(two / "6.png")] == "Zoe"
    # The other photos of this colour look like her, too.
    alike = [str(photos / name) for name in ("one/2.png", "two/2.png", "two/6.png")]
    found = said(capsys, "find", "--with", "Zoe")
    assert str(two / "6.png") in found and set(found) <= set(alike)
    assert len(tag(photos, "--model", model, out=out)) == 11


@pytest.mark.parametrize(("answer", "files", "status"), [("y", 4, 0), ("", 7, 1)])
def test_somebody_at_the_terminal_is_asked(photos, capsys, monkeypatch, answer, files, status):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    said(capsys, "library", "remove", photos / "two", status=status)
    assert len(said(capsys, "find")) == files


def test_again_looks_at_unchanged_photos(photos, model, tmp_path, capsys, monkeypatch):
    from data.library.intake import prefetch

    read, looked_at = prefetch.read_reduced, []
    monkeypatch.setattr(
        prefetch, "read_reduced", lambda *a, **more: looked_at.append(1) or read(*a, **more)
    )
    out, folder = tmp_path / "out.jsonl", photos / "one"
    said(capsys, "confirm", folder / "0.png", "Zoe")
    before = tag(folder, "--model", model, out=out)
    assert not looked_at
    assert tag(folder, "--again", "--model", model, out=out) == before
    assert len(looked_at) == 4 and before[str(folder / "0.png")]["faces"][0]["name"] == "Zoe"
