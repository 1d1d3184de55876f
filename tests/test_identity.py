"""What stored faces are known by: it changes with what is found, and with nothing else."""

from __future__ import annotations

import numpy as np

from model import identity
from tests import faces

NETWORKS = {
    "detector": {"name": "yunet", "files": {"a": "1"}, "licence": "MIT"},
    "embedder": {"name": "resnet29", "files": {"b": "2"}},
}


def test_another_network_score_or_file_is_another_id_and_the_licence_is_not():
    known = identity.network_id(NETWORKS, 0.8)
    assert known.startswith("yunet+resnet29:")
    licence = {"detector": {**NETWORKS["detector"], "licence": "BSD"}}
    assert identity.network_id({**NETWORKS, **licence}, 0.8) == known
    file = {"detector": {**NETWORKS["detector"], "files": {"a": "9"}}}
    assert identity.network_id({**NETWORKS, **file}, 0.8) != known
    assert identity.network_id(NETWORKS, 0.7) != known


def test_the_boxes_are_those_that_the_number_of_the_code_stands_for(find):
    """If this fails on purpose, raise `_CODE`, and the one of `training.cache`, too."""
    assert identity._CODE == 1
    large = faces.resized(faces.astronaut(), 3.5)  # above what the detector looks at
    found = {picture.shape[0]: find(picture)[0] for picture in (faces.astronaut(), large)}
    expected = {512: [[181.60, 63.73, 264.55, 171.08]], 1792: [[637.61, 219.67, 936.58, 601.96]]}
    for side, boxes in expected.items():
        np.testing.assert_allclose(found[side], boxes, rtol=0, atol=0.05)
