"""Gets a network's files: from their publisher when the user asks for it, or from a folder."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from data.errors import ModelError, no_room
from data.home import replace_file
from data.progress import Progress, silent
from model.zoo.networks import require_hash
from model.zoo.specs import NetworkSpec, WeightFile

_TIMEOUT = 30  # seconds without a byte
_CHUNK = 1 << 16


def fetch(
    network: NetworkSpec,
    *,
    folder: str | os.PathLike | None = None,
    progress: Progress = silent,
) -> Path:
    """Puts the network's files under `KINDRED_HOME/networks`, each checked before it counts.

    A download that broke off goes on where it stood. Proxies are taken from the environment
    (`https_proxy`), as `urllib.request` does.

    Args:
        folder: Take the files from here, without the internet.
        progress: Called with a file name, the bytes that are there, and the bytes it will have.

    Returns:
        The folder with the files.

    Raises:
        ModelError: If a file cannot be had, or is not the one that is meant.
    """
    if network.address is None:
        raise ModelError(
            f"the network {network.name} is not downloaded, it comes with {network.source}",
            remedy=network.remedy,
        )
    for file in network.files:
        target = network.folder / file.name
        if _is_right(target, file):
            pass
        elif folder is not None:
            _take(Path(folder) / file.name, file, target)
        else:
            _download(network.address + file.name, file, target, progress)
        progress(file.name, file.size, file.size)
    return network.folder


def _is_right(path: Path, file: WeightFile) -> bool:
    try:
        require_hash(path.read_bytes(), file, path, "")
    except (OSError, ModelError):
        return False
    return True


def _take(source: Path, file: WeightFile, target: Path) -> None:
    try:
        content = source.read_bytes() if source.stat().st_size == file.size else b""
    except OSError as error:
        raise ModelError(
            f"the file cannot be read ({error.strerror})",
            file=source,
            remedy=f"Put {file.name} into that folder",
        ) from error
    if not content:
        size = source.stat().st_size
        raise ModelError(
            f"this is not the file that is meant: {size:,} bytes instead of {file.size:,}",
            file=source,
            remedy="Get it again from its publisher",
        )
    require_hash(content, file, source, "Get it again from its publisher")
    _keep(target, content)


def _keep(target: Path, content: bytes) -> None:
    try:
        replace_file(target, content)
    except OSError as error:
        raise ModelError.unwritable(
            "the file cannot be kept", error, file=target, remedy="Check the folder's permissions"
        ) from error


def _download(address: str, file: WeightFile, target: Path, progress: Progress) -> None:
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    have = part.stat().st_size if part.is_file() else 0
    if have > file.size:
        part.unlink()
        have = 0
    try:
        if have < file.size:
            _receive(address, file, part, have, progress)
    except (OSError, HTTPException, ValueError) as error:
        if no_room(error):
            raise ModelError.unwritable("it cannot be kept", error, file=part) from error
        reason = getattr(error, "reason", None) or error
        raise ModelError(
            f"{address} cannot be downloaded ({reason})",
            remedy="Try again, it goes on where it stood; or bring the file yourself, with --from",
        ) from error
    content = part.read_bytes()
    try:
        require_hash(content, file, part, "Try again")
    except ModelError:
        part.unlink()  # what is wrong from the start does not get better by going on
        raise
    _keep(target, content)
    part.unlink()


def _receive(address: str, file: WeightFile, part: Path, have: int, progress: Progress) -> None:
    request = urllib.request.Request(address, headers={"User-Agent": "Kindred"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        resumed = have > 0 and answer.status == 206
        at = have if resumed else 0
        with part.open("ab" if resumed else "wb") as out:
            while chunk := answer.read(_CHUNK):
                at += len(chunk)
                if at > file.size:
                    out.truncate(0)
                    raise ValueError(f"the answer is longer than the {file.size:,} bytes expected")
                out.write(chunk)
                progress(file.name, at, file.size)
    if at < file.size:
        raise ValueError(f"the connection ended after {at:,} of {file.size:,} bytes")
