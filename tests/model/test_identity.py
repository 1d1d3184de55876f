"""What stored faces are known by: it changes with what is found, and with nothing else."""

from __future__ import annotations

import numpy as np

from data.recognition import identity
from data.recognition.identity import network_of, without_age_correction
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


def test_a_model_keeps_the_number_of_its_code():
    manifest = {"networks": NETWORKS, "thresholds": {"detection_score": 0.8}}
    assert identity.network_of(manifest) == identity.network_id(NETWORKS, 0.8, 1)
    now = identity.network_of({**manifest, "code": identity.CODE})
    assert now == identity.network_id(NETWORKS, 0.8) != identity.network_of(manifest)


def test_the_boxes_are_those_that_the_number_of_the_code_stands_for(find, shipped_detector):
    """If this fails, and is meant to, raise `CODE`."""
    assert identity.CODE == 13
    upright = faces.astronaut()
    for picture, boxes in (
        (upright, [[181.60, 63.73, 264.55, 171.08]]),
        (faces.resized(upright, 3.5), [[637.61, 219.67, 936.58, 601.96]]),  # shrunk to be searched
        (np.rot90(upright), [[63.73, 247.45, 171.08, 330.40]]),  # found on its side
    ):
        np.testing.assert_allclose(find(picture)[0], boxes, rtol=0, atol=0.05)
    # Our own detector: with new weights the boxes may be others, and the number stays.
    for picture, boxes in (
        (upright, [[177.92, 54.96, 271.32, 176.82]]),
        (faces.resized(upright, 3.5), [[631.30, 204.97, 954.19, 616.52]]),
    ):
        np.testing.assert_allclose(
            shipped_detector.detect(picture, 0.5)[0], boxes, rtol=0, atol=0.1
        )


def test_a_model_knows_what_it_was_called_before_age_was_taken_out():
    before = {"networks": NETWORKS, "thresholds": {"detection_score": 0.6}, "code": 3}
    embedder = {**NETWORKS["embedder"], "age": "f" * 64}
    now = {**before, "networks": {**NETWORKS, "embedder": embedder}}
    assert network_of(now) != network_of(before)
    assert without_age_correction(now) == network_of(before)
    assert without_age_correction(before) is None
