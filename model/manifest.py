"""`manifest.json`: what a model folder says of itself."""

from __future__ import annotations

import json
from pathlib import Path

from data.errors import ModelError
from data.home import current_model_dir

FORMAT = 1
FILE = "manifest.json"


def read_manifest(folder: Path) -> dict:
    """The manifest of a model folder.

    Raises:
        ModelError: If there is no model in the folder, or one that this version cannot read.
    """
    path = Path(folder) / FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelError(
            "there is no Kindred model here",
            file=folder,
            remedy="Train one with: python kindred.py train FOLDER",
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"the model's manifest cannot be read ({error})", file=path, remedy="Train it again"
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(
            f"expected a model of format {FORMAT}, received format "
            f"{manifest.get('format') if isinstance(manifest, dict) else manifest!r}",
            file=path,
            remedy="Train it again with this version",
        )
    return manifest


def manifest_in_use() -> dict:
    """The manifest of the model in use; empty where there is none, or one that cannot be read."""
    try:
        folder = current_model_dir()
        return read_manifest(folder) if folder else {}
    except ModelError:
        return {}
