"""The constants of one embedder's space that a classifier of faces needs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeadConfig:
    """How faces are compared in one embedder's space; measured, see `docs/recognition.md`.

    Attributes:
        temperature: Of the softmax over cosines in training the prototypes.
        prototype_l2: Strength that holds a prototype to the mean of its person's embeddings.
        half_weight_count: Photos a person at which the nearest one and the prototype weigh the
            same; with n photos the nearest has n / (n + half_weight_count), the prototype the rest.
        genuine: (mean, standard deviation) of the score of a face with its own person.
        impostor: The same of a stranger's likeness to one person of five photos.
        impostor_skew: Of that likeness: above zero if its upper tail is the longer one.
        common_prior: People that a collection without anything in common counts for
            (`data.recognition.common`); infinite where nothing is taken off.
        common_likeness: What strangers of one collection are more alike before that, about.
        log_count_rise: By how much its mean rises when the photos become e times as many.
        same_person_threshold: Cosine below which two photos are hardly of one person.
        runner_up_weight: How much of the runner-up's score counts against the best person, times
            the prototype's weight: the more photos there are, the less the runner-up tells.
        default_runner_up: A stranger's typical second best score: the runner-up of the only person.
        log_count_shift: By how much a stranger's likeness rises when the photos become e times as
            many.
        group_threshold: Mean cosine from which two groups of unknown faces are one person.
    """

    temperature: float
    prototype_l2: float
    half_weight_count: float
    genuine: tuple[float, float]
    impostor: tuple[float, float]
    same_person_threshold: float
    runner_up_weight: float = 0.0
    default_runner_up: float = 0.0
    log_count_shift: float = 0.0
    common_prior: float = 4.0
    common_likeness: float = 0.0
    log_count_rise: float = 0.0
    impostor_skew: float = 0.0
    group_threshold: float = 1.0
