"""The detector that was fine-tuned on a family's photos, kept under `KINDRED_HOME/networks/family`.

Beside its weights stands `detector.json` with their SHA-256, size, and what was measured.
"""

from __future__ import annotations

import hashlib
import json
import shutil

import keras

from data.errors import ModelError
from data.home import home, replace_file
from model.zoo.specs import DetectorSpec, WeightFile
from model.zoo.weight_file import save_weights

NAME, WEIGHTS, ABOUT = "family", "detector.npz", "detector.json"


def family_detector(shipped: DetectorSpec) -> DetectorSpec | None:
    """The fine-tuned detector, if there is one.

    Args:
        shipped: The detector that it was fine-tuned from.

    Raises:
        ModelError: What is known of it cannot be read.
    """
    folder = home() / "networks" / NAME
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        file = WeightFile(WEIGHTS, str(about["sha256"]), int(about["size"]))
        measured = {str(key): float(value) for key, value in about["figures"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"what is known of the family's detector cannot be read ({error!r})",
            file=folder / ABOUT,
            remedy="Run: python kindred.py train-detector --forget",
        ) from error
    return DetectorSpec(
        name=NAME,
        about=f"{shipped.name}, fine-tuned on this family's photos",
        licence=shipped.licence,
        source="training on this machine",
        files=(file,),
        load=shipped.load,
        min_score=shipped.min_score,
        figures=measured,
    )


def adopt(model: keras.Model, figures: dict[str, float]) -> None:
    """Keeps a fine-tuned network (folded); from now on it is the detector that is used."""
    folder = home() / "networks" / NAME
    save_weights(model, folder / WEIGHTS)
    content = (folder / WEIGHTS).read_bytes()
    about = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "figures": figures,
    }
    replace_file(folder / ABOUT, (json.dumps(about, indent=2) + "\n").encode())


def forget() -> bool:
    """Removes the fine-tuned detector; returns whether there was one."""
    folder = home() / "networks" / NAME
    there = (folder / ABOUT).exists()
    (folder / ABOUT).unlink(missing_ok=True)  # first: without it the rest counts as nothing
    shutil.rmtree(folder, ignore_errors=True)
    return there
