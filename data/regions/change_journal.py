"""A change to files on disk: looked at first, applied safely, kept as JSON, and undone."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass, field

from data.errors import PhotoError
from data.home import replace_file, sync_folder
from data.regions.embedded import open_regular


class ChangedSince(PhotoError):
    """A file is not as Kindred left it: what is there now is somebody else's."""


@dataclass(frozen=True)
class Edit:
    """One stretch of one file, replaced.

    Attributes:
        path: Absolute.
        offset: Where the stretch begins; 0 for a whole file.
        before: The bytes that were there; `None` if the file was absent.
        after_size: How many bytes are there now.
        before_hash: SHA-256 of the whole file before, in hexadecimal; `None` if it was absent.
        after_hash: SHA-256 of the whole file after.
        after: The bytes that are there now; `None` in an edit that comes from JSON, which can
            be undone but not applied.
    """

    path: str
    offset: int
    before: bytes | None = field(repr=False)
    after_size: int
    before_hash: str | None
    after_hash: str
    after: bytes | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Change:
    """What a write does, or would do.

    Attributes:
        photo: The photo's path, absolute.
        edits: The files that change; none if the metadata say it all already.
        notes: What is added, renamed and left alone, a phrase each, for a person.
        applied: Whether it is on disk; `False` after a dry run.
    """

    photo: str
    edits: tuple[Edit, ...] = ()
    notes: tuple[str, ...] = ()
    applied: bool = False

    def __bool__(self) -> bool:
        return bool(self.edits)

    def to_json(self) -> dict:
        """A dictionary for `json.dumps` (leave `ensure_ascii` on: a path need not be UTF-8)."""
        return {
            "photo": self.photo,
            "applied": self.applied,
            "notes": list(self.notes),
            "edits": [
                {
                    "path": edit.path,
                    "offset": edit.offset,
                    "before": "absent"
                    if edit.before is None
                    else {"base64": base64.b64encode(edit.before).decode()},
                    "after_size": edit.after_size,
                    "before_hash": edit.before_hash,
                    "after_hash": edit.after_hash,
                }
                for edit in self.edits
            ],
        }

    @classmethod
    def from_json(cls, record: dict) -> Change:
        """The change that `to_json` wrote; it can be undone, not applied."""
        edits = []
        for entry in record["edits"]:
            before = entry["before"]
            before = None if before == "absent" else base64.b64decode(before["base64"])
            edits.append(Edit(**{**entry, "before": before}))
        return cls(record["photo"], tuple(edits), tuple(record["notes"]), record["applied"])


def edit_of(path: str, old: bytes | None, new: bytes, offset: int = 0, length: int = -1) -> Edit:
    """The edit that puts `new` in place of `length` bytes (-1: all) of a file that holds `old`."""
    if old is None:
        return Edit(path, 0, None, len(new), None, _hash(new), new)
    end = len(old) if length < 0 else offset + length
    after = _hash(old[:offset], new, old[end:])
    return Edit(path, offset, old[offset:end], len(new), _hash(old), after, new)


def apply(change: Change) -> Change:
    """Carries out a planned change.

    Each file is written beside itself under a temporary name, forced to disk, and renamed, so
    that at any moment either the old or the new one is there. If a later file fails, the
    earlier ones are put back. A change that is on disk already is left as it is.

    Returns:
        The change, marked as applied.

    Raises:
        PhotoError: A file has changed since it was planned, or cannot be written.
        ValueError: The change comes from JSON.
    """
    if any(edit.after is None for edit in change.edits):
        raise ValueError("`change` must come from `write_regions`, not from JSON")
    done: list[Edit] = []
    try:
        for edit in change.edits:
            old = _read(edit.path)
            found = None if old is None else _hash(old)
            if found == edit.after_hash:
                continue
            if found != edit.before_hash:
                raise _changed(edit.path, "since it was read", "Write again")
            head, tail = _around(edit, old, len(edit.before or b""))
            _replace(edit.path, head + edit.after + tail, like=change.photo)
            done.append(edit)
    except PhotoError:
        for edit in reversed(done):
            _restore(edit, _read(edit.path))
        raise
    return Change(change.photo, change.edits, change.notes, applied=True)


