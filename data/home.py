"""Where Kindred keeps its files: `KINDRED_HOME`, or the platform's folder for user data.

models/<time>/     SavedModels; `models/current` names the one in use, `models/folders.json` says
                   from which folders each learned
networks/          weights that the user fetched
cache/             embeddings of photos seen in training; may be deleted at any time
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import platformdirs

from data.errors import ModelError

TEMPORARY = ".kindred-"  # what files begin with that take another one's place when they are whole


def home() -> Path:
    """The folder itself; it need not exist yet."""
    chosen = os.environ.get("KINDRED_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("Kindred"))


def make_private(folder: Path) -> None:
    """Makes a folder that no other user of this computer can look into.

    What a library holds of faces is nobody else's business. A folder that is there already is
    closed, too, unless it belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):  # another user's, or a disk that knows no permissions
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)


def new_model_dir() -> Path:
    """A folder for a new model, named after the present time; not created."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H%M%S")
    folder, n = home() / "models" / stamp, 1
    while folder.exists():
        n += 1
        folder = folder.with_name(f"{stamp}_{n}")
    return folder


def current_model_dir(under: Path | None = None) -> Path | None:
    """The model in use, or `None` when nobody has trained one yet.

    Args:
        under: Kindred's folder, if it is another one than `home()`.

    Raises:
        ModelError: If the model that is named as the one in use is gone.
    """
    pointer = (under or home()) / "models" / "current"
    try:
        folder = pointer.parent / pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    if not folder.is_dir():
        raise ModelError(
            "the model in use is gone",
            file=folder,
            remedy="Train again, or name another model with --model",
        )
    return folder


def set_current_model(folder: Path | None) -> None:
    """Makes a folder under `models/` the one in use; readers see the old name or the new one."""
    pointer = home() / "models" / "current"
    if folder is None:
        pointer.unlink(missing_ok=True)
        return
    replace_file(pointer, (folder.name + "\n").encode())


def replace_file(
    path: str | os.PathLike,
    content: bytes,
    *,
    durable: bool = True,
    prepare: Callable[[str], object] = lambda temporary: None,
) -> None:
    """Writes a file so that after a crash it holds either the old content or the new one.

    Args:
        path: The file; folders that are not there are made.
        content: All of it.
        durable: Whether the new content outlives a power cut once this returns; `False` is quicker,
            for what can be made again.
        prepare: Called with the path of the new file, which is whole, before it takes its place.

    Raises:
        OSError: It cannot be written. The old file is as it was.
    """
    folder = os.path.dirname(path) or os.curdir
    os.makedirs(folder, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=TEMPORARY, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        prepare(temporary)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if durable:
        sync_folder(folder)


def sync_folder(folder: str | os.PathLike) -> None:
    """Has a folder's names outlive a power cut: files that were made in it, or removed."""
    with suppress(OSError):  # Windows cannot, and need not
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
