"""Where Kindred keeps its files: the home folder, the model in use, files replaced as a whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs
import pytest

import data.home
from data.errors import ModelError
from data.home import current_model_dir, home, new_model_dir, replace_file, set_current_model
from data.library import Library


def test_the_variable_decides_and_then_the_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("KINDRED_HOME", str(tmp_path / "家 👪"))
    assert home() == tmp_path / "家 👪"
    monkeypatch.setenv("KINDRED_HOME", "~/photos")
    assert home() == Path.home() / "photos"
    for unset in (lambda: monkeypatch.setenv("KINDRED_HOME", ""),
                  lambda: monkeypatch.delenv("KINDRED_HOME")):  # fmt: skip
        unset()
        assert home() == Path(platformdirs.user_data_dir("Kindred"))


def test_asking_makes_nothing(fresh_home):
    assert current_model_dir() is None
    assert new_model_dir().parent == fresh_home / "models"
    assert not fresh_home.exists()


def test_two_models_of_one_second_have_two_folders(fresh_home, monkeypatch):
    class Frozen(data.home.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2024, 2, 3, 4, 5, 6)

    monkeypatch.setattr(data.home, "datetime", Frozen)
    made = []
    for _ in range(3):
        made.append(new_model_dir())
        made[-1].mkdir(parents=True)
    stamp = "2024-02-03_040506"
    assert [folder.name for folder in made] == [stamp, f"{stamp}_2", f"{stamp}_3"]


def test_the_model_in_use(fresh_home):
    for name in ("2024", "later 模型"):
        folder = fresh_home / "models" / name
        folder.mkdir(parents=True)
        set_current_model(folder)
        assert current_model_dir() == folder
    assert (fresh_home / "models" / "current").read_text("utf-8") == "later 模型\n"


def test_a_home_that_moved_keeps_its_model(fresh_home, monkeypatch):
    folder = fresh_home / "models" / "2024"
    folder.mkdir(parents=True)
    set_current_model(folder)
    moved = fresh_home.rename(fresh_home.with_name("moved"))
    monkeypatch.setenv("KINDRED_HOME", str(moved))
    assert current_model_dir() == moved / "models" / "2024"


def test_a_model_in_use_that_is_gone_is_an_error(fresh_home):
    set_current_model(fresh_home / "models" / "2024")
    with pytest.raises(ModelError, match=r"models.2024: the model in use is gone. Train again"):
        current_model_dir()


def test_replacing_a_file(tmp_path):
    path = tmp_path / "new folder" / "file"
    for content in (b"first", b"", b"third\0\xff"):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["file"]


@pytest.mark.parametrize("step", ["replace", "fsync"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_file_that_cannot_be_replaced_stays_as_it_is(tmp_path, monkeypatch, step, error):
    path = tmp_path / "file"
    path.write_bytes(b"former")

    def fail(*_):
        raise error("the disk is full")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(error):
        replace_file(path, b"new")
    assert path.read_bytes() == b"former"
    assert os.listdir(tmp_path) == ["file"]


def test_the_new_content_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    path, seen = tmp_path / "file", []
    fsync, replace = os.fsync, os.replace

    def syncing(handle):
        seen.append(("fsync", stat.S_ISREG(os.fstat(handle).st_mode), os.fstat(handle).st_size))
        fsync(handle)

    def replacing(source, target):
        seen.append(("replace", Path(source).parent == tmp_path, Path(source).stat().st_size))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", syncing)
    monkeypatch.setattr(os, "replace", replacing)
    replace_file(path, b"12345")
    assert seen[:2] == [("fsync", True, 5), ("replace", True, 5)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize("before", [None, 0o755, 0o777])
def test_nobody_else_may_look_into_the_library(fresh_home, before):
    if before is not None:
        fresh_home.mkdir()
        fresh_home.chmod(before)
    with Library(fresh_home):
        pass
    assert stat.S_IMODE(fresh_home.stat().st_mode) == 0o700