def undo(change: Change) -> bool:
    """Puts the files back as they were before, byte for byte.

    Works on a change from JSON too, whether or not it was applied, and may be repeated.

    Returns:
        Whether anything had to be put back.

    Raises:
        ChangedSince: A file was changed or removed by somebody else; then none is touched.
        PhotoError: A file cannot be written; the others are as before, and it can be tried again.
    """
    pending = []
    for edit in change.edits:
        now = _read(edit.path)
        found = None if now is None else _hash(now)
        if found == edit.before_hash:
            continue
        if found is None:
            raise ChangedSince(
                "The file is gone",
                file=edit.path,
                remedy="If it is elsewhere, or its disk is not connected, bring it back first",
            )
        if found != edit.after_hash:
            raise _changed(edit.path, "since Kindred wrote it", "Undo that first, or keep it")
        pending.append((edit, now))
    for edit, now in reversed(pending):
        _restore(edit, now)
    return bool(pending)


def _restore(edit: Edit, now: bytes) -> None:
    if edit.before is None:
        try:
            os.unlink(edit.path)
        except OSError as error:
            raise _unwritable(edit.path, error) from error
        sync_folder(os.path.dirname(edit.path))
        return
    head, tail = _around(edit, now, edit.after_size)
    data = head + edit.before + tail
    if _hash(data) != edit.before_hash:
        raise PhotoError(
            "The journal's entry for this file is damaged",
            file=edit.path,
            remedy="Restore the file from a backup",
        )
    _replace(edit.path, data, like=edit.path)


def _replace(path: str, data: bytes, like: str) -> None:
    if os.path.islink(path):
        raise PhotoError(
            "This is a link, and writing would put a file in its place",
            file=path,
            remedy="Give the file that it points to",
        )

    def prepare(temporary: str) -> None:
        if os.path.exists(path):
            if not os.access(path, os.W_OK):  # renaming would not ask
                raise PermissionError("it is write-protected")
            _belong(temporary, os.stat(path))
            shutil.copystat(path, temporary)  # with ACLs and extended attributes
            os.utime(temporary)  # it did change: backups must notice
        else:
            status = os.stat(like)
            _belong(temporary, status)
            # As readable as its photo; its owner writes it again, write-protected photo or not.
            os.chmod(temporary, status.st_mode & 0o666 | 0o200)

    try:
        replace_file(path, data, prepare=prepare)
    except OSError as error:
        raise _unwritable(path, error) from error


def caveats(path: str) -> list[str]:
    """What an existing file loses when it is replaced, a phrase each, for a person."""
    try:
        status = os.stat(path)
    except OSError:
        return []
    found = []
    if status.st_nlink > 1:
        others = status.st_nlink - 1
        found.append(
            f"is one of {status.st_nlink} names of one file (hard links): the other"
            f"{'s keep' if others > 1 else ' keeps'} the old content"
        )
    if hasattr(os, "geteuid") and os.geteuid() not in (0, status.st_uid):
        found.append("will belong to you: it is another user's now")
    return found


def _belong(path: str, like: os.stat_result) -> None:
    """Gives a new file the owner and group of another one, as far as this user may."""
    if not hasattr(os, "chown"):
        return
    for owner, group in ((like.st_uid, like.st_gid), (-1, like.st_gid)):
        with contextlib.suppress(OSError):
            os.chown(path, owner, group)
            return


def _read(path: str) -> bytes | None:
    if not os.path.lexists(path):
        return None
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise PhotoError(
            f"The file cannot be read ({error.strerror or error})",
            file=path,
            remedy="Rename it, or change its permissions",
        ) from error


def _around(edit: Edit, data: bytes | None, length: int) -> tuple[bytes, bytes]:
    data = data or b""
    return data[: edit.offset], data[edit.offset + length :]


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _changed(path: str, since: str, remedy: str) -> ChangedSince:
    return ChangedSince(
        f"The file was changed by another program {since}", file=path, remedy=remedy
    )


def _unwritable(path: str, error: OSError) -> PhotoError:
    return PhotoError.unwritable(
        "The file cannot be written",
        error,
        file=path,
        remedy="Check that it and its folder may be written to",
    )
