"""The constants of every embedder's space, by the embedder's name; see `docs/recognition.md`."""

from __future__ import annotations

from math import inf

from data.recognition.config import HeadConfig

SPACES: dict[str, HeadConfig] = {
    "resnet29": HeadConfig(
        temperature=0.05,
        prototype_l2=0.5,
        half_weight_count=10.0,
        genuine=(0.785, 0.07),
        impostor=(0.46, 0.11),
        same_person_threshold=0.58,
        group_threshold=0.78,
        runner_up_weight=0.18,
        default_runner_up=0.5,
        log_count_shift=0.0067,
        common_prior=inf,
        log_count_rise=0.055,
        impostor_skew=-0.45,
    ),
    "0095": HeadConfig(
        temperature=0.1,
        prototype_l2=0.5,
        half_weight_count=5.0,
        genuine=(0.61, 0.125),
        impostor=(0.005, 0.09),
        same_person_threshold=0.22,
        group_threshold=0.46,
        runner_up_weight=0.25,
        default_runner_up=0.1,
        log_count_shift=0.015,
        common_likeness=0.16,
        log_count_rise=0.023,
        impostor_skew=0.38,
    ),
    "likeness": HeadConfig(
        temperature=0.1,
        prototype_l2=0.5,
        half_weight_count=5.0,
        genuine=(0.61, 0.125),
        impostor=(0.01, 0.095),
        same_person_threshold=0.25,
        group_threshold=0.48,
        runner_up_weight=0.25,
        default_runner_up=0.13,
        log_count_shift=0.015,
        common_likeness=0.16,
        log_count_rise=0.023,
        impostor_skew=0.32,
    ),
}


def space_of(network: str) -> HeadConfig | None:
    """The space of the embeddings that a network made, by its id (`data.recognition.identity`).

    `None` if it is not known how to compare them.
    """
    embedder = network.split(":", 1)[0].rsplit("+", 1)[-1]
    return SPACES.get(embedder)
