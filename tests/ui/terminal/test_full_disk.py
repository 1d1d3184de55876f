"""Commands whose output goes to a full disk say so in a sentence."""

from __future__ import annotations

import errno
import os
import subprocess

import pytest

import kindred
from data.library import Library
from tests.colours import command, folder_of_photos
from tests.training.test_export import export_colours

FULL = "(the disk is full). Make room and try again.\n"
pytestmark = [
    pytest.mark.usefixtures("fresh_home"),
    pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has such a file"),
]


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_records(tmp_path, capsys, option):
    export_colours(tmp_path / "model")
    folder_of_photos(tmp_path / "photos", 2)
    arguments = ["tag", tmp_path / "photos", "--model", tmp_path / "model", option, "/dev/full"]
    assert kindred.main(list(map(str, arguments))) == 1
    said = capsys.readouterr().err
    assert said.endswith(f"/dev/full: the results cannot be written there {FULL}")


def test_standard_output(tmp_path, fresh_home):
    from tests.data.library.samples import add_photo

    with Library(fresh_home) as library:
        add_photo(library, tmp_path / "a.jpg")
    with open("/dev/full", "wb") as full:
        run = subprocess.run(command("find"), stdout=full, stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1 and run.stderr == f"kindred: it broke off {FULL}"


def test_any_other_error_is_not_hidden(monkeypatch):
    def broken(_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("ui.terminal.opened.home", lambda: broken(None))
    with pytest.raises(OSError, match="Input/output"):
        kindred.main(["people"])
