"""Tests of planning, applying and undoing a change, and of disks that fail meanwhile."""

import dataclasses
import os
import tempfile

import pytest

from data.errors import PhotoError
from data.regions import Change, Region, apply, undo, write_regions
from tests.data.regions.test_writing import ANNE, BOB, foreign, names, photo_in, snapshot


@pytest.mark.parametrize("embed", [False, True])
def test_a_dry_run_changes_nothing_and_can_be_applied(tmp_path, embed):
    path = photo_in(tmp_path, foreign("Old Name"))
    before = snapshot(tmp_path)
    change = write_regions(path, [BOB], embed=embed, dry_run=True)
    assert change and not change.applied
    assert change.notes == ("adds Bob",)
    assert snapshot(tmp_path) == before
    assert not undo(change)
    assert apply(change).applied
    assert names(path) == ["Old Name", "Bob"]
    after = snapshot(tmp_path)
    apply(change)
    assert snapshot(tmp_path) == after
    assert undo(Change.from_json(change.to_json()))  # noted before it was applied
    assert snapshot(tmp_path) == before


def test_a_change_from_json_cannot_be_applied(tmp_path):
    change = write_regions(photo_in(tmp_path), [ANNE], dry_run=True)
    with pytest.raises(ValueError, match="JSON"):
        apply(Change.from_json(change.to_json()))


@pytest.mark.parametrize("embed", [False, True])
def test_undo_refuses_what_somebody_else_changed(tmp_path, embed):
    path = photo_in(tmp_path)
    change = write_regions(path, [ANNE], embed=embed)
    target = path if embed else tmp_path / "photo.jpg.xmp"
    target.write_bytes(target.read_bytes() + b" ")
    before = snapshot(tmp_path)
    with pytest.raises(PhotoError, match="changed by another program"):
        undo(change)
    assert snapshot(tmp_path) == before
    target.unlink()
    if embed:
        with pytest.raises(PhotoError, match="The file is gone"):
            undo(change)
    else:
        assert not undo(change)  # the sidecar was absent, and is again


def test_apply_refuses_what_somebody_else_changed(tmp_path):
    path = photo_in(tmp_path)
    change = write_regions(path, [ANNE], dry_run=True)
    (tmp_path / "photo.jpg.xmp").write_text(foreign("Old Name"))
    with pytest.raises(PhotoError, match="Write again"):
        apply(change)
    assert names(path) == ["Old Name"]


def test_undo_in_reverse_order_gets_back_to_the_start(tmp_path):
    path = photo_in(tmp_path, foreign("Old Name"))
    before = snapshot(tmp_path)
    steps = [([BOB], False), ([BOB], True), ([Region("Robert", BOB.box)], True)]
    changes = [write_regions(path, regions, embed=embed) for regions, embed in steps]
    assert all(changes)
    for change in reversed(changes):
        undo(change)
    assert snapshot(tmp_path) == before


def test_a_damaged_journal_is_noticed(tmp_path):
    path = photo_in(tmp_path, foreign())
    change = write_regions(path, [ANNE], embed=True)
    edit = dataclasses.replace(change.edits[0], before=b"something else")
    after = snapshot(tmp_path)
    with pytest.raises(PhotoError, match="damaged"):
        undo(dataclasses.replace(change, edits=(edit,)))
    assert snapshot(tmp_path) == after


@pytest.mark.parametrize("call", ["mkstemp", "fsync", "replace"])
@pytest.mark.parametrize("embed", [False, True])
def test_a_full_disk_or_read_only_folder_loses_nothing(tmp_path, monkeypatch, call, embed):
    path = photo_in(tmp_path)
    (tmp_path / "photo.xmp").write_text(foreign("Old Name"))
    before = snapshot(tmp_path)
    counts = iter(range(100))

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    def fail_on_the_last(real):
        # With `embed` the photo comes first: it must be put back when the sidecar fails.
        return lambda *args, **kw: (
            fail() if next(counts) == (1 if embed else 0) else real(*args, **kw)
        )

    module = tempfile if call == "mkstemp" else os
    if call == "fsync":  # the folder is synchronised too, and that may fail
        monkeypatch.setattr("data.home.sync_folder", lambda folder: None)
    monkeypatch.setattr(module, call, fail_on_the_last(getattr(module, call)))
    with pytest.raises(PhotoError, match=r"cannot be written \(the disk is full\). Make room"):
        write_regions(path, [BOB], embed=embed)
    monkeypatch.undo()
    assert snapshot(tmp_path) == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do anything")
def test_a_folder_that_is_really_read_only(tmp_path):
    path = photo_in(tmp_path)
    os.chmod(tmp_path, 0o555)
    try:
        with pytest.raises(PhotoError, match="cannot be written"):
            write_regions(path, [ANNE])
    finally:
        os.chmod(tmp_path, 0o755)


def test_a_write_protected_file_is_respected(tmp_path, monkeypatch):
    path = photo_in(tmp_path)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PhotoError, match="write-protected"):
        write_regions(path, [ANNE], embed=True)
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


def test_links_are_not_replaced_by_files(tmp_path):
    real = photo_in(tmp_path, name="real.jpg")
    link = tmp_path / "photo.jpg"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("no symbolic links here")
    with pytest.raises(PhotoError, match="link"):
        write_regions(link, [ANNE], embed=True)
    assert link.is_symlink()
    write_regions(link, [ANNE])  # beside the link, where a viewer of this folder looks
    assert names(link) == ["Anne"]
