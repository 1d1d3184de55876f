"""Short ids of what makes faces and of what names them, so that stored results can be trusted.

The library keeps with every photo which networks made its faces and which model named them.
While both ids are the same, nothing has to be done again; when only the model is another one, the
faces are named again from the stored embeddings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

# Raise it when the code around the networks changes what they find in the same pixels: every photo
# of every library is then looked at again. `tests/test_identity.py` has the boxes of this number.
_CODE = 1


def network_id(networks: Mapping[str, Mapping], min_score: float) -> str:
    """The id of a detector and an embedder, for example "yunet+resnet29:1f0c77aa".

    Args:
        networks: "detector" and "embedder", as the manifest describes them; whatever is written
            there besides the licence makes another network.
        min_score: The detector's operating score.
    """
    facts = {
        task: {key: value for key, value in networks[task].items() if key != "licence"}
        for task in ("detector", "embedder")
    }
    digest = _digest({"code": _CODE, "networks": facts, "min_score": round(min_score, 6)})
    return f"{facts['detector']['name']}+{facts['embedder']['name']}:{digest}"


def model_id(manifest: Mapping) -> str:
    """The id of a trained model: another training run is another model."""
    return f"model:{_digest(manifest)}"


def network_of(manifest: Mapping) -> str:
    """The `network_id` of a trained model, by its manifest."""
    return network_id(manifest["networks"], manifest["thresholds"]["detection_score"])


def _digest(facts: Mapping) -> str:
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
