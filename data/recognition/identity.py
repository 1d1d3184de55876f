"""Short ids of what makes faces and of what names them, so that stored results can be trusted.

The library keeps with every photo which networks made its faces and which model named them.
While both ids are the same, nothing has to be done again; when only the model is another one, the
faces are named again from the stored embeddings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

# Raise it when the code of the graph finds something else in the same pixels, with the same
# networks: detection, alignment, embedding. A model keeps the number that it was exported with, and
# so its faces; with the first one of another number every photo of a library is looked at again.
# `tests/model/test_identity.py` has the boxes of this number.
CODE = 13

UNTRAINED = "untrained"  # the id of a model that knows nobody


def network_id(networks: Mapping[str, Mapping], min_score: float, code: int = CODE) -> str:
    """The id of a detector and an embedder, for example "yunet+resnet29:1f0c77aa".

    Args:
        networks: "detector" and "embedder", as the manifest describes them; whatever is written
            there besides the licence makes another network.
        min_score: The detector's operating score.
        code: The number of the code that runs them.
    """
    facts = {
        task: {key: value for key, value in networks[task].items() if key != "licence"}
        for task in ("detector", "embedder")
    }
    digest = _digest({"code": code, "networks": facts, "min_score": round(min_score, 6)})
    return f"{facts['detector']['name']}+{facts['embedder']['name']}:{digest}"


def model_id(manifest: Mapping) -> str:
    """The id of a trained model: another training run is another model.

    A model that only follows the names given in the library (`training.refit`) keeps the id that it
    had: whoever was found in a photo is compared with those names at once, by the library.
    """
    refit = manifest.get("refit")
    return refit["of"] if refit else f"model:{_digest(manifest)}"


def network_of(manifest: Mapping) -> str:
    """The `network_id` of a trained model, by its manifest."""
    score = manifest["thresholds"]["detection_score"]
    return network_id(manifest["networks"], score, manifest.get("code", 1))


def without_age_correction(manifest: Mapping) -> str | None:
    """The `network_id` of the same networks before age was taken out of the embeddings.

    `None` if this model leaves it in.
    """
    networks = manifest["networks"]
    if "age" not in networks["embedder"]:
        return None
    embedder = {key: value for key, value in networks["embedder"].items() if key != "age"}
    score = manifest["thresholds"]["detection_score"]
    before = {"detector": networks["detector"], "embedder": embedder}
    return network_id(before, score, manifest.get("code", 1))


def _digest(facts: Mapping) -> str:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
